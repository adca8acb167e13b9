import { afterEach, describe, expect, test } from "@jest/globals";
import { getIntrospectionQuery } from "graphql";
import { createClient } from "graphql-sse";
import type { FileRecords } from "../files/file-records.js";
import { FILE_UUID, fileRow, openTestServer, TEST_ISSUER } from "./server.fixture.js";
import type { TestServer } from "./server.fixture.js";

/** The event stream over real sockets. */

const servers: TestServer[] = [];
const cuts: AbortController[] = [];

afterEach(async () => {
  for (const cut of cuts.splice(0)) cut.abort();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

const FILE_ID = `file_${FILE_UUID}`;
const findMany: FileRecords["findMany"] = async (_owner, ids) => ids.map((id) => (id === FILE_UUID ? fileRow() : null));

async function listening(
  files: Partial<FileRecords> = { findMany },
  changes: Parameters<typeof openTestServer>[1] = {},
): Promise<{ server: TestServer; url: string; changed: () => void }> {
  const server = await openTestServer({ files }, changes);
  servers.push(server);
  const { url } = await server.listen();
  return {
    server,
    url: `${url}/graphql/stream`,
    changed: () => server.fileChanges.receive(`${TEST_ISSUER}|local ${FILE_UUID}`),
  };
}

const ALL = "subscription { filesChanged { fileId file { filename } } }";

interface Sent {
  readonly body?: object | string | null;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly user?: string | null;
}

async function send({ server, url }: { server: TestServer; url: string }, sent: Sent = {}): Promise<Response> {
  const { body = { query: ALL }, user = "local", method = "POST" } = sent;
  const cut = new AbortController();
  cuts.push(cut);
  return fetch(url, {
    method,
    headers: {
      accept: "text/event-stream",
      ...(body === null ? {} : { "content-type": "application/json" }),
      ...(user === null ? {} : { authorization: `Bearer ${await server.tokenOf(user)}` }),
      ...sent.headers,
    },
    ...(body === null ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    signal: cut.signal,
  });
}

/** Reads until the text is there; answers everything so far. */
async function readUntil(response: Response, text: string): Promise<string> {
  const reader = response.body!.getReader();
  let read = "";
  while (!read.includes(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`it ended before ${text}: ${read}`);
    read += Buffer.from(value).toString();
  }
  reader.releaseLock();
  return read;
}

/** The one result of a stream that completes by itself. */
async function resultOf(response: Response): Promise<{ data?: unknown; errors?: Record<string, unknown>[] }> {
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const [, data] = /^event: next\ndata: (.*)$/m.exec(await response.text()) ?? [];
  return JSON.parse(data!) as never;
}

describe("a stream", () => {
  test("is kept by nobody on its way: no store, no compression, no buffer; and speaks the protocol", async () => {
    const at = await listening();
    const response = await send(at, { headers: { "accept-encoding": "gzip" } });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
      "x-request-id": expect.any(String),
    });
    expect(response.headers.get("content-encoding")).toBeNull();
    at.changed();
    const text = await readUntil(response, "hello.txt");
    expect(text).toMatch(/^:\n\nevent: next\ndata: \{"data":\{"filesChanged":.*\}\n\n$/);
  });

  test("is read by the protocol's own client, by POST and by GET", async () => {
    const at = await listening();
    const authorization = `Bearer ${await at.server.tokenOf("local")}`;
    const client = createClient({ url: at.url, headers: { authorization }, retryAttempts: 0 });
    const query = "subscription ($ids: [ID!]) { filesChanged(ids: $ids) { fileId file { filename } at } }";
    const events = client.iterate({ query, variables: { ids: [FILE_ID] } });
    expect((await events.next()).value).toEqual({
      data: { filesChanged: { fileId: FILE_ID, file: { filename: "hello.txt" }, at: "2026-01-02T03:04:05.678Z" } },
    });
    client.dispose();

    const search = new URLSearchParams({ query, variables: JSON.stringify({ ids: [FILE_ID] }) });
    const got = await send({ ...at, url: `${at.url}?${search.toString()}` }, { method: "GET", body: null });
    expect(await readUntil(got, "hello.txt")).toContain("event: next");
  });

  test("is completed, and its connection closed, when the server stops; nothing waits for it", async () => {
    const at = await listening();
    const responses = await Promise.all([send(at), send(at, { user: "ann" })]);
    const begun = Date.now();
    await at.server.stop();
    for (const response of responses) expect(await response.text()).toContain("event: complete");
    expect(Date.now() - begun).toBeLessThan(5_000);
  });

  test("may be opened by pages of allowed origins, with a bearer header", async () => {
    const at = await listening();
    const origin = "https://app.example";
    const preflight = await fetch(at.url, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    });
    expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
    expect((await send(at, { headers: { origin } })).headers.get("access-control-allow-origin")).toBe(origin);
    const other = await send(at, { headers: { origin: "https://evil.example" } });
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("one owner may hold so many and no more; another's do not count, and a closed one makes room", async () => {
    const at = await listening({ findMany }, { maxStreamsPerOwner: 2 });
    await send(at);
    await send(at);
    const refused = await send(at);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "2"]);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "RATE_LIMITED" } }] });
    expect((await send(at, { user: "ann" })).status).toBe(200);
    cuts[0]!.abort();
    const again = async (): Promise<number> => (await send(at)).status;
    const deadline = Date.now() + 10_000;
    while ((await again()) !== 200) expect(Date.now()).toBeLessThan(deadline);
  });
});

test("all owners together may hold so many; one that is closed makes room", async () => {
  const load = { maxConcurrentOperations: 32, maxEventLoopDelayMs: 0, maxHeapBytes: 0, maxRssBytes: 0 };
  const at = await listening({ findMany }, { load: { ...load, maxEventStreams: 2 } });
  await send(at);
  await send(at, { user: "ann" });
  const refused = await send(at, { user: "bob" });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] });
  cuts[0]!.abort();
  const deadline = Date.now() + 10_000;
  while ((await send(at, { user: "bob" })).status !== 200) expect(Date.now()).toBeLessThan(deadline);
});

describe("refused before a stream begins", () => {
  test("nobody without a token, whatever is asked", async () => {
    const at = await listening();
    for (const sent of [{}, { body: { query: "{" } }, { headers: { accept: "application/json" } }]) {
      const response = await send(at, { ...sent, user: null });
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
    }
  });

  test.each([
    ["another type of answer", { headers: { accept: "application/json" } }, 406],
    ["a body that is no JSON", { body: "{" }, 400],
    ["a form", { body: "query=1", headers: { "content-type": "application/x-www-form-urlencoded" } }, 415],
    ["no query", { body: { variables: {} } }, 400],
    ["variables that are none", { body: { query: ALL, variables: [] } }, 400],
    ["no body", { body: {} }, 400],
    ["an empty GET", { method: "GET", body: null }, 400],
  ])("%s", async (_name, sent, status) => {
    const at = await listening();
    const response = await send(at, sent);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String), extensions: {} }] });
  });

  test.each(["PUT", "DELETE"])("reservations of the protocol's other mode: %s", async (method) => {
    const at = await listening();
    expect((await send(at, { method, body: null })).status).toBe(404);
  });
});

describe("refused as the one result of a stream", () => {
  const wide = Array.from({ length: 20 }, (_, index) => `f${index}: file { filename status size }`).join(" ");
  const hundred = Array.from({ length: 100 }, () => `"${FILE_ID}"`).join(" ");
  test.each([
    ["a query", "{ serverTime }", "BAD_USER_INPUT", /queries and mutations to \/graphql/],
    ["a mutation", `mutation { deleteFile(id: "1") { __typename } }`, "BAD_USER_INPUT", /to \/graphql/],
    ["no syntax", "subscription {", "GRAPHQL_PARSE_FAILED", /Syntax/],
    ["more tokens than any operation has", `subscription { ${"a ".repeat(3_000)} }`, "BAD_USER_INPUT", /2000/],
    ["an unknown field", "subscription { filesChange { fileId } }", "GRAPHQL_VALIDATION_FAILED", /filesChanged/],
    [
      "two at once",
      "subscription { a: filesChanged { fileId } b: filesChanged { fileId } }",
      "GRAPHQL_VALIDATION_FAILED",
      /one top level/,
    ],
    [
      "more than an operation may cost",
      `subscription { filesChanged(ids: [${hundred}]) { ${wide} } }`,
      "BAD_USER_INPUT",
      /costs/,
    ],
    [
      "variables that do not fit",
      "subscription ($ids: [ID!]!) { filesChanged(ids: $ids) { fileId } }",
      "BAD_USER_INPUT",
      /ids/,
    ],
    [
      "more ids than a batch has",
      `subscription { filesChanged(ids: [${hundred} "1"]) { fileId } }`,
      "BAD_USER_INPUT",
      /at most 100/,
    ],
    ["an operation that is not there", `${ALL} `, "BAD_USER_INPUT", /operationName/],
  ])("%s", async (name, query, code, message) => {
    const at = await listening();
    const operationName = name.startsWith("an operation") ? "Other" : undefined;
    const { data, errors } = await resultOf(await send(at, { body: { query, operationName } }));
    expect(data ?? null).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors![0]).toMatchObject({ message: expect.stringMatching(message), extensions: { code } });
    expect(Object.keys(errors![0]!["extensions"] as object)).toEqual(["code"]);
  });

  test("in production nobody learns the schema: not by asking, not from hints", async () => {
    const at = await listening(
      { findMany },
      { introspection: false, openIntrospection: false, sandbox: false, devTokens: null },
    );
    const asked = await resultOf(await send(at, { body: { query: getIntrospectionQuery() } }));
    expect(asked.errors?.[0]?.["message"]).toMatch(/introspection/i);
    const guessed = await resultOf(await send(at, { body: { query: "subscription { filesChange { fileId } }" } }));
    expect(guessed.errors?.[0]?.["message"]).toBe('Cannot query field "filesChange" on type "Subscription".');
  });

  test("a subscription at /graphql is told where to go", async () => {
    const { server } = await listening();
    const { status, body } = await server.graphql(ALL);
    expect(status).toBe(400);
    expect(body.errors?.[0]).toMatchObject({
      message: expect.stringContaining("/graphql/stream"),
      extensions: { code: "BAD_USER_INPUT" },
    });
  });
});

describe("an error while a stream is open", () => {
  test("of one event says nothing of the inside, names the request, and ends nothing", async () => {
    let broken = true;
    const at = await listening({
      findMany: async (_owner, ids) =>
        ids.map(() =>
          broken
            ? new Proxy(fileRow(), {
                get: (row, name) => {
                  if (name === "filename") throw new Error("password hunter2");
                  return Reflect.get(row, name) as unknown;
                },
              })
            : fileRow(),
        ),
    });
    const response = await send(at);
    at.changed();
    const text = await readUntil(response, "\n\nevent: next\ndata: {");
    const shown = text.includes("}]") ? text : text + (await readUntil(response, "}]"));
    expect(shown).not.toContain("hunter2");
    const { errors, data } = JSON.parse(/^data: (.*)$/m.exec(shown)![1]!) as never;
    expect(data).toEqual({ filesChanged: { fileId: FILE_ID, file: null } });
    expect(errors).toMatchObject([
      { extensions: { code: "INTERNAL_SERVER_ERROR", requestId: response.headers.get("x-request-id") } },
    ]);
    expect(at.server.logged.filter((line) => line.includes("hunter2"))).toHaveLength(1);
    broken = false;
    at.changed();
    await readUntil(response, "hello.txt");
  });
});
