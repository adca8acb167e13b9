import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { S3Client } from "@aws-sdk/client-s3";
import type { DataSource } from "typeorm";
import { makeScratchDir } from "../embedded/scratch-dir.fixture.js";
import { createDataSource } from "../src/db/data-source.js";
import { rowsOf } from "../src/db/query.js";
import { startApiProcess } from "./api-process.js";
import type { ApiProcess } from "./api-process.js";
import { noise, sha256Of } from "./content.js";
import { createTestDatabase } from "./database.js";
import type { TestDatabase } from "./database.js";
import { checkInvariants } from "./invariants.js";
import { startKillableStore } from "./killable-servers.js";
import type { KillableStore } from "./killable-servers.js";
import {
  abortUpload,
  confirmUpload,
  createUploadUrl,
  expectMember,
  openUpload,
  readFile,
  sendBytes,
  upload,
} from "./operations.js";
import type { UploadTicket } from "./operations.js";
import { readinessOf, untilStoreAnswers } from "./readiness.js";
import { accountOf, ownerOf, rowOf, until } from "./records.js";
import { download } from "./store-client.js";

/** A store of one's own that goes away, as a process that is killed and as one that is frozen, and comes back. */

const KIB = 1024;
/** Sweeps and leases are a minute long: whatever is mended here is not mended by waiting for them. */
const SOON_MS = 20_000;
/** Each call is given up after 2.5 s; the rest is for a machine that has more to do. The figure is R10's. */
const GIVEN_UP_WITHIN_MS = 8_000;

let dataDir: string;
let store: KillableStore;
let database: TestDatabase;
let db: DataSource;
let s3: S3Client;
let api: ApiProcess;
/** A new one for each test. */
let user: string;

beforeAll(async () => {
  dataDir = await makeScratchDir("breaker");
  [store, database] = await Promise.all([startKillableStore(dataDir, false), createTestDatabase()]);
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = store;
  s3 = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
  db = createDataSource({
    ...{ url: database.url, poolSize: 2, connectTimeoutMs: 10_000, entities: [], migrations: [] },
    onPoolError: () => undefined,
  });
  await db.initialize();
  api = await startApiProcess({ databaseUrl: database.url, bucket, store });
});
beforeEach(() => {
  user = `user-${randomUUID()}`;
});
afterEach(() => checkInvariants({ db, s3, bucket: store.bucket }));
afterAll(async () => {
  await api.kill();
  await db.destroy();
  s3.destroy();
  await store.stop();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const timesLogged = (words: string): number => api.log().split(words).length - 1;
const rowCount = async (): Promise<number> =>
  (await rowsOf(db, "select 1 from files where owner_id = $1", [ownerOf(user)])).length;

const ENDINGS = [
  ["killed", () => store.kill(), () => store.start()],
  ["frozen", () => store.freeze(), () => store.thaw()],
] as const;

describe.each(ENDINGS)("a store that is %s", (_, goAway, comeBack) => {
  test("costs each call a moment and then none; reads answer; all that was begun is finished when it is back", async () => {
    const ready = await upload(api, user, "hello");
    const contents = [1, 2, 3, 4].map((size) => noise(size * KIB, `${user} ${size}`));
    const tickets = await Promise.all(contents.map((content) => openUpload(api, user, content)));
    await Promise.all(tickets.map((ticket, index) => sendBytes(api, user, ticket, contents[index]!)));
    const toldBefore = timesLogged("the store does not answer");
    await goAway();
    try {
      const begun = performance.now();
      const creates = Array.from({ length: 8 }, () => createUploadUrl(api, user, { size: 1 }));
      expect(
        (await Promise.all(creates)).every((answer) => "code" in answer && answer.code === "STORAGE_UNAVAILABLE"),
      ).toBe(true);
      expect(performance.now() - begun).toBeLessThan(GIVEN_UP_WITHIN_MS);
      await until(async () => (await readinessOf(api)).storage === false);

      // From now on nothing is sent, nothing is kept, and nothing is logged a call.
      const rows = await rowCount();
      const linesBefore = api.log().split("\n").length;
      for (let call = 0; call < 20; call += 1) {
        const answer = await createUploadUrl(api, user, { size: 1, idempotencyKey: `once ${call % 2}` });
        expect(answer).toMatchObject({ code: "STORAGE_UNAVAILABLE", retryable: true });
      }
      expect(await rowCount()).toBe(rows);
      expect(api.log().split("\n").length - linesBefore).toBeLessThan(5);
      expect(await readinessOf(api)).toEqual({ httpStatus: 200, status: "degraded", database: true, storage: false });
      expect((await readFile(api, user, ready.id))!.url).not.toBeNull();
      for (const { file } of tickets) {
        const answer = await confirmUpload(api, user, file.id);
        expect(answer).toMatchObject({
          retryable: true,
          code: expect.stringMatching(/^(STORAGE_UNAVAILABLE|FILE_BUSY)$/),
        });
      }
    } finally {
      await comeBack();
    }
    await untilStoreAnswers(api);
    expect(timesLogged("the store does not answer") - toldBefore).toBe(1);
    for (const [index, { file }] of tickets.entries()) {
      await until(async () => (await confirmUpload(api, user, file.id)).__typename === "ConfirmedUpload", SOON_MS);
      const { url } = (await readFile(api, user, file.id))!;
      expect((await download(url!)).sha256).toBe(sha256Of(contents[index]!));
    }
    const input = { size: 1, idempotencyKey: "once 0" };
    expectMember<UploadTicket>("UploadTicket", await createUploadUrl(api, user, input));
    // What was opened unheard, and given up, has been collected; one upload is open.
    await until(async () => (await accountOf({ db }, user)).uncollected === 0, SOON_MS);
    expect(await accountOf({ db }, user)).toMatchObject({ used: 5 + 10 * KIB, reserved: 1, open: 1 });
  });

  test("what nobody asks for again is finished too, without waiting for a sweep's turn or a claim's end", async () => {
    const content = noise(5 * KIB, user);
    const ticket = await openUpload(api, user, content);
    await sendBytes(api, user, ticket, content);
    const aborted = await openUpload(api, user, noise(KIB, user));
    await goAway();
    try {
      await Promise.all(Array.from({ length: 5 }, () => createUploadUrl(api, user, { size: 1 })));
      expect(await confirmUpload(api, user, ticket.file.id)).toMatchObject({ retryable: true });
      expectMember("AbortedUpload", await abortUpload(api, user, aborted.file.id));
      expect(await rowOf({ db }, ticket.file.id)).toMatchObject({ status: "VERIFYING" });
      expect(await rowOf({ db }, aborted.file.id)).toMatchObject({ status: "EXPIRED", collected_at: null });
    } finally {
      await comeBack();
    }
    await until(async () => (await rowOf({ db }, ticket.file.id))!["status"] === "READY", SOON_MS);
    await until(async () => (await rowOf({ db }, aborted.file.id))!["collected_at"] !== null, SOON_MS);
    await until(async () => (await accountOf({ db }, user)).uncollected === 0, SOON_MS);
    expect(await accountOf({ db }, user)).toEqual({ used: 5 * KIB, reserved: 0, uncollected: 0, open: 0 });
  });
});
