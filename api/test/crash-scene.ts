import { randomBytes } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { DataSource } from "typeorm";
import { createDataSource } from "../src/db/data-source.js";
import { rowsOf } from "../src/db/query.js";
import { startApiProcess } from "./api-process.js";
import type { ApiEnvironment, ApiProcess } from "./api-process.js";
import { createTestDatabase } from "./database.js";
import type { TestDatabase } from "./database.js";
import { checkInvariants } from "./invariants.js";
import type { Holdings } from "./invariants.js";
import type { Api } from "./operations.js";
import { until } from "./records.js";
import { testServers } from "./servers.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** A dead holder's lease is over after this; a creation is given up after five of them. */
const LEASE_SECONDS = 1;
/** No sweep but those of {@link CrashScene.sweep}. */
const NEVER_SECONDS = "86400";

/** A database and a bucket of one's own, for processes that die on them. */
export interface CrashScene extends Holdings {
  /** Settings of its processes; for commands too. */
  readonly environment: ApiEnvironment;
  /** One process of the service. @param failpoint as FAILPOINT says it */
  start(failpoint?: string): Promise<ApiProcess>;
  /** Runs SQL, for instance to let time pass. */
  sql(text: string, values?: readonly unknown[]): Promise<void>;
  /** A replica in the test's own process, which takes a tenth of the time to start. */
  startHere(): Promise<Api>;
  /** One sweep, by whichever process takes it; resolves when it is done. */
  sweep(): Promise<void>;
  /** Hands a sweep to the processes and does not wait for it. Answers its job's key. */
  queueSweep(): Promise<string>;
  /** Sweeps until the condition holds. @throws Error when it does not in time */
  sweepUntil(condition: () => Promise<boolean>): Promise<void>;
  /** Sweeps until nothing is on its way any more, and checks every invariant. */
  settle(): Promise<void>;
  /** A copy of the database, as a standby holds it that has replayed all so far. Every process has to be gone. */
  copyDatabase(): Promise<void>;
  /** The copy takes the database's place: what was committed since has never been. Every process has to be gone. */
  failOver(): Promise<void>;
  /** Ends every process that was started here. */
  close(): Promise<void>;
}

const SETTLES_WITHIN_MS = 60_000;

/**
 * Opens a scene. Its job queue works nothing but the test's own sweeps: what a dead process has queued would otherwise
 * be done by the next one as it starts, before anything could be asked of it.
 */
export async function openCrashScene(): Promise<CrashScene> {
  const { s3: store } = testServers();
  const { accessKeyId, secretAccessKey } = store;
  const s3 = new S3Client({ ...store, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true });
  const bucket = `crash-${randomBytes(6).toString("hex")}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  let database = await createTestDatabase();
  let copy: TestDatabase | null = null;
  let db = await openDatabase(database.url);
  await rowsOf(db, HOLD_QUEUE);
  await rowsOf(db, HOLD_QUEUE_TRIGGER);

  const env = { LEASE_SECONDS: String(LEASE_SECONDS), SWEEP_EVERY_SECONDS: NEVER_SECONDS };
  const started: ApiProcess[] = [];
  const here: TestApp[] = [];
  let sweeps = 0;
  const scene: CrashScene = {
    get db() {
      return db;
    },
    s3,
    bucket,
    get environment() {
      return { databaseUrl: database.url, bucket, store, env };
    },
    async start(failpoint) {
      const { environment } = scene;
      const process = await startApiProcess(
        failpoint === undefined ? environment : { ...environment, env: { ...env, FAILPOINT: failpoint } },
      );
      started.push(process);
      return process;
    },
    async startHere() {
      const app = await startTestApp({ beside: { databaseUrl: database.url, bucket }, leaseMs: LEASE_SECONDS * 1000 });
      here.push(app);
      return app;
    },
    sql: async (text, values = []) => void (await rowsOf(db, text, values)),
    async queueSweep() {
      sweeps += 1;
      const key = `sweep:test:${sweeps}`;
      await rowsOf(db, "select graphile_worker.add_job('sweep', '{\"by\":\"test\"}', job_key := $1)", [key]);
      return key;
    },
    async sweep() {
      const key = await scene.queueSweep();
      await until(
        async () => (await rowsOf(db, "select 1 from graphile_worker.jobs where key = $1", [key])).length === 0,
        SETTLES_WITHIN_MS,
      );
    },
    async sweepUntil(condition) {
      const deadline = Date.now() + SETTLES_WITHIN_MS;
      while (!(await condition())) {
        if (Date.now() > deadline) throw new Error(`sweeps do not bring it about: ${condition.toString()}`);
        await scene.sweep();
      }
    },
    async settle() {
      const deadline = Date.now() + SETTLES_WITHIN_MS;
      for (;;) {
        try {
          return await checkInvariants(scene, { settled: true });
        } catch (error) {
          if (Date.now() > deadline) throw error;
        }
        await scene.sweep();
      }
    },
    async copyDatabase() {
      await db.destroy();
      copy = await createTestDatabase(database.name);
      db = await openDatabase(database.url);
    },
    async failOver() {
      await db.destroy();
      await database.drop();
      database = copy!;
      copy = null;
      db = await openDatabase(database.url);
    },
    async close() {
      await Promise.all(started.map((process) => process.kill()));
      await Promise.all(here.map((app) => app.stop()));
      s3.destroy();
      await db.destroy();
      await database.drop();
      await copy?.drop();
    },
  };
  return scene;
}

/** A pool for asserting. */
async function openDatabase(url: string): Promise<DataSource> {
  const db = createDataSource({
    url,
    poolSize: 3,
    connectTimeoutMs: 10_000,
    entities: [],
    migrations: [],
    onPoolError: () => undefined,
  });
  return db.initialize();
}

const HOLD_QUEUE = `
  create function hold_queue() returns trigger language plpgsql as $$
  begin
    if new.payload ->> 'by' is null then new.run_at := now() + interval '1 hour'; end if;
    return new;
  end $$`;
const HOLD_QUEUE_TRIGGER = `
  create trigger hold_queue before insert on graphile_worker._private_jobs for each row execute function hold_queue()`;
