import { afterEach, describe, expect, test } from "@jest/globals";
import type { FastifyRequest } from "fastify";
import type { FileRow } from "../files/file.js";
import { kindOf } from "./admission.js";
import type { Kind, LoadLimits } from "./admission.js";
import { FILE_UUID, fileRow, openTestServer } from "./server.fixture.js";
import type { TestServer } from "./server.fixture.js";
import { IN_LINE_PER_PLACE } from "./gate.js";

const ORIGIN = "https://app.example";
const FILE_ID = `file_${FILE_UUID}`;
const READ = `{ file(id: "${FILE_ID}") { id } }`;
const WRITE = `mutation { renameFile(id: "${FILE_ID}", filename: "b.txt") { ... on Problem { code } } }`;
const OFF = { maxEventStreams: 0, maxEventLoopDelayMs: 0, maxHeapBytes: 0, maxRssBytes: 0 };

/** One at work, and as many in line as may be. */
const FULL = 1 + IN_LINE_PER_PLACE;

const open: TestServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

/** A server whose reads, or mutations, hang until they are let go. */
async function holding(load: Partial<LoadLimits>) {
  const held: Record<Kind, (() => void)[]> = { READ: [], WRITE: [] };
  const hold = (kind: Kind) => (): Promise<FileRow> =>
    new Promise((resolve) => held[kind].push(() => resolve(fileRow())));
  const server = await openTestServer(
    { files: { find: hold("READ"), rename: hold("WRITE") } },
    { load: { maxConcurrentOperations: 2, ...OFF, ...load } },
  );
  open.push(server);
  const send = async (query: string) => {
    const authorization = `Bearer ${await server.tokenOf("local")}`;
    return server.inject({
      method: "POST",
      url: "/graphql",
      headers: { authorization, origin: ORIGIN },
      payload: { query },
    });
  };
  /** So many of a kind are at work; the others of it wait. */
  const atWork = async (kind: Kind, count: number): Promise<void> => {
    while (held[kind].length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    server,
    held,
    send,
    atWork,
    /** Sends so many, the first of which are at work when this returns and the others in line. */
    async fill(kind: Kind, count = FULL, inside = 1) {
      const answers = Array.from({ length: count }, () => send(kind === "READ" ? READ : WRITE));
      await atWork(kind, inside);
      // Those behind it come after the same steps.
      await new Promise((resolve) => setTimeout(resolve, 100));
      return answers;
    },
    /** Lets them go one by one. Answers the statuses. */
    async finish(answers: readonly ReturnType<typeof send>[]): Promise<number[]> {
      let open = true;
      const all = Promise.all(answers).finally(() => (open = false));
      while (open) {
        for (const kind of ["READ", "WRITE"] as const) for (const go of held[kind].splice(0)) go();
        await new Promise((resolve) => setImmediate(resolve));
      }
      return (await all).map(({ statusCode }) => statusCode);
    },
  };
}

/** Those at work were served; who was in line may have given up, since machines that run tests are slow. */
function expectServed(statuses: readonly number[]): void {
  expect(statuses[0]).toBe(200);
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
}
const IN_A_MOMENT = expect.stringMatching(/^[123]$/) as unknown;

describe("admission", () => {
  test("refuses what nobody could serve: typed, readable in a browser, with a time to come back", async () => {
    const { send, held, fill, finish, server } = await holding({});
    const reads = await fill("READ");
    const refused = [await send(READ), await send(READ)];
    expect(refused[0]!.statusCode).toBe(503);
    expect(refused[0]!.json()).toEqual({
      errors: [
        {
          message: "The service is busy. Try again.",
          extensions: { code: "SERVICE_UNAVAILABLE", requestId: refused[0]!.headers["x-request-id"] },
        },
      ],
    });
    expect(refused[0]!.headers).toMatchObject({
      "retry-after": IN_A_MOMENT,
      "access-control-allow-origin": ORIGIN,
      "access-control-expose-headers": expect.stringContaining("retry-after"),
      "cache-control": "no-store",
    });
    expect(held.READ).toHaveLength(1);
    expectServed(await finish(reads));
    // Told once, not once a call.
    expect(server.logged.filter((line) => line.includes("more calls than"))).toHaveLength(1);
  });

  test("reads go on while mutations wait for a store; a mutation that is refused says so", async () => {
    const { send, fill, finish } = await holding({});
    const writes = await fill("WRITE");
    const refused = await send(WRITE);
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, IN_A_MOMENT]);
    expect(refused.json()).toMatchObject({ errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] });
    const [read] = await fill("READ", 1);
    expectServed(await finish([...writes, read!]));
  });

  test("when reads are full, neither body nor token are looked at, whatever it is; and health answers", async () => {
    const { server, fill, finish } = await holding({});
    const busy = await fill("READ");
    const { url } = await server.listen();
    const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${url}${path}`, init);
    const headers = { "content-type": "application/json", authorization: "Bearer nonsense", origin: ORIGIN };
    const refused = await ask("/graphql", { method: "POST", headers, body: "{ no JSON" });
    expect(refused.status).toBe(503);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      "retry-after": IN_A_MOMENT,
      "access-control-allow-origin": ORIGIN,
      "access-control-expose-headers": expect.stringContaining("retry-after"),
      vary: "Origin",
      "cache-control": "no-store",
      "content-type": "application/json; charset=utf-8",
    });
    expect(await refused.json()).toEqual({
      errors: [
        {
          message: "The service is busy. Try again.",
          extensions: { code: "SERVICE_UNAVAILABLE", requestId: refused.headers.get("x-request-id") },
        },
      ],
    });
    const stranger = await ask("/graphql", { method: "POST", headers: { ...headers, origin: "https://evil.example" } });
    expect([stranger.status, stranger.headers.get("access-control-allow-origin")]).toEqual([503, null]);
    expect((await ask("/graphql/stream", { method: "POST", headers, body: "{}" })).status).toBe(503);
    // Preflights, health and the rest are no operations.
    const preflight = { ...headers, "access-control-request-method": "POST" };
    expect((await ask("/graphql", { method: "OPTIONS", headers: preflight })).status).toBe(204);
    for (const path of ["/healthz", "/readyz"]) expect((await ask(path)).status).toBe(200);
    expect((await ask("/graphqlx", { method: "POST", headers, body: "{}" })).status).toBe(404);
    expectServed(await finish(busy));
    expect((await ask("/graphql", { method: "POST", headers, body: "{ no JSON" })).status).toBe(400);
  });

  test("under pressure a quarter of the places is open, and health answers", async () => {
    // Any process is above one byte; it is measured after the first second.
    const { server, send, fill, finish } = await holding({ maxConcurrentOperations: 16, maxRssBytes: 1 });
    while (!server.app.isUnderPressure()) await new Promise((resolve) => setTimeout(resolve, 20));
    const places = 1;
    const reads = await fill("READ", places * FULL, places);
    expect((await send(READ)).statusCode).toBe(503);
    for (const url of ["/healthz", "/readyz"]) expect((await server.inject({ url })).statusCode).toBe(200);
    expectServed(await finish(reads));
  });

  test("permalinks are reads", async () => {
    const { server, fill, finish } = await holding({});
    const reads = await fill("READ");
    const authorization = `Bearer ${await server.tokenOf("local")}`;
    const refused = await server.inject({ url: `/files/${FILE_ID}`, headers: { authorization } });
    expect(refused.statusCode).toBe(503);
    expect(refused.json()).toMatchObject({ error: { code: "SERVICE_UNAVAILABLE" } });
    expect(refused.headers["retry-after"]).toEqual(IN_A_MOMENT);
    await finish(reads);
  });
});

describe("the kind of an operation", () => {
  const kind = (method: string, sent: unknown): string =>
    kindOf((method === "GET" ? { method, query: sent } : { method, body: sent, query: {} }) as FastifyRequest);
  test.each([
    ["GET", {}, "READ"],
    ["GET", { query: "{ files { nodes { id } } }" }, "READ"],
    // They list parts at the store: reads of the database must not wait for those that wait for it.
    ["GET", { query: "{ file(id: 1) { upload { receivedParts } } }" }, "WRITE"],
    ["POST", { query: "{ file(id: 1) { upload { storedParts { number } } } }" }, "WRITE"],
    ["POST", { query: "{ files { nodes { id } } }" }, "READ"],
    ["POST", { query: "query Mutations { files { nodes { id } } }" }, "READ"],
    ["POST", { query: "mutation { x }" }, "WRITE"],
    ["POST", { query: "fragment F on File { id }\nmutation($a:ID!){ x }" }, "WRITE"],
    ["POST", { query: "#\nmutation@a { x }" }, "WRITE"],
    ["POST", { query: "\ufeffmutation{x}" }, "WRITE"],
    // A hash alone, or nonsense: what it turns out to be cannot be told yet.
    ["POST", { extensions: {} }, "WRITE"],
    ["POST", null, "WRITE"],
    ["POST", { query: 7 }, "WRITE"],
  ])("%s %j is %s", (method, body, expected) => {
    expect(kind(method, body)).toBe(expected);
  });
});
