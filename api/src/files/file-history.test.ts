import { afterEach, describe, expect, test } from "@jest/globals";
import { fileRow, openTestServer, TEST_ISSUER } from "../http/server.fixture.js";
import type { TestServer } from "../http/server.fixture.js";
import type { FileEvent } from "./file-event.js";
import type { FileRow } from "./file.js";

/** File.history over the whole surface, with the statements counted. */

const event = (attempt: number): FileEvent => ({ at: new Date(0), from: null, to: "PENDING", attempt, reason: null });
const uuidOf = (n: number): string => `01890000-0000-7000-8000-${String(n).padStart(12, "0")}`;

let server: TestServer | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

interface Call {
  readonly ownerId: string;
  readonly ids: readonly string[];
  readonly take: number;
}

async function serverWith(rows: readonly FileRow[], calls: Call[]): Promise<TestServer> {
  server = await openTestServer({
    files: {
      find: async () => rows[0] ?? null,
      list: async () => [...rows],
      histories: async (ownerId, ids, take) => {
        calls.push({ ownerId, ids: [...ids], take });
        return new Map(ids.map((id) => [id, [event(Number(id.slice(-12)))]]));
      },
    },
  });
  return server;
}

describe("File.history", () => {
  test("of a page of 100 files is one statement, also asked twice over", async () => {
    const rows = Array.from({ length: 100 }, (_, n) => fileRow({ id: uuidOf(n) }));
    const calls: Call[] = [];
    const { graphql } = await serverWith(rows, calls);
    const query = `{ files(first: 100) {
      nodes { url history(first: 5) { attempt } } edges { node { again: history(first: 5) { attempt } } } } }`;
    const { body } = await graphql(query);
    expect(calls).toEqual([{ ownerId: `${TEST_ISSUER}|local`, ids: rows.map((row) => row.id), take: 5 }]);
    const { nodes } = (body.data as { files: { nodes: { history: { attempt: number }[] }[] } }).files;
    expect(nodes.map(({ history }) => history[0]!.attempt)).toEqual(rows.map((_, n) => n));
    // Nothing is kept from one call to the next.
    await graphql(query);
    expect(calls).toHaveLength(2);
  });

  test("of other lengths is another statement", async () => {
    const calls: Call[] = [];
    const { graphql } = await serverWith([fileRow()], calls);
    await graphql(`{ file(id: "file_${uuidOf(1)}") { history { at } one: history(first: 1) { at } } }`);
    expect(calls.map(({ take }) => take).sort((a, b) => a - b)).toEqual([1, 50]);
  });

  test("has its price: 50 events of each of 100 files are refused before anything is asked", async () => {
    const calls: Call[] = [];
    const { graphql } = await serverWith([], calls);
    const { status, body } = await graphql("{ files(first: 100) { nodes { history { at } } } }");
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    expect(calls).toEqual([]);
  });

  test("of a statement that fails is the call's error, without its words", async () => {
    server = await openTestServer({
      files: {
        find: async () => fileRow(),
        histories: () => Promise.reject(new Error("relation file_events does not exist")),
      },
    });
    const { body } = await server.graphql(`{ file(id: "file_${uuidOf(1)}") { history { at } } }`);
    expect(body.errors).toMatchObject([{ extensions: { code: "INTERNAL_SERVER_ERROR" } }]);
    expect(JSON.stringify(body)).not.toContain("relation");
  });
});
