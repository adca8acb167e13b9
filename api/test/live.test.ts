import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { createDevTokens } from "../src/auth/dev-tokens.js";
import { rowsOf } from "../src/db/query.js";
import { MAIN, startCommand } from "./command-process.js";
import { PNG } from "./content.js";
import { createTestDatabase } from "./database.js";
import { FILES_CHANGED, openStream } from "./live-stream.js";
import type { LiveStream } from "./live-stream.js";
import {
  abortUpload,
  confirmUpload,
  deleteFile,
  expectMember,
  openUpload,
  renameFile,
  restoreFile,
  sendBytes,
  upload,
} from "./operations.js";
import { until, uuidOf } from "./records.js";
import { testServers } from "./servers.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** What changes in any process reaches whoever watches in any other. */

/** Three processes' worth of the service over one database and one bucket. */
let apps: readonly [TestApp, TestApp, TestApp];
let app: TestApp;
let user = "";
let users = 0;
const open: LiveStream[] = [];

beforeAll(async () => {
  app = await startTestApp();
  apps = [app, await startTestApp({ beside: app }), await startTestApp({ beside: app })];
});
afterAll(async () => {
  await Promise.all(apps.slice(1).map((other) => other.stop()));
  await app.stop();
});
beforeEach(() => {
  user = `watcher-${(users += 1)}`;
});
afterEach(() => {
  for (const stream of open.splice(0)) stream.close();
});

async function watch(...args: Parameters<typeof openStream>): Promise<LiveStream> {
  const stream = await openStream(...args);
  open.push(stream);
  return stream;
}

const NO_FILE = "file_01890000-0000-7000-8000-000000000000";

/** Without neighbours that are equal: what arrives twice is told once here. */
const changesOf = (states: readonly string[]): string[] => states.filter((state, index) => state !== states[index - 1]);

function isInOrder(part: readonly string[], whole: readonly string[]): boolean {
  let from = 0;
  return part.every((item) => {
    const at = whole.indexOf(item, from);
    from = at + 1;
    return at >= 0;
  });
}

describe("a file's whole life", () => {
  test("arrives in every process, in order, whichever process it changes in; nobody else hears of it", async () => {
    const [first, second, third] = apps;
    const streams = await Promise.all(apps.map((each) => watch(each, user)));
    const stranger = await watch(second, `${user}-stranger`);
    const told = (id: string, state: string): Promise<unknown> =>
      Promise.all(streams.map((stream) => stream.untilState(id, state)));

    const ticket = await openUpload(first, user, "hello", { filename: "a.txt", contentType: "text/plain" });
    const { id } = ticket.file;
    await told(id, "PENDING a.txt");
    await sendBytes(first, user, ticket, "hello");
    expectMember("ConfirmedUpload", await confirmUpload(second, user, id));
    await told(id, "READY a.txt");
    expectMember("RenamedFile", await renameFile(third, user, id, "b.txt"));
    await told(id, "READY b.txt");
    expectMember("DeletedFile", await deleteFile(first, user, id));
    await told(id, "DELETED b.txt");
    expectMember("RestoredFile", await restoreFile(second, user, id));
    await told(id, "READY b.txt");
    expectMember("DeletedFile", await deleteFile(third, user, id, true));
    await told(id, "gone");

    const life = [
      ...["PENDING a.txt", "VERIFYING a.txt", "READY a.txt", "READY b.txt", "DELETED b.txt", "READY b.txt"],
      ...["DELETED b.txt", "gone"],
    ];
    for (const stream of streams) {
      const states = changesOf(stream.statesOf(id));
      expect([states, isInOrder(states, life)]).toEqual([states, true]);
      const times = stream.changes.map((change) => Date.parse(change.at));
      expect(times).toEqual([...times].sort((one, other) => one - other));
    }
    expect(stranger.changes).toEqual([]);
  });

  test("also its other ends: aborted, and refused for its content", async () => {
    const stream = await watch(apps[1], user);
    const { file } = await openUpload(app, user, "hello", { filename: "a.txt" });
    expectMember("AbortedUpload", await abortUpload(app, user, file.id));
    await stream.untilState(file.id, "EXPIRED a.txt");
    expectMember("DeletedFile", await deleteFile(app, user, file.id));
    await stream.untilState(file.id, "gone");

    const rejected = await openUpload(app, user, PNG, { contentType: "audio/mpeg", filename: "b.mp3" });
    await sendBytes(app, user, rejected, PNG);
    expect(await confirmUpload(app, user, rejected.file.id)).toMatchObject({ code: "CONTENT_MISMATCH" });
    await stream.untilState(rejected.file.id, "REJECTED b.mp3");
  });

  test("a hundred files at once: each arrives as it ended", async () => {
    const stream = await watch(apps[2], user);
    const files = await Promise.all(
      Array.from({ length: 100 }, (_, index) => openUpload(app, user, "x", { filename: `${index}.bin` })),
    );
    await Promise.all(files.map(({ file }) => abortUpload(app, user, file.id)));
    for (const { file } of files) await stream.untilState(file.id, `EXPIRED ${file.filename}`);
    expect(new Set(stream.changes.map((change) => change.fileId)).size).toBe(100);
  });
});

describe("chosen files", () => {
  test("their state comes first, then their changes, and no others'", async () => {
    const [one, other] = [
      await upload(app, user, "one", { filename: "1" }),
      await upload(app, user, "2", { filename: "2" }),
    ];
    const theirs = await upload(app, `${user}-stranger`, "secret", { filename: "secret" });
    const purged = await upload(app, user, "three", { filename: "3" });
    expectMember("DeletedFile", await deleteFile(app, user, purged.id, true));

    const stream = await watch(apps[1], user, [theirs.id, one.id, "nonsense", NO_FILE, purged.id]);
    await stream.untilState(one.id, "READY 1");
    await stream.untilState(purged.id, "gone");
    expectMember("RenamedFile", await renameFile(app, user, other.id, "2a"));
    expectMember("RenamedFile", await renameFile(app, `${user}-stranger`, theirs.id, "secret a"));
    expectMember("RenamedFile", await renameFile(app, user, one.id, "1a"));
    await stream.untilState(one.id, "READY 1a");
    expect(new Set(stream.changes.map((change) => change.fileId))).toEqual(new Set([one.id, purged.id]));
  });

  test("more than limits.batchSize are refused", async () => {
    const ids = Array.from({ length: 101 }, () => NO_FILE);
    const stream = await watch(app, user, ids);
    await expect(stream.completed).rejects.toThrow(/at most 100 are allowed.*BAD_USER_INPUT/);
  });
});

describe("a gap", () => {
  const admin = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: testServers().postgresUrl });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };

  test("in which nobody could listen is made up for: changes, purges and rows that went", async () => {
    const stream = await watch(apps[1], user);
    const [renamed, purged] = [await upload(app, user, "1", { filename: "1" }), await upload(app, user, "2")];
    const tombstone = (await openUpload(app, user, "3", { filename: "3" })).file.id;
    expectMember("AbortedUpload", await abortUpload(app, user, tombstone));
    await stream.untilState(tombstone, "EXPIRED 3");
    await until(async () => {
      const rows = await rowsOf(app.db, "select 1 from files where id = $1 and collected_at is not null", [
        uuidOf(tombstone),
      ]);
      return rows.length === 1;
    });

    const database = new URL(app.databaseUrl).pathname.slice(1);
    await admin(`alter database ${database} with allow_connections false`);
    try {
      const broken = await rowsOf(
        app.db,
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'signet-listen'`,
      );
      expect(broken).toHaveLength(3);
      const heard = stream.changes.length;
      expectMember("RenamedFile", await renameFile(app, user, renamed.id, "1a"));
      expectMember("DeletedFile", await deleteFile(app, user, purged.id, true));
      await rowsOf(app.db, "delete from files where id = $1", [uuidOf(tombstone)]);
      await sleep(300);
      expect(stream.changes).toHaveLength(heard);
    } finally {
      await admin(`alter database ${database} with allow_connections true`);
    }
    await stream.untilState(renamed.id, "READY 1a");
    await stream.untilState(purged.id, "gone");
    await stream.untilState(tombstone, "gone");

    expectMember("RenamedFile", await renameFile(app, user, renamed.id, "1b"));
    await stream.untilState(renamed.id, "READY 1b");
  });
});

/** A subscription over a bare connection, which a test may leave unread. */
async function bareStream(query: string, token: string): Promise<IncomingMessage> {
  const sent = request(`${app.url}/graphql/stream`, {
    method: "POST",
    headers: {
      accept: "text/event-stream",
      "content-type": "application/json",
      authorization: `Bearer ${token}`,
    },
    agent: false,
  });
  sent.on("error", () => undefined);
  sent.end(JSON.stringify({ query }));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.on("error", () => undefined);
  response.setEncoding("utf8");
  return response;
}

describe("a stream", () => {
  test("ends when its token expires; another one outlives every time-out of requests, kept alive by comments", async () => {
    // Clocks may differ by 15 s: a token that expired 12 s ago is good for 3 more.
    const short = await watch(app, user, null, await app.tokenOf(user, -12));
    const long = await bareStream("subscription { filesChanged { fileId } }", await app.tokenOf(user));
    let text = "";
    long.on("data", (chunk: string) => (text += chunk));
    const begun = Date.now();
    expect(await short.completed).toBe(true);
    expect(Date.now() - begun).toBeLessThan(20_000);

    await until(() => Date.now() - begun > 18_000, 30_000);
    expect(text.match(/^:$/gm)?.length).toBeGreaterThanOrEqual(2);
    expect(text).not.toContain("event:");
    const { file } = await openUpload(app, user, "late");
    await until(() => text.includes(file.id));
    expect(text).not.toContain("complete");
    long.destroy();
  });

  test("that nobody reads holds one event and no more; what it missed comes as it is by then", async () => {
    const { id } = await upload(app, user, "1", { filename: "0" });
    // Some 60 kB an event, so that no buffer between here and there takes more than a few: a name that is all escapes
    // stands in each URL, which is signed anew for it.
    const urls = Array.from({ length: 29 }, (_, index) => `n${index}: url(disposition: ATTACHMENT)`).join(" ");
    const stream = await bareStream(
      `subscription { filesChanged { fileId file { filename ${urls} } } }`,
      await app.tokenOf(user),
    );
    stream.pause();
    const name = (round: number): string => String(round).padStart(80, "…");
    const rounds = 300;
    for (let round = 1; round <= rounds; round += 1)
      expectMember("RenamedFile", await renameFile(app, user, id, name(round)));

    let text = "";
    stream.on("data", (chunk: string) => (text += chunk));
    const last = `"filename":"${name(rounds)}"`;
    stream.resume();
    await until(() => text.includes(last), 20_000);
    const told = [...text.matchAll(/"filename":"…*(\d+)"/g)].map((match) => Number(match[1]));
    expect(told).toEqual([...told].sort((one, other) => one - other));
    expect(told.length).toBeLessThan(rounds / 2);
    stream.destroy();
  }, 120_000);

  test("is refused beyond 20 of one owner, and leaves nothing behind when it is dropped: 200 times", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const token = await app.tokenOf(user);
    const openMany = (count: number): Promise<LiveStream[]> =>
      Promise.all(Array.from({ length: count }, () => watch(app, user, null, token)));
    const ended = (): number => app.logLines.filter((line) => line.includes("a stream has ended")).length;
    const dropAll = async (): Promise<void> => {
      const before = ended();
      for (const stream of open.splice(0)) stream.close();
      await until(() => ended() === before + 20);
    };
    await openMany(20);
    const refused = await fetch(`${app.url}/graphql/stream`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: FILES_CHANGED }),
    });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "2"]);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "RATE_LIMITED" } }] });
    await dropAll();

    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < 10; round += 1) {
      await openMany(20);
      await dropAll();
    }
    await sleep(100);
    collectGarbage();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(6 * 1024 ** 2);

    const [stream] = await openMany(20);
    const { file } = await openUpload(app, user, "still here", { filename: "a" });
    await stream!.untilState(file.id, "PENDING a");
  });
});

describe("stopping", () => {
  test("a process that is told to end completes its streams and ends at once", async () => {
    const { s3: store } = testServers();
    const bucket = `t-${randomBytes(6).toString("hex")}`;
    const s3 = new S3Client({ ...store, credentials: store, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    s3.destroy();
    const database = await createTestDatabase();
    const secret = randomBytes(48).toString("base64");
    const auth = { issuer: "https://issuer.example", audience: "signet" };
    const product = await startCommand(
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
    try {
      const { url } = JSON.parse(product.stdout[0]!) as { url: string };
      const tokens = createDevTokens({ secret: Buffer.from(secret), ...auth, ttlSeconds: 3600 });
      const api = { url, tokenOf: (sub: string) => tokens.mint(sub) };
      const streams = await Promise.all([watch(api, "ann"), watch(api, "ann", [NO_FILE]), watch(api, "bob")]);
      const begun = Date.now();
      const exit = await product.stop("SIGTERM");
      expect(await Promise.all(streams.map((stream) => stream.completed))).toEqual([true, true, true]);
      expect(exit).toEqual({ code: 0, signal: null });
      expect(Date.now() - begun).toBeLessThan(10_000);
    } finally {
      await product.stop("SIGTERM");
      await database.drop();
    }
  });
});
