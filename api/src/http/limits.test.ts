import { afterEach, describe, expect, test } from "@jest/globals";
import { FILE_UUID, openTestServer } from "./server.fixture.js";
import type { TestServer } from "./server.fixture.js";
import type { HttpServerParts } from "./server.js";

const open: TestServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

/** So many points in the window that runs. */
async function serverWith(
  points: { owner?: number; address?: number },
  changes: Partial<HttpServerParts> = {},
): Promise<TestServer> {
  const rates = { perOwnerPerMinute: 6 * (points.owner ?? 0), perAddressPerMinute: 6 * (points.address ?? 0) };
  const server = await openTestServer({ files: { find: async () => null } }, { rates, ...changes });
  open.push(server);
  return server;
}

const ORIGIN = "https://app.example";
const FILE_ID = `file_${FILE_UUID}`;

async function callsOf(server: TestServer, user = "local") {
  const authorization = `Bearer ${await server.tokenOf(user)}`;
  const headers = { authorization, origin: ORIGIN };
  const payload = { query: "{ serverTime }" };
  const subscription = { query: "subscription { filesChanged { fileId nope } }" };
  return {
    post: (more = {}, body: object = payload) =>
      server.inject({ method: "POST", url: "/graphql", headers: { ...headers, ...more }, payload: body }),
    get: () =>
      server.inject({
        url: "/graphql?query=%7BserverTime%7D",
        headers: { ...headers, "apollo-require-preflight": "1" },
      }),
    stream: () =>
      server.inject({
        ...{ method: "POST", url: "/graphql/stream", payload: subscription },
        headers: { ...headers, accept: "text/event-stream" },
      }),
    file: () => server.inject({ url: `/files/${FILE_ID}`, headers }),
  };
}

describe.each(["owner", "address"] as const)("rate limits by %s", (by) => {
  test.each(["post", "get", "stream", "file"] as const)(
    "refuse by 429, typed, with a time that pages can read: %s",
    async (path) => {
      const server = await serverWith({ [by]: 2 });
      const calls = await callsOf(server);
      for (let call = 0; call < 2; call += 1) expect((await calls[path]()).statusCode).not.toBe(429);
      const refused = await calls[path]();
      expect(refused.statusCode).toBe(429);
      expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(1);
      expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(10);
      expect(refused.headers).toMatchObject({
        "access-control-allow-origin": ORIGIN,
        "access-control-expose-headers": "x-request-id, retry-after",
        "cache-control": "no-store",
        "content-type": expect.stringContaining("json"),
      });
      expect(refused.body).toContain('"code":"RATE_LIMITED"');
      expect(refused.body).toMatch(/Too many calls/);
      // What all paths ask for counts together.
      for (const other of ["post", "get", "stream", "file"] as const)
        expect((await calls[other]()).statusCode).toBe(429);
      expect(server.logged.filter((line) => line.includes("rate limits"))).toHaveLength(1);
    },
  );

  test("count root fields, whatever their names and however they come", async () => {
    const server = await serverWith({ [by]: 6 });
    const calls = await callsOf(server);
    const query = "{ a: serverTime ...F } fragment F on Query { b: serverTime ... { c: serverTime } }";
    for (let call = 0; call < 2; call += 1) expect((await calls.post({}, { query })).statusCode).toBe(200);
    expect((await calls.post({}, { query })).statusCode).toBe(429);
  });
});

test("one owner's calls do not count for another, from wherever they come", async () => {
  const server = await serverWith({ owner: 1 });
  const [ann, bob] = [await callsOf(server, "ann"), await callsOf(server, "bob")];
  expect((await ann.post()).statusCode).toBe(200);
  expect((await ann.post()).statusCode).toBe(429);
  expect((await bob.post()).statusCode).toBe(200);
});

test("an address is asked for before anything else: no token is looked at, no body is read", async () => {
  let verified = 0;
  const server = await serverWith(
    { address: 1 },
    {
      verifyToken: async () => {
        verified += 1;
        return { ownerId: "x|y", scopes: new Set() };
      },
    },
  );
  const { post } = await callsOf(server);
  await post();
  expect(verified).toBe(1);
  const refused = await server.inject({
    ...{ method: "POST", url: "/graphql", payload: "{" },
    headers: { authorization: "Bearer x", "content-type": "application/json" },
  });
  expect([refused.statusCode, verified]).toEqual([429, 1]);
});

test("a token that does not hold costs ten calls; no token costs one", async () => {
  const server = await serverWith({ address: 20 });
  const status = async (authorization?: string): Promise<number> =>
    (
      await server.inject({
        ...{ method: "POST", url: "/graphql", payload: { query: "{ serverTime }" } },
        headers: authorization === undefined ? {} : { authorization },
      })
    ).statusCode;
  expect([await status("Bearer wrong"), await status("Bearer wrong"), await status("Bearer wrong")]).toEqual([
    401, 401, 429,
  ]);
  const patient = await serverWith({ address: 20 });
  const statuses: number[] = [];
  for (let call = 0; call < 21; call += 1)
    statuses.push(
      (await patient.inject({ method: "POST", url: "/graphql", payload: { query: "{ serverTime }" } })).statusCode,
    );
  expect(statuses).toEqual([...Array.from({ length: 20 }, () => 401), 429]);
});

test("whose word counts for the address, TRUST_PROXY says", async () => {
  const from = (forwarded: string) => ({ "x-forwarded-for": forwarded });
  const direct = await callsOf(await serverWith({ address: 1 }));
  expect((await direct.post(from("10.0.0.1"))).statusCode).toBe(200);
  expect((await direct.post(from("10.0.0.2"))).statusCode).toBe(429);
  const behind = await callsOf(await serverWith({ address: 1 }, { trustProxy: "127.0.0.1" }));
  expect((await behind.post(from("10.0.0.1"))).statusCode).toBe(200);
  expect((await behind.post(from("10.0.0.2"))).statusCode).toBe(200);
  expect((await behind.post(from("10.0.0.1"))).statusCode).toBe(429);
  // Only the last word is the proxy's own.
  expect((await behind.post(from("192.0.2.9, 10.0.0.2"))).statusCode).toBe(429);
});

test("health, the page and preflights are never refused", async () => {
  const server = await serverWith({ address: 1, owner: 1 });
  const { post } = await callsOf(server);
  await post();
  expect((await post()).statusCode).toBe(429);
  for (const url of ["/healthz", "/readyz", "/", "/explorer/", "/dev/token"])
    for (let call = 0; call < 3; call += 1) expect((await server.inject({ url })).statusCode).toBe(200);
  const preflight = await server.inject({
    ...{ method: "OPTIONS", url: "/graphql" },
    headers: { origin: ORIGIN, "access-control-request-method": "POST" },
  });
  expect(preflight.statusCode).toBe(204);
});

describe("before an operation is parsed", () => {
  test.each(["/graphql", "/graphql/stream"])("%s takes UTF-8 alone", async (url) => {
    const server = await serverWith({});
    const authorization = `Bearer ${await server.tokenOf("local")}`;
    const send = (type: string) =>
      server.inject({
        ...{ method: "POST", url, payload: '{"query":"subscription { filesChanged { nope } }"}' },
        headers: { authorization, "content-type": type, accept: "text/event-stream, application/json" },
      });
    for (const type of ["application/json; charset=utf-8", 'application/json;charset="UTF-8"', "application/json"])
      expect((await send(type)).statusCode).not.toBe(415);
    for (const type of [
      "application/json; charset=utf-7",
      "application/json; charset=utf-16",
      'application/json; charset="iso-8859-1"',
      "application/json; charset=utf-8; charset=utf-7",
      "application/json;CHARSET = utf7",
      "application/json; charset=",
    ]) {
      const refused = await send(type);
      expect([type, refused.statusCode]).toEqual([type, 415]);
      expect(refused.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
    }
  });

  test.each(["/graphql", "/graphql/stream"])("%s takes no document of more than 50,000 characters", async (url) => {
    const server = await serverWith({});
    const headers = { authorization: `Bearer ${await server.tokenOf("local")}`, accept: "*/*" };
    const refused = await server.inject({ method: "POST", url, headers, payload: { query: "#".repeat(50_001) } });
    expect(refused.statusCode).toBe(400);
    expect(refused.json()).toMatchObject({
      errors: [
        { message: expect.stringContaining("50001 characters; at most 50000"), extensions: { code: "BAD_USER_INPUT" } },
      ],
    });
  });
});

describe("the schema and its explorers", () => {
  const HTML = { accept: "text/html" };
  const PRODUCTION = { devTokens: null, host: "0.0.0.0" } as const;

  test("without SANDBOX there is neither", async () => {
    const server = await serverWith(
      {},
      { ...PRODUCTION, sandbox: false, introspection: false, openIntrospection: false },
    );
    expect(
      (await server.inject({ url: "/graphql", headers: { ...HTML, "apollo-require-preflight": "1" } })).statusCode,
    ).toBe(401);
    for (const url of ["/explorer", "/explorer/", "/explorer/main.js"])
      expect((await server.inject({ url, headers: HTML })).statusCode).toBe(404);
  });

  test("with SANDBOX in production both are there and hold no token", async () => {
    const server = await serverWith({}, { ...PRODUCTION, sandbox: true, introspection: true });
    for (const url of ["/graphql", "/explorer/"]) {
      const page = await server.inject({ url, headers: HTML });
      expect(page.statusCode).toBe(200);
      expect(page.body).not.toMatch(/eyJ|secret/i);
    }
    expect((await server.inject({ url: "/dev/token" })).statusCode).toBe(404);
  });

  test("without INTROSPECTION an explorer is told so, and not what this service is made of", async () => {
    const server = await serverWith(
      {},
      { ...PRODUCTION, sandbox: true, introspection: false, openIntrospection: false },
    );
    const token = await server.tokenOf("local");
    const { status, body } = await server.graphql("{ __schema { queryType { name } } }", {}, { token });
    expect(status).toBe(400);
    for (const error of body.errors!)
      expect(error.message).toBe("Introspection is switched off here: the schema is in the documentation.");
  });
});
