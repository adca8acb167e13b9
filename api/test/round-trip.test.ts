import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { noise, sha256Of } from "./content.js";
import { checkInvariants, historyOf } from "./invariants.js";
import { confirmUploads, createUploadUrls, expectMember, openUpload, sendBytes, confirmUpload } from "./operations.js";
import type { ApiFile, UploadOptions, UploadTicket } from "./operations.js";
import { accountOf, headOf, openUploadKeys, rowOf, storedKeys, uuidOf } from "./records.js";
import { enforcesPartSha256 } from "./store-strength.js";
import { download, put } from "./store-client.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

const MIB = 1024 ** 2;
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const USER = "ann";

let app: TestApp;
let byDigests: boolean;
beforeAll(async () => {
  app = await startTestApp();
  byDigests = await enforcesPartSha256(app.bucket);
});
afterAll(async () => {
  await checkInvariants(app, { settled: true });
  await app.stop();
});

interface Proven {
  readonly integrity: "SHA256" | "PARTS_SHA256" | "SIZE_ONLY";
  readonly wholeSha256: boolean;
}
const WHOLE: Proven = { integrity: "SHA256", wholeSha256: true };
const PARTS: Proven = { integrity: "PARTS_SHA256", wholeSha256: false };
const LENGTH: Proven = { integrity: "SIZE_ONLY", wholeSha256: false };

const PLAIN: UploadOptions = {};
const DECLARED: UploadOptions = { declareSha256: true };
const BY_PART: UploadOptions = { partChecksum: "SHA256" };
const DECLARED_ONLY: UploadOptions = { declareSha256: true, partChecksum: "NONE" };
const IN_ONE: UploadOptions = { transfer: "SINGLE" };

type Case = [name: string, sizeBytes: number, options: UploadOptions, plan: Partial<UploadTicket>, proven: Proven];

const small = (name: string, sizeBytes: number): Case[] => {
  const inOnePart = { partSize: sizeBytes, partCount: 1 };
  return [
    [`${name}, plain`, sizeBytes, PLAIN, { ...inOnePart, transfer: "SINGLE", partChecksum: "NONE" }, LENGTH],
    [`${name}, sha256`, sizeBytes, DECLARED, { ...inOnePart, transfer: "SINGLE", partChecksum: "SHA256" }, WHOLE],
    [`${name}, digest by part`, sizeBytes, BY_PART, { ...inOnePart, transfer: "PARTS", partChecksum: "SHA256" }, WHOLE],
  ];
};

/** A store that checks no digests of parts proves nothing by them: a declared digest is proven by reading back. */
function onThisStore(sizeBytes: number, options: UploadOptions, plan: Partial<UploadTicket>, proven: Proven) {
  if (byDigests) return { wanted: plan, proven };
  const { partSize, partCount } = plan;
  const readBack = options.declareSha256 === true && sizeBytes <= 64 * MIB;
  const wanted = { ...(partSize === undefined ? {} : { partSize }), ...(partCount === undefined ? {} : { partCount }) };
  return { wanted, proven: sizeBytes === 0 || readBack ? WHOLE : LENGTH };
}

describe("the bytes that come back are the bytes that were sent", () => {
  const EMPTY = { transfer: "NONE", partSize: 0, partCount: 0 } as const;
  const TWO = { transfer: "PARTS", partSize: 8 * MIB, partCount: 3 } as const;
  const EIGHT = { transfer: "PARTS", partSize: 8 * MIB, partCount: 8 } as const;

  test.each<Case>([
    ["0 B, plain", 0, PLAIN, { ...EMPTY, partChecksum: "NONE" }, WHOLE],
    ["0 B, sha256", 0, DECLARED, { ...EMPTY, partChecksum: "SHA256" }, WHOLE],
    ["0 B, digest by part", 0, BY_PART, { ...EMPTY, partChecksum: "SHA256" }, WHOLE],
    ...small("1 B", 1),
    ...small("5 MiB - 1", 5 * MIB - 1),
    ...small("5 MiB", 5 * MIB),
    ...small("5 MiB + 1", 5 * MIB + 1),
    ["16 MiB + 1, plain", 16 * MIB + 1, PLAIN, { ...TWO, partChecksum: "NONE" }, LENGTH],
    ["16 MiB + 1, sha256", 16 * MIB + 1, DECLARED, { ...TWO, partChecksum: "SHA256" }, WHOLE],
    ["16 MiB + 1, digest by part", 16 * MIB + 1, BY_PART, { ...TWO, partChecksum: "SHA256" }, PARTS],
    ["16 MiB + 1, sha256 alone", 16 * MIB + 1, DECLARED_ONLY, { ...TWO, partChecksum: "NONE" }, WHOLE],
    ["16 MiB + 1, in one part", 16 * MIB + 1, IN_ONE, { transfer: "SINGLE", partCount: 1 }, LENGTH],
    ["64 MiB, plain", 64 * MIB, PLAIN, { ...EIGHT, partChecksum: "NONE" }, LENGTH],
    ["64 MiB, sha256", 64 * MIB, DECLARED, { ...EIGHT, partChecksum: "SHA256" }, WHOLE],
    // Above limits.maxVerifiedSize a digest of the whole is not compared, and never shown.
    ["64 MiB + 1, sha256", 64 * MIB + 1, DECLARED, { transfer: "PARTS", partCount: 9, partChecksum: "SHA256" }, PARTS],
    // 1 GiB: ports.test.ts, through a process of its own.
  ])(
    "%s",
    async (name, sizeBytes, options, plan, provenByDigests) => {
      const content = noise(sizeBytes, name);
      const usedBefore = (await accountOf(app, USER)).used;
      const ticket = await openUpload(app, USER, content, options);
      const { wanted, proven } = onThisStore(sizeBytes, options, plan, provenByDigests);
      expect(ticket).toMatchObject({
        ...wanted,
        method: "PUT",
        file: { size: sizeBytes, status: "PENDING", url: null },
      });
      expect(await accountOf(app, USER)).toMatchObject({ used: usedBefore, reserved: sizeBytes, open: 1 });
      expect(await headOf(app, ticket.file.id)).toBeNull();

      await sendBytes(app, USER, ticket, content);
      expect(await headOf(app, ticket.file.id)).toBeNull();
      const { file } = expectMember("ConfirmedUpload", await confirmUpload(app, USER, ticket.file.id));

      const sha256 = sha256Of(content);
      const wholeSha256 = proven.wholeSha256 ? sha256 : null;
      expect(file).toMatchObject({
        id: ticket.file.id,
        status: "READY",
        size: sizeBytes,
        declaredType: "application/octet-stream",
        contentType: "application/octet-stream",
        integrity: proven.integrity,
        sha256: wholeSha256,
        rejection: null,
        deletedAt: null,
        purgeAt: null,
      });
      expect(await download(file.url!)).toMatchObject({ status: 200, sizeBytes, sha256 });

      const head = await headOf(app, file.id);
      expect(head).toMatchObject({ ContentLength: sizeBytes, ContentType: "application/octet-stream", Metadata: {} });
      expect(await rowOf(app, file.id)).toMatchObject({
        status: "READY",
        size_bytes: String(sizeBytes),
        integrity: proven.integrity,
        sha256: wholeSha256,
        etag: head!.ETag,
        attempt: 2, // one lease for the creation, one for the only confirm
        lease_until: null,
      });
      expect(await historyOf(app, uuidOf(file.id))).toBe("PENDING>VERIFYING>READY");
      expect(await accountOf(app, USER)).toMatchObject({ used: usedBefore + sizeBytes, reserved: 0, open: 0 });
      expect(await openUploadKeys(app)).toEqual([]);
    },
    120_000,
  );

  test("an empty file has the digest of nothing", async () => {
    const ticket = await openUpload(app, USER, "");
    const { file } = expectMember("ConfirmedUpload", await confirmUpload(app, USER, ticket.file.id));
    expect(file).toMatchObject({ size: 0, sha256: EMPTY_SHA256, integrity: "SHA256" });
  });
});

test("500 small real files go in and out in batches", async () => {
  const user = "batcher";
  const files = await realFiles(500);
  const keysBefore = (await storedKeys(app)).length;
  const batches = Array.from({ length: 5 }, (_, index) => files.slice(100 * index, 100 * (index + 1)));
  const ready = (await Promise.all(batches.map((batch) => uploadBatch(user, batch)))).flat();

  expect(new Set(ready.map(({ id }) => id)).size).toBe(500);
  await inParallel(16, ready, async (file, index) => {
    const { bytes, filename, contentType } = files[index]!;
    const sha256 = sha256Of(bytes);
    expect(file).toMatchObject({ filename, contentType, status: "READY", size: bytes.length });
    expect(file.sha256).toBe(index % 2 === 0 || bytes.length === 0 ? sha256 : null);
    expect(await download(file.url!)).toMatchObject({ status: 200, sizeBytes: bytes.length, sha256 });
  });
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  expect(await accountOf(app, user)).toEqual({ used: totalBytes, reserved: 0, uncollected: 0, open: 0 });
  expect((await storedKeys(app)).length).toBe(keysBefore + 500);
}, 120_000);

interface RealFile {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** One call for all tickets, a PUT for each file, one call to confirm. Every other file declares its digest. */
async function uploadBatch(user: string, batch: readonly RealFile[]): Promise<ApiFile[]> {
  const inputs = batch.map(({ filename, contentType, bytes }, index) => ({
    filename,
    contentType,
    size: bytes.length,
    ...(index % 2 === 0 ? { sha256: sha256Of(bytes) } : {}),
  }));
  const answers = await createUploadUrls(app, user, inputs);
  const tickets = answers.map((answer) => expectMember<UploadTicket>("UploadTicket", answer));
  expect(tickets.map(({ file }) => file.filename)).toEqual(batch.map(({ filename }) => filename));
  await inParallel(8, tickets, async (ticket, index) => {
    if (ticket.transfer === "NONE") return;
    const signed = { url: ticket.uploadUrl!, headers: ticket.headers };
    expect((await put(signed, batch[index]!.bytes)).status).toBe(200);
  });
  const ids = tickets.map(({ file }) => file.id);
  let confirmed = await confirmUploads(app, user, ids);
  // A store that is slower than its callers lets some of them wait; whoever is told to ask again does.
  for (let tries = 0; tries < 30 && confirmed.some(isBusy); tries += 1) {
    await new Promise((wake) => setTimeout(wake, 500));
    confirmed = await confirmUploads(app, user, ids);
  }
  const ready = confirmed.map((answer) => expectMember("ConfirmedUpload", answer).file);
  expect(ready.map(({ id }) => id)).toEqual(ids);
  return ready;
}

const isBusy = (answer: object): boolean => "retryable" in answer && answer.retryable === true;

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".cjs": "text/javascript",
  ".json": "application/json",
  ".map": "application/json",
  ".md": "text/markdown",
  ".ts": "text/plain",
};

/** Files that people have written: what npm has installed here, the first ones of at most 64 kB, in order of their path. */
async function realFiles(count: number): Promise<RealFile[]> {
  const found: RealFile[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.length >= count) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path);
      const contentType = TYPES[extname(entry.name)];
      if (!entry.isFile() || contentType === undefined) continue;
      const bytes = await readFile(path);
      if (bytes.length <= 65_536) found.push({ filename: entry.name, contentType, bytes });
    }
  };
  await walk(fileURLToPath(new URL("../../../node_modules", import.meta.url)));
  expect(found).toHaveLength(count);
  return found;
}

async function inParallel<Item>(
  width: number,
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<void>,
) {
  const queue = items.entries();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const [index, item] of queue) await work(item, index);
    }),
  );
}
