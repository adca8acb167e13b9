import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createDevTokens } from "../src/auth/dev-tokens.js";
import { MAIN, startCommand } from "./command-process.js";
import type { CommandProcess } from "./command-process.js";
import { noise, sha256Of } from "./content.js";
import { createTestDatabase } from "./database.js";
import type { TestDatabase } from "./database.js";
import { upload } from "./operations.js";
import type { Api } from "./operations.js";
import { keyOf } from "./records.js";
import { testServers } from "./servers.js";
import { download } from "./store-client.js";
import { startTcpProxy } from "./faults/tcp-proxy.js";
import type { TcpProxy } from "./faults/tcp-proxy.js";

/**
 * An API process of its own, on somebody else's database and store, behind a meter: no byte of a file passes its port,
 * and its memory does not grow with the file.
 */

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const USER = "ann";
/** All that is said about one file, tickets, URLs and answers together. */
const MAX_TALK_BYTES = 0.5 * MIB;
const MAX_GROWTH_BYTES = 64 * MIB;

const { s3: store } = testServers();
const s3 = new S3Client({ ...store, credentials: store, forcePathStyle: true });
const bucket = `t-${randomBytes(6).toString("hex")}`;
let database: TestDatabase;
let product: CommandProcess;
let meter: TcpProxy;
let api: Api;
/** The process' memory after files of 1 MiB. */
let smallPeakBytes: number;

beforeAll(async () => {
  database = await createTestDatabase();
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const secret = randomBytes(48).toString("base64");
  const auth = { issuer: "https://issuer.example", audience: "signet" };
  product = await startCommand(
    [process.execPath, MAIN, "--json"],
    {
      PORT: "0",
      DATABASE_URL: database.url,
      S3_BUCKET: bucket,
      S3_ENDPOINT: store.endpoint,
      S3_REGION: store.region,
      AWS_ACCESS_KEY_ID: store.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
      AUTH: "jwt-hs256",
      AUTH_HS256_SECRET: secret,
      AUTH_ISSUER: auth.issuer,
      AUTH_AUDIENCE: auth.audience,
    },
    (line) => line.startsWith("{"),
  );
  const { graphql } = JSON.parse(product.stdout[0]!) as { graphql: string };
  meter = await startTcpProxy(graphql);
  const tokens = createDevTokens({ secret: Buffer.from(secret), ...auth, ttlSeconds: 3600 });
  api = {
    async call(user, query, variables = {}) {
      const response = await fetch(meter.url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${await tokens.mint(user)}` },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as { data: never }) };
    },
  };
  for (let index = 0; index < 10; index += 1) await upload(api, USER, noise(MIB, `1 MiB ${index}`));
  smallPeakBytes = await peakMemoryBytes(product.pid);
}, 120_000);
afterAll(async () => {
  const exit = await product.stop("SIGTERM");
  await meter.stop();
  s3.destroy();
  await database.drop();
  expect(exit).toEqual({ code: 0, signal: null });
});

/** What a call let pass through the API's port. */
async function talkOf<Result>(work: () => Promise<Result>): Promise<{ result: Result; bytes: number }> {
  const before = meter.passedBytes;
  const result = await work();
  return { result, bytes: meter.passedBytes - before };
}

/** The most memory that a process has held so far; where the system does not tell, what it holds now. */
async function peakMemoryBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => null);
  if (status !== null) return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout) * 1024;
}

test("64 MiB go up, are verified and come down past the API's port", async () => {
  const content = noise(64 * MIB, "64 MiB");
  const { result: file, bytes } = await talkOf(() => upload(api, USER, content, { declareSha256: true }));
  expect(file).toMatchObject({ status: "READY", sha256: sha256Of(content) });
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes).toBeLessThan(MAX_TALK_BYTES);
  const got = await talkOf(() => download(file.url!));
  expect(got).toEqual({ result: expect.objectContaining({ status: 200, sizeBytes: content.sizeBytes }), bytes: 0 });
  expect(got.result.sha256).toBe(sha256Of(content));
  expect((await peakMemoryBytes(product.pid)) - smallPeakBytes).toBeLessThanOrEqual(MAX_GROWTH_BYTES);

  // The meter sees what passes it: the same bytes, fetched through a meter before the store.
  const storeMeter = await startTcpProxy(store.endpoint);
  const metered = new S3Client({ ...store, endpoint: storeMeter.url, credentials: store, forcePathStyle: true });
  const { Body } = await metered.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(file.id) }));
  expect(sha256Of(await Body!.transformToByteArray())).toBe(file.sha256);
  expect(storeMeter.passedBytes).toBeGreaterThan(content.sizeBytes);
  metered.destroy();
  await storeMeter.stop();
}, 120_000);

test("1 GiB comes back byte for byte, and costs the API no more memory than 1 MiB", async () => {
  const content = noise(GIB, "1 GiB");
  const { result: file, bytes } = await talkOf(() => upload(api, USER, content));
  expect(file).toMatchObject({ status: "READY", size: GIB, integrity: "SIZE_ONLY" });
  expect(bytes).toBeLessThan(MAX_TALK_BYTES);
  expect(smallPeakBytes).toBeGreaterThan(20 * MIB);
  expect((await peakMemoryBytes(product.pid)) - smallPeakBytes).toBeLessThanOrEqual(MAX_GROWTH_BYTES);
  expect(await download(file.url!)).toMatchObject({ status: 200, sizeBytes: GIB, sha256: sha256Of(content) });
}, 180_000);
