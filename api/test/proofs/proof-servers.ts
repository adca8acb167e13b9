import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { DataSource } from "typeorm";
import type { StoreTarget } from "../../embedded/s3/conformance/subject.js";
import { makeScratchDir } from "../../embedded/scratch-dir.fixture.js";
import { startApiProcess } from "../api-process.js";
import type { ApiEnvironment, ApiProcess } from "../api-process.js";
import { migratedDataSource } from "../database.js";
import type { Holdings } from "../invariants.js";
import { startKillablePostgres, startKillableStore } from "../killable-servers.js";
import type { KillablePostgres, KillableStore } from "../killable-servers.js";

/** A Postgres, migrated, and a store with an empty bucket: one proof's own, as a deployment has them (commits wait for the disk). */
export interface ProofServers extends Holdings {
  readonly postgres: KillablePostgres;
  /** Kill and freeze only where it is our own. */
  readonly store: KillableStore;
  /** One process of the service on them; ended with them. @param changes other addresses (a proxy's), settings */
  startApi(changes?: Partial<ApiEnvironment>): Promise<ApiProcess>;
  /** Something more to end with them: a proxy, a client. Last come, first ended. */
  own<Thing extends { stop(): Promise<unknown> }>(thing: Thing): Thing;
}

/** What runs at this moment, for an interrupt: neither Postgres nor the processes end with their parent. */
const running = new Set<() => Promise<void>>();

/** Ends every server and process of every proof under way, and removes their data. */
export async function endAllServers(): Promise<void> {
  await Promise.all([...running].map((end) => end()));
}

/** Does the work and then, or when it is interrupted, ends what it stood on, once. */
export async function withEnd<Result>(end: () => Promise<unknown>, work: () => Promise<Result>): Promise<Result> {
  let ended: Promise<void> | null = null;
  const endOnce = (): Promise<void> => (ended ??= end().then(() => undefined));
  running.add(endOnce);
  try {
    return await work();
  } finally {
    await endOnce();
    running.delete(endOnce);
  }
}

/**
 * Starts servers for `work` and ends them whatever becomes of it.
 * @param external a store that runs already, in the place of the embedded one; a new bucket is made in it
 */
export async function withServers<Result>(
  work: (servers: ProofServers) => Promise<Result>,
  external?: StoreTarget,
): Promise<Result> {
  const ends: (() => Promise<unknown>)[] = [];
  const endInTurn = async (): Promise<void> => {
    for (let end = ends.pop(); end !== undefined; end = ends.pop())
      await end().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  };
  const own = <Thing extends { stop(): Promise<unknown> }>(thing: Thing): Thing => {
    ends.push(() => thing.stop());
    return thing;
  };
  return withEnd(endInTurn, async () => {
    const dir = await makeScratchDir("proof");
    ends.push(() => rm(dir, { recursive: true, force: true }));
    const postgres = own(await startKillablePostgres(join(dir, "postgres")));
    const store = own(external === undefined ? await startKillableStore(join(dir, "s3")) : notOurs(external));
    const { endpoint, region, bucket, accessKeyId, secretAccessKey } = store;
    const s3 = new S3Client({
      ...{ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } },
      requestHandler: { socketAcquisitionWarningTimeout: 60_000 },
    });
    ends.push(async () => s3.destroy());
    if (external !== undefined) await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const db: DataSource = await migratedDataSource(postgres.url);
    // Postgres may be killed under it: then there is nothing to close in order.
    ends.push(() => db.destroy());
    return work({
      ...{ db, s3, bucket, postgres, store, own },
      async startApi(changes = {}) {
        const api = await startApiProcess({ databaseUrl: postgres.url, bucket, store, ...changes });
        ends.push(() => api.kill());
        return api;
      },
    });
  });
}

function notOurs(target: StoreTarget): KillableStore {
  const refuse = (): Promise<never> => Promise.reject(new Error(`the store at ${target.endpoint} is not ours to stop`));
  return {
    ...target,
    bucket: `proof-${Date.now().toString(36)}`,
    ...{ kill: refuse, freeze: refuse, thaw: refuse, start: refuse },
    stop: () => Promise.resolve(),
  };
}
