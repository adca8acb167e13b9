import { rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { startEmbeddedPostgres } from "../embedded/postgres.js";
import { makeScratchDir } from "../embedded/scratch-dir.fixture.js";
import { startEmbeddedS3 } from "../embedded/s3/server.js";
import { migratedDataSource } from "./database.js";
import { givenStore, publishServers, TEMPLATE_DATABASE } from "./servers.js";
import type { TestStore } from "./servers.js";

/**
 * One Postgres and one store (embedded, or the one that `SIGNET_TEST_STORE` gives) for all tests of a run; every suite gets its own database, copied from a migrated
 * template, and its own bucket. Crash tests start servers of their own.
 */
export default async function globalSetup(): Promise<void> {
  const dataDir = await makeScratchDir("test");
  const [postgres, s3] = await Promise.all([
    startEmbeddedPostgres({ dataDir: join(dataDir, "postgres"), port: 0, durable: false }),
    openStore(join(dataDir, "s3")),
  ]);
  publishServers({ postgresUrl: postgres.url, s3: s3.store });

  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create database ${TEMPLATE_DATABASE}`);
  await admin.end();
  const templateUrl = new URL(postgres.url);
  templateUrl.pathname = `/${TEMPLATE_DATABASE}`;
  await (await migratedDataSource(templateUrl.href)).destroy();

  let stopped: Promise<void> | null = null;
  const stopAll = async (): Promise<void> => {
    await Promise.all([postgres.stop(), s3.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  };
  stopServers = () => (stopped ??= stopAll());
  // Jest runs no teardown when it is interrupted, and Postgres outlives its parent.
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void stopServers().finally(() => process.exit(130)));
}

/** The given store, else an embedded one. */
async function openStore(dataDir: string): Promise<{ store: TestStore; stop(): Promise<void> }> {
  const given = givenStore();
  if (given !== null) return { store: given, stop: () => Promise.resolve() };
  const keys = { accessKeyId: "SIGNETTESTACCESSKEY0", secretAccessKey: "signet-test-secret-access-key-0000000000" };
  const { endpoint, region, stop } = await startEmbeddedS3({ dataDir, port: 0, durable: false, ...keys });
  return { store: { endpoint, region, ...keys, uploadSigner: null }, stop };
}

/** Called by global-teardown.ts in the same process. */
export let stopServers: () => Promise<void> = () => Promise.resolve();
