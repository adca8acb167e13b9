import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import pg from "pg";
import { makeScratchDir } from "../embedded/scratch-dir.fixture.js";
import { spawnApi, startApiProcess } from "./api-process.js";
import { startKillablePostgres, startKillableStore } from "./killable-servers.js";
import type { KillablePostgres, KillableStore } from "./killable-servers.js";
import { DOCUMENTS } from "./operations.js";

/** The servers that storms kill: what they have answered is there after a kill, on the same address. */

let dir: string;
let postgres: KillablePostgres;
let store: KillableStore;
beforeAll(async () => {
  dir = await makeScratchDir("killable");
  [postgres, store] = await Promise.all([
    startKillablePostgres(join(dir, "postgres")),
    startKillableStore(join(dir, "store")),
  ]);
});
afterAll(async () => {
  await Promise.all([postgres.stop(), store.stop()]);
  await rm(dir, { recursive: true, force: true });
});

const rowsIn = async (text: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    return (await client.query(text)).rows as unknown[];
  } finally {
    await client.end();
  }
};

describe("Postgres", () => {
  test("loses nothing that was committed, and comes back on its address", async () => {
    await rowsIn("create table kept as select 1 as one");
    for (let round = 0; round < 2; round += 1) {
      await postgres.kill();
      await expect(rowsIn("select 1")).rejects.toThrow(/ECONNREFUSED|terminat|closed/);
      await postgres.start();
    }
    expect(await rowsIn("select one from kept")).toEqual([{ one: 1 }]);
  });

  test("frozen, it answers nobody; thawed, it answers those who waited", async () => {
    await postgres.freeze();
    const answer = rowsIn("select 1 as one");
    const frozen = await Promise.race([answer, new Promise((wake) => setTimeout(() => wake("silent"), 300))]);
    await postgres.thaw();
    expect(frozen).toBe("silent");
    expect(await answer).toEqual([{ one: 1 }]);
  });
});

test("the store loses nothing that it has answered", async () => {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = store;
  const s3 = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "kept", Body: "four" }));
  await store.kill();
  await store.start();
  expect(await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: "kept" }))).toMatchObject({ ContentLength: 4 });
  s3.destroy();
});

test("an API process runs on both, and ends by a signal", async () => {
  const options = { databaseUrl: postgres.url, bucket: store.bucket, store };
  expect(await spawnApi(options, ["migrate"]).exit).toEqual({ code: 0, signal: null });
  const api = await startApiProcess({ ...options, env: { LEASE_SECONDS: "1", SWEEP_EVERY_SECONDS: "1" } });
  expect(await api.call("somebody", DOCUMENTS.usage)).toMatchObject({ status: 200 });
  api.signal("SIGTERM");
  expect(await api.exit).toEqual({ code: 0, signal: null });
  const frozen = await startApiProcess(options);
  frozen.signal("SIGSTOP");
  await frozen.kill();
  expect(await frozen.exit).toEqual({ code: null, signal: "SIGKILL" });
});
