import { connect } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { LightMyRequestResponse } from "fastify";
import { AppError } from "../errors.js";
import { StorageError } from "../storage/object-storage.js";
import { FILE_UUID, openTestServer, STORE_ORIGIN } from "./server.fixture.js";
import type { TestServer } from "./server.fixture.js";

/** What every answer says to browsers, whichever route it is from and however it went. */

const open: TestServer[] = [];
async function serverWith(...args: Parameters<typeof openTestServer>): Promise<TestServer> {
  const server = await openTestServer(...args);
  open.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

const ORIGIN = "https://app.example";
const FILE_ID = `file_${FILE_UUID}`;
const BAD_TOKEN = { authorization: "Bearer wrong" };
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

type Asked = Parameters<TestServer["inject"]>[0];

/** A request of each kind with the status that it has to get. */
const ANSWERS: readonly [name: string, status: number, request: Asked][] = [
  ["the page", 200, { url: "/" }],
  ["health", 200, { url: "/healthz" }],
  ["readiness", 200, { url: "/readyz" }],
  ["a development token", 200, { url: "/dev/token" }],
  ["the Sandbox", 200, { url: "/graphql", headers: { accept: "text/html" } }],
  ["the explorer", 200, { url: "/explorer/" }],
  ["metrics", 200, { url: "/metrics" }],
  ["nothing there", 404, { url: "/nope" }],
  ["another method", 404, { method: "DELETE", url: "/graphql" }],
  ["a path that is none", 400, { url: "/files/%zz" }],
  ["a path that is too long", 414, { url: `/files/${"a".repeat(200)}` }],
  ["nobody", 401, { method: "POST", url: "/graphql", headers: BAD_TOKEN, payload: { query: "{ serverTime }" } }],
  ["nobody at a stream", 401, { method: "POST", url: "/graphql/stream", headers: BAD_TOKEN, payload: { query: "x" } }],
  ["nobody at a file", 401, { url: `/files/${FILE_ID}`, headers: BAD_TOKEN }],
  ["no JSON", 400, { method: "POST", url: "/graphql", headers: { "content-type": "application/json" }, payload: "{" }],
  [
    "another type of body",
    415,
    { method: "POST", url: "/graphql", headers: { "content-type": "text/plain" }, payload: "a" },
  ],
  [
    "too large",
    413,
    { method: "POST", url: "/graphql", headers: { "content-type": "application/json" }, payload: "a".repeat(300_000) },
  ],
];

function expectSafe(answer: LightMyRequestResponse): void {
  const { headers } = answer;
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["referrer-policy"]).toBe("no-referrer");
  expect(headers["x-frame-options"]).toBe("DENY");
  expect(headers["x-request-id"]).toMatch(/^[\w-]{36}$/);
  expect(String(headers["content-security-policy"])).toContain("frame-ancestors 'none'");
  expect(headers).not.toHaveProperty("set-cookie");
  expect(headers).not.toHaveProperty("x-powered-by");
  expect(headers).not.toHaveProperty("server");
  expect(headers).not.toHaveProperty("access-control-allow-credentials");
  if (!String(headers["content-type"]).includes("html")) expect(headers["content-security-policy"]).toBe(DATA_POLICY);
}

test.each(ANSWERS)("%s: %i with what keeps browsers safe", async (_name, status, request) => {
  const server = await serverWith();
  const answer = await server.inject(request);
  expect(answer.statusCode).toBe(status);
  expectSafe(answer);
  if (status >= 400) expect(answer.headers["cache-control"]).toBe("no-store");
});

test("429, 503 and 500 too", async () => {
  const slow = await serverWith({}, { rates: { perOwnerPerMinute: 6, perAddressPerMinute: 0 } });
  await slow.graphql("{ serverTime }");
  const failing = (error: Error) =>
    serverWith({
      files: {
        find: async () => {
          throw error;
        },
      },
    });
  const query = `{ file(id: "${FILE_ID}") { id } }`;
  const answers = [
    await slow.graphql("{ serverTime }"),
    await (await failing(new StorageError("UNAVAILABLE", "ListParts", null))).graphql(query),
    await (await failing(new AppError("SERVICE_UNAVAILABLE", "busy"))).graphql(query),
    await (await failing(new Error("x"))).graphql(query),
  ];
  expect(answers.map(({ status }) => status)).toEqual([429, 503, 503, 200]);
  for (const { response } of answers) expectSafe(response);
  const broken = await serverWith({}, { permalink: () => Promise.reject(new Error("x")) });
  const authorization = `Bearer ${await broken.tokenOf("local")}`;
  const failed = await broken.inject({ url: `/files/${FILE_ID}`, headers: { authorization } });
  expect(failed.statusCode).toBe(500);
  expectSafe(failed);
});

describe("origins", () => {
  const PATHS = ["/graphql", "/graphql/stream", `/files/${FILE_ID}`] as const;

  const FOREIGN = [
    "https://app.example.evil",
    "https://evil-app.example",
    "https://app.example:444",
    "https://app.example:443",
    "http://app.example",
    "https://APP.example",
    "https://app.example.",
    "https://app.example/",
    "https://app.example, https://evil.example",
    "https://user@app.example",
    "https://app.example%00",
    "null",
    "*",
    "file://",
    "https://xn--pp-6ja.example",
    "",
  ];

  test.each(PATHS)("%s lets exactly the listed ones read, refusals too, and never with credentials", async (url) => {
    const server = await serverWith();
    const method = url.startsWith("/files") ? ("GET" as const) : ("POST" as const);
    for (const headers of [BAD_TOKEN, { ...BAD_TOKEN, "content-type": "text/plain" }]) {
      const allowed = await server.inject({ method, url, headers: { ...headers, origin: ORIGIN } });
      expect(allowed.headers["access-control-allow-origin"]).toBe(ORIGIN);
      expect(String(allowed.headers["access-control-expose-headers"])).toContain("retry-after");
      expect(String(allowed.headers["vary"])).toMatch(/\bOrigin\b/);
      for (const origin of FOREIGN) {
        const refused = await server.inject({ method, url, headers: { ...headers, origin } });
        expect([origin, refused.headers["access-control-allow-origin"]]).toEqual([origin, undefined]);
        expect(String(refused.headers["vary"])).toMatch(/\bOrigin\b/);
      }
      const none = await server.inject({ method, url, headers });
      expect(none.headers).not.toHaveProperty("access-control-allow-origin");
      expect(String(none.headers["vary"])).toMatch(/\bOrigin\b/);
    }
  });

  test.each(PATHS)("%s answers preflights of those alone", async (url) => {
    const server = await serverWith();
    const preflight = (origin: string) =>
      server.inject({
        ...{ method: "OPTIONS", url },
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
      });
    expect((await preflight(ORIGIN)).headers).toMatchObject({
      "access-control-allow-origin": ORIGIN,
      "access-control-allow-methods": "GET, POST",
    });
    for (const origin of FOREIGN.filter((each) => each !== ""))
      expect((await preflight(origin)).headers).not.toHaveProperty("access-control-allow-origin");
  });

  test.each(["/", "/healthz", "/dev/token", "/metrics", "/explorer/", "/nope"])(
    "%s is for nobody elsewhere",
    async (url) => {
      const server = await serverWith();
      const answer = await server.inject({ url, headers: { origin: ORIGIN } });
      expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
    },
  );

  test("none but the listed: without CORS_ORIGINS another origin reads nothing", async () => {
    const server = await serverWith({}, { corsOrigins: [] });
    const answer = await server.inject({ method: "POST", url: "/graphql", headers: { ...BAD_TOKEN, origin: ORIGIN } });
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  });
});

test("the page may connect to itself and to the store, and to nothing else", async () => {
  const server = await serverWith();
  const policy = String((await server.inject({ url: "/" })).headers["content-security-policy"]);
  const connect = policy.split("; ").find((directive) => directive.startsWith("connect-src"));
  expect(connect).toBe(`connect-src 'self' blob: ${STORE_ORIGIN}`);
  expect(policy).not.toMatch(/unsafe|\*/);
});

test("a path that is none closes a kept connection while the server stops", async () => {
  const server = await serverWith();
  const { port } = await server.listen();
  const ask = async (): Promise<string> => {
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const [chunk] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    return chunk.toString("latin1");
  };
  expect(await ask()).toMatch(/^HTTP\/1\.1 400[\s\S]*connection: keep-alive/i);
  server.announceStop();
  expect(await ask()).toMatch(/^HTTP\/1\.1 400[\s\S]*connection: close/i);
});
