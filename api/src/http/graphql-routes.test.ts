import { afterEach, describe, expect, test } from "@jest/globals";
import { getIntrospectionQuery } from "graphql";
import { AppError } from "../errors.js";
import { StorageError } from "../storage/object-storage.js";
import { fileRow, FILE_UUID, openTestServer, STORE_ORIGIN, TEST_ISSUER } from "./server.fixture.js";
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
    for (const query of ["{ serverTime }", "{ viewer { id } }", "mutation { confirmUpload(fileId: 1) { __typename } }"]) {
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
    const smuggled = ["{ __schema { queryType { name } } serverTime }", "{ ...F } fragment F on Query { serverTime }", "{ ... { serverTime } }"];
    for (const query of smuggled) expect((await server.graphql(query, {}, { token: null })).status).toBe(401);
  });

  test("in production nobody learns the schema: not by asking, not from hints", async () => {
    const server = await serverWith({}, { introspection: false, sandbox: false, devTokens: null });
    expect((await server.graphql("{ __schema { queryType { name } } }", {}, { token: null })).status).toBe(401);
    const asked = await server.graphql("{ __schema { queryType { name } } }");
    expect(asked.body.errors?.[0]?.message).toMatch(/introspection/i);
    const misspelled = await server.graphql("{ servertime }");
    expect(misspelled.body.errors?.[0]?.message).not.toMatch(/did you mean/i);
  });

  test("one's own id is a node, anybody else's is not", async () => {
    const server = await serverWith({ files: { find: async () => null, findMany: async () => [] } });
    const { body } = await server.graphql("{ viewer { id usage { usedBytes trashBytes reservedBytes quotaBytes } } }");
    expect(body.data).toEqual({
      viewer: {
        id: expect.stringMatching(/^viewer_[\w-]{22}$/),
        usage: { usedBytes: 3, trashBytes: 2, reservedBytes: 1, quotaBytes: 50 * 1024 ** 3 },
      },
    });
    const ids = [(body.data?.["viewer"] as { id: string }).id, `viewer_${"A".repeat(22)}`, "nonsense"];
    const nodes = await server.graphql("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", { ids });
    expect(nodes.body.data).toEqual({ nodes: [{ __typename: "Viewer", id: ids[0] }, null, null] });
  });
});

describe("files", () => {
  test("are rows with what is computed", async () => {
    const row = fileRow({ status: "READY", contentType: "image/png", sha256: "a".repeat(64), integrity: "SHA256", readyAt: new Date(0) });
    const seen: string[] = [];
    const find = async (ownerId: string, id: string) => {
      seen.push(`${ownerId} ${id}`);
      return row;
    };
    const server = await serverWith({ files: { find } });
    const { body } = await server.graphql(
      `query ($id: ID!) { node(id: $id) { __typename ... on File { id filename size status contentType declaredType
         integrity sha256 url urlExpiresAt inlineAllowed permalink rejection { code } createdAt readyAt deletedAt } } }`,
      { id: FILE_ID },
    );
    expect(seen).toEqual([`${TEST_ISSUER}|local ${FILE_UUID}`]);
    expect(body).toEqual({
      data: {
        node: {
          __typename: "File",
          id: FILE_ID,
          filename: "hello.txt",
          size: 14,
          status: "READY",
          contentType: "image/png",
          declaredType: "text/plain",
          integrity: "SHA256",
          sha256: "a".repeat(64),
          url: expect.stringContaining(`${STORE_ORIGIN}/bucket/download?`),
          urlExpiresAt: "2026-01-02T04:00:00.000Z",
          inlineAllowed: true,
          permalink: `http://localhost:4000/files/${FILE_ID}`,
          rejection: null,
          createdAt: "2026-01-02T03:04:05.678Z",
          readyAt: "1970-01-01T00:00:00.000Z",
          deletedAt: null,
        },
      },
    });
  });

  test("say why they were rejected", async () => {
    const rejection = { code: "CONTENT_MISMATCH", declaredType: "image/png", detectedType: null } as const;
    const server = await serverWith({ files: { find: async () => fileRow({ status: "REJECTED", rejection }) } });
    const { body } = await server.graphql(
      `{ file(id: "${FILE_ID}") { url rejection { __typename code retryable ... on ContentMismatch { declaredType detectedType } } } }`,
    );
    expect(body.data?.["file"]).toEqual({
      url: null,
      rejection: { __typename: "ContentMismatch", code: "CONTENT_MISMATCH", retryable: false, declaredType: "image/png", detectedType: null },
    });
  });

  test("come in pages; the count is asked for only when it is selected", async () => {
    const counted: unknown[] = [];
    const server = await serverWith({
      files: {
        list: async () => [fileRow(), fileRow({ id: FILE_UUID.replace(/1$/, "2") })],
        count: async (_owner, filter) => counted.push(filter),
      },
    });
    const page = "edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
    const first = await server.graphql(`{ files(first: 1, orderBy: null) { ${page} } }`);
    const list = first.body.data?.["files"] as { edges: { cursor: string }[] };
    const cursor = list.edges[0]?.cursor;
    expect(list).toEqual({
      edges: [{ cursor: expect.any(String), node: { id: FILE_ID } }],
      nodes: [{ id: FILE_ID }],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: cursor, endCursor: cursor },
    });
    expect(counted).toEqual([]);
    const filter = { status: ["DELETED"], filenameContains: "a", contentType: ["image/*"], minSize: 1, createdAfter: "2026-01-01T00:00:00Z" };
    const total = await server.graphql("query ($filter: FileFilter) { files(filter: $filter) { totalCount } }", { filter });
    expect(total.body).toEqual({ data: { files: { totalCount: 1 } } });
    expect(counted).toEqual([
      {
        statuses: ["DELETED"],
        filenameContains: "a",
        contentTypes: ["image/*"],
        createdAfter: new Date("2026-01-01T00:00:00Z"),
        createdBefore: null,
        minSizeBytes: 1,
        maxSizeBytes: null,
      },
    ]);
  });
});

describe("tickets", () => {
  test("share one listing between receivedParts and storedParts, in each request anew", async () => {
    let listings = 0;
    const listParts = async () => {
      listings += 1;
      return [{ number: 2, sizeBytes: 7, etag: "e", sha256: null }];
    };
    const row = fileRow({ partCount: 2, partSizeBytes: 7 });
    const server = await serverWith({ files: { find: async () => row }, storage: { listParts } });
    const query = `{ file(id: "${FILE_ID}") { upload { transfer method uploadUrl headers { name } urlExpiresAt partSize partCount
      partChecksum confirmBy curl receivedParts storedParts { number size sha256 } } } }`;
    const { body } = await server.graphql(query);
    expect(body.data?.["file"]).toEqual({
      upload: {
        transfer: "PARTS",
        method: "PUT",
        uploadUrl: null,
        headers: [],
        urlExpiresAt: null,
        partSize: 7,
        partCount: 2,
        partChecksum: "NONE",
        confirmBy: "2026-01-02T03:04:05.678Z",
        curl: null,
        receivedParts: [2],
        storedParts: [{ number: 2, size: 7, sha256: null }],
      },
    });
    expect(listings).toBe(1);
    await server.graphql(query);
    expect(listings).toBe(2);
  });

  test("answer null for both when the store does not answer", async () => {
    const listParts = async () => {
      throw new StorageError("UNAVAILABLE", "ListParts", null);
    };
    const server = await serverWith({ files: { find: async () => fileRow({ partCount: 2 }) }, storage: { listParts } });
    const { body } = await server.graphql(`{ file(id: "${FILE_ID}") { upload { receivedParts storedParts { number } } } }`);
    expect(body).toEqual({ data: { file: { upload: { receivedParts: null, storedParts: null } } } });
  });
});

describe("batches", () => {
  const items = (count: number, item: unknown): unknown[] => Array.from({ length: count }, () => item);

  test("above the limit are refused before any work", async () => {
    const server = await serverWith();
    const refused = [
      server.graphql("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: items(101, "x") }),
      server.graphql("mutation ($x: [ID!]!) { confirmUploads(fileIds: $x) { __typename } }", { x: items(101, "x") }),
      server.graphql("mutation ($x: [UploadPartInput!]!) { signUploadParts(fileId: 1, parts: $x) { __typename } }", {
        x: items(101, { number: 1 }),
      }),
      server.graphql("mutation ($x: [CreateUploadUrlInput!]!) { createUploadUrls(inputs: $x) { __typename } }", {
        x: items(101, { filename: "a", contentType: "a/b", size: 1 }),
      }),
    ];
    for (const { body } of await Promise.all(refused)) {
      expect(body.errors?.[0]?.extensions).toEqual({ code: "BAD_USER_INPUT" });
      expect(body.errors?.[0]?.message).toMatch(/101 items; at most 100/);
    }
  });

  test("give each item its own answer, in order", async () => {
    const find = async () => null;
    const takeLease = async (_owner: string, id: string) => {
      if (id === FILE_UUID) throw new StorageError("UNAVAILABLE", "ListParts", null);
      return null;
    };
    const server = await serverWith({ files: { find, takeLease } });
    const { body, response } = await server.graphql(
      `mutation ($ids: [ID!]!) { confirmUploads(fileIds: $ids) { __typename
         ... on Problem { code } ... on FileNotFound { fileId } ... on TemporaryFailure { requestId retryAfterSeconds } } }`,
      { ids: ["nonsense", FILE_ID, "file_x"] },
    );
    expect(body).toEqual({
      data: {
        confirmUploads: [
          { __typename: "FileNotFound", code: "FILE_NOT_FOUND", fileId: "nonsense" },
          { __typename: "TemporaryFailure", code: "STORAGE_UNAVAILABLE", retryAfterSeconds: 2, requestId: response.headers["x-request-id"] },
          { __typename: "FileNotFound", code: "FILE_NOT_FOUND", fileId: "file_x" },
        ],
      },
    });
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
    ["a store that is down, in a query", new StorageError("UNAVAILABLE", "GetObject", "SlowDown"), "STORAGE_UNAVAILABLE"],
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

  test.each<[string, string, Record<string, unknown>, string]>([
    ["syntax", "{", {}, "GRAPHQL_PARSE_FAILED"],
    ["an unknown field", "{ nope }", {}, "GRAPHQL_VALIDATION_FAILED"],
    ["a literal with an exponent", 'mutation { createUploadUrl(input: { filename: "a", contentType: "a/b", size: 1e3 }) { __typename } }', {}, "GRAPHQL_VALIDATION_FAILED"],
    ["a variable of the wrong type", "query ($n: Int!) { files(first: $n) { nodes { id } } }", { n: "x" }, "BAD_USER_INPUT"],
    ["a size as text", "mutation ($i: CreateUploadUrlInput!) { createUploadUrl(input: $i) { __typename } }", { i: { filename: "a", contentType: "a/b", size: "1" } }, "BAD_USER_INPUT"],
    ["null for an argument with a default", "mutation ($p: Boolean = true) { deleteFile(id: 1, permanently: $p) { __typename } }", { p: null }, "BAD_USER_INPUT"],
    ["too much at once", "{ files(first: 100) { nodes { upload { receivedParts } } } }", {}, "BAD_USER_INPUT"],
    ["too deep", `{ files { nodes { ${"upload { file { ".repeat(6)} id ${"} }".repeat(6)} } } }`, {}, "GRAPHQL_VALIDATION_FAILED"],
    ["too many tokens", `{ ${"serverTime ".repeat(2001)} }`, {}, "GRAPHQL_PARSE_FAILED"],
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
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql"]) {
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

  test("takes no batch of operations, and no body above 1 MiB", async () => {
    const server = await serverWith();
    const headers = { authorization: `Bearer ${await server.tokenOf("local")}`, "content-type": "application/json" };
    const batch = await server.inject({ ...POST, headers, payload: '[{"query":"{ serverTime }"}]' });
    expect(batch.statusCode).toBe(400);
    const large = await server.inject({ ...POST, headers, payload: { query: "{ serverTime }", x: "x".repeat(2 ** 20) } });
    expect(large.statusCode).toBe(413);
    const longNames = Array.from({ length: 100 }, () => ({ filename: "é".repeat(255), contentType: "a/b", size: 1 }));
    const query = "mutation ($x: [CreateUploadUrlInput!]!) { createUploadUrls(inputs: $x) { ... on Problem { code } } }";
    const { body } = await server.graphql(query, { x: longNames });
    expect(body.data).toEqual({ createUploadUrls: longNames.map(() => ({ code: "FILENAME_INVALID" })) });
  });

  test("answers reads by GET, never changes anything by it, and not across sites", async () => {
    const server = await serverWith();
    const authorization = `Bearer ${await server.tokenOf("local")}`;
    const get = (query: string, headers: Record<string, string>) =>
      server.inject({ url: `/graphql?query=${encodeURIComponent(query)}`, headers: { authorization, ...headers } });
    const preflighted = { "apollo-require-preflight": "true" };
    expect((await get("{ serverTime }", preflighted)).json()).toEqual({ data: { serverTime: "2026-01-02T03:04:05.678Z" } });
    expect((await get("mutation { abortUpload(fileId: 1) { __typename } }", preflighted)).statusCode).toBe(405);
    expect((await get("{ serverTime }", {})).statusCode).toBe(400);
  });

  test("lets exactly the listed origins in, without credentials", async () => {
    const server = await serverWith();
    const preflight = (origin: string) =>
      server.inject({ method: "OPTIONS", url: "/graphql", headers: { origin, "access-control-request-method": "POST" } });
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
    const others = ["https://app.example.evil", "https://app.example:444", "http://app.example", "null", "https://APP.example.", "*"];
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
    for (const headers of [{ host: "evil.example" }, { "x-forwarded-for": "1.2.3.4" }, { "sec-fetch-site": "cross-site" }]) {
      const page = await server.inject({ url: "/graphql", headers: { ...BROWSER, ...headers } });
      expect(page.statusCode).toBe(200);
      expect(page.body).not.toContain("eyJ");
    }
  });

  test("is not there in production", async () => {
    const server = await serverWith({}, { introspection: false, sandbox: false, devTokens: null });
    const answer = await server.inject({ url: "/graphql", headers: { ...BROWSER, "apollo-require-preflight": "1" } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["content-type"]).toContain("json");
  });
});
