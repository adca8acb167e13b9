import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes, randomUUID } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { DataSource } from "typeorm";
import { createDataSource } from "../src/db/data-source.js";
import { mintToken, spawnApi, startApiProcess } from "./api-process.js";
import type { ApiEnvironment, ApiProcess } from "./api-process.js";
import { startBalancer } from "./balancer.js";
import { noise } from "./content.js";
import { createTestDatabase } from "./database.js";
import type { TestDatabase } from "./database.js";
import { startTcpProxy } from "./faults/tcp-proxy.js";
import { checkInvariants, historyOf } from "./invariants.js";
import type { Holdings } from "./invariants.js";
import { openStream } from "./live-stream.js";
import { ask, confirmUpload, createUploadUrl, DOCUMENTS, openUpload, readFile, sendBytes } from "./operations.js";
import { readinessOf } from "./readiness.js";
import { until, uuidOf } from "./records.js";
import { testServers } from "./servers.js";
import { startSteadyLoad } from "./steady-load.js";
import type { SteadyLoad } from "./steady-load.js";
import { startStoreProxy } from "./store-proxy.js";

/** Processes that are told to stop: what they have taken they answer, and whatever hangs, they are gone in time. */

const KIB = 1024;
const GONE_WITHIN_MS = 10_000;
const STOPPED = { code: 0, signal: null };
const LIST = "query { files(first: 50) { edges { node { id status } } } }";

let database: TestDatabase;
let db: DataSource;
let s3: S3Client;
let bucket: string;
let environment: ApiEnvironment;
let holdings: Holdings;
/** Another process of the same service, whose way to everything is good, and which is not told to stop. */
let staying: ApiProcess;
/** A new one for each test. */
let user: string;
beforeEach(() => {
  user = `user-${randomUUID()}`;
});

beforeAll(async () => {
  const { s3: store } = testServers();
  const { accessKeyId, secretAccessKey } = store;
  database = await createTestDatabase();
  bucket = `stopping-${randomBytes(6).toString("hex")}`;
  s3 = new S3Client({ ...store, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  db = createDataSource({
    ...{ url: database.url, poolSize: 2, connectTimeoutMs: 10_000, entities: [], migrations: [] },
    onPoolError: () => undefined,
  });
  await db.initialize();
  holdings = { db, s3, bucket };
  environment = { databaseUrl: database.url, bucket, store };
  staying = await startApiProcess(environment);
});

afterAll(async () => {
  await staying.kill();
  await db.destroy();
  s3.destroy();
  await database.drop();
});

/** Tells a process to stop and answers how it went. */
async function stop(api: ApiProcess): Promise<{ exit: Awaited<ApiProcess["exit"]>; tookMs: number }> {
  const begun = performance.now();
  api.signal("SIGTERM");
  const exit = await api.exit;
  return { exit, tookMs: performance.now() - begun };
}

function expectInTime({ exit, tookMs }: Awaited<ReturnType<typeof stop>>, api: ApiProcess): void {
  if (exit.code !== 0) throw new Error(`it ended with ${JSON.stringify(exit)}: ${api.log()}`);
  expect(exit).toEqual(STOPPED);
  expect(tookMs).toBeLessThan(GONE_WITHIN_MS);
}

async function settledStatus(work: Promise<{ status: number }>): Promise<number | string> {
  return work.then(
    ({ status }) => status,
    (error: unknown) => String(error),
  );
}

describe("SIGTERM under load", () => {
  test("a balancer that asks /readyz loses nothing: first it is told, then the process answers what it took, and goes", async () => {
    const leaving = await startApiProcess({ ...environment, env: { STOP_DELAY_SECONDS: "3" } });
    const balancer = await startBalancer();
    let load: SteadyLoad | null = null;
    try {
      balancer.add(leaving.url);
      balancer.add(staying.url);
      await until(() => balancer.isReady(leaving.url) && balancer.isReady(staying.url));
      const steady = (load = startSteadyLoad({ url: balancer.url, user, requestsPerSecond: 10 }));
      await until(() => steady.ready.size >= 5, 30_000);

      const stopped = stop(leaving);
      await until(async () => (await readinessOf(leaving)).httpStatus === 503);
      expect(await readinessOf(leaving)).toEqual({ httpStatus: 503, status: "stopping" });
      expectInTime(await stopped, leaving);
      const before = steady.answers.length;
      await until(() => steady.answers.length > before + 10, 30_000);
      await steady.stop();
      expect(steady.answers.filter(({ end }) => end === "LOST")).toEqual([]);
      expect(balancer.lost).toEqual([]);
      for (const id of steady.ready) expect(await readFile(staying, user, id)).toMatchObject({ status: "READY" });
    } finally {
      await load?.stop();
      await balancer.stop();
      await leaving.kill();
    }
    await checkInvariants(holdings);
  }, 120_000);
});

describe("SIGTERM while something hangs", () => {
  test("a store that is frozen: whoever waits is answered that the same call may be repeated", async () => {
    const frozen = await startTcpProxy(environment.store.endpoint);
    const store = { ...environment.store, endpoint: frozen.url };
    const publicStoreEndpoint = environment.store.endpoint;
    // Time in which what is sent here is taken before the listener closes.
    const env = { STOP_DELAY_SECONDS: "1" };
    const api = await startApiProcess({ ...environment, store, publicStoreEndpoint, env });
    try {
      const tickets = await Promise.all(Array.from({ length: 6 }, () => openUpload(api, user, noise(KIB, user))));
      for (const ticket of tickets) await sendBytes(api, user, ticket, noise(KIB, user));
      frozen.setToxic({ kind: "stall" });
      const underWay = [
        ...tickets.map(({ file }) => confirmUpload(api, user, file.id)),
        ...tickets.map(() => createUploadUrl(api, user, { size: KIB })),
      ];
      const stopped = stop(api);
      const answers = await Promise.all(underWay);
      expect(answers.map(({ __typename }) => __typename)).toEqual(
        answers.map(() => expect.stringMatching(/^(TemporaryFailure|FileBusy|ConfirmedUpload|UploadTicket)$/)),
      );
      expectInTime(await stopped, api);
    } finally {
      await api.kill();
      await frozen.stop();
    }
    // The leases were let go: another process goes on at once, and not when they run out in a minute.
    const { edges } = await ask<{ edges: { node: { id: string; status: string } }[] }>(staying, user, LIST);
    const left = edges.filter(({ node }) => node.status === "VERIFYING");
    for (const { node } of left)
      await until(async () => (await confirmUpload(staying, user, node.id)).__typename === "ConfirmedUpload");
  });

  test("a database that is frozen: the same, and a subscription is completed", async () => {
    const frozen = await startTcpProxy(environment.databaseUrl);
    const api = await startApiProcess({ ...environment, databaseUrl: frozen.url });
    try {
      const stream = await openStream({ url: api.url, tokenOf: mintToken }, user);
      frozen.setToxic({ kind: "stall" });
      const underWay = [
        ...Array.from({ length: 5 }, () => settledStatus(api.call(user, DOCUMENTS.usage))),
        ...Array.from({ length: 5 }, () =>
          settledStatus(
            api.call(user, DOCUMENTS.createUploadUrl, {
              input: { filename: "a", contentType: "text/plain", size: 1 },
            }),
          ),
        ),
      ];
      // Taken before it is told to go.
      await until(async () => (await readinessOf(api)).database === false);
      const stopped = stop(api);
      const statuses = await Promise.all(underWay);
      // 503, or the database's own time-out in the data.
      expect(statuses.every((status) => status === 503 || status === 200)).toBe(true);
      expectInTime(await stopped, api);
      expect(await stream.completed.catch(() => "cut")).toBe(true);
    } finally {
      await api.kill();
      await frozen.stop();
    }
  });

  test("a database that has vanished: it goes all the same", async () => {
    const gone = await startTcpProxy(environment.databaseUrl);
    const api = await startApiProcess({ ...environment, databaseUrl: gone.url });
    try {
      await gone.stop();
      expectInTime(await stop(api), api);
    } finally {
      await api.kill();
      await gone.stop();
    }
  });
});

test("a seal that goes on in the background is taken over by another process at once, not when its lease runs out", async () => {
  const proxy = await startStoreProxy(environment.store.endpoint);
  const store = { ...environment.store, endpoint: proxy.endpoint };
  const publicStoreEndpoint = environment.store.endpoint;
  const slow = await startApiProcess({ ...environment, store, publicStoreEndpoint });
  try {
    const ticket = await openUpload(slow, user, noise(KIB, user));
    await sendBytes(slow, user, ticket, noise(KIB, user));
    // A Complete that takes minutes.
    proxy.onCall(({ operation }) =>
      operation === "CompleteMultipartUpload" ? new Promise(() => undefined) : "FORWARD",
    );
    const confirming = confirmUpload(slow, user, ticket.file.id);
    await until(() => proxy.countOf("CompleteMultipartUpload") === 1);
    const stopped = stop(slow);
    expect(await confirming).toMatchObject({ __typename: "FileBusy", retryAfterSeconds: 1 });
    expectInTime(await stopped, slow);
    const begun = performance.now();
    await until(async () => (await confirmUpload(staying, user, ticket.file.id)).__typename === "ConfirmedUpload");
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(await historyOf(holdings, uuidOf(ticket.file.id))).toBe("PENDING>VERIFYING>READY");
  } finally {
    await slow.kill();
    await proxy.stop();
  }
});

test("a second signal does not wait", async () => {
  const api = await startApiProcess({ ...environment, env: { STOP_DELAY_SECONDS: "60" } });
  try {
    api.signal("SIGTERM");
    await until(async () => (await readinessOf(api)).status === "stopping");
    const begun = performance.now();
    api.signal("SIGTERM");
    expect(await api.exit).toEqual({ code: 130, signal: null });
    expect(performance.now() - begun).toBeLessThan(5_000);
  } finally {
    await api.kill();
  }
});

test("a command whose reader has gone stops in order too", async () => {
  const { child, exit, log } = spawnApi(environment, ["reconcile", "--check"]);
  child.stdout.destroy();
  // 0 when the verdict was its only line: what is wrong, it would have found out.
  expect([0, 130]).toContain((await exit).code);
  expect(log()).not.toContain("EPIPE");
});
