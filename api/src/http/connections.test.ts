import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { IN_LINE_PER_PLACE } from "./gate.js";
import { FILE_UUID, openTestServer } from "./server.fixture.js";
import type { TestServer } from "./server.fixture.js";

/** What only real sockets show. */

let server: TestServer | null = null;

afterEach(async () => {
  await server?.stop();
  server = null;
});

async function textOf(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, "close");
  return text;
}

function get(
  port: number,
  path: string,
  agent: Agent,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", path, agent, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("listening", () => {
  test("says where, and lets its own origins in", async () => {
    server = await openTestServer();
    const { url, port } = await server.listen();
    expect(url).toBe(`http://localhost:${port}`);
    for (const origin of [url, `http://127.0.0.1:${port}`]) {
      const headers = { origin, "access-control-request-method": "POST" };
      const answer = await fetch(`http://127.0.0.1:${port}/graphql`, { method: "OPTIONS", headers });
      expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    }
  });

  test("fails when the port is taken", async () => {
    server = await openTestServer();
    const { port } = await server.listen();
    const second = await openTestServer({}, { port });
    await expect(second.listen()).rejects.toMatchObject({ code: "EADDRINUSE" });
    await second.stop();
  });
});

describe("stopping", () => {
  test("finishes what is in flight, closes idle connections, and takes no more", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let arrived = (): void => undefined;
    const inFlight = new Promise<void>((resolve) => (arrived = resolve));
    server = await openTestServer(
      {},
      {
        readiness: async () => {
          arrived();
          await held;
          return { database: true, storage: true };
        },
      },
    );
    const { port } = await server.listen();
    const agent = new Agent({ keepAlive: true });
    try {
      await get(port, "/healthz", agent); // leaves an idle connection behind
      const slow = get(port, "/readyz", new Agent({ keepAlive: true }));
      await inFlight;
      const stopping = server.stop();
      await sleep(50);
      await expect(get(port, "/healthz", new Agent())).rejects.toMatchObject({ code: "ECONNREFUSED" });
      release();
      // Answered, and not by what it was when it asked.
      expect(await slow).toMatchObject({ status: 503 });
      const late = Symbol("late");
      // The slow one's connection is kept alive by its client: waiting for that would take 65 s.
      expect(await Promise.race([stopping, sleep(5_000, late)])).not.toBe(late);
      await server.stop(); // again changes nothing
    } finally {
      agent.destroy();
    }
  });
});

describe("a stop that was announced", () => {
  test("is said on /readyz, while requests are still served, each closing its connection", async () => {
    server = await openTestServer();
    const { port } = await server.listen();
    const agent = new Agent({ keepAlive: true });
    try {
      expect(await get(port, "/readyz", agent)).toMatchObject({ status: 200, headers: { connection: "keep-alive" } });
      server.announceStop();
      expect(await get(port, "/readyz", agent)).toMatchObject({ status: 503, headers: { connection: "close" } });
      expect(await get(port, "/healthz", agent)).toMatchObject({ status: 200, headers: { connection: "close" } });
    } finally {
      agent.destroy();
    }
  });

  test("an operation that is refused for want of places closes its connection too", async () => {
    let arrived = (): void => undefined;
    const atWork = new Promise<void>((resolve) => (arrived = resolve));
    const forever = (): Promise<never> => (arrived(), new Promise(() => undefined));
    const load = { maxEventStreams: 0, maxEventLoopDelayMs: 0, maxHeapBytes: 0, maxRssBytes: 0 };
    server = await openTestServer({ files: { find: forever } }, { load: { ...load, maxConcurrentOperations: 2 } });
    const { port } = await server.listen();
    const headers = {
      "content-type": "application/json",
      authorization: `Bearer ${await server.tokenOf("local")}`,
    };
    const query = encodeURIComponent(`{ file(id: "file_${FILE_UUID}") { id } }`);
    const ask = (by: Agent) => get(port, `/graphql?query=${query}`, by, headers);
    const [agent, others] = [new Agent({ keepAlive: true }), new Agent()];
    try {
      const waiting = Array.from({ length: 1 + IN_LINE_PER_PLACE }, () => ask(others).catch(() => undefined));
      await atWork;
      await sleep(100);
      expect(await ask(agent)).toMatchObject({ status: 503, headers: { connection: "keep-alive" } });
      server.announceStop();
      expect(await ask(agent)).toMatchObject({ status: 503, headers: { connection: "close" } });
      others.destroy();
      await Promise.all(waiting);
    } finally {
      agent.destroy();
      others.destroy();
    }
  });

  test("a request that nobody will answer in time is told to come again, and does not hold the server", async () => {
    let arrived = (): void => undefined;
    const inFlight = new Promise<void>((resolve) => (arrived = resolve));
    const forever = (): Promise<never> => (arrived(), new Promise(() => undefined));
    server = await openTestServer({ files: { findMany: forever, find: forever } });
    const { port } = await server.listen();
    const asked = fetch(`http://127.0.0.1:${port}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${await server.tokenOf("local")}` },
      body: JSON.stringify({ query: `{ file(id: "file_${FILE_UUID}") { id } }` }),
    });
    await inFlight;
    const stopping = server.stop();
    const answer = await asked;
    expect([answer.status, answer.headers.get("connection"), answer.headers.get("retry-after")]).toEqual([
      503,
      "close",
      expect.any(String),
    ]);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] });
    await stopping;
  }, 20_000);

  test("a connection that was only opened does not hold it either", async () => {
    server = await openTestServer();
    const { port } = await server.listen();
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    const closed = once(socket, "close");
    // Until the server has taken it.
    await get(port, "/healthz", new Agent());
    const begun = performance.now();
    await server.stop();
    await closed;
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

describe("slow senders", () => {
  test("are cut off after 15 s, whether they dawdle with headers or with the body", async () => {
    server = await openTestServer();
    const { port } = await server.listen();
    const dawdle = async (start: string): Promise<{ text: string; ms: number }> => {
      const begun = Date.now();
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(start);
      const drip = setInterval(() => socket.write("a"), 500);
      const text = await textOf(socket);
      clearInterval(drip);
      return { text, ms: Date.now() - begun };
    };
    const [headers, body] = await Promise.all([
      dawdle("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "),
      dawdle(
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
      ),
    ]);
    expect(headers.ms).toBeLessThan(15_000);
    expect(headers.text).toMatch(/^HTTP\/1\.1 408 /);
    expect(body.ms).toBeLessThan(20_000);
    expect(body.text).toMatch(/^HTTP\/1\.1 408 /);
  }, 30_000);

  test("a header block above 16 KiB is refused", async () => {
    server = await openTestServer();
    const { port } = await server.listen();
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Large: ${"a".repeat(17_000)}\r\n\r\n`);
    expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });
});
