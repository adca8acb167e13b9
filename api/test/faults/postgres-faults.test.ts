import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import type { DataSource } from "typeorm";
import { makeScratchDir } from "../../embedded/scratch-dir.fixture.js";
import { rowsOf } from "../../src/db/query.js";
import { startApiProcess } from "../api-process.js";
import type { ApiProcess } from "../api-process.js";
import { migratedDataSource } from "../database.js";
import { checkInvariants } from "../invariants.js";
import { startKillablePostgres } from "../killable-servers.js";
import type { KillablePostgres } from "../killable-servers.js";
import { readFile } from "../operations.js";
import { until } from "../records.js";
import { testServers } from "../servers.js";
import { startSteadyLoad } from "../steady-load.js";
import type { SteadyLoad } from "../steady-load.js";
import { timeReturn } from "./when-back.js";

/**
 * A Postgres that is killed, frozen or throws everybody out while a real process serves requests: the process lives, serves
 * again as soon as Postgres does, and has lost nothing that it answered.
 */

const USER = "postgres-faults";
const BACK_WITHIN_MS = 25_000;
const FROZEN_MS = 10_000;
/** The process gives a statement up after so long. */
const DATABASE_TIMEOUT_SECONDS = 2;
/** Waiting for a connection, a statement, and some room for a machine that is busy. */
const ANSWER_WITHIN_MS = 20_000;
const TERMINATE_EVERY_MS = 200;
const TERMINATE_FOR_MS = 4_000;

const { s3: store } = testServers();
const bucket = `t-${process.pid}-${Date.now().toString(36)}`;
let dir: string;
let postgres: KillablePostgres;
let s3: S3Client;
let db: DataSource;
let api: ApiProcess;
let exits = 0;
beforeAll(async () => {
  dir = await makeScratchDir("faults");
  postgres = await startKillablePostgres(join(dir, "postgres"));
  const credentials = { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
  s3 = new S3Client({ ...store, credentials, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  db = await migratedDataSource(postgres.url);
  api = await startApiProcess({
    databaseUrl: postgres.url,
    bucket,
    store,
    env: { DATABASE_TIMEOUT_SECONDS: String(DATABASE_TIMEOUT_SECONDS), LEASE_SECONDS: "2", SWEEP_EVERY_SECONDS: "1" },
  });
  void api.exit.then(() => (exits += 1));
});
afterAll(async () => {
  await api.kill();
  await db.destroy();
  s3.destroy();
  await postgres.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Works beside what is done to Postgres, and afterwards: nothing that was answered READY is lost. */
async function underLoad(work: (load: SteadyLoad) => Promise<void>): Promise<SteadyLoad> {
  const load = startSteadyLoad({ url: api.url, user: USER, requestsPerSecond: 25 });
  const sealsAgain = async (): Promise<void> => {
    const before = load.ready.size;
    await until(() => load.ready.size > before, BACK_WITHIN_MS);
  };
  try {
    await sealsAgain();
    await work(load);
    await sealsAgain();
  } finally {
    await load.stop();
  }
  expect(exits).toBe(0);
  // An answer that a caller can act on, in time, whatever happened.
  for (const { end, what } of load.answers) if (end === "LOST") expect(what).toMatch(/SERVICE_UNAVAILABLE/);
  expect(load.answers.filter(({ tookMs }) => tookMs > ANSWER_WITHIN_MS)).toEqual([]);
  for (const id of load.ready) expect((await readFile(api, USER, id))?.status).toBe("READY");
  return load;
}

test("killed (-9) and started again, twice", async () => {
  await underLoad(async () => {
    for (let restart = 0; restart < 2; restart += 1) {
      await postgres.kill();
      const returning = timeReturn({ databaseUrl: postgres.url, apiUrl: api.url }, BACK_WITHIN_MS);
      const [{ acceptedAtMs, servedAtMs }] = await Promise.all([returning, postgres.start()]);
      expect(servedAtMs - acceptedAtMs).toBeLessThan(2_000);
    }
  });
});

test("every connection terminated, again and again", async () => {
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  const terminated: number[] = [];
  await underLoad(async () => {
    for (const until = Date.now() + TERMINATE_FOR_MS; Date.now() < until; await sleep(TERMINATE_EVERY_MS)) {
      const { rowCount } = await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
      terminated.push(rowCount ?? 0);
    }
  });
  await admin.end();
  expect(terminated.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(20);
});

test("frozen for ten seconds, then thawed: refused in time meanwhile", async () => {
  const load = await underLoad(async () => {
    await postgres.freeze();
    try {
      await sleep(FROZEN_MS);
    } finally {
      await postgres.thaw();
    }
  });
  expect(load.answers.filter(({ what }) => what.includes("SERVICE_UNAVAILABLE")).length).toBeGreaterThan(10);
});

test("afterwards: calm words in the log, sweeps work, and the books are right", async () => {
  const lines = api
    .log()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  expect(lines.length).toBeLessThan(40);
  expect(lines.filter((line) => line.includes("the database does not answer")).length).toBeGreaterThan(0);
  // Jobs whose database went away under them have failed for that reason; sweeps do what they were to do.
  await rowsOf(db, "delete from graphile_worker._private_jobs where last_error is not null");
  // Reservations whose answers were lost, and leases of work that was, end by themselves.
  const open = "select * from files where status = 'VERIFYING' or (status = 'PENDING' and upload_id is null)";
  let left: unknown[] = [];
  await until(async () => (left = await rowsOf(db, open)).length === 0, BACK_WITHIN_MS).catch((error: Error) => {
    throw new Error(`${error.message}\n${JSON.stringify(left)}\n${api.log()}`);
  });
  await checkInvariants({ db, s3, bucket });
});
