/**
 * The promises of object-storage.ts as tests. Whatever keeps them can carry this service: they are run against a real
 * store, over its wire, with URLs used and misused as strangers would.
 */

import { createHash, randomUUID } from "node:crypto";
import { request as httpRequest } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ListedPart, ObjectStorage, SignedRequest, UrlSigner } from "./object-storage.js";

/** A storage, a signer for the same bucket, and what the laws need besides. */
export interface StorageUnderTest {
  readonly storage: ObjectStorage;
  readonly signer: UrlSigner;
  /** A signer whose clock stands at another time. */
  signerAt(time: Date): UrlSigner;
  stop(): Promise<void>;
}

type Checksum = "NONE" | "SHA256";

const TEXT = "text/plain";
const MIN_PART_BYTES = 5 * 1024 ** 2;

/** Registers the laws as tests. @param open starts a storage with an empty bucket; called once */
export function describeObjectStorage(name: string, open: () => Promise<StorageUnderTest>): void {
  describe(`object storage: ${name}`, () => {
    const context = {} as { subject: StorageUnderTest };
    beforeAll(async () => {
      context.subject = await open();
    });
    afterAll(() => context.subject.stop());
    const at = () => new Bench(context.subject);
    describe("sealing", () => sealingLaws(at));
    describe("the URL of a part", () => partUrlLaws(at));
    describe("digests", () => digestLaws(at));
    describe("listing", () => listingLaws(at));
    describe("ending", () => endingLaws(at));
    describe("reading", () => readingLaws(at));
    describe("the URL of a download", () => downloadUrlLaws(at));
  });
}

function sealingLaws(at: () => Bench): void {
  test("an object does not exist before Complete, and then is exactly the parts", async () => {
    const bench = at();
    const { key, uploadId } = await bench.openUpload();
    const first = Buffer.alloc(MIN_PART_BYTES, "a");
    await bench.putPart({ key, uploadId, partNumber: 1, body: first });
    await bench.putPart({ key, uploadId, partNumber: 2, body: "the end" });
    expect(await bench.storage.headObject({ key })).toBeNull();
    const parts = await bench.storage.listParts({ key, uploadId });
    expect(parts.map(({ number, sizeBytes }) => [number, sizeBytes])).toEqual([
      [1, MIN_PART_BYTES],
      [2, 7],
    ]);
    await bench.storage.completeMultipartUpload({ key, uploadId, parts });
    const head = await bench.storage.headObject({ key });
    expect(head).toMatchObject({ sizeBytes: MIN_PART_BYTES + 7 });
    const sha256 = await bench.storage.hashObject({ key, etag: head!.etag });
    expect(sha256).toBe(sha256Of(Buffer.concat([first, Buffer.from("the end")])));
  });

  test("a part that was swapped after it was listed is not sealed", async () => {
    const bench = at();
    const { key, uploadId } = await bench.openUpload();
    await bench.putPart({ key, uploadId, body: "looked at" });
    const parts = await bench.storage.listParts({ key, uploadId });
    await bench.putPart({ key, uploadId, body: "swapped!!" });
    await expectKind(bench.storage.completeMultipartUpload({ key, uploadId, parts }), "INVALID_PART");
    expect(await bench.storage.headObject({ key })).toBeNull();
    await bench.seal({ key, uploadId });
    expect(await bench.readText(key)).toBe("swapped!!");
  });

  test("a part that is not there, and one too small before the last, are not sealed", async () => {
    const bench = at();
    const { key, uploadId } = await bench.openUpload();
    await bench.putPart({ key, uploadId, partNumber: 1, body: "small" });
    const parts = await bench.storage.listParts({ key, uploadId });
    const invented: ListedPart[] = [...parts, { ...parts[0]!, number: 2 }];
    await expectKind(bench.storage.completeMultipartUpload({ key, uploadId, parts: invented }), "INVALID_PART");
    await bench.putPart({ key, uploadId, partNumber: 2, body: "small too" });
    await expectKind(bench.seal({ key, uploadId }), "INVALID_PART");
    expect(await bench.storage.headObject({ key })).toBeNull();
  });

  test("no second Complete changes what was sealed", async () => {
    const bench = at();
    const { key, uploadId } = await bench.openUpload();
    await bench.putPart({ key, uploadId, body: "once" });
    const parts = await bench.storage.listParts({ key, uploadId });
    await bench.storage.completeMultipartUpload({ key, uploadId, parts });
    const sealed = await bench.storage.headObject({ key });
    await bench.storage.completeMultipartUpload({ key, uploadId, parts }).catch(() => undefined);
    expect(await bench.storage.headObject({ key })).toEqual(sealed);
  });

  test.each<Checksum>(["NONE", "SHA256"])(
    "an empty object is sealed from one empty part; checksum %s",
    async (checksum) => {
      const bench = at();
      const { key, uploadId } = await bench.openUpload(checksum);
      await bench.storage.uploadEmptyPart({ key, uploadId, checksum });
      await bench.seal({ key, uploadId });
      expect(await bench.storage.headObject({ key })).toMatchObject({ sizeBytes: 0 });
    },
  );
}

function partUrlLaws(at: () => Bench): void {
  const ends: [string, (bench: Bench, upload: Upload) => Promise<void>, string | null][] = [
    ["its upload was sealed", (bench, upload) => bench.seal(upload), "original"],
    ["its upload was aborted", (bench, upload) => bench.storage.abortMultipartUpload(upload), null],
    [
      "its object was deleted",
      async (bench, upload) => {
        await bench.seal(upload);
        await bench.storage.deleteObject(upload);
      },
      null,
    ],
  ];

  test.each(ends)("is worth nothing once %s", async (_, end, remaining) => {
    const bench = at();
    const upload = await bench.openUpload();
    const request = await bench.signPart({ ...upload, sizeBytes: 8 });
    expect((await bench.send(request, "original")).status).toBe(200);
    await end(bench, upload);
    for (const body of ["original", "replayed"]) expect((await bench.send(request, body)).status).toBe(404);
    const head = await bench.storage.headObject(upload);
    expect(head === null ? null : await bench.readText(upload.key)).toBe(remaining);
    await expectKind(bench.storage.listParts(upload), "NO_SUCH_UPLOAD");
    expect(await bench.storage.listMultipartUploads(upload)).toEqual([]);
  });

  test.each(["shorte", "much longer than was signed", ""])("takes no other length: %j", async (body) => {
    const bench = at();
    const upload = await bench.openUpload();
    const request = await bench.signPart({ ...upload, sizeBytes: 7 });
    expect((await bench.send(request, body)).status).toBe(403);
    expect(await bench.storage.listParts(upload)).toEqual([]);
    expect((await bench.send(request, "7 bytes")).status).toBe(200);
  });

  test("takes no other type, part, upload, key or method", async () => {
    const bench = at();
    const upload = await bench.openUpload();
    const other = await bench.openUpload();
    const request = await bench.signPart({ ...upload, sizeBytes: 4 });
    const edit = (change: (url: URL) => void) => {
      const url = new URL(request.url);
      change(url);
      return { ...request, url: url.href };
    };
    const misuses: [SignedRequest, string][] = [
      [{ ...request, headers: [{ name: "Content-Type", value: "text/html" }] }, "PUT"],
      [edit((url) => url.searchParams.set("partNumber", "2")), "PUT"],
      [edit((url) => url.searchParams.set("uploadId", other.uploadId)), "PUT"],
      [edit((url) => url.searchParams.delete("partNumber")), "PUT"],
      [edit((url) => url.searchParams.set("X-Amz-Expires", "604800")), "PUT"],
      [edit((url) => (url.pathname = url.pathname.replace(upload.key, other.key))), "PUT"],
      [request, "POST"],
      [request, "DELETE"],
    ];
    for (const [misuse, method] of misuses) expect((await bench.send(misuse, "text", method)).status).toBe(403);
    expect((await fetch(request.url)).status).toBe(403);
    for (const each of [upload, other]) expect(await bench.storage.listParts(each)).toEqual([]);
    expect(await bench.storage.headObject(upload)).toBeNull();
  });

  test("puts no foreign object and no header of the client into the bucket", async () => {
    const bench = at();
    const secret = await bench.sealed("somebody else's");
    const bucketPath = new URL((await bench.download(secret)).url).pathname;
    const upload = await bench.openUpload();
    const request = await bench.signPart({ ...upload, sizeBytes: 4 });
    const smuggled = [
      { name: "x-amz-copy-source", value: bucketPath },
      { name: "x-amz-acl", value: "public-read" },
      { name: "x-amz-meta-by", value: "mallory" },
    ];
    for (const header of smuggled) await bench.send({ ...request, headers: [...request.headers, header] }, "text");
    expect((await bench.send(request, "text")).status).toBe(200);
    await bench.seal(upload);
    expect(await bench.readText(upload.key)).toBe("text");
    const { url } = await bench.download(upload.key);
    const response = await fetch(url);
    expect(response.headers.get("x-amz-meta-by")).toBeNull();
    expect((await fetch(url.split("?", 1)[0]!)).status).toBe(403);
  });

  test.each(["sealed", "aborted"])(
    "changes nothing when its bytes are still on their way as the upload is %s",
    async (end) => {
      const bench = at();
      const upload = await bench.openUpload();
      const request = await bench.signPart({ ...upload, sizeBytes: 8 });
      expect((await bench.send(request, "original")).status).toBe(200);
      const slow = await bench.startSlowly(request, "repl");
      if (end === "sealed") await bench.seal(upload);
      else await bench.storage.abortMultipartUpload(upload);
      expect(await slow.finish("aced")).toBe(404);
      const head = await bench.storage.headObject(upload);
      expect(head === null ? null : await bench.readText(upload.key)).toBe(end === "sealed" ? "original" : null);
      expect(await bench.storage.listMultipartUploads(upload)).toEqual([]);
    },
  );

  test("dies at its hour", async () => {
    const bench = at();
    const upload = await bench.openUpload();
    const past = bench.subject.signerAt(new Date(Date.now() - 120_000));
    const request = await bench.signPart({ ...upload, sizeBytes: 4, ttlSeconds: 60 }, past);
    expect(request.expiresAt.getTime()).toBeLessThan(Date.now());
    expect((await bench.send(request, "late")).status).toBe(403);
    expect(await bench.storage.listParts(upload)).toEqual([]);
  });
}

function digestLaws(at: () => Bench): void {
  test("other bytes of the same length are refused, the right ones are stored with their digest", async () => {
    const bench = at();
    const upload = await bench.openUpload("SHA256");
    const request = await bench.signPart({ ...upload, sizeBytes: 9, sha256: sha256Of("the bytes") });
    expect((await bench.send(request, "tampered!")).status).toBe(400);
    expect(await bench.storage.listParts(upload)).toEqual([]);
    const withoutDigest = { ...request, headers: request.headers.slice(0, 1) };
    expect((await bench.send(withoutDigest, "the bytes")).status).toBe(403);
    const otherDigest = { name: "x-amz-checksum-sha256", value: sha256Of("tampered!", "base64") };
    const resigned = { ...request, headers: [request.headers[0]!, otherDigest] };
    expect((await bench.send(resigned, "tampered!")).status).toBe(403);
    expect((await bench.send(request, "the bytes")).status).toBe(200);
    expect(await bench.storage.listParts(upload)).toMatchObject([{ number: 1, sha256: sha256Of("the bytes") }]);
  });

  test("the sealed object shows the digest of its parts' digests, and how many they were", async () => {
    const bench = at();
    const upload = await bench.openUpload("SHA256");
    const bodies = [Buffer.alloc(MIN_PART_BYTES, "x"), Buffer.from("rest")];
    for (const [index, body] of bodies.entries()) {
      await bench.putPart({ ...upload, partNumber: index + 1, body, sha256: sha256Of(body) });
    }
    await bench.seal(upload);
    const digests = bodies.map((body) => createHash("sha256").update(body).digest());
    const composite = sha256Of(Buffer.concat(digests), "base64");
    expect(await bench.storage.headObject(upload)).toMatchObject({ checksumSha256: `${composite}-2` });
  });

  test("a part's digest that is not the stored one does not seal", async () => {
    const bench = at();
    const upload = await bench.openUpload("SHA256");
    await bench.putPart({ ...upload, body: "bytes", sha256: sha256Of("bytes") });
    const parts = await bench.storage.listParts(upload);
    const wrong = parts.map((part) => ({ ...part, sha256: sha256Of("others") }));
    await expectKind(bench.storage.completeMultipartUpload({ ...upload, parts: wrong }), "INVALID_PART");
    expect(await bench.storage.headObject(upload)).toBeNull();
  });

  test("all parts have one or none has: the upload decides", async () => {
    const bench = at();
    const plain = await bench.openUpload("NONE");
    const digested = await bench.openUpload("SHA256");
    const withDigest = await bench.signPart({ ...plain, sizeBytes: 4, sha256: sha256Of("text") });
    const without = await bench.signPart({ ...digested, sizeBytes: 4 });
    expect((await bench.send(withDigest, "text")).status).toBe(400);
    expect((await bench.send(without, "text")).status).toBe(400);
    for (const upload of [plain, digested]) expect(await bench.storage.listParts(upload)).toEqual([]);
  });

  test("an upload without digests shows none", async () => {
    const bench = at();
    const key = await bench.sealed("plain");
    expect(await bench.storage.headObject({ key })).toMatchObject({ checksumSha256: null });
  });
}

function listingLaws(at: () => Bench): void {
  test("all pages of the parts, ascending, each number once", async () => {
    const bench = at();
    const upload = await bench.openUpload();
    // above 1000: more than any store answers at one time; sent from the last to the first
    const numbers = Array.from({ length: 1003 }, (_, index) => 1003 - index);
    for (let start = 0; start < numbers.length; start += 17) {
      const batch = numbers.slice(start, start + 17);
      await Promise.all(batch.map((partNumber) => bench.putPart({ ...upload, partNumber, body: `${partNumber}` })));
    }
    await bench.putPart({ ...upload, partNumber: 500, body: "again" });
    const parts = await bench.storage.listParts(upload);
    expect(parts.map(({ number }) => number)).toEqual(numbers.toReversed());
    expect(parts[499]).toMatchObject({ sizeBytes: 5, sha256: null });
  });

  test("no parts is an answer, no upload is not", async () => {
    const bench = at();
    const upload = await bench.openUpload();
    expect(await bench.storage.listParts(upload)).toEqual([]);
    const unknown = { key: upload.key, uploadId: (await bench.openUpload()).uploadId };
    await expectKind(bench.storage.listParts(unknown), "NO_SUCH_UPLOAD");
  });

  test("open uploads of exactly one key, not of those that begin with it", async () => {
    const bench = at();
    const key = newKey();
    const own = await Promise.all([1, 2, 3].map(() => bench.storage.createMultipartUpload({ key, checksum: "NONE" })));
    for (const other of [`${key}0`, `${key}/x`, key.slice(0, -1)]) {
      await bench.storage.createMultipartUpload({ key: other, checksum: "NONE" });
    }
    const ids = (uploads: { uploadId: string }[]) => uploads.map(({ uploadId }) => uploadId).sort();
    expect(ids(await bench.storage.listMultipartUploads({ key }))).toEqual(ids(own));
    expect(new Set(ids(own)).size).toBe(3);
    await bench.storage.abortMultipartUpload({ key, ...own[0]! });
    expect(ids(await bench.storage.listMultipartUploads({ key }))).toEqual(ids(own.slice(1)));
  });
}

function endingLaws(at: () => Bench): void {
  test("aborting and deleting are done once, however often they are asked for", async () => {
    const bench = at();
    const upload = await bench.openUpload();
    for (let time = 0; time < 3; time += 1) await bench.storage.abortMultipartUpload(upload);
    const key = await bench.sealed("short-lived");
    for (let time = 0; time < 3; time += 1) await bench.storage.deleteObject({ key });
    expect(await bench.storage.headObject({ key })).toBeNull();
  });

  test("aborting after the seal leaves the object", async () => {
    const bench = at();
    const upload = await bench.openUpload();
    await bench.putPart({ ...upload, body: "kept" });
    await bench.seal(upload);
    await bench.storage.abortMultipartUpload(upload);
    expect(await bench.readText(upload.key)).toBe("kept");
  });

  test("nothing is sealed from an aborted upload", async () => {
    const bench = at();
    const upload = await bench.openUpload();
    await bench.putPart({ ...upload, body: "gone" });
    const parts = await bench.storage.listParts(upload);
    await bench.storage.abortMultipartUpload(upload);
    await expectKind(bench.storage.completeMultipartUpload({ ...upload, parts }), "NO_SUCH_UPLOAD");
    expect(await bench.storage.headObject(upload)).toBeNull();
  });
}

function readingLaws(at: () => Bench): void {
  test("the start of an object, or all of a short one", async () => {
    const bench = at();
    const key = await bench.sealed("0123456789");
    const { etag } = (await bench.storage.headObject({ key }))!;
    const read = async (byteCount: number) =>
      Buffer.from(await bench.storage.readStart({ key, etag, byteCount })).toString();
    expect([await read(1), await read(4), await read(10), await read(65_536)]).toEqual([
      "0",
      "0123",
      "0123456789",
      "0123456789",
    ]);
  });

  test("only the object that was sealed: another ETag reads nothing", async () => {
    const bench = at();
    const key = await bench.sealed("this one");
    const { etag } = (await bench.storage.headObject({ key: await bench.sealed("that one") }))!;
    await expectKind(bench.storage.readStart({ key, etag, byteCount: 4 }), "REFUSED");
    await expectKind(bench.storage.hashObject({ key, etag }), "REFUSED");
  });

  test("a digest that nobody waits for any more is given up", async () => {
    const bench = at();
    const key = await bench.sealed("whatever");
    const { etag } = (await bench.storage.headObject({ key }))!;
    await expectKind(bench.storage.hashObject({ key, etag, signal: AbortSignal.abort() }), "UNAVAILABLE");
  });

  test("no object is null, and the bucket answers", async () => {
    const bench = at();
    expect(await bench.storage.headObject({ key: newKey() })).toBeNull();
    await bench.storage.checkBucket();
  });
}

function downloadUrlLaws(at: () => Bench): void {
  test("gives the bytes under the signed type, name and caching, whole or in ranges", async () => {
    const bench = at();
    const key = await bench.sealed("0123456789");
    const { url } = await bench.download(key);
    const whole = await fetch(url);
    expect([whole.status, await whole.text()]).toEqual([200, "0123456789"]);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": `attachment; filename="a_b.txt"; filename*=UTF-8''a%C3%A9%22b.txt`,
      "cache-control": "private, max-age=1800, immutable",
    });
    const range = await fetch(url, { headers: { range: "bytes=2-4" } });
    expect([range.status, await range.text()]).toEqual([206, "234"]);
  });

  test("bears no change: no override, no time, no key, no method", async () => {
    const bench = at();
    const key = await bench.sealed("<script>");
    const otherKey = await bench.sealed("other");
    const { url } = await bench.download(key);
    const edits: ((edited: URL) => void)[] = [
      (edited) => edited.searchParams.set("response-content-type", "text/html"),
      (edited) => edited.searchParams.set("response-content-disposition", "inline"),
      (edited) => edited.searchParams.delete("response-content-disposition"),
      (edited) => edited.searchParams.set("response-cache-control", "public"),
      (edited) => edited.searchParams.append("response-content-encoding", "gzip"),
      (edited) => edited.searchParams.set("X-Amz-Expires", "604800"),
      (edited) => edited.searchParams.delete("X-Amz-Signature"),
      (edited) => (edited.pathname = edited.pathname.replace(key, otherKey)),
    ];
    for (const edit of edits) {
      const edited = new URL(url);
      edit(edited);
      // AWS answers 400 where a parameter is missing altogether
      expect([400, 403]).toContain((await fetch(edited)).status);
    }
    for (const method of ["PUT", "DELETE"]) expect((await fetch(url, { method })).status).toBe(403);
    expect(await bench.readText(key)).toBe("<script>");
  });

  test("dies at its hour, and with its object", async () => {
    const bench = at();
    const key = await bench.sealed("mortal");
    const expired = await bench.download(key, new Date(Date.now() - 7_200_000));
    expect(expired.expiresAt.getTime()).toBeLessThan(Date.now());
    expect((await fetch(expired.url)).status).toBe(403);
    const { url } = await bench.download(key);
    await bench.storage.deleteObject({ key });
    expect((await fetch(url)).status).toBe(404);
  });

  test("starts with an origin that the signer names", async () => {
    const bench = at();
    const { url } = await bench.download(newKey());
    expect(bench.subject.signer.origins()).toContain(new URL(url).origin);
  });
}

interface Upload {
  readonly key: string;
  readonly uploadId: string;
}

type PartToSign = Upload & { partNumber?: number; sizeBytes: number; sha256?: string | null; ttlSeconds?: number };

/** The steps that the laws share. */
class Bench {
  readonly storage: ObjectStorage;

  constructor(readonly subject: StorageUnderTest) {
    this.storage = subject.storage;
  }

  async openUpload(checksum: Checksum = "NONE"): Promise<Upload> {
    const key = newKey();
    return { key, ...(await this.storage.createMultipartUpload({ key, checksum })) };
  }

  signPart({ partNumber = 1, sha256 = null, ttlSeconds = 600, ...rest }: PartToSign, signer = this.subject.signer) {
    return signer.signPart({ ...rest, partNumber, sha256, ttlSeconds, contentType: TEXT });
  }

  send(request: SignedRequest, body: string | Buffer, method = "PUT"): Promise<Response> {
    const headers = request.headers.map(({ name, value }): [string, string] => [name, value]);
    return fetch(request.url, { method, headers, body });
  }

  /** Sends the head and some bytes, lets the store take them in, and leaves the rest to the caller. */
  async startSlowly(request: SignedRequest, start: string) {
    const sizeBytes = start.length * 2;
    const headers = Object.fromEntries(request.headers.map(({ name, value }) => [name, value]));
    const sending = httpRequest(request.url, { method: "PUT", headers: { ...headers, "content-length": sizeBytes } });
    const status = new Promise<number>((resolve, reject) => {
      sending.once("error", reject);
      sending.once("response", (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
    });
    sending.write(start);
    await delay(100);
    return {
      finish(rest: string): Promise<number> {
        sending.end(rest);
        return status;
      },
    };
  }

  async putPart(part: Omit<PartToSign, "sizeBytes"> & { body: string | Buffer }): Promise<void> {
    const { body, ...rest } = part;
    const response = await this.send(await this.signPart({ ...rest, sizeBytes: Buffer.byteLength(body) }), body);
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  }

  async seal(upload: Upload): Promise<void> {
    await this.storage.completeMultipartUpload({ ...upload, parts: await this.storage.listParts(upload) });
  }

  async sealed(body: string): Promise<string> {
    const upload = await this.openUpload();
    await this.putPart({ ...upload, body });
    await this.seal(upload);
    return upload.key;
  }

  download(key: string, signedAt = new Date()): Promise<SignedRequest> {
    return this.subject.signer.signDownload({
      key,
      contentType: "text/plain; charset=utf-8",
      contentDisposition: `attachment; filename="a_b.txt"; filename*=UTF-8''a%C3%A9%22b.txt`,
      cacheControl: "private, max-age=1800, immutable",
      signedAt,
      ttlSeconds: 3600,
    });
  }

  async readText(key: string): Promise<string> {
    return (await fetch((await this.download(key)).url)).text();
  }
}

function newKey(): string {
  const uuid = randomUUID();
  return `f/${uuid.slice(-2)}/${uuid}`;
}

function sha256Of(bytes: string | Buffer, encoding: "hex" | "base64" = "hex"): string {
  return createHash("sha256").update(bytes).digest(encoding);
}

async function expectKind(call: Promise<unknown>, kind: string): Promise<void> {
  await expect(call).rejects.toMatchObject({ name: "StorageError", kind });
}
