import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { DataSource } from "typeorm";
import { SCOPES } from "../src/auth/scopes.js";
import { firstRow } from "../src/db/query.js";
import { newFileUuid, toFileId } from "../src/files/file-id.js";
import { createFileStore } from "../src/files/file.store.js";
import type { FileRecords, NewFile } from "../src/files/file-records.js";
import type { ListedPart, ObjectHead, ObjectStorage } from "../src/storage/object-storage.js";
import { StorageError } from "../src/storage/object-storage.js";
import { confirmUpload } from "../src/uploads/confirm-upload.js";
import { POLICIES } from "../src/uploads/policies.js";
import type { UploadDeps } from "../src/uploads/upload-deps.js";
import { createPolicies } from "../src/uploads/upload-policy.js";
import { sha256Of } from "./content.js";
import { createTestDatabase, migratedDataSource } from "./database.js";
import type { TestDatabase } from "./database.js";
import { historyOf } from "./invariants.js";
import { accountOf, rowOf, uuidOf } from "./records.js";

/**
 * What confirm makes of a store that is weaker, slower or odder than the one the other tests have: one that takes bodies
 * of any length and digest, shows a part late, or forgets an upload. The port is played by hand; the database is real.
 */

const VIEWER = { ownerId: "signet-dev|ann", scopes: new Set(SCOPES) };
const SIZE_BYTES = 100;
const GOOD_SHA256 = sha256Of("good");
const BAD_SHA256 = sha256Of("bad");
const DATE = new Date();

let database: TestDatabase;
let db: DataSource;
let files: FileRecords;
beforeAll(async () => {
  database = await createTestDatabase();
  db = await migratedDataSource(database.url);
  files = createFileStore(db);
});
beforeEach(async () => {
  await db.query("truncate files, file_events, owner_usage");
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const part = (change: Partial<ListedPart> = {}): ListedPart => ({
  number: 1,
  sizeBytes: SIZE_BYTES,
  etag: '"e1"',
  sha256: null,
  ...change,
});
const HEAD: ObjectHead = { sizeBytes: SIZE_BYTES, etag: '"sealed"', checksumSha256: null };

/** Any call that a test does not play fails it. */
const play = (calls: Partial<ObjectStorage>): ObjectStorage =>
  new Proxy(calls, {
    get(target, name: keyof ObjectStorage) {
      return target[name] ?? (() => Promise.reject(new Error(`unexpected call: ${name}`)));
    },
  }) as ObjectStorage;

function depsOf(storage: Partial<ObjectStorage>): UploadDeps {
  const limits = { maxVerifiedSizeBytes: 1000 };
  return {
    files,
    storage: play({ readStart: () => Promise.resolve(Buffer.from("text")), ...storage }),
    limits,
    policies: createPolicies(POLICIES, { maxFileSizeBytes: 1000 }),
    scanning: null,
    typeDetector: { detectable: new Set<string>(), detect: () => Promise.resolve(null) },
    leaseMs: 60_000,
    stopping: new AbortController().signal,
    leasedWork: new Set(),
    now: () => new Date(),
    sleep: (_ms: number, signal?: AbortSignal) =>
      // Back-offs end at once; the answer's own time limit does not.
      signal === undefined ? Promise.resolve() : new Promise(() => undefined),
    log: () => undefined,
  } as unknown as UploadDeps;
}

/** An open upload of one part. */
async function openUpload(change: Partial<NewFile> = {}): Promise<string> {
  const file: NewFile = {
    id: newFileUuid(DATE.getTime(), randomBytes(10)),
    ownerId: VIEWER.ownerId,
    filename: "a.txt",
    declaredType: "text/plain",
    sizeBytes: SIZE_BYTES,
    declaredSha256: null,
    partChecksum: "NONE",
    policy: "default",
    partSizeBytes: SIZE_BYTES,
    partCount: 1,
    idempotencyKey: null,
    inputDigest: "d",
    ...change,
  };
  const limits = { quotaBytes: 10_000, maxPendingUploads: 10, uploadTtlSeconds: 3600 };
  const reserved = await files.reserve(file, limits, 60_000);
  if (reserved.outcome !== "RESERVED") throw new Error(reserved.outcome);
  await files.openUpload(reserved.file, "upload-1", DATE);
  return toFileId(file.id);
}

async function expectLeft(fileId: string, status: string, account: Record<string, number>): Promise<void> {
  expect(await rowOf({ db }, fileId)).toMatchObject({ status });
  const none = { used: 0, reserved: 0, uncollected: 0, open: 1 };
  expect(await accountOf({ db }, "ann")).toEqual({ ...none, ...account });
}

test("SizeMismatch: a part of another length; the upload stays open", async () => {
  const id = await openUpload();
  const deps = depsOf({ listParts: async () => [part({ sizeBytes: 99 })] });
  expect(await confirmUpload(deps, VIEWER, id)).toMatchObject({
    typeName: "SizeMismatch",
    code: "SIZE_MISMATCH",
    retryable: false,
    declaredSize: SIZE_BYTES,
    actualSize: 99,
  });
  await expectLeft(id, "PENDING", { reserved: SIZE_BYTES });
  expect(await historyOf({ db }, uuidOf(id))).toBe("PENDING>VERIFYING>PENDING");
});

test("ChecksumMismatch: a part of another digest; the upload stays open", async () => {
  const id = await openUpload({ declaredSha256: GOOD_SHA256, partChecksum: "SHA256" });
  const deps = depsOf({ listParts: async () => [part({ sha256: BAD_SHA256 })] });
  expect(await confirmUpload(deps, VIEWER, id)).toMatchObject({
    typeName: "ChecksumMismatch",
    code: "CHECKSUM_MISMATCH",
    retryable: false,
    declaredSha256: GOOD_SHA256,
    actualSha256: BAD_SHA256,
  });
  await expectLeft(id, "PENDING", { reserved: SIZE_BYTES });
});

test("SizeMismatch: the sealed object has another length; the file is refused for good", async () => {
  const id = await openUpload();
  const deps = depsOf({
    listParts: async () => [part()],
    completeMultipartUpload: async () => undefined,
    headObject: async () => ({ ...HEAD, sizeBytes: 7 }),
  });
  const problem = { typeName: "SizeMismatch", declaredSize: SIZE_BYTES, actualSize: 7 };
  expect(await confirmUpload(deps, VIEWER, id)).toMatchObject(problem);
  expect(await confirmUpload(depsOf({}), VIEWER, id)).toMatchObject(problem);
  await expectLeft(id, "REJECTED", { uncollected: SIZE_BYTES });
});

test("ChecksumMismatch: a store that keeps no digests is read back; the file is refused for good", async () => {
  const id = await openUpload({ declaredSha256: GOOD_SHA256, partChecksum: "SHA256" });
  const deps = depsOf({
    listParts: async () => [part()],
    completeMultipartUpload: async () => undefined,
    headObject: async () => HEAD,
    hashObject: async () => BAD_SHA256,
  });
  expect(await confirmUpload(deps, VIEWER, id)).toMatchObject({
    typeName: "ChecksumMismatch",
    actualSha256: BAD_SHA256,
  });
  await expectLeft(id, "REJECTED", { uncollected: SIZE_BYTES });
});

test("a store that keeps no digests proves no more than the length", async () => {
  const id = await openUpload({ partChecksum: "SHA256" });
  const deps = depsOf({
    listParts: async () => [part()],
    completeMultipartUpload: async () => undefined,
    headObject: async () => HEAD,
  });
  expect(await confirmUpload(deps, VIEWER, id)).toMatchObject({
    file: { status: "READY", integrity: "SIZE_ONLY", sha256: null, etag: '"sealed"' },
  });
  await expectLeft(id, "READY", { used: SIZE_BYTES, open: 0 });
});

test("a part that the first listing does not show yet is no missing part", async () => {
  const id = await openUpload();
  const listings = [[], [part()]];
  const deps = depsOf({
    listParts: async () => listings.shift()!,
    completeMultipartUpload: async () => undefined,
    headObject: async () => HEAD,
  });
  expect(await confirmUpload(deps, VIEWER, id)).toMatchObject({ typeName: "ConfirmedUpload" });
  expect(listings).toEqual([]);
});

test("a part that is swapped between list and Complete is listed again, and Complete names what was listed", async () => {
  const id = await openUpload();
  const named: string[] = [];
  const etags = ['"old"', '"new"'];
  const deps = depsOf({
    listParts: async () => [part({ etag: etags.shift()! })],
    async completeMultipartUpload({ parts }) {
      named.push(parts[0]!.etag);
      if (named.length === 1) throw new StorageError("INVALID_PART", "CompleteMultipartUpload", "InvalidPart");
    },
    headObject: async () => HEAD,
  });
  expect(await confirmUpload(deps, VIEWER, id)).toMatchObject({ typeName: "ConfirmedUpload" });
  expect(named).toEqual(['"old"', '"new"']);
});

test("parts that keep changing leave the upload open", async () => {
  const id = await openUpload();
  const deps = depsOf({
    listParts: async () => [part()],
    completeMultipartUpload: () =>
      Promise.reject(new StorageError("INVALID_PART", "CompleteMultipartUpload", "InvalidPart")),
  });
  await expect(confirmUpload(deps, VIEWER, id)).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  await expectLeft(id, "PENDING", { reserved: SIZE_BYTES });
  expect((await rowOf({ db }, id))!["complete_sent_at"]).toBeNull();
});

test("UploadExpired: the store knows neither the upload nor the object, asked twice", async () => {
  const id = await openUpload();
  let heads = 0;
  const gone = () => Promise.reject(new StorageError("NO_SUCH_UPLOAD", "ListParts", "NoSuchUpload"));
  const deps = depsOf({
    listParts: gone,
    async headObject() {
      heads += 1;
      return null;
    },
  });
  expect(await confirmUpload(deps, VIEWER, id)).toMatchObject({
    typeName: "UploadExpired",
    file: { status: "EXPIRED" },
  });
  expect(heads).toBe(2);
  await expectLeft(id, "EXPIRED", { uncollected: SIZE_BYTES });
  const key = `collect-file:${uuidOf(id)}`;
  expect(await firstRow(db, "select key from graphile_worker.jobs where key = $1", [key])).toEqual({ key });
});

test("sealed by an attempt whose answer was lost: the object speaks for itself", async () => {
  const id = await openUpload();
  const gone = () => Promise.reject(new StorageError("NO_SUCH_UPLOAD", "ListParts", "NoSuchUpload"));
  const deps = depsOf({ listParts: gone, headObject: async () => HEAD });
  expect(await confirmUpload(deps, VIEWER, id)).toMatchObject({ file: { status: "READY", etag: '"sealed"' } });
  await expectLeft(id, "READY", { used: SIZE_BYTES, open: 0 });
});
