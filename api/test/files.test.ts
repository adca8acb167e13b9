import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { sha256Of } from "./content.js";
import { checkInvariants, historyOf } from "./invariants.js";
import {
  ask,
  confirmUpload,
  createUploadUrl,
  deleteFile,
  expectMember,
  FILE_FIELDS,
  openUpload,
  readFile,
  readUsage,
  renameFile,
  restoreFile,
  sendBytes,
  upload,
} from "./operations.js";
import type { ApiFile, StorageUsage, UploadTicket } from "./operations.js";
import { headOf, keyOf, openUploadKeys, rowOf, storedKeys, until, uuidOf } from "./records.js";
import { download } from "./store-client.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** What can be done with a file once it is there. */

const TRASH_TTL_MS = 604_800_000;
const QUOTA_BYTES = 1000;

let app: TestApp;
/** A new one for each test. */
let user: string;
beforeAll(async () => {
  app = await startTestApp({ env: { OWNER_QUOTA_BYTES: String(QUOTA_BYTES) } });
});
beforeEach(() => {
  user = `user-${randomUUID()}`;
});
afterEach(() => checkInvariants(app));
afterAll(() => app.stop());

const usageOf = async (): Promise<StorageUsage> => readUsage(app, user);
const usage = (usedBytes: number, trashBytes = 0, reservedBytes = 0): StorageUsage => ({
  usedBytes,
  trashBytes,
  reservedBytes,
  quotaBytes: QUOTA_BYTES,
});

async function listedIds(status?: string[]): Promise<string[]> {
  const { nodes } = await ask<{ nodes: { id: string }[] }>(
    app,
    user,
    "query ($filter: FileFilter) { files(first: 100, filter: $filter) { nodes { id } } }",
    { filter: status === undefined ? null : { status } },
  );
  return nodes.map(({ id }) => id);
}

describe("reading", () => {
  test("file, node and nodes answer the same file; unknown ids are null, in their place", async () => {
    const file = await upload(app, user, "hello", { filename: "a.txt", contentType: "text/plain" });
    const other = await upload(app, user, "there");
    expect(await readFile(app, user, file.id)).toEqual(file);
    const onFile = `... on File { ${FILE_FIELDS} }`;
    const node = await ask(app, user, `query ($id: ID!) { node(id: $id) { __typename ${onFile} } }`, { id: file.id });
    expect(node).toEqual({ __typename: "File", ...file });

    const { id: viewerId } = await ask<{ id: string }>(app, user, "{ viewer { id } }");
    const none = "file_01890000-0000-7000-8000-000000000000";
    const ids = [other.id, none, viewerId, file.id, "nonsense", other.id, uuidOf(file.id)];
    const nodes = await ask<({ id: string } | null)[]>(app, user, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {
      ids,
    });
    expect(nodes.map((one) => one?.id ?? null)).toEqual([other.id, null, viewerId, file.id, null, other.id, null]);
    const viewer = await ask(
      app,
      user,
      "query ($id: ID!) { node(id: $id) { __typename ... on Viewer { usage { usedBytes } } } }",
      {
        id: viewerId,
      },
    );
    expect(viewer).toEqual({ __typename: "Viewer", usage: { usedBytes: 10 } });
  });

  test("at most limits.batchSize ids", async () => {
    const { batchSize } = await ask<{ batchSize: number }>(app, user, "{ limits { batchSize } }");
    const query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    const ids = Array.from({ length: batchSize }, (_, index) => `file_${index}`);
    expect(await ask(app, user, query, { ids })).toEqual(ids.map(() => null));
    expect((await app.call(user, query, { ids: [...ids, "x"] })).errors).toMatchObject([
      { extensions: { code: "BAD_USER_INPUT" } },
    ]);
  });

  test("the clocks: instants in UTC with milliseconds, in the order of events", async () => {
    const before = Date.now();
    const file = await upload(app, user, "hello");
    const { serverTime } = (await app.call<{ serverTime: string }>(user, "{ serverTime }")).data;
    for (const instant of [file.createdAt, file.updatedAt, file.readyAt!, file.urlExpiresAt!, serverTime])
      expect(instant).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const order = [before, ...[file.createdAt, file.readyAt!, serverTime].map(Date.parse), Date.now()];
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(file.updatedAt).toBe(file.readyAt);
  });
});

describe("renaming", () => {
  test("changes the name and nothing else; the link saves under the new name", async () => {
    const file = await upload(app, user, "hello", { filename: "before.txt", contentType: "text/plain" });
    const before = await rowOf(app, file.id);
    const renamed = expectMember("RenamedFile", await renameFile(app, user, file.id, "u\u0308bel.txt")).file;
    const { updatedAt, url } = renamed;
    expect(renamed).toEqual({ ...file, filename: "\u00fcbel.txt", updatedAt, url });
    const { filename: _, updated_at: __, ...kept } = before!;
    expect(await rowOf(app, file.id)).toMatchObject(kept);
    const got = await download(renamed.url!);
    expect(got.sha256).toBe(sha256Of("hello"));
    expect(got.headers.get("content-disposition")).toContain(encodeURIComponent(renamed.filename));
    expect(await historyOf(app, uuidOf(file.id))).toBe("PENDING>VERIFYING>READY");
  });

  test("is repeatable, and possible while the upload is open", async () => {
    const ticket = await openUpload(app, user, "hello", { filename: "before" });
    for (const _ of [1, 2]) expectMember("RenamedFile", await renameFile(app, user, ticket.file.id, "after"));
    await sendBytes(app, user, ticket, "hello");
    const { file } = expectMember("ConfirmedUpload", await confirmUpload(app, user, ticket.file.id));
    expect(file).toMatchObject({ filename: "after", status: "READY" });
  });
});

describe("deleting and restoring", () => {
  let file: ApiFile;
  beforeEach(async () => {
    file = await upload(app, user, "hello", { declareSha256: true });
  });

  test("a deleted file lies in the trash, off the list, until purgeAt; undo brings all of it back", async () => {
    const deleted = expectMember("DeletedFile", await deleteFile(app, user, file.id)).file;
    expect(deleted).toMatchObject({
      id: file.id,
      status: "DELETED",
      url: null,
      urlExpiresAt: null,
      sha256: file.sha256,
    });
    expect(Date.parse(deleted.purgeAt!) - Date.parse(deleted.deletedAt!)).toBe(TRASH_TTL_MS);
    expect(await listedIds()).toEqual([]);
    expect(await listedIds(["DELETED"])).toEqual([file.id]);
    expect(await readFile(app, user, file.id)).toEqual(deleted);
    expect(await usageOf()).toEqual(usage(5, 5));
    // A link that was given out lives on until it expires.
    expect((await download(file.url!)).sha256).toBe(sha256Of("hello"));

    const restored = expectMember("RestoredFile", await restoreFile(app, user, file.id)).file;
    expect(restored).toEqual({ ...file, updatedAt: restored.updatedAt });
    expect(await listedIds()).toEqual([file.id]);
    expect(await usageOf()).toEqual(usage(5));
    expect(await historyOf(app, uuidOf(file.id))).toBe("PENDING>VERIFYING>READY>DELETED>READY");
    expect((await download(restored.url!)).sha256).toBe(sha256Of("hello"));
  });

  test("both are repeatable, and a second delete does not prolong the time in the trash", async () => {
    const first = expectMember("DeletedFile", await deleteFile(app, user, file.id)).file;
    expect(expectMember("DeletedFile", await deleteFile(app, user, file.id)).file).toEqual(first);
    for (const _ of [1, 2])
      expect(expectMember("RestoredFile", await restoreFile(app, user, file.id)).file.status).toBe("READY");
    expect(await historyOf(app, uuidOf(file.id))).toBe("PENDING>VERIFYING>READY>DELETED>READY");
  });

  test.each([
    ["a READY file", false],
    ["a file in the trash", true],
  ])("permanently, of %s: bytes, links and quota go at once", async (_what, trashedBefore) => {
    if (trashedBefore) await deleteFile(app, user, file.id);
    expectMember("DeletedFile", await deleteFile(app, user, file.id, true));
    expect(await usageOf()).toEqual(usage(0));
    expect(await headOf(app, file.id)).toBeNull();
    expect(await storedKeys(app)).not.toContain(keyOf(file.id));
    expect(await download(file.url!)).toMatchObject({ status: 404 });
    expect(await readFile(app, user, file.id)).toBeNull();
    expect(await listedIds(["DELETED"])).toEqual([]);
    expect(await rowOf(app, file.id)).toMatchObject({ status: "DELETED", collected_at: expect.any(Date) });
    expect(await restoreFile(app, user, file.id)).toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  test("purging makes room that the trash does not", async () => {
    expectMember<UploadTicket>("UploadTicket", await createUploadUrl(app, user, { size: QUOTA_BYTES - 5 }));
    expect(await usageOf()).toEqual(usage(5, 0, QUOTA_BYTES - 5));
    await deleteFile(app, user, file.id);
    expect(await createUploadUrl(app, user, { size: 1 })).toMatchObject({
      code: "QUOTA_EXCEEDED",
      usage: usage(5, 5, QUOTA_BYTES - 5),
    });
    await deleteFile(app, user, file.id, true);
    expectMember<UploadTicket>("UploadTicket", await createUploadUrl(app, user, { size: 5 }));
    expect(await usageOf()).toEqual(usage(0, 0, QUOTA_BYTES));
  });

  test("an open upload that is deleted is aborted and leaves the list", async () => {
    const { file: open } = await openUpload(app, user, "four");
    expect(await usageOf()).toEqual(usage(5, 0, 4));
    const deleted = expectMember("DeletedFile", await deleteFile(app, user, open.id)).file;
    expect(deleted).toMatchObject({ status: "EXPIRED", url: null });
    expect(await usageOf()).toEqual(usage(5));
    expect(await listedIds(["EXPIRED", "PENDING"])).toEqual([]);
    expect(await openUploadKeys(app)).not.toContain(keyOf(open.id));
    expect(await readFile(app, user, open.id)).toBeNull();
  });

  test("a rejected file that is deleted leaves the list", async () => {
    const ticket = await openUpload(app, user, "no picture", { contentType: "image/png" });
    await sendBytes(app, user, ticket, "no picture");
    await confirmUpload(app, user, ticket.file.id);
    expect(await listedIds()).toEqual([ticket.file.id, file.id]);
    expect(expectMember("DeletedFile", await deleteFile(app, user, ticket.file.id)).file.status).toBe("REJECTED");
    expect(await listedIds()).toEqual([file.id]);
    expect(await listedIds(["REJECTED"])).toEqual([]);
    await until(async () => (await rowOf(app, ticket.file.id))!["collected_at"] !== null);
    expect(await usageOf()).toEqual(usage(5));
  });

  test("the trash empties itself when its time is over", async () => {
    const brief = await startTestApp({ beside: app, env: { TRASH_TTL_SECONDS: "3" } });
    try {
      const deleted = expectMember("DeletedFile", await deleteFile(brief, user, file.id)).file;
      expect(Date.parse(deleted.purgeAt!) - Date.parse(deleted.deletedAt!)).toBe(3000);
      await brief.app.sweep();
      expect(await headOf(app, file.id)).not.toBeNull();
      await until(async () => {
        await brief.app.sweep();
        return (await headOf(app, file.id)) === null;
      });
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(deleted.purgeAt!));
      await until(async () => (await usageOf()).usedBytes === 0);
      expect(await restoreFile(brief, user, file.id)).toMatchObject({ code: "FILE_NOT_FOUND" });
    } finally {
      await brief.stop();
    }
  });
});
