import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { AppError } from "../errors.js";
import type { FileRecords } from "../files/file-records.js";
import { StorageError } from "../storage/object-storage.js";
import { FILE_UUID, openTestServer } from "./server.fixture.js";
import type { GraphqlAnswer, TestServer } from "./server.fixture.js";

/** Production tells callers a code and a sentence, whatever went wrong: no hint, no stack, no SQL, no URL, no name of a library. */

const FILE_ID = `file_${FILE_UUID}`;
const INSIDE =
  "select token from files -- http://10.0.0.5:9000/bucket/key?X-Amz-Signature=00 at run (/srv/signet/x.js:1:2)";

/** Faults that the database, the store and our own code have had. */
const FAULTS: readonly [name: string, fault: unknown, code: string][] = [
  ["an error", new Error(INSIDE), "INTERNAL_SERVER_ERROR"],
  ["a type error", new TypeError(`Cannot read properties of undefined (reading '${INSIDE}')`), "INTERNAL_SERVER_ERROR"],
  [
    "the driver's error",
    Object.assign(new Error(INSIDE), { code: "22P02", query: INSIDE, parameters: [INSIDE] }),
    "INTERNAL_SERVER_ERROR",
  ],
  ["an inner AppError", new AppError("INTERNAL_SERVER_ERROR", INSIDE), "INTERNAL_SERVER_ERROR"],
  ["an error with a cause", new Error("x", { cause: new Error(INSIDE) }), "INTERNAL_SERVER_ERROR"],
  ["a text", INSIDE, "INTERNAL_SERVER_ERROR"],
  ["nothing", undefined, "INTERNAL_SERVER_ERROR"],
  ["an object", { message: INSIDE }, "INTERNAL_SERVER_ERROR"],
  ["a store that is away", new StorageError("UNAVAILABLE", "GetObject", INSIDE), "STORAGE_UNAVAILABLE"],
  [
    "a store that refuses",
    new StorageError("REFUSED", "GetObject", "AccessDenied", { cause: new Error(INSIDE) }),
    "STORAGE_UNAVAILABLE",
  ],
];

let thrown: unknown;
let server: TestServer;
beforeAll(async () => {
  const fail = async (): Promise<never> => {
    throw thrown;
  };
  const files = new Proxy({}, { has: () => true, get: () => fail }) as unknown as FileRecords;
  const production = {
    introspection: false,
    openIntrospection: false,
    sandbox: false,
    devTokens: null,
    permalink: fail,
  } as const;
  server = await openTestServer({ files }, production);
});
afterAll(() => server.stop());

const TELLS_TOO_MUCH =
  /did you mean|select .* from|https?:|x-amz|node_modules|\.[jt]s:|\bat \S+ \(|apollo|fastify|graphql-js|typeorm|graphile|pg_|AccessDenied|22P02/i;

/** Of every error, nothing beside these. */
function expectMasked(errors: GraphqlAnswer["errors"]): void {
  expect(errors?.length).toBeGreaterThan(0);
  for (const error of errors!) {
    expect(Object.keys(error).filter((key) => !["message", "locations", "path", "extensions"].includes(key))).toEqual(
      [],
    );
    expect(Object.keys(error.extensions).filter((key) => !["code", "requestId"].includes(key))).toEqual([]);
  }
}

test.each(FAULTS)("%s", async (_name, fault, code) => {
  thrown = fault;
  const { body, response } = await server.graphql(`{ a: file(id: "${FILE_ID}") { id } }`);
  expect(response.body).not.toMatch(TELLS_TOO_MUCH);
  expectMasked(body.errors);
  expect(body.errors!.map(({ extensions }) => extensions["code"])).toEqual([code]);
  if (code === "INTERNAL_SERVER_ERROR") {
    expect(body.errors![0]!.message).toBe("Something went wrong here.");
    expect(body.errors![0]!.extensions["requestId"]).toBe(response.headers["x-request-id"]);
  }
  const mutation = await server.graphql(
    `mutation { renameFile(id: "${FILE_ID}", filename: "x") { ... on Problem { code message } } }`,
  );
  expect(mutation.response.body).not.toMatch(TELLS_TOO_MUCH);
  const authorization = `Bearer ${await server.tokenOf("local")}`;
  const file = await server.inject({ url: `/files/${FILE_ID}`, headers: { authorization } });
  expect(file.statusCode).toBe(code === "STORAGE_UNAVAILABLE" ? 503 : 500);
  expect(file.body).not.toMatch(TELLS_TOO_MUCH);
});

test.each([
  ["a misspelled field", "{ servertime }"],
  ["a misspelled argument", '{ file(ids: "x") { id } }'],
  ["a misspelled type", "{ ... on Fil { id } }"],
  ["a misspelled enum", "{ files(orderBy: { field: CREATED }) { nodes { id } } }"],
  [
    "a misspelled input field",
    'mutation { createUploadUrl(input: { filenam: "a", contentType: "a/b", size: 1 }) { __typename } }',
  ],
  ["a misspelled directive", "{ serverTime @skp(if: true) }"],
  ["a misspelled variable", "query ($a: Int) { files(first: $b) { nodes { id } } }"],
  ["a misspelled fragment", "{ ...Fo } fragment Foo on Query { serverTime }"],
  ["the schema", "{ __schema { types { name } } }"],
  ["a type", '{ __type(name: "File") { name } }'],
  ["no syntax", "{ serverTime"],
  ["a subscription", "subscription { filesChanged { att } }"],
  ["a bomb", `{ ${"serverTime ".repeat(11)} }`],
])("%s is told without a hint", async (_name, query) => {
  for (const variables of [{}, { a: "x" }]) {
    const { status, body, response } = await server.graphql(query, variables);
    expect(status).toBe(400);
    expectMasked(body.errors);
    expect(response.body).not.toMatch(TELLS_TOO_MUCH);
  }
  const headers = { authorization: `Bearer ${await server.tokenOf("local")}`, accept: "text/event-stream" };
  const stream = await server.inject({
    method: "POST",
    url: "/graphql/stream",
    headers,
    payload: { query: query.replace(/^\{/, "subscription {") },
  });
  expect(stream.body).not.toMatch(TELLS_TOO_MUCH);
});
