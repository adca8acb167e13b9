import { afterEach, describe, expect, test } from "@jest/globals";
import { getIntrospectionQuery } from "graphql";
import { AppError } from "../errors.js";
import { StorageError } from "../storage/object-storage.js";
import { FILE_UUID, openTestServer } from "./server.fixture.js";
import type { TestServer } from "./server.fixture.js";

const open: TestServer[] = [];

async function serverWith(...args: Parameters<typeof openTestServer>): Promise<TestServer> {
  const server = await openTestServer(...args);
  open.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

const FILE_ID = `file_${FILE_UUID}`;
const POST = { method: "POST", url: "/graphql" } as const;

describe("who asks", () => {
  test("nobody without a token: 401 with a challenge, whatever the operation", async () => {
    const server = await serverWith();
    for (const query of [
      "{ serverTime }",
      "{ viewer { id } }",
      "mutation { confirmUpload(fileId: 1) { __typename } }",
    ]) {
      const { status, body, response } = await server.graphql(query, {}, { token: null });
      expect(status).toBe(401);
      expect(response.headers["www-authenticate"]).toBe("Bearer");
      expect(response.headers["cache-control"]).toBe("no-store");
      expect(body.errors?.map((error) => error.extensions)).toEqual([{ code: "UNAUTHENTICATED" }]);
      expect(body.data ?? null).toBeNull();
    }
  });

  test.each(["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])("nobody with the token %s", async (token) => {
    const server = await serverWith();
    expect((await server.graphql("{ serverTime }", {}, { token })).status).toBe(401);
  });

  test("in development anybody may ask for the schema, plainly, and for nothing beside it", async () => {
    const server = await serverWith();
    const schema = await server.graphql(getIntrospectionQuery(), {}, { token: null });
    expect(schema.status).toBe(200);
    expect(schema.body.data).toHaveProperty("__schema.types");
    const smuggled = [
      "{ __schema { queryType { name } } serverTime }",
      "{ ...F } fragment F on Query { serverTime }",
      "{ ... { serverTime } }",
    ];
    for (const query of smuggled) expect((await server.graphql(query, {}, { token: null })).status).toBe(401);
  });

  test("in production nobody learns the schema: not by asking, not from hints", async () => {
    const server = await serverWith(
      {},
      { introspection: false, openIntrospection: false, sandbox: false, devTokens: null },
    );
    expect((await server.graphql("{ __schema { queryType { name } } }", {}, { token: null })).status).toBe(401);
    const asked = await server.graphql("{ __schema { queryType { name } } }");
    expect(asked.body.errors?.[0]?.message).toMatch(/introspection/i);
    const misspelled = await server.graphql("{ servertime }");
    expect(misspelled.body.errors?.[0]?.message).not.toMatch(/did you mean/i);
  });
});

describe("what goes wrong", () => {
  const SECRET = "select * from files where token = 'hunter2'";

  test("is masked and logged once under the request's id", async () => {
    const find = async () => {
      throw new Error(SECRET);
    };
    const server = await serverWith({ files: { find } });
    const { body, response } = await server.graphql(`{ file(id: "${FILE_ID}") { id } }`);
    const requestId = response.headers["x-request-id"];
    expect(body.errors).toEqual([
      {
        message: "Something went wrong here.",
        locations: expect.anything(),
        path: ["file"],
        extensions: { code: "INTERNAL_SERVER_ERROR", requestId },
      },
    ]);
    expect(response.body).not.toMatch(/hunter2|\.ts|\.js|at /);
    const told = server.logged.filter((line) => line.includes("hunter2"));
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0]!)).toMatchObject({ level: "error", requestId });
  });

  test("is masked also when it goes wrong before the operation begins", async () => {
    const verifyToken = async () => {
      throw new Error(SECRET);
    };
    const server = await serverWith({}, { verifyToken });
    const { body, response } = await server.graphql("{ serverTime }");
    expect(body.errors?.[0]?.extensions).toEqual({
      code: "INTERNAL_SERVER_ERROR",
      requestId: response.headers["x-request-id"],
    });
    expect(response.body).not.toContain("hunter2");
    expect(server.logged.filter((line) => line.includes("hunter2"))).toHaveLength(1);
  });

  test.each([
    [
      "a store that is down, in a query",
      new StorageError("UNAVAILABLE", "GetObject", "SlowDown"),
      "STORAGE_UNAVAILABLE",
    ],
    ["an AppError", new AppError("BAD_USER_INPUT", "no such cursor"), "BAD_USER_INPUT"],
  ])("keeps its code: %s", async (_name, error, code) => {
    const find = async () => {
      throw error;
    };
    const server = await serverWith({ files: { find } });
    const { body } = await server.graphql(`{ file(id: "${FILE_ID}") { id } }`);
    expect(body.errors?.[0]?.extensions).toEqual({ code });
    expect(JSON.stringify(body)).not.toContain("SlowDown");
  });

  test.each([
    ["the database", new AppError("SERVICE_UNAVAILABLE", "The database does not answer. Try again.")],
    ["the store", new StorageError("UNAVAILABLE", "GetObject", "SlowDown")],
  ])("503 and Retry-After while %s is away; a success where something was answered", async (_name, error) => {
    const find = async () => {
      throw error;
    };
    const server = await serverWith({ files: { find } });
    const nothing = await server.graphql(`{ file(id: "${FILE_ID}") { id } }`);
    expect([nothing.response.statusCode, nothing.response.headers["retry-after"]]).toEqual([503, "2"]);
    const something = await server.graphql(`{ serverTime file(id: "${FILE_ID}") { id } }`);
    expect([something.response.statusCode, something.response.headers["retry-after"]]).toEqual([200, "2"]);
    expect(server.logged.filter((line) => /"level":"error"/.test(line))).toEqual([]);
  });

  test.each<[string, string, Record<string, unknown>, string]>([
    ["syntax", "{", {}, "GRAPHQL_PARSE_FAILED"],
    ["an unknown field", "{ nope }", {}, "GRAPHQL_VALIDATION_FAILED"],
    [
      "a literal with an exponent",
      'mutation { createUploadUrl(input: { filename: "a", contentType: "a/b", size: 1e3 }) { __typename } }',
      {},
      "GRAPHQL_VALIDATION_FAILED",
    ],
    [
      "a variable of the wrong type",
      "query ($n: Int!) { files(first: $n) { nodes { id } } }",
      { n: "x" },
      "BAD_USER_INPUT",
    ],
    [
      "a size as text",
      "mutation ($i: CreateUploadUrlInput!) { createUploadUrl(input: $i) { __typename } }",
      { i: { filename: "a", contentType: "a/b", size: "1" } },
      "BAD_USER_INPUT",
    ],
    [
      "null for an argument with a default",
      "mutation ($p: Boolean = true) { deleteFile(id: 1, permanently: $p) { __typename } }",
      { p: null },
      "BAD_USER_INPUT",
    ],
    ["too much at once", "{ files(first: 100) { nodes { upload { receivedParts } } } }", {}, "BAD_USER_INPUT"],
    ["too deep", `{ files { nodes { ${"upload { file { ".repeat(6)} id ${"} }".repeat(6)} } } }`, {}, "BAD_USER_INPUT"],
    ["too many tokens", `{ ${"serverTime ".repeat(2001)} }`, {}, "BAD_USER_INPUT"],
    ["a page of none", "{ files(first: 0) { nodes { id } } }", {}, "BAD_USER_INPUT"],
    ["a cursor of nothing", '{ files(after: "x") { nodes { id } } }', {}, "BAD_USER_INPUT"],
  ])("is the caller's: %s", async (_name, query, variables, code) => {
    const server = await serverWith();
    const { body } = await server.graphql(query, variables);
    expect(body.errors?.map((error) => error.extensions)).toEqual([{ code }]);
    expect(server.logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

describe("GraphQL over HTTP", () => {
  test("takes JSON and nothing else", async () => {
    const server = await serverWith();
    const authorization = `Bearer ${await server.tokenOf("local")}`;
    const payload = '{"query":"{ serverTime }"}';
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/graphql",
    ]) {
      const refused = await server.inject({ ...POST, headers: { authorization, "content-type": type }, payload });
      expect(refused.statusCode).toBe(415);
      expect(refused.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
    }
    const json = { authorization, "content-type": "application/json" };
    expect((await server.inject({ ...POST, headers: json, payload })).statusCode).toBe(200);
  });

  test.each(["{", "", "null", "7", '"x"', "[]", '{"query":7}', '{"__proto__":{}}'])(
    "answers the malformed body %p with 400 and JSON, no stack",
    async (payload) => {
      const server = await serverWith();
      const authorization = `Bearer ${await server.tokenOf("local")}`;
      const headers = { authorization, "content-type": "application/json" };
      const refused = await server.inject({ ...POST, headers, payload });
      expect(refused.statusCode).toBe(400);
      expect(refused.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
      expect(refused.body).not.toMatch(/stack|\.js/);
    },
  );

  test("takes no batch of operations, and no body above 256 KiB", async () => {
    const server = await serverWith();
    const headers = { authorization: `Bearer ${await server.tokenOf("local")}`, "content-type": "application/json" };
    const batch = await server.inject({ ...POST, headers, payload: '[{"query":"{ serverTime }"}]' });
    expect(batch.statusCode).toBe(400);
    const large = await server.inject({
      ...POST,
      headers,
      payload: { query: "{ serverTime }", x: "x".repeat(2 ** 18) },
    });
    expect(large.statusCode).toBe(413);
    const longNames = Array.from({ length: 100 }, () => ({ filename: "é".repeat(255), contentType: "a/b", size: 1 }));
    const query =
      "mutation ($x: [CreateUploadUrlInput!]!) { createUploadUrls(inputs: $x) { ... on Problem { code } } }";
    const { body } = await server.graphql(query, { x: longNames });
    expect(body.data).toEqual({ createUploadUrls: longNames.map(() => ({ code: "FILENAME_INVALID" })) });
  });

  test("answers reads by GET, never changes anything by it, and not across sites", async () => {
    const server = await serverWith();
    const authorization = `Bearer ${await server.tokenOf("local")}`;
    const get = (query: string, headers: Record<string, string>) =>
      server.inject({ url: `/graphql?query=${encodeURIComponent(query)}`, headers: { authorization, ...headers } });
    const preflighted = { "apollo-require-preflight": "true" };
    expect((await get("{ serverTime }", preflighted)).json()).toEqual({
      data: { serverTime: "2026-01-02T03:04:05.678Z" },
    });
    expect((await get("mutation { abortUpload(fileId: 1) { __typename } }", preflighted)).statusCode).toBe(405);
    expect((await get("{ serverTime }", {})).statusCode).toBe(400);
  });

  test("lets exactly the listed origins in, without credentials", async () => {
    const server = await serverWith();
    const preflight = (origin: string) =>
      server.inject({
        method: "OPTIONS",
        url: "/graphql",
        headers: { origin, "access-control-request-method": "POST" },
      });
    const allowed = await preflight("https://app.example");
    expect(allowed.statusCode).toBe(204);
    expect(allowed.headers).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": "authorization, content-type, x-request-id",
      "access-control-max-age": "600",
      vary: expect.stringContaining("Origin"),
    });
    expect(allowed.headers).not.toHaveProperty("access-control-allow-credentials");
    const others = [
      "https://app.example.evil",
      "https://app.example:444",
      "http://app.example",
      "null",
      "https://APP.example.",
      "*",
    ];
    for (const origin of others) {
      const refused = await preflight(origin);
      expect(refused.headers).not.toHaveProperty("access-control-allow-origin");
      expect(String(refused.headers["vary"])).toContain("Origin");
    }
  });
});

describe("the Sandbox", () => {
  const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

  test("meets a browser in development, with an example and a token that works", async () => {
    const server = await serverWith();
    const page = await server.inject({ url: "/graphql", headers: BROWSER });
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-type"]).toContain("text/html");
    expect(page.headers["content-security-policy"]).toContain("https://embeddable-sandbox.cdn.apollographql.com");
    expect(page.headers["cache-control"]).toBe("no-store");
    expect(page.body).toContain("createUploadUrl");
    const token = /"Bearer ([^"]+)"/.exec(page.body)?.[1] ?? null;
    expect((await server.graphql("{ serverTime }", {}, { token })).status).toBe(200);
  });

  test("gives no token to a request that does not come from this machine", async () => {
    const server = await serverWith();
    for (const headers of [
      { host: "evil.example" },
      { "x-forwarded-for": "1.2.3.4" },
      { "sec-fetch-site": "cross-site" },
    ]) {
      const page = await server.inject({ url: "/graphql", headers: { ...BROWSER, ...headers } });
      expect(page.statusCode).toBe(200);
      expect(page.body).not.toContain("eyJ");
    }
  });

  test("is not there in production", async () => {
    const server = await serverWith(
      {},
      { introspection: false, openIntrospection: false, sandbox: false, devTokens: null },
    );
    const answer = await server.inject({ url: "/graphql", headers: { ...BROWSER, "apollo-require-preflight": "1" } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["content-type"]).toContain("json");
  });
});
