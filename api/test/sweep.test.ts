import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { CreateMultipartUploadCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { createDataSource } from "../src/db/data-source.js";
import { rowsOf } from "../src/db/query.js";
import { FileEntity } from "../src/files/file.entity.js";
import { createFileStore } from "../src/files/file.store.js";
import { noise, sha256Of } from "./content.js";
import type { Content } from "./content.js";
import { checkInvariants, historyOf } from "./invariants.js";
import {
  abortUpload,
  confirmUpload,
  createUploadUrl,
  createUploadUrls,
  deleteFile,
  expectMember,
  openUpload,
  readFile,
  readUsage,
  restoreFile,
  sendBytes,
  signPartsOf,
  upload,
} from "./operations.js";
import type { UploadTicket } from "./operations.js";
import { accountOf, headOf, keyOf, openUploadKeys, ownerOf, rowOf, storedKeys, until, uuidOf } from "./records.js";
import { untilStoreAnswers } from "./readiness.js";
import { testServers } from "./servers.js";
import { download, put } from "./store-client.js";
import { startStoreProxy } from "./store-proxy.js";
import type { Fate, StoreProxy } from "./store-proxy.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

const KIB = 1024;
const MIB = 1024 ** 2;
const SEALED_ONCE = "PENDING>VERIFYING>READY";
const SHORT_LEASE_MS = 600;

let proxy: StoreProxy;
let app: TestApp;
let user = "";
let users = 0;

beforeAll(async () => {
  proxy = await startStoreProxy(testServers().s3.endpoint);
  app = await startTestApp({ storeEndpoint: proxy.endpoint, leaseMs: SHORT_LEASE_MS });
});
afterAll(async () => {
  await app.stop();
  await proxy.stop();
});
beforeEach(() => {
  user = `owner-${(users += 1)}`;
});
afterEach(async () => {
  proxy.onCall(null);
  await checkInvariants(app);
});

describe("promoting", () => {
  test("a complete upload that nobody confirms is sealed once its last URL is dead, not before", async () => {
    const brief = await startTestApp({ beside: app, env: { UPLOAD_URL_TTL_SECONDS: "3" } });
    try {
      const content = noise(9 * KIB, user);
      const ticket = await openUpload(brief, user, content);
      await sendBytes(brief, user, ticket, content);
      await app.app.sweep();
      expect(await rowOf(app, ticket.file.id)).toMatchObject({ status: "PENDING", attempt: 1 });
      await until(() => Date.now() > Date.parse(ticket.urlExpiresAt!));
      expect(await app.app.sweep()).toMatchObject({ promoted: 1, expired: 0 });
      await expectReady(ticket.file.id, content);
      expect(await historyOf(app, uuidOf(ticket.file.id))).toBe(SEALED_ONCE);
      expectMember("ConfirmedUpload", await confirmUpload(app, user, ticket.file.id));
    } finally {
      await brief.stop();
    }
  });

  test("an incomplete one is looked at once, stays open, and again after new URLs have been asked for", async () => {
    const content = noise(17 * MIB, user);
    const ticket = await openUpload(app, user, content);
    await sendParts(ticket, content, [1, 2]);
    await killUrls(ticket);
    expect(await app.app.sweep()).toMatchObject({ promoted: 0, expired: 0, left: 0 });
    const looked = (await rowOf(app, ticket.file.id))!;
    expect(looked).toMatchObject({ status: "PENDING", promoted_at: expect.any(Date) });
    await app.app.sweep();
    expect(await rowOf(app, ticket.file.id)).toEqual(looked);

    await sendParts(ticket, content, [3]);
    expect(await rowOf(app, ticket.file.id)).toMatchObject({ promoted_at: null });
    await killUrls(ticket);
    expect(await app.app.sweep()).toMatchObject({ promoted: 1 });
    await expectReady(ticket.file.id, content);
  });

  test("just before its time is over a complete upload is sealed, though its URLs still live", async () => {
    const content = noise(5 * KIB, user);
    const ticket = await openUpload(app, user, content);
    await sendBytes(app, user, ticket, content);
    await endsIn(ticket, "90 seconds");
    expect(await app.app.sweep()).toMatchObject({ promoted: 1 });
    await expectReady(ticket.file.id, content);
  });

  test("104 unfinished uploads near their end are each looked at once and hold up nobody behind them", async () => {
    const inputs = Array.from({ length: 52 }, () => ({ size: KIB }));
    const crowd = (await Promise.all([createUploadUrls(app, user, inputs), createUploadUrls(app, user, inputs)]))
      .flat()
      .map((answer) => expectMember("UploadTicket", answer));
    await rowsOf(app.db, "update files set expires_at = now() + interval '100 seconds' where id = any($1::uuid[])", [
      crowd.map(({ file }) => uuidOf(file.id)),
    ]);
    const content = noise(KIB, user);
    const behind = await sent(content);
    await killUrls(behind);
    expect(await app.app.sweep()).toMatchObject({ promoted: 1, expired: 0, left: 0 });
    await expectReady(behind.file.id, content);
    const listings = proxy.countOf("ListParts");
    expect(await app.app.sweep()).toMatchObject({ promoted: 0, expired: 0, left: 0 });
    expect(proxy.countOf("ListParts")).toBe(listings);

    await rowsOf(app.db, "update files set expires_at = now() where id = any($1::uuid[])", [
      crowd.map(({ file }) => uuidOf(file.id)),
    ]);
    expect(await app.app.sweep()).toMatchObject({ expired: 104, left: 0 });
    await untilCollected();
    expect(await accountOf(app, user)).toEqual({ used: KIB, reserved: 0, uncollected: 0, open: 0 });
  });
});

describe("expiring", () => {
  test("an incomplete upload whose time is over: only after a listing that says so; then nothing is left of it", async () => {
    const ticket = await openUpload(app, user, noise(6 * KIB, user));
    await endsIn(ticket, "0 seconds");
    const before = proxy.countOf("ListParts", keyOf(ticket.file.id));
    expect(await app.app.sweep()).toMatchObject({ expired: 1, collected: expect.any(Number), left: 0 });
    expect(proxy.countOf("ListParts", keyOf(ticket.file.id))).toBeGreaterThan(before);
    await untilCollected();
    expect(await openUploadKeys(app)).not.toContain(keyOf(ticket.file.id));
    expect(await accountOf(app, user)).toEqual({ used: 0, reserved: 0, uncollected: 0, open: 0 });
    expect((await putSingle(ticket, noise(6 * KIB, user))).code).toBe("NoSuchUpload");
    expect(await confirmUpload(app, user, ticket.file.id)).toMatchObject({ __typename: "UploadExpired" });
  });

  test("a complete one is sealed, however late", async () => {
    const content = noise(7 * KIB, user);
    const ticket = await sent(content);
    await endsIn(ticket, "-3 days");
    expect(await app.app.sweep()).toMatchObject({ promoted: 1, expired: 0 });
    await expectReady(ticket.file.id, content);
  });

  test("while the store does not answer nothing expires; when it does again the sweep goes on", async () => {
    const ticket = await openUpload(app, user, noise(KIB, user));
    await endsIn(ticket, "-1 hour");
    proxy.onCall(({ operation }) => (operation === "ListParts" ? "CUT" : "FORWARD"));
    expect(await app.app.sweep()).toMatchObject({ expired: 0, left: 1 });
    expect(await rowOf(app, ticket.file.id)).toMatchObject({ status: "VERIFYING" });
    await killLease(ticket);
    expect(await app.app.sweep()).toMatchObject({ expired: 0, left: 1 });
    proxy.onCall(null);
    await untilStoreAnswers(app);
    await killLease(ticket);
    expect(await app.app.sweep()).toMatchObject({ expired: 1, left: 0 });
    await untilCollected();
    expect(await historyOf(app, uuidOf(ticket.file.id))).toBe("PENDING>VERIFYING>EXPIRED");
  });

  test("a store that refuses to seal ends an upload only after it has refused for a day, however old the upload is", async () => {
    const content = noise(KIB, user);
    const ticket = await sent(content);
    await age(ticket, "40 days");
    await killUrls(ticket);
    proxy.onCall(({ operation }) => (operation === "CompleteMultipartUpload" ? "REFUSE" : "FORWARD"));
    expect(await app.app.sweep()).toMatchObject({ promoted: 0, expired: 0, left: 1 });
    expect(await rowOf(app, ticket.file.id)).toMatchObject({ status: "VERIFYING", refused_since: expect.any(Date) });

    // No answer at all is not a refusal: the day begins anew.
    proxy.onCall(({ operation }) => (operation === "CompleteMultipartUpload" ? "CUT" : "FORWARD"));
    await killLease(ticket);
    expect(await app.app.sweep()).toMatchObject({ left: 1 });
    expect(await rowOf(app, ticket.file.id)).toMatchObject({ status: "VERIFYING", refused_since: null });

    proxy.onCall(({ operation }) => (operation === "CompleteMultipartUpload" ? "REFUSE" : "FORWARD"));
    await killLease(ticket);
    expect(await app.app.sweep()).toMatchObject({ left: 1 });
    await rowsOf(app.db, "update files set refused_since = now() - interval '25 hours' where id = $1", [
      uuidOf(ticket.file.id),
    ]);
    await killLease(ticket);
    expect(await app.app.sweep()).toMatchObject({ expired: 1 });
    expect(await readUsage(app, user)).toMatchObject({ usedBytes: 0, reservedBytes: 0 });
    // The Complete that was cut may still be on its way, for all that anybody knows.
    expect(proxy.countOf("AbortMultipartUpload", keyOf(ticket.file.id))).toBe(0);
    // An hour later it is not: it goes, and no later sweep meets it.
    await rowsOf(
      app.db,
      `update files set complete_sent_at = now() - interval '61 minutes',
                        collecting_at = coalesce(collecting_at, now()) - interval '61 seconds' where id = $1`,
      [uuidOf(ticket.file.id)],
    );
    await app.app.sweep();
    await untilCollected();
  });

  test("the mending of a short refusal loses nothing", async () => {
    const content = noise(KIB, user);
    const ticket = await sent(content);
    await age(ticket, "40 days");
    proxy.onCall(({ operation }) => (operation === "ListParts" ? "REFUSE" : "FORWARD"));
    expect(await confirmUpload(app, user, ticket.file.id)).toMatchObject({ __typename: "TemporaryFailure" });
    proxy.onCall(null);
    await killLease(ticket);
    expectMember("ConfirmedUpload", await confirmUpload(app, user, ticket.file.id));
    await expectReady(ticket.file.id, content);
  });
});

describe("creations that nobody finished", () => {
  test("a store that opens uploads and loses its answers: what it opened is found and goes, and the same call works", async () => {
    const input = { size: KIB, idempotencyKey: "again" };
    proxy.onCall(({ operation }) => (operation === "CreateMultipartUpload" ? "LOSE_ANSWER" : "FORWARD"));
    expect(await createUploadUrl(app, user, input)).toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    proxy.onCall(null);
    await untilCollected();
    const [failed] = await rowsOf<{ id: string }>(app.db, "select id from files where owner_id = $1", [ownerOf(user)]);
    expect(proxy.countOf("CreateMultipartUpload", keyOf(`file_${failed!.id}`))).toBeGreaterThan(0);
    expect(await openUploadKeys(app)).not.toContain(keyOf(`file_${failed!.id}`));
    expect(await accountOf(app, user)).toEqual({ used: 0, reserved: 0, uncollected: 0, open: 0 });
    const ticket = expectMember("UploadTicket", await createUploadUrl(app, user, input));
    await abortUpload(app, user, ticket.file.id);
  });

  test("one whose process died is taken over by the same call, and what that process had opened goes", async () => {
    const died = await deadCreation("taken over");
    const stray = await strayUpload(died);
    const ticket = expectMember(
      "UploadTicket",
      await createUploadUrl(app, user, { size: KIB, idempotencyKey: "taken over" }),
    );
    expect(uuidOf(ticket.file.id)).toBe(died);
    expect((await rowOf(app, ticket.file.id))!["upload_id"]).not.toBe(stray);
    expect((await openUploadKeys(app)).filter((key) => key === keyOf(ticket.file.id))).toHaveLength(1);
    const content = noise(KIB, user);
    await sendBytes(app, user, ticket, content);
    expectMember("ConfirmedUpload", await confirmUpload(app, user, ticket.file.id));
  });

  test("or expired by a sweep after five minutes, with its key free again and nothing left in the store", async () => {
    const died = await deadCreation("expired");
    await strayUpload(died);
    expect(await app.app.sweep()).toMatchObject({ expired: 0 });
    await age({ file: { id: `file_${died}` } }, "6 minutes");
    expect(await app.app.sweep()).toMatchObject({ expired: 1 });
    await untilCollected();
    expect(await openUploadKeys(app)).not.toContain(keyOf(`file_${died}`));
    expect(await accountOf(app, user)).toEqual({ used: 0, reserved: 0, uncollected: 0, open: 0 });
    const ticket = expectMember(
      "UploadTicket",
      await createUploadUrl(app, user, { size: KIB, idempotencyKey: "expired" }),
    );
    expect(uuidOf(ticket.file.id)).not.toBe(died);
  });

  /** What a process leaves that dies between its INSERT and the store's answer. */
  async function deadCreation(idempotencyKey: string): Promise<string> {
    const ticket = expectMember("UploadTicket", await createUploadUrl(app, user, { size: KIB, idempotencyKey }));
    const uuid = uuidOf(ticket.file.id);
    await rowsOf(
      app.db,
      "update files set upload_id = null, urls_expire_at = null, lease_until = now() where id = $1",
      [uuid],
    );
    return uuid;
  }

  async function strayUpload(uuid: string): Promise<string> {
    const Key = keyOf(`file_${uuid}`);
    return (await app.s3.send(new CreateMultipartUploadCommand({ Bucket: app.bucket, Key }))).UploadId!;
  }
});

describe("a dead holder's lease", () => {
  test.each([
    ["before it listed", "nothing"],
    ["after Complete, before the verdict", "sealed"],
  ])("%s: the sweep goes on from there", async (_, left) => {
    const content = noise(11 * KIB, user);
    const ticket = await sent(content);
    if (left === "sealed") {
      // The verdict of the first attempt is lost with its process: HEAD is not answered any more.
      proxy.onCall(({ operation }) => (operation === "HeadObject" ? "CUT" : "FORWARD"));
      expect(await confirmUpload(app, user, ticket.file.id)).toMatchObject({ __typename: "TemporaryFailure" });
      proxy.onCall(null);
      expect(await headOf(app, ticket.file.id)).not.toBeNull();
    } else {
      await rowsOf(
        app.db,
        "update files set status = 'VERIFYING', attempt = attempt + 1, lease_until = now() + interval '1 hour' where id = $1",
        [uuidOf(ticket.file.id)],
      );
      expect(await app.app.sweep()).toMatchObject({ promoted: 0 });
      expect(await confirmUpload(app, user, ticket.file.id)).toMatchObject({ __typename: "FileBusy" });
    }
    expect(await rowOf(app, ticket.file.id)).toMatchObject({ status: "VERIFYING" });
    await killLease(ticket);
    expect(await app.app.sweep()).toMatchObject({ promoted: 1 });
    await expectReady(ticket.file.id, content);
    expect(await historyOf(app, uuidOf(ticket.file.id))).toBe(SEALED_ONCE);
    expect(proxy.countOf("CompleteMultipartUpload", keyOf(ticket.file.id))).toBe(1);
  });

  test("a slow holder keeps its short lease by renewing it", async () => {
    const content = noise(2 * KIB, user);
    const ticket = await sent(content);
    proxy.onCall(async ({ operation }): Promise<Fate> => {
      if (operation === "CompleteMultipartUpload") await new Promise((wake) => setTimeout(wake, 3 * SHORT_LEASE_MS));
      return "FORWARD";
    });
    const slow = confirmUpload(app, user, ticket.file.id);
    await until(() => proxy.countOf("CompleteMultipartUpload", keyOf(ticket.file.id)) === 1);
    for (let sweeps = 0; sweeps < 4; sweeps += 1) {
      expect(await app.app.sweep()).toMatchObject({ promoted: 0 });
      await new Promise((wake) => setTimeout(wake, SHORT_LEASE_MS / 2));
    }
    expectMember("ConfirmedUpload", await slow);
    expect(await rowOf(app, ticket.file.id)).toMatchObject({ status: "READY", attempt: 2 });
  });
});

describe("collecting", () => {
  test("aborted, rejected and deleted files leave neither object nor upload nor usage, and their day as tombstones", async () => {
    const aborted = await sent(noise(3 * KIB, user));
    expectMember("AbortedUpload", await abortUpload(app, user, aborted.file.id));
    const html = "<!doctype html><html><head><title>x</title></head><body></body></html>";
    const rejected = await openUpload(app, user, html, { filename: "photo.png", contentType: "image/png" });
    await sendBytes(app, user, rejected, html);
    expect(await confirmUpload(app, user, rejected.file.id)).toMatchObject({ __typename: "ContentMismatch" });
    const deleted = await upload(app, user, noise(4 * KIB, user));
    expectMember("DeletedFile", await deleteFile(app, user, deleted.id));
    await app.app.sweep();
    expect(await storedKeys(app)).toContain(keyOf(deleted.id));
    expect(await readUsage(app, user)).toMatchObject({ usedBytes: 4 * KIB, trashBytes: 4 * KIB, reservedBytes: 0 });

    await rowsOf(app.db, "update files set purge_at = now() where id = $1", [uuidOf(deleted.id)]);
    await app.app.sweep();
    await untilCollected();
    const ids = [aborted.file.id, rejected.file.id, deleted.id];
    const keys = [...(await storedKeys(app)), ...(await openUploadKeys(app))];
    expect(keys.filter((key) => ids.map(keyOf).includes(key))).toEqual([]);
    expect(await accountOf(app, user)).toEqual({ used: 0, reserved: 0, uncollected: 0, open: 0 });
    expect(await Promise.all(ids.map((id) => historyOf(app, uuidOf(id))))).toEqual([
      "PENDING>EXPIRED",
      "PENDING>VERIFYING>REJECTED",
      "PENDING>VERIFYING>READY>DELETED",
    ]);
    expect(await restoreFile(app, user, deleted.id)).toMatchObject({ __typename: "FileNotFound" });
    // The verdict is told for as long as the row is there.
    expect(await confirmUpload(app, user, rejected.file.id)).toMatchObject({ __typename: "ContentMismatch" });

    expect(await app.app.sweep()).toMatchObject({ tombstonesRemoved: 0 });
    await rowsOf(app.db, "update files set collected_at = now() - interval '25 hours' where id = any($1::uuid[])", [
      ids.map(uuidOf),
    ]);
    // An effect that was long on its way arrives at last: the row still explains it, and the second look finds it.
    await app.s3.send(new PutObjectCommand({ Bucket: app.bucket, Key: keyOf(deleted.id), Body: "late" }));
    await app.s3.send(new CreateMultipartUploadCommand({ Bucket: app.bucket, Key: keyOf(aborted.file.id) }));
    expect(await app.app.sweep()).toMatchObject({ tombstonesRemoved: 3, left: 0 });
    expect(await Promise.all(ids.map((id) => rowOf(app, id)))).toEqual([null, null, null]);
    expect(await storedKeys(app)).not.toContain(keyOf(deleted.id));
    expect(await openUploadKeys(app)).not.toContain(keyOf(aborted.file.id));
  });

  test("while the store is away nothing is freed; afterwards a sweep does it, and no file is collected twice", async () => {
    const { id } = await upload(app, user, noise(4 * KIB, user));
    proxy.onCall(({ operation }) => (operation === "DeleteObject" ? "CUT" : "FORWARD"));
    expectMember("DeletedFile", await deleteFile(app, user, id, true));
    expect(await restoreFile(app, user, id)).toMatchObject({ __typename: "FileStateConflict" });
    expect(await readUsage(app, user)).toMatchObject({ usedBytes: 4 * KIB });
    proxy.onCall(null);
    // Its claim is a minute old: whoever held it is taken for dead.
    await rowsOf(app.db, "update files set collecting_at = now() - interval '61 seconds' where id = $1", [uuidOf(id)]);
    const second = await startTestApp({ beside: app });
    try {
      const reports = await Promise.all([app.app.sweep(), second.app.sweep(), app.app.sweep()]);
      // One of them, or the job that was committed with the deletion.
      expect(reports.reduce((sum, { collected }) => sum + collected, 0)).toBeLessThanOrEqual(1);
      await untilCollected();
    } finally {
      await second.stop();
    }
    expect(await readUsage(app, user)).toMatchObject({ usedBytes: 0 });
    expect(await readFile(app, user, id)).toBeNull();
  });

  test("a row that cannot be swept does not stop the others", async () => {
    const poisoned = await sent(noise(KIB, user));
    const others = await Promise.all([1, 2, 3].map((index) => sent(noise(KIB, `${user} ${index}`))));
    const trash = await upload(app, user, noise(KIB, user));
    await deleteFile(app, user, trash.id);
    await rowsOf(app.db, "update files set purge_at = now() where id = $1", [uuidOf(trash.id)]);
    await rowsOf(
      app.db,
      `create function poison() returns trigger language plpgsql as $$ begin raise exception 'poisoned'; end $$`,
    );
    await rowsOf(
      app.db,
      `create trigger poison before update on files for each row
       when (old.id = '${uuidOf(poisoned.file.id)}' and new.status = 'READY') execute function poison()`,
    );
    try {
      for (const ticket of [poisoned, ...others]) await killUrls(ticket);
      expect(await app.app.sweep()).toMatchObject({ promoted: 3, collected: 1, left: 1 });
    } finally {
      await rowsOf(app.db, "drop trigger poison on files");
      await rowsOf(app.db, "drop function poison()");
    }
    await killLease(poisoned);
    expect(await app.app.sweep()).toMatchObject({ promoted: 1, left: 0 });
  });
});

describe("the job queue", () => {
  test("sweeps by itself in two processes: promotes, expires and collects", async () => {
    // Signing times are whole seconds: of a single one next to nothing may be left.
    const env = { UPLOAD_URL_TTL_SECONDS: "3" };
    const options = { beside: app, env, sweepEveryMs: 100 };
    const [first, second] = await Promise.all([startTestApp(options), startTestApp(options)]);
    try {
      const content = noise(8 * KIB, user);
      const complete = await openUpload(first, user, content);
      await sendBytes(first, user, complete, content);
      const incomplete = await openUpload(second, user, noise(2 * KIB, user));
      await endsIn(incomplete, "1 second");
      const deleted = await upload(first, user, noise(KIB, user));
      expectMember("DeletedFile", await deleteFile(second, user, deleted.id));
      await rowsOf(app.db, "update files set purge_at = now() + interval '1 second' where id = $1", [
        uuidOf(deleted.id),
      ]);

      await until(async () => (await rowOf(app, complete.file.id))!["status"] === "READY");
      await until(async () => (await rowOf(app, incomplete.file.id))!["collected_at"] !== null);
      await until(async () => (await rowOf(app, deleted.id))!["collected_at"] !== null);
      await expectReady(complete.file.id, content);
      expect(await accountOf(app, user)).toEqual({ used: 8 * KIB, reserved: 0, uncollected: 0, open: 0 });
      expect([...first.logLines, ...second.logLines].filter((line) => line.includes('"level":"error"'))).toEqual([]);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
    }
  });

  test("a process that dies between the commit and the collecting: the job was committed with it, and another does it", async () => {
    const open = await sent(noise(2 * KIB, user));
    const trash = await upload(app, user, noise(3 * KIB, user));
    await deleteFile(app, user, trash.id);
    const db = createDataSource({
      url: app.databaseUrl,
      poolSize: 2,
      connectTimeoutMs: 10_000,
      entities: [FileEntity],
      migrations: [],
      onPoolError: () => undefined,
    });
    await db.initialize();
    try {
      // All that such a process has done.
      const files = createFileStore(db);
      expect(await files.abort(ownerOf(user), uuidOf(open.file.id))).toMatchObject({ status: "EXPIRED" });
      expect(await files.purgeNow(ownerOf(user), uuidOf(trash.id))).toMatchObject({ status: "DELETED" });
    } finally {
      await db.destroy();
    }
    // No sweep runs here, so it is the jobs.
    await untilCollected();
    expect(await accountOf(app, user)).toEqual({ used: 0, reserved: 0, uncollected: 0, open: 0 });
    expect(await openUploadKeys(app)).not.toContain(keyOf(open.file.id));
    expect(await storedKeys(app)).not.toContain(keyOf(trash.id));
  });
});

/** An upload whose bytes are all in the store. */
async function sent(content: Content): Promise<UploadTicket> {
  const ticket = await openUpload(app, user, content);
  await sendBytes(app, user, ticket, content);
  return ticket;
}

async function sendParts(ticket: UploadTicket, content: Content, numbers: readonly number[]): Promise<void> {
  for (const part of await signPartsOf(app, user, ticket, content, numbers)) {
    const fromByte = (part.number - 1) * ticket.partSize;
    const toByte = Math.min(fromByte + ticket.partSize, content.sizeBytes);
    expect((await put(part, content, { fromByte, toByte })).status).toBe(200);
  }
}

const putSingle = (ticket: UploadTicket, content: Content) =>
  put({ url: ticket.uploadUrl!, headers: ticket.headers }, content);

async function expectReady(id: string, content: Content): Promise<void> {
  const file = await readFile(app, user, id);
  expect(file).toMatchObject({ status: "READY" });
  expect((await download(file!.url!)).sha256).toBe(sha256Of(content));
}

type Upload = { readonly file: { readonly id: string } };

/** As if the last URL had been issued long ago. */
const killUrls = ({ file }: Upload) =>
  rowsOf(app.db, "update files set urls_expire_at = now() - interval '1 second' where id = $1", [uuidOf(file.id)]);

/** As if whoever held the lease had died a while ago. */
const killLease = ({ file }: Upload) =>
  rowsOf(app.db, "update files set lease_until = now() - interval '1 second' where id = $1", [uuidOf(file.id)]);

const endsIn = ({ file }: Upload, interval: string) =>
  rowsOf(app.db, "update files set expires_at = now() + $2::interval where id = $1", [uuidOf(file.id), interval]);

/** As if it had been created that long ago; the guard, which keeps created_at, looks away for this one statement. */
async function age({ file }: Upload, interval: string): Promise<void> {
  await rowsOf(
    app.db,
    `do $$ begin
       alter table files disable trigger files_guard;
       update files set created_at = created_at - interval '${interval}' where id = '${uuidOf(file.id)}';
       alter table files enable trigger files_guard;
     end $$`,
  );
}

/** Whoever claimed a row to collect it needs a moment; jobs, sweeps and calls share the work. */
async function untilCollected(): Promise<void> {
  await until(async () => {
    const due = await rowsOf(
      app.db,
      `select id from files where owner_id = $1 and collected_at is null
       and (status in ('REJECTED', 'EXPIRED') or (status = 'DELETED' and purge_at <= now()))`,
      [ownerOf(user)],
    );
    return due.length === 0;
  }, 30_000);
}
