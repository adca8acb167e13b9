import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { Server } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { createTestDatabase } from "../database.js";
import type { TestDatabase } from "../database.js";
import { testServers } from "../servers.js";
import { startTcpProxy } from "./tcp-proxy.js";
import type { TcpProxy } from "./tcp-proxy.js";

/** What clients say of a connection that is cut or reset. */
const BROKEN = /terminated|ECONNRESET|hang up|fetch failed|aborted|Parse Error/;

let database: TestDatabase;
let proxy: TcpProxy;
let direct: pg.Client;
const clients: pg.Client[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startTcpProxy(database.url);
  direct = new pg.Client({ connectionString: database.url });
  await direct.connect();
  await direct.query("create table noted (what text primary key)");
});
afterEach(async () => {
  proxy.setToxic(null);
  proxy.decide(() => "PASS");
  proxy.cutAll();
  await Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined)));
});
afterAll(async () => {
  await proxy.stop();
  await direct.end();
  await database.drop();
});

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: proxy.url });
  client.on("error", () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

async function isNoted(what: string): Promise<boolean> {
  return (await direct.query("select from noted where what = $1", [what])).rowCount === 1;
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Fulfilled with "still waiting" when nothing comes within so long. */
function within(ms: number, promise: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout;
  const late = new Promise((resolve) => (timer = setTimeout(() => resolve("still waiting"), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

describe("in front of Postgres", () => {
  test("everything arrives when nothing is wrong", async () => {
    const client = await connected();
    const text = randomBytes(300_000).toString("hex");
    const before = proxy.passedBytes;
    expect((await client.query("select $1::text as text", [text])).rows).toEqual([{ text }]);
    expect(proxy.passedBytes - before).toBeGreaterThan(2 * text.length);
    expect(await client.query("select 1 as one; select 2 as two")).toHaveLength(2);
    await expect(client.query("select nonsense")).rejects.toThrow("nonsense");
    expect(new URL(proxy.url).pathname).toBe(new URL(database.url).pathname);
  });

  test("latency counts once for each direction, also on a connection that is open", async () => {
    const client = await connected();
    proxy.setToxic({ kind: "latency", ms: 60 });
    expect(await msOf(() => client.query("select 1"))).toBeGreaterThan(115);
    proxy.setToxic({ kind: "latency", ms: 60, jitterMs: 20, direction: "up" });
    expect(await msOf(() => client.query("select 1"))).toBeGreaterThan(35);
    proxy.setToxic(null);
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("stall: nothing arrives, until it is lifted", async () => {
    const client = await connected();
    proxy.setToxic({ kind: "stall" });
    const answer = client.query("select 1 as one");
    expect(await within(150, answer)).toBe("still waiting");
    proxy.setToxic(null);
    expect((await answer).rows).toEqual([{ one: 1 }]);
  });

  test("stall, downwards only: the statement is done all the same", async () => {
    const client = await connected();
    proxy.setToxic({ kind: "stall", direction: "down" });
    const answer = client.query("insert into noted values ('stalled')");
    while (!(await isNoted("stalled"))) expect(await within(20, answer)).toBe("still waiting");
    proxy.setToxic(null);
    expect((await answer).rowCount).toBe(1);
  });

  test("reset: connections that are open and those to come", async () => {
    const client = await connected();
    const answer = client.query("select pg_sleep(60)").then(
      () => null,
      (error: Error) => error,
    );
    proxy.setToxic({ kind: "reset" });
    expect(await answer).toMatchObject({ code: "ECONNRESET" });
    await expect(connected()).rejects.toThrow(BROKEN);
  });

  test.each(["simple", "extended", "named"] as const)("drops the reply of a committed statement: %s", async (how) => {
    const client = await connected();
    await client.query("select 1");
    const dropped = proxy.droppedReplies;
    proxy.dropReplies((sql) => sql.includes("insert into noted"));
    await expect(insert(client, how)).rejects.toThrow(/terminated|ECONNRESET/);
    expect(proxy.droppedReplies - dropped).toBe(1);
    expect(await isNoted(how)).toBe(true);
    proxy.dropReplies(() => false);
    await expect(insert(await connected(), how)).rejects.toThrow("duplicate key");
  });

  test("drops the reply of a commit", async () => {
    const client = await connected();
    proxy.dropReplies((sql) => /^commit$/i.test(sql));
    await client.query("begin");
    await client.query("insert into noted values ('committed')");
    await expect(client.query("commit")).rejects.toThrow(BROKEN);
    expect(await isNoted("committed")).toBe(true);
  });

  test("RESET_BEFORE: the server never hears of it", async () => {
    const client = await connected();
    proxy.decide((sql) => (sql.startsWith("insert") ? "RESET_BEFORE" : "PASS"));
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await expect(client.query("insert into noted values ($1)", ["never"])).rejects.toThrow(BROKEN);
    expect(await isNoted("never")).toBe(false);
  });

  test("STALL_BEFORE and STALL_REPLY: no answer, and only the second is done", async () => {
    for (const fate of ["STALL_BEFORE", "STALL_REPLY"] as const) {
      const client = await connected();
      proxy.decide((sql) => (sql.startsWith("insert") ? fate : "PASS"));
      const answer = client.query("insert into noted values ($1)", [fate]).catch(() => "failed");
      expect(await within(150, answer)).toBe("still waiting");
      proxy.cutAll();
      expect(await answer).toBe("failed");
      expect(await isNoted(fate)).toBe(fate === "STALL_REPLY");
    }
  });

  test("CUT_REPLY: done, and half of the answer comes", async () => {
    const client = await connected();
    proxy.decide((sql) => (sql.startsWith("insert") ? "CUT_REPLY" : "PASS"));
    const before = proxy.passedBytes;
    await expect(client.query("insert into noted values ('half')")).rejects.toThrow(BROKEN);
    expect(proxy.passedBytes).toBeGreaterThan(before);
    await expect(direct.query("insert into noted values ('half')")).rejects.toThrow("duplicate key");
  });

  async function insert(client: pg.Client, how: "simple" | "extended" | "named"): Promise<unknown> {
    if (how === "simple") return client.query(`insert into noted values ('${how}')`);
    if (how === "extended") return client.query("insert into noted values ($1)", [how]);
    return client.query({ name: "note", text: "insert into noted values ($1)", values: [how] });
  }
});

describe("in front of an HTTP server", () => {
  let server: Server;
  let http: TcpProxy;
  const asked: string[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  beforeAll(async () => {
    server = createServer((message, response) => {
      message.resume().on("end", () => {
        asked.push(`${message.method} ${message.url}`);
        if (message.url === "/chunked") {
          response.write("a".repeat(70_000));
          response.end("b".repeat(30_000));
        } else if (message.url === "/until-end") {
          response.shouldKeepAlive = false;
          response.useChunkedEncodingByDefault = false;
          response.end("c".repeat(50_000));
        } else response.setHeader("content-length", 100_000).end(message.method === "HEAD" ? "" : "d".repeat(100_000));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    http = await startTcpProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base`);
  });
  afterEach(() => {
    asked.length = 0;
    http.setToxic(null);
    http.decide(() => "PASS");
  });
  afterAll(async () => {
    agent.destroy();
    await http.stop();
    server.close();
  });

  /** Over one connection that is kept. */
  function ask(method: string, path: string, headers: Record<string, string> = {}): Promise<number> {
    return new Promise((resolve, reject) => {
      const sending = request(new URL(path, http.url), { method, agent, headers }, (response) => {
        let bytes = 0;
        response.on("data", (chunk: Buffer) => (bytes += chunk.length));
        response.on("end", () => resolve(bytes)).on("error", reject);
      });
      sending.on("error", reject);
      sending.on("continue", () => sending.end("later"));
      if (headers["expect"] === undefined) sending.end(method === "PUT" ? "body" : undefined);
    });
  }

  async function open(): Promise<{ socket: Socket; received: () => number; events: string[] }> {
    const { hostname, port } = new URL(http.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    let bytes = 0;
    const events: string[] = [];
    socket.on("data", (chunk) => (bytes += chunk.length));
    for (const event of ["end", "close", "error"]) socket.on(event, () => events.push(event));
    await once(socket, "connect");
    return { socket, received: () => bytes, events };
  }

  test("one connection carries answers of every kind, one after the other", async () => {
    expect(http.url).toMatch(/\/base$/);
    expect(await ask("GET", "/fixed")).toBe(100_000);
    expect(await ask("HEAD", "/fixed")).toBe(0);
    expect(await ask("GET", "/chunked")).toBe(100_000);
    expect(await ask("PUT", "/fixed", { expect: "100-continue" })).toBe(100_000);
    expect(await ask("PUT", "/fixed", { "transfer-encoding": "chunked" })).toBe(100_000);
    expect(await ask("GET", "/until-end")).toBe(50_000);
  });

  test.each(["/fixed", "/chunked", "/until-end"])("drops an answer when it is whole: %s", async (path) => {
    const dropped = http.droppedReplies;
    http.dropReplies((what) => what === `PUT ${path}`);
    expect(await ask("GET", "/fixed")).toBe(100_000);
    await expect(ask("PUT", path)).rejects.toThrow(BROKEN);
    expect(http.droppedReplies - dropped).toBe(1);
    expect(asked).toContain(`PUT ${path}`);
    expect(await ask("GET", "/fixed")).toBe(100_000);
  });

  test("RESET_BEFORE and CUT_REPLY", async () => {
    http.decide((what) => (what === "PUT /fixed" ? "RESET_BEFORE" : "PASS"));
    await expect(ask("PUT", "/fixed")).rejects.toThrow(BROKEN);
    expect(asked).toEqual([]);
    http.decide((what) => (what === "PUT /fixed" ? "CUT_REPLY" : "PASS"));
    await expect(ask("PUT", "/fixed")).rejects.toThrow(BROKEN);
    expect(asked).toEqual(["PUT /fixed"]);
  });

  test("rate: bytes come no faster", async () => {
    http.setToxic({ kind: "rate", bytesPerSecond: 400_000, direction: "down" });
    expect(await msOf(() => ask("GET", "/fixed"))).toBeGreaterThan(200);
  });

  test("cut after n bytes: so many arrive and not one more", async () => {
    http.setToxic({ kind: "cut-after", bytes: 1234, direction: "down" });
    const { socket, received, events } = await open();
    socket.write("GET /fixed HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(socket, "end");
    socket.destroy();
    expect([received(), events[0]]).toEqual([1234, "end"]);
  });

  test("half-close: one direction ends, the other goes on", async () => {
    const { socket, events } = await open();
    http.setToxic({ kind: "half-close", direction: "down" });
    await once(socket, "end");
    expect([events, socket.writable]).toEqual([["end"], true]);
    socket.write("GET /unheard HTTP/1.1\r\nhost: x\r\n\r\n");
    while (!asked.includes("GET /unheard")) await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
  });

  test("cut all, and a target that is not there: reset", async () => {
    const { socket, events } = await open();
    const closed = new Promise((resolve) => socket.on("close", resolve));
    http.cutAll();
    await closed;
    expect(events).toContain("error");
    const nobody = await startTcpProxy("http://127.0.0.1:1");
    await expect(fetch(nobody.url)).rejects.toThrow(BROKEN);
    await nobody.stop();
  });
});

test("in front of the store: signed requests pass, and an object is there whose PUT was never answered", async () => {
  const { endpoint, ...store } = testServers().s3;
  const storeProxy = await startTcpProxy(endpoint);
  const credentials = { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
  const s3 = new S3Client({ ...store, endpoint: storeProxy.url, credentials, forcePathStyle: true, maxAttempts: 1 });
  try {
    const Bucket = `t-${randomBytes(6).toString("hex")}`;
    await s3.send(new CreateBucketCommand({ Bucket }));
    storeProxy.dropReplies((what) => what.startsWith(`PUT /${Bucket}/lost`));
    await expect(s3.send(new PutObjectCommand({ Bucket, Key: "lost", Body: "bytes" }))).rejects.toThrow(BROKEN);
    expect(storeProxy.droppedReplies).toBe(1);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "lost" }));
    expect(await Body!.transformToString()).toBe("bytes");
  } finally {
    s3.destroy();
    await storeProxy.stop();
  }
});
