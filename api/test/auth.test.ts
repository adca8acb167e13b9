import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { buildClientSchema, getIntrospectionQuery, getNamedType } from "graphql";
import type { GraphQLField, GraphQLSchema, IntrospectionQuery } from "graphql";
import { rowsOf } from "../src/db/query.js";
import { PNG } from "./content.js";
import { checkInvariants } from "./invariants.js";
import { openStream } from "./live-stream.js";
import {
  abortUpload,
  confirmUpload,
  deleteFile,
  DOCUMENTS,
  expectMember,
  FILE_FIELDS,
  openUpload,
  sendBytes,
  upload,
} from "./operations.js";
import { accountOf, keyOf, openUploadKeys, storedKeys, until } from "./records.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** Nobody does anything without a token, and nobody sees what is somebody else's. */

const OWNER = "owner";
const STRANGER = "stranger";
/** Of the same length as every id, and nobody's. */
const NO_FILE = "file_01890000-0000-7000-8000-000000000000";

let app: TestApp;
let schema: GraphQLSchema;
/** One file in each state, all of OWNER. */
const files: Record<string, string> = {};
beforeAll(async () => {
  app = await startTestApp();
  const { data } = await app.call<IntrospectionQuery>(OWNER, getIntrospectionQuery());
  schema = buildClientSchema(data);

  files["READY"] = (await upload(app, OWNER, "secret", { filename: "top-secret.txt" })).id;
  files["PENDING"] = (await openUpload(app, OWNER, "secret", { filename: "top-secret.txt" })).file.id;
  files["DELETED"] = (await upload(app, OWNER, "secret", { filename: "top-secret.txt" })).id;
  expectMember("DeletedFile", await deleteFile(app, OWNER, files["DELETED"]));
  files["EXPIRED"] = (await openUpload(app, OWNER, "secret", { filename: "top-secret.txt" })).file.id;
  expectMember("AbortedUpload", await abortUpload(app, OWNER, files["EXPIRED"]));
  const rejected = await openUpload(app, OWNER, PNG, { contentType: "audio/mpeg", filename: "top-secret.txt" });
  await sendBytes(app, OWNER, rejected, PNG);
  expect(await confirmUpload(app, OWNER, rejected.file.id)).toMatchObject({ code: "CONTENT_MISMATCH" });
  files["REJECTED"] = rejected.file.id;
  // From here on nothing moves by itself.
  await until(async () => (await accountOf(app, OWNER)).open === 1);
});
afterAll(async () => {
  await checkInvariants(app);
  await app.stop();
});

type RootField = GraphQLField<unknown, unknown>;
type Kind = "query" | "mutation" | "subscription";
const KINDS: readonly Kind[] = ["query", "mutation", "subscription"];
const rootFields = (kind: Kind): RootField[] => {
  const roots = {
    query: schema.getQueryType()!,
    mutation: schema.getMutationType()!,
    subscription: schema.getSubscriptionType()!,
  };
  return Object.values(roots[kind].getFields());
};

function post(body: unknown, headers: Record<string, string>, path = "/graphql"): Promise<Response> {
  return fetch(`${app.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** Everything that a call without a right could have moved. */
const holdings = async () => ({
  rows: await rowsOf(app.db, "select * from files order by id"),
  usage: await rowsOf(app.db, "select * from owner_usage order by owner_id"),
  events: await rowsOf(app.db, "select * from file_events order by id"),
  keys: await storedKeys(app),
  uploads: await openUploadKeys(app),
});

describe("without a valid token", () => {
  const forged = (claims: object): string => {
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
    return `${signed}.${createHmac("sha256", "guessed secret").update(signed).digest("base64url")}`;
  };
  const claims = { iss: "signet-dev", aud: "signet", sub: OWNER, exp: Math.floor(Date.now() / 1000) + 3600 };
  const headers: readonly [string, Record<string, string>][] = [
    ["no header", {}],
    ["an empty token", { authorization: "Bearer " }],
    ["a word", { authorization: "Bearer nonsense" }],
    ["another scheme", { authorization: "Basic b3duZXI6" }],
    ["a forged signature", { authorization: `Bearer ${forged(claims)}` }],
    ["no signature", { authorization: `Bearer ${forged(claims).split(".").slice(0, 2).join(".")}.` }],
  ];

  // Of every other field: authorization-matrix.test.ts.
  test.each(headers)("both paths answer 401 UNAUTHENTICATED and do nothing: %s", async (_name, header) => {
    const before = await holdings();
    const id = files["READY"]!;
    for (const path of ["/graphql", "/graphql/stream"]) {
      for (const query of [
        `query ($id: ID!) { file(id: $id) { id } }`,
        `mutation ($id: ID!) { deleteFile(id: $id, permanently: true) { __typename } }`,
        `subscription ($id: ID!) { filesChanged(ids: [$id]) { fileId } }`,
      ]) {
        const response = await post({ query, variables: { id } }, header, path);
        const told = { path, query, status: response.status, body: await response.json() };
        expect(told).toMatchObject({
          ...{ path, query, status: 401 },
          body: { errors: [{ message: expect.any(String), extensions: { code: "UNAUTHENTICATED" } }] },
        });
        expect(Object.keys(told.body as object)).toEqual(["errors"]);
        expect(response.headers.get("www-authenticate")).toBe("Bearer");
        expect(response.headers.get("cache-control")).toBe("no-store");
      }
    }
    expect(await holdings()).toEqual(before);
  });

  test.each([
    ["beside introspection", "{ __typename viewer { id } }"],
    ["in a fragment", "query { ...Mine } fragment Mine on Query { viewer { id } }"],
    ["in an inline fragment", "{ ... on Query { viewer { id } } }"],
    ["under another name", "{ __typename: viewer { id } }"],
    ["behind a directive", "{ viewer @include(if: true) { id } }"],
    ["as one of two operations", "query A { __typename } query B { viewer { id } }"],
  ])("a field is not smuggled in: %s", async (_name, query) => {
    const response = await post({ query, operationName: query.includes("query B") ? "B" : undefined }, {});
    expect(response.status).not.toBe(200);
    expect(JSON.stringify(await response.json())).not.toContain("viewer_");
  });

  test("a GET is asked for a token too", async () => {
    const url = `${app.url}/graphql?query=${encodeURIComponent("{ viewer { id } }")}`;
    expect((await fetch(url, { headers: { "apollo-require-preflight": "1" } })).status).toBe(401);
  });
});

describe("somebody else's file and no file at all", () => {
  const ONE_FILE = `__typename id ... on File { ${FILE_FIELDS} upload { transfer uploadUrl curl receivedParts } }`;
  /** A document with every field for each root field that takes ids. */
  const documents: Readonly<Record<string, readonly { query: string; variables: (id: string) => object }[]>> = {
    file: [{ query: `query ($id: ID!) { file(id: $id) { ${ONE_FILE} } }`, variables: (id) => ({ id }) }],
    node: [{ query: `query ($id: ID!) { node(id: $id) { ${ONE_FILE} } }`, variables: (id) => ({ id }) }],
    nodes: [
      { query: `query ($ids: [ID!]!) { nodes(ids: $ids) { ${ONE_FILE} } }`, variables: (id) => ({ ids: [id, id] }) },
    ],
    signUploadParts: [
      { query: DOCUMENTS.signUploadParts, variables: (fileId) => ({ fileId, parts: [{ number: 1 }] }) },
      { query: DOCUMENTS.signUploadParts, variables: (fileId) => ({ fileId, parts: [{ number: 99 }] }) },
    ],
    confirmUpload: [{ query: DOCUMENTS.confirmUpload, variables: (fileId) => ({ fileId }) }],
    confirmUploads: [{ query: DOCUMENTS.confirmUploads, variables: (id) => ({ fileIds: [id, id] }) }],
    abortUpload: [{ query: DOCUMENTS.abortUpload, variables: (fileId) => ({ fileId }) }],
    renameFile: [
      { query: DOCUMENTS.renameFile, variables: (id) => ({ id, filename: "mine.txt" }) },
      { query: DOCUMENTS.renameFile, variables: (id) => ({ id, filename: "" }) },
    ],
    revokeApiKey: [
      { query: "mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }", variables: (id) => ({ id }) },
    ],
    restoreFile: [{ query: DOCUMENTS.restoreFile, variables: (id) => ({ id }) }],
    deleteFile: [
      { query: DOCUMENTS.deleteFile, variables: (id) => ({ id }) },
      { query: DOCUMENTS.deleteFile, variables: (id) => ({ id, permanently: true }) },
    ],
  };

  /** Events have no answer to compare: see the test about streams. */
  const STREAMS = ["filesChanged"];

  test("every root field that takes ids is tried here", () => {
    const takesIds = KINDS.flatMap((kind) =>
      rootFields(kind)
        .filter((field) => field.args.some((arg) => getNamedType(arg.type).name === "ID"))
        .map((field) => field.name),
    );
    expect(takesIds.sort()).toEqual([...Object.keys(documents), ...STREAMS].sort());
  });

  test("have the same stream to a stranger: silence, also while the files change", async () => {
    const ids = [...Object.values(files), NO_FILE, "nonsense"];
    const [chosen, all, owners] = await Promise.all([
      openStream(app, STRANGER, ids),
      openStream(app, STRANGER),
      openStream(app, OWNER, ids),
    ]);
    for (const [status, id] of Object.entries(files)) await owners.untilState(id, `${status} top-secret.txt`);
    // And back, so that the tests below find what was.
    await rowsOf(app.db, "update files set filename = filename || '.'");
    await rowsOf(app.db, "update files set filename = 'top-secret.txt'");
    await until(() => owners.changes.length >= 2 * Object.keys(files).length);
    for (const [status, id] of Object.entries(files)) await owners.untilState(id, `${status} top-secret.txt`);
    expect([...chosen.changes, ...all.changes]).toEqual([]);
    for (const stream of [chosen, all, owners]) stream.close();
  });

  test.each(["READY", "PENDING", "DELETED", "EXPIRED", "REJECTED"])(
    "have the same answer to a stranger, to the byte, and nothing moves: %s",
    async (status) => {
      const before = await holdings();
      const authorization = `Bearer ${await app.tokenOf(STRANGER)}`;
      const theirs = files[status]!;
      for (const [name, calls] of Object.entries(documents)) {
        for (const { query, variables } of calls) {
          const tell = async (id: string) => {
            const response = await post({ query, variables: variables(id) }, { authorization });
            return { name, status: response.status, body: (await response.text()).replaceAll(id, NO_FILE) };
          };
          const foreign = await tell(theirs);
          expect(foreign).toEqual(await tell(NO_FILE));
          expect(foreign.status).toBe(200);
          expect(foreign.body).not.toContain("secret");
          // A malformed id is a shorter text, and otherwise the same answer.
          expect({ ...(await tell("nonsense")), name }).toEqual(foreign);
        }
      }
      expect(await holdings()).toEqual(before);
      expect(before.rows).toHaveLength(5);
    },
  );

  test("neither lists, usage nor cursors show them", async () => {
    const { data } = await app.call<{ files: { nodes: unknown[]; totalCount: number }; viewer: object }>(
      STRANGER,
      `{ files(filter: { status: [PENDING, VERIFYING, READY, REJECTED, EXPIRED, DELETED] }) { nodes { id } totalCount }
         viewer { usage { usedBytes trashBytes reservedBytes } } }`,
    );
    expect(data.files).toEqual({ nodes: [], totalCount: 0 });
    expect(data.viewer).toEqual({ usage: { usedBytes: 0, trashBytes: 0, reservedBytes: 0 } });
  });

  test("a viewer's id opens nobody else's", async () => {
    const { data } = await app.call<{ viewer: { id: string } }>(OWNER, "{ viewer { id } }");
    expect(data.viewer.id).toMatch(/^viewer_/);
    expect(data.viewer.id).not.toContain(OWNER);
    const answer = await app.call(STRANGER, "query ($id: ID!) { node(id: $id) { id } }", { id: data.viewer.id });
    expect(answer.data).toEqual({ node: null });
  });

  test("their bytes are not read without a signature", async () => {
    const endpoint = await app.s3.config.endpoint!();
    const bucket = `${endpoint.protocol}//${endpoint.hostname}:${endpoint.port}/${app.bucket}`;
    for (const url of [`${bucket}/${keyOf(files["READY"]!)}`, bucket, `${bucket}?list-type=2`, `${bucket}?uploads`])
      expect([url, (await fetch(url)).status]).toEqual([url, 403]);
  });
});
