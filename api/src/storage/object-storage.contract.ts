/**
 * The promises of object-storage.ts as tests. Whatever keeps them can carry this service: they are run against a real
 * store, over its wire, with URLs used and misused as strangers would.
 */

import { getEventListeners } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Checksum, StorageUnderTest } from "./contract-steps.fixture.js";
import { ContractSteps, expectKind, MIN_PART_BYTES, newKey, sha256Of } from "./contract-steps.fixture.js";
import type { ListedPart } from "./object-storage.js";
import { digestLaws, downloadUrlLaws, ignoredDigestLaws, partUrlLaws } from "./signed-url.contract.js";

/**
 * Registers the laws as tests.
 * @param open starts a storage with an empty bucket; called once
 * @param known.digests false: a store that checks no SHA-256 (radosgw before 20), and is to claim none
 * @param known.saysEncoding false: a store that encodes the keys of open uploads without saying so (radosgw 16); keys
 *   that need it are then walked under their encoded names, which no key of this service is
 */
export function describeObjectStorage(
  name: string,
  open: () => Promise<StorageUnderTest>,
  known: { digests: boolean; saysEncoding: boolean } = { digests: true, saysEncoding: true },
): void {
  describe(`object storage: ${name}`, () => {
    const context = {} as { subject: StorageUnderTest };
    beforeAll(async () => {
      context.subject = await open();
    });
    afterAll(() => context.subject.stop());
    const at = () => new ContractSteps(context.subject);
    describe("sealing", () => sealingLaws(at));
    describe("the URL of a part", () => partUrlLaws(at));
    describe("digests", () => (known.digests ? digestLaws(at) : ignoredDigestLaws(at)));
    describe("listing", () => listingLaws(at));
    describe("ending", () => endingLaws(at));
    describe("reading", () => readingLaws(at));
    describe("walking", () => walkingLaws(at, known.saysEncoding));
    describe("short texts", () => textLaws(at));
    describe("copying", () => copyingLaws(at));
    describe("the URL of a download", () => downloadUrlLaws(at));
  });
}

function sealingLaws(at: () => ContractSteps): void {
  test("an object does not exist before Complete, and then is exactly the parts", async () => {
    const steps = at();
    const { key, uploadId } = await steps.openUpload();
    const first = Buffer.alloc(MIN_PART_BYTES, "a");
    await steps.putPart({ key, uploadId, partNumber: 1, body: first });
    await steps.putPart({ key, uploadId, partNumber: 2, body: "the end" });
    expect(await steps.storage.headObject({ key })).toBeNull();
    const parts = await steps.storage.listParts({ key, uploadId });
    expect(parts.map(({ number, sizeBytes }) => [number, sizeBytes])).toEqual([
      [1, MIN_PART_BYTES],
      [2, 7],
    ]);
    await steps.storage.completeMultipartUpload({ key, uploadId, parts });
    const head = await steps.storage.headObject({ key });
    expect(head).toMatchObject({ sizeBytes: MIN_PART_BYTES + 7 });
    const sha256 = await steps.storage.hashObject({ key, etag: head!.etag });
    expect(sha256).toBe(sha256Of(Buffer.concat([first, Buffer.from("the end")])));
  });

  test("a part that was swapped after it was listed is not sealed", async () => {
    const steps = at();
    const { key, uploadId } = await steps.openUpload();
    await steps.putPart({ key, uploadId, body: "looked at" });
    const parts = await steps.storage.listParts({ key, uploadId });
    await steps.putPart({ key, uploadId, body: "swapped!!" });
    await expectKind(steps.storage.completeMultipartUpload({ key, uploadId, parts }), "INVALID_PART");
    expect(await steps.storage.headObject({ key })).toBeNull();
    await steps.seal({ key, uploadId });
    expect(await steps.readText(key)).toBe("swapped!!");
  });

  test("a part that is not there, and one too small before the last, are not sealed", async () => {
    const steps = at();
    const { key, uploadId } = await steps.openUpload();
    await steps.putPart({ key, uploadId, partNumber: 1, body: "small" });
    const parts = await steps.storage.listParts({ key, uploadId });
    const invented: ListedPart[] = [...parts, { ...parts[0]!, number: 2 }];
    await expectKind(steps.storage.completeMultipartUpload({ key, uploadId, parts: invented }), "INVALID_PART");
    await steps.putPart({ key, uploadId, partNumber: 2, body: "small too" });
    await expectKind(steps.seal({ key, uploadId }), "INVALID_PART");
    expect(await steps.storage.headObject({ key })).toBeNull();
  });

  test("no second Complete changes what was sealed", async () => {
    const steps = at();
    const { key, uploadId } = await steps.openUpload();
    await steps.putPart({ key, uploadId, body: "once" });
    const parts = await steps.storage.listParts({ key, uploadId });
    await steps.storage.completeMultipartUpload({ key, uploadId, parts });
    const sealed = await steps.storage.headObject({ key });
    await steps.storage.completeMultipartUpload({ key, uploadId, parts }).catch(() => undefined);
    expect(await steps.storage.headObject({ key })).toEqual(sealed);
  });

  test.each<Checksum>(["NONE", "SHA256"])(
    "an empty object is sealed from one empty part; checksum %s",
    async (checksum) => {
      const steps = at();
      const { key, uploadId } = await steps.openUpload(checksum);
      await steps.storage.uploadEmptyPart({ key, uploadId, checksum });
      await steps.seal({ key, uploadId });
      expect(await steps.storage.headObject({ key })).toMatchObject({ sizeBytes: 0 });
    },
  );
}

function listingLaws(at: () => ContractSteps): void {
  test("all pages of the parts, ascending, each number once", async () => {
    const steps = at();
    const upload = await steps.openUpload();
    // above 1000: more than any store answers at one time; sent from the last to the first
    const numbers = Array.from({ length: 1003 }, (_, index) => 1003 - index);
    for (let start = 0; start < numbers.length; start += 17) {
      const batch = numbers.slice(start, start + 17);
      await Promise.all(batch.map((partNumber) => steps.putPart({ ...upload, partNumber, body: `${partNumber}` })));
    }
    await steps.putPart({ ...upload, partNumber: 500, body: "again" });
    const parts = await steps.storage.listParts(upload);
    expect(parts.map(({ number }) => number)).toEqual(numbers.toReversed());
    expect(parts[499]).toMatchObject({ sizeBytes: 5, sha256: null });
  });

  test("no parts is an answer, no upload is not", async () => {
    const steps = at();
    const upload = await steps.openUpload();
    expect(await steps.storage.listParts(upload)).toEqual([]);
    const unknown = { key: upload.key, uploadId: (await steps.openUpload()).uploadId };
    await expectKind(steps.storage.listParts(unknown), "NO_SUCH_UPLOAD");
  });

  test("open uploads of exactly one key, not of those that begin with it", async () => {
    const steps = at();
    const key = newKey();
    const own = await Promise.all([1, 2, 3].map(() => steps.storage.createMultipartUpload({ key, checksum: "NONE" })));
    for (const other of [`${key}0`, `${key}/x`, key.slice(0, -1)]) {
      await steps.storage.createMultipartUpload({ key: other, checksum: "NONE" });
    }
    const ids = (uploads: { uploadId: string }[]) => uploads.map(({ uploadId }) => uploadId).sort();
    expect(ids(await steps.storage.listMultipartUploads({ key }))).toEqual(ids(own));
    expect(new Set(ids(own)).size).toBe(3);
    await steps.storage.abortMultipartUpload({ key, ...own[0]! });
    expect(ids(await steps.storage.listMultipartUploads({ key }))).toEqual(ids(own.slice(1)));
  });
}

function endingLaws(at: () => ContractSteps): void {
  test("aborting and deleting are done once, however often they are asked for", async () => {
    const steps = at();
    const upload = await steps.openUpload();
    for (let time = 0; time < 3; time += 1) await steps.storage.abortMultipartUpload(upload);
    const key = await steps.sealed("short-lived");
    for (let time = 0; time < 3; time += 1) await steps.storage.deleteObject({ key });
    expect(await steps.storage.headObject({ key })).toBeNull();
  });

  test("aborting after the seal leaves the object", async () => {
    const steps = at();
    const upload = await steps.openUpload();
    await steps.putPart({ ...upload, body: "kept" });
    await steps.seal(upload);
    await steps.storage.abortMultipartUpload(upload);
    expect(await steps.readText(upload.key)).toBe("kept");
  });

  test("nothing is sealed from an aborted upload", async () => {
    const steps = at();
    const upload = await steps.openUpload();
    await steps.putPart({ ...upload, body: "gone" });
    const parts = await steps.storage.listParts(upload);
    await steps.storage.abortMultipartUpload(upload);
    // radosgw 16 answers 500, which leaves it open; HEAD then tells
    await expect(steps.storage.completeMultipartUpload({ ...upload, parts })).rejects.toMatchObject({
      kind: expect.stringMatching(/^(NO_SUCH_UPLOAD|UNAVAILABLE)$/),
    });
    expect(await steps.storage.headObject(upload)).toBeNull();
  });
}

function readingLaws(at: () => ContractSteps): void {
  test("the start of an object, or all of a short one", async () => {
    const steps = at();
    const key = await steps.sealed("0123456789");
    const { etag } = (await steps.storage.headObject({ key }))!;
    const read = async (byteCount: number) =>
      Buffer.from(await steps.storage.readStart({ key, etag, byteCount })).toString();
    expect([await read(1), await read(4), await read(10), await read(65_536)]).toEqual([
      "0",
      "0123",
      "0123456789",
      "0123456789",
    ]);
  });

  test("only the object that was sealed: another ETag reads nothing", async () => {
    const steps = at();
    const key = await steps.sealed("this one");
    const { etag } = (await steps.storage.headObject({ key: await steps.sealed("that one") }))!;
    await expectKind(steps.storage.readStart({ key, etag, byteCount: 4 }), "REFUSED");
    await expectKind(steps.storage.hashObject({ key, etag }), "REFUSED");
    await expectKind(readAll(steps.storage.readObject({ key, etag })), "REFUSED");
  });

  test("the whole of it comes in a stream, which may be left early", async () => {
    const steps = at();
    const text = "0123456789".repeat(MIN_PART_BYTES / 10);
    const large = Buffer.from(text);
    const key = await steps.sealed(text);
    const { etag } = (await steps.storage.headObject({ key }))!;
    const { signal } = new AbortController();
    expect(sha256Of(await readAll(steps.storage.readObject({ key, etag, signal })))).toBe(sha256Of(large));
    for await (const chunk of steps.storage.readObject({ key, etag, signal })) {
      expect(large.subarray(0, chunk.length).equals(chunk)).toBe(true);
      break;
    }
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await expectKind(readAll(steps.storage.readObject({ key, etag, signal: AbortSignal.abort() })), "UNAVAILABLE");
  });

  test("a digest that nobody waits for any more is given up", async () => {
    const steps = at();
    const key = await steps.sealed("whatever");
    const { etag } = (await steps.storage.headObject({ key }))!;
    await expectKind(steps.storage.hashObject({ key, etag, signal: AbortSignal.abort() }), "UNAVAILABLE");
  });

  test("no object is null, and the bucket answers", async () => {
    const steps = at();
    expect(await steps.storage.headObject({ key: newKey() })).toBeNull();
    await steps.storage.checkBucket();
  });
}

/** All pages of a walk, one after the other. */
async function walked<Item>(pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

function walkingLaws(at: () => ContractSteps, saysEncoding: boolean): void {
  /** More than any store answers at one time. */
  const MANY = 1003;
  const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));

  test("all objects below a prefix, page after page, in the order of their bytes, as HEAD shows them", async () => {
    const { storage } = at();
    const prefix = `${newKey()}/`;
    // names that XML, a query or an order of UTF-16 would get wrong
    const odd = ["a b+c%2F", "\u0001", "ä", "\uffee", "\u{1f600}", "<&>\"'", "x//y"];
    const keys = [...odd, ...Array.from({ length: MANY }, (_, index) => `n${index}`)].map((name) => prefix + name);
    for (let start = 0; start < keys.length; start += 8)
      await Promise.all(keys.slice(start, start + 8).map((key) => storage.createText({ key, text: key.slice(-2) })));
    await storage.createText({ key: `${prefix.slice(0, -1)}0`, text: "beside it" });

    const objects = await walked(storage.listObjects({ prefix }));
    expect(objects.map(({ key }) => key)).toEqual(keys.toSorted(byBytes));
    const { key, sizeBytes, etag, lastModified } = objects[MANY]!;
    expect(await storage.headObject({ key })).toMatchObject({ sizeBytes, etag });
    expect(Math.abs(lastModified.getTime() - Date.now())).toBeLessThan(300_000);
    expect(await walked(storage.listObjects({ prefix: `${prefix}nothing/` }))).toEqual([]);
  });

  test("all open uploads below a prefix, those of one key side by side, until they end", async () => {
    const { storage } = at();
    const prefix = `${newKey()}/`;
    const keys = ["a b+c", "ä", ...Array.from({ length: MANY }, (_, index) => `n${index}`)].map(
      (name) => prefix + name,
    );
    const twice = prefix + "n500";
    const opened: { key: string; uploadId: string }[] = [];
    const open = async (key: string) =>
      opened.push({ key, ...(await storage.createMultipartUpload({ key, checksum: "NONE" })) });
    for (let start = 0; start < keys.length; start += 8) await Promise.all(keys.slice(start, start + 8).map(open));
    await open(twice);
    await storage.createMultipartUpload({ key: `${prefix.slice(0, -1)}0`, checksum: "NONE" });

    const uploads = await walked(storage.listOpenUploads({ prefix }));
    const told = uploads.map(({ key }) => (saysEncoding ? key : decodeURIComponent(key)));
    expect(told).toEqual([...keys, twice].toSorted(byBytes));
    expect(new Set(uploads.map(({ uploadId }) => uploadId))).toEqual(new Set(opened.map(({ uploadId }) => uploadId)));
    expect(Math.abs(uploads[0]!.initiatedAt.getTime() - Date.now())).toBeLessThan(300_000);
    await storage.abortMultipartUpload(opened[7]!);
    expect(await walked(storage.listOpenUploads({ prefix }))).toHaveLength(keys.length);
  });
}

function textLaws(at: () => ContractSteps): void {
  test("is written where none is, once, whoever comes at the same time, and read as it was written", async () => {
    const { storage } = at();
    const key = newKey();
    expect(await storage.readText({ key })).toBeNull();
    const wrote = await Promise.all([1, 2, 3, 4, 5].map((one) => storage.createText({ key, text: `text ${one}: ä` })));
    expect(wrote.filter(Boolean)).toHaveLength(1);
    expect(await storage.readText({ key })).toBe(`text ${wrote.indexOf(true) + 1}: ä`);
    expect(await storage.createText({ key, text: "another" })).toBe(false);
  });
}

function copyingLaws(at: () => ContractSteps): void {
  const copy = async (steps: ContractSteps, fromKey: string, toKey: string, partSizeBytes: number | null) => {
    const { etag } = (await steps.storage.headObject({ key: fromKey }))!;
    return steps.storage.copyObject({ fromKey, etag, toKey, partSizeBytes });
  };

  test.each([
    ["as one part", 1, "sealed from one part"],
    ["in parts, the last one short", MIN_PART_BYTES, Buffer.alloc(2 * MIN_PART_BYTES + 7, "ab").toString()],
  ])("an object that was sealed so, %s: the same bytes and the same ETag", async (_, partSizeBytes, body) => {
    const steps = at();
    const upload = await steps.openUpload();
    const size = Math.max(partSizeBytes, partSizeBytes === 1 ? body.length : 0);
    for (let start = 0, partNumber = 1; start < body.length; start += size, partNumber += 1)
      await steps.putPart({ ...upload, partNumber, body: body.slice(start, start + size) });
    await steps.seal(upload);
    const toKey = newKey();
    const copied = await copy(steps, upload.key, toKey, size);
    expect(copied).toEqual({ sizeBytes: body.length, sha256: sha256Of(body) });
    const head = (await steps.storage.headObject({ key: toKey }))!;
    expect(head).toMatchObject({ sizeBytes: body.length });
    expect(head.etag).toBe((await steps.storage.headObject(upload))!.etag);
    expect(await steps.storage.hashObject({ key: toKey, etag: head.etag })).toBe(sha256Of(body));
    expect(await steps.readText(upload.key)).toBe(body);
  });

  test("an empty one, and one that was a single PUT", async () => {
    const steps = at();
    const empty = await steps.openUpload();
    await steps.storage.uploadEmptyPart({ ...empty, checksum: "NONE" });
    await steps.seal(empty);
    const [toEmpty, whole, toWhole] = [newKey(), newKey(), newKey()];
    expect(await copy(steps, empty.key, toEmpty, 1)).toEqual({ sizeBytes: 0, sha256: sha256Of("") });
    await steps.storage.createText({ key: whole, text: "put at once" });
    expect(await copy(steps, whole, toWhole, null)).toEqual({ sizeBytes: 11, sha256: sha256Of("put at once") });
    for (const [from, to] of [
      [empty.key, toEmpty],
      [whole, toWhole],
    ])
      expect((await steps.storage.headObject({ key: to! }))!.etag).toBe(
        (await steps.storage.headObject({ key: from! }))!.etag,
      );
  });

  test("no other version than the one that was looked at, and nothing of what is not there", async () => {
    const steps = at();
    const fromKey = await steps.sealed("this one");
    const { etag } = (await steps.storage.headObject({ key: await steps.sealed("that one") }))!;
    const toKey = newKey();
    await expectKind(steps.storage.copyObject({ fromKey, etag, toKey, partSizeBytes: 8 }), "REFUSED");
    await expectKind(steps.storage.copyObject({ fromKey: newKey(), etag, toKey, partSizeBytes: 8 }), "REFUSED");
    expect(await steps.storage.headObject({ key: toKey })).toBeNull();
    expect(await steps.storage.listMultipartUploads({ key: toKey })).toEqual([]);
  });
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read);
}
