import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { buildClientSchema, getIntrospectionQuery } from "graphql";
import type { GraphQLSchema, IntrospectionQuery } from "graphql";
import { SignJWT } from "jose";
import { SCOPES } from "../src/auth/scopes.js";
import type { Scope } from "../src/auth/scopes.js";
import { rowsOf } from "../src/db/query.js";
import { AUTHORIZATION, FILENAME, makeKey, OWNER } from "./authorization-table.js";
import type { AuthorizationRow } from "./authorization-table.js";
import { revokeApiKey, upload } from "./operations.js";
import type { Api } from "./operations.js";
import { openUploadKeys, storedKeys } from "./records.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** Every root field × every kind of bearer: who gets what, and that nothing moves where nothing may. */

const SECRET = randomBytes(48).toString("base64");
const ISSUER = "https://issuer.example";
const AUDIENCE = "signet";

const BEARERS = [
  "the owner",
  "somebody else",
  "nobody",
  "a forged token of the owner",
  "an expired token of the owner",
  "a token of the owner for another audience",
  "a token of another issuer's owner",
  "the owner, to read",
  "the owner, to write",
  "the owner, to administer",
  "the owner, without a scope claim",
  "the owner, with other services' scopes",
  "somebody else, to read",
  "a key to read",
  "a key to write",
  "a key to read and write",
  "a revoked key",
  "an expired key",
  "a key with another secret",
] as const;
type BearerName = (typeof BEARERS)[number];

interface Bearer {
  readonly authorization: string | null;
  /** As whom it acts; null: it is refused everything. */
  readonly as: "owner" | "other" | null;
  readonly scopes: readonly Scope[];
}

let app: TestApp;
let api: Api;
let schema: GraphQLSchema;
let bearers: Readonly<Record<BearerName, Bearer>>;

interface Claims {
  readonly sub?: string;
  readonly scope?: string;
  readonly iss?: string;
  readonly aud?: string;
  readonly expiresInSeconds?: number;
}
function mint(claims: Claims, secret = SECRET): Promise<string> {
  const { sub = OWNER, iss = ISSUER, aud = AUDIENCE, expiresInSeconds = 3600, ...others } = claims;
  const exp = Math.floor(Date.now() / 1000) + expiresInSeconds;
  return new SignJWT({ iss, aud, sub, exp, ...others })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
}

async function makeBearers(): Promise<Readonly<Record<BearerName, Bearer>>> {
  const all = SCOPES.join(" ");
  const token = async (claims: Claims, as: Bearer["as"], scopes: readonly Scope[] = SCOPES, secret = SECRET) => ({
    ...{ authorization: `Bearer ${await mint(claims, secret)}`, as, scopes },
  });
  const ofScope = (scope: Scope, sub = OWNER) => token({ scope, sub }, sub === OWNER ? "owner" : "other", [scope]);
  const key = async (names: readonly ("FILES_READ" | "FILES_WRITE")[], as: Bearer["as"], scopes: readonly Scope[]) => {
    const { id, secret } = await makeKey(api, names);
    return { id, authorization: `Bearer ${secret}`, as, scopes };
  };
  const revoked = await key(["FILES_READ", "FILES_WRITE"], null, []);
  expect(await revokeApiKey(api, OWNER, revoked.id)).toMatchObject({ __typename: "RevokedApiKey" });
  const expired = await key(["FILES_READ", "FILES_WRITE"], null, []);
  await rowsOf(app.db, "update api_keys set expires_at = now() where id = $1", [expired.id.replace("key_", "")]);
  const good = await key(["FILES_READ", "FILES_WRITE"], "owner", ["files:read", "files:write"]);
  const wrong = good.authorization.slice(0, -1) + (good.authorization.endsWith("0") ? "1" : "0");
  return {
    "the owner": await token({ scope: all }, "owner"),
    "somebody else": await token({ sub: "other", scope: all }, "other"),
    nobody: { authorization: null, as: null, scopes: [] },
    "a forged token of the owner": await token({ scope: all }, null, [], `${SECRET}!`),
    "an expired token of the owner": await token({ scope: all, expiresInSeconds: -60 }, null),
    "a token of the owner for another audience": await token({ scope: all, aud: "other" }, null),
    "a token of another issuer's owner": await token({ scope: all, iss: "https://evil.example" }, null),
    "the owner, to read": await ofScope("files:read"),
    "the owner, to write": await ofScope("files:write"),
    "the owner, to administer": await ofScope("files:admin"),
    "the owner, without a scope claim": await token({}, "owner", []),
    "the owner, with other services' scopes": await token({ scope: "openid files: files:reading" }, "owner", []),
    "somebody else, to read": await ofScope("files:read", "other"),
    "a key to read": await key(["FILES_READ"], "owner", ["files:read"]),
    "a key to write": await key(["FILES_WRITE"], "owner", ["files:write"]),
    "a key to read and write": good,
    "a revoked key": revoked,
    "an expired key": expired,
    "a key with another secret": { authorization: wrong, as: null, scopes: [] },
  };
}

interface Answer {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: {
    data?: Record<string, unknown> | null;
    errors?: { message: string; extensions: { code: string } }[];
  };
}

async function send(
  bearer: Pick<Bearer, "authorization">,
  kind: AuthorizationRow["kind"],
  body: object,
): Promise<Answer> {
  const response = await fetch(`${app.url}/graphql${kind === "subscription" ? "/stream" : ""}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(bearer.authorization === null ? {} : { authorization: bearer.authorization }),
    },
    body: JSON.stringify(body),
  });
  const { status, headers } = response;
  const isStream = headers.get("content-type")!.startsWith("text/event-stream");
  const text = isStream ? await firstEvent(response) : await response.text();
  return { status, challenge: headers.get("www-authenticate"), body: JSON.parse(text) as Answer["body"] };
}

/** The data of the first event; closes the stream. */
async function firstEvent(response: Response): Promise<string> {
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const data = /^event: next\ndata: (.+)\n\n/m.exec(text)?.[1];
    if (data !== undefined) return data;
  }
  throw new Error(`the stream ended without an event: ${text}`);
}

/** Everything that a call without a right could have moved; when a key was used last is no right. */
const holdings = async () => ({
  rows: await rowsOf(app.db, "select * from files order by id"),
  usage: await rowsOf(app.db, "select * from owner_usage order by owner_id"),
  events: await rowsOf(app.db, "select * from file_events order by id"),
  keys: await rowsOf(app.db, "select id, owner_id, name, scopes, expires_at, revoked_at from api_keys order by id"),
  objects: await storedKeys(app),
  uploads: await openUploadKeys(app),
});

beforeAll(async () => {
  const env = { AUTH: "jwt-hs256", AUTH_HS256_SECRET: SECRET, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE };
  app = await startTestApp({ env: { ...env, AUTH_DEFAULT_SCOPES: "none" } });
  api = {
    async call(user, query, variables = {}) {
      const authorization = `Bearer ${await mint({ sub: user, scope: SCOPES.join(" ") })}`;
      const { status, body } = await send({ authorization }, "query", { query, variables });
      return { status, ...(body as { data: never }) };
    },
  };
  const { data } = await api.call<IntrospectionQuery>(OWNER, getIntrospectionQuery());
  schema = buildClientSchema(data);
  bearers = await makeBearers();
});
afterAll(() => app.stop());

test("every root field has its row, and no row is of another", () => {
  const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
    (type, index) =>
      Object.values(type!.getFields()).map(({ name }) => [
        name,
        (["query", "mutation", "subscription"] as const)[index],
      ]),
  );
  const rows = Object.entries(AUTHORIZATION).map(([name, { kind }]) => [name, kind]);
  expect(rows.sort()).toEqual(fields.sort());
});

test("what the schema says of scopes is what is done", () => {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    for (const { name, description } of Object.values(type!.getFields())) {
      const said = /Needs the scope (\S+)\.$/.exec(description!)?.[1] ?? null;
      expect([name, said]).toEqual([name, AUTHORIZATION[name]!.scope]);
    }
});

const NEW_FILE = `{ filename: "new.txt", contentType: "text/plain", size: 5 }`;

const mayAsk = ({ as, scopes }: Bearer, { scope }: AuthorizationRow): boolean =>
  as !== null && (scope === null || scopes.includes(scope));

describe("refused, and nothing moves:", () => {
  const variables: Record<string, Record<string, unknown>> = {};
  let before: Awaited<ReturnType<typeof holdings>>;
  let fileId: string;
  beforeAll(async () => {
    for (const [name, row] of Object.entries(AUTHORIZATION)) variables[name] = (await row.prepare?.(api)) ?? {};
    fileId = (await upload(api, OWNER, "hello", { filename: FILENAME })).id;
    before = await holdings();
  });

  test.each(BEARERS)("%s", async (name) => {
    const bearer = bearers[name];
    for (const [field, row] of Object.entries(AUTHORIZATION)) {
      if (mayAsk(bearer, row)) continue;
      const { status, challenge, body } = await send(bearer, row.kind, {
        query: row.operation,
        variables: variables[field],
      });
      const told = {
        field,
        status,
        challenge,
        data: body.data ?? null,
        codes: body.errors?.map((e) => e.extensions.code),
      };
      if (bearer.as === null) {
        expect(told).toEqual({ field, status: 401, challenge: "Bearer", data: null, codes: ["UNAUTHENTICATED"] });
        continue;
      }
      // A stream has begun when its operation is looked at: the refusal is its only event.
      const isStream = row.kind === "subscription";
      expect(told).toEqual({
        ...{ field, data: null, codes: ["FORBIDDEN"] },
        status: isStream ? 200 : 403,
        challenge: isStream ? null : `Bearer error="insufficient_scope", scope="${row.scope}"`,
      });
      expect(body.errors![0]!.message).toBe(`${field} needs the scope ${row.scope}, which this token does not have.`);
    }
    const link = await followLink(bearer, fileId);
    if (bearer.as === null) expect(link).toMatchObject({ status: 401, challenge: "Bearer" });
    else if (!bearer.scopes.includes("files:read"))
      expect(link).toMatchObject({ status: 403, challenge: 'Bearer error="insufficient_scope", scope="files:read"' });
    else expect(link).toMatchObject(bearer.as === "owner" ? { status: 302 } : { status: 404, location: null });
    expect(await holdings()).toEqual(before);
  });

  test.each([
    ["in a fragment", "query { serverTime ...Keys } fragment Keys on Query { apiKeys { name } }"],
    ["in an inline fragment", "{ serverTime ... on Query { ... { apiKeys { name } } } }"],
    ["under another name", "{ serverTime: apiKeys { name } }"],
    ["behind a directive", "{ serverTime apiKeys @include(if: true) { name } }"],
    ["behind a variable", "query ($no: Boolean = false) { serverTime apiKeys @skip(if: $no) { name } }"],
    [
      "in a fragment of a fragment, under a variable",
      `query ($yes: Boolean = true) { ...A @include(if: $yes) }
       fragment A on Query { ... @include(if: $yes) { ...C } } fragment C on Query { viewer: apiKeys { id } }`,
    ],
    ["under the name of __typename", "{ viewer { id } __typename: apiKeys { __typename } }"],
    ["beside what is allowed", "{ viewer { id } apiKeys { name } }"],
    ["as the operation that is asked for", "query A { serverTime } query B { apiKeys { name } }"],
    ["by a mutation", 'mutation B { ...K } fragment K on Mutation { revokeApiKey(id: "x") { __typename } }'],
    [
      "by a mutation beside another one",
      `mutation B { __typename files: createUploadUrl(input: ${NEW_FILE}) { __typename }
        createApiKey(input: { name: "x", scopes: [FILES_READ] }) { ... on CreatedApiKey { secret } } }`,
    ],
  ])("a field is not smuggled in: %s", async (_name, query) => {
    const operationName = query.includes(" B ") ? "B" : null;
    const { status, body } = await send(bearers["the owner, to read"], "query", { query, operationName });
    expect([status, body]).toEqual([403, { errors: [expect.objectContaining({ extensions: { code: "FORBIDDEN" } })] }]);
    expect(await holdings()).toEqual(before);
  });

  test("nor into a stream", async () => {
    for (const query of [
      "subscription { ...F } fragment F on Subscription { filesChanged { fileId } }",
      "subscription { ... on Subscription { __typename: filesChanged { fileId } } }",
      "query A { serverTime } subscription B { changed: filesChanged { fileId } }",
    ]) {
      const operationName = query.includes(" B ") ? "B" : null;
      const { body } = await send(bearers["the owner, to write"], "subscription", { query, operationName });
      expect(body).toEqual({ errors: [expect.objectContaining({ extensions: { code: "FORBIDDEN" } })] });
    }
  });

  test("an operation of the document that is not asked for needs no scope", async () => {
    const query = "query A { serverTime } query B { apiKeys { name } }";
    const { status, body } = await send(bearers["the owner, to read"], "query", { query, operationName: "A" });
    expect([status, body]).toEqual([200, { data: { serverTime: expect.any(String) } }]);
  });
});

async function followLink({ authorization }: Bearer, fileId: string) {
  const headers: Record<string, string> = authorization === null ? {} : { authorization };
  const response = await fetch(`${app.url}/files/${fileId}`, { headers, redirect: "manual" });
  await response.arrayBuffer();
  const { status } = response;
  return { status, challenge: response.headers.get("www-authenticate"), location: response.headers.get("location") };
}

describe("answered, each with their own:", () => {
  test.each(Object.keys(AUTHORIZATION))("%s", async (field) => {
    const row = AUTHORIZATION[field]!;
    for (const [name, bearer] of Object.entries(bearers)) {
      if (!mayAsk(bearer, row)) continue;
      const variables = (await row.prepare?.(api)) ?? {};
      const { status, body } = await send(bearer, row.kind, { query: row.operation, variables });
      const expected = bearer.as === "owner" ? row.owner : row.other;
      expect({ name, status, body }).toEqual({ name, status: 200, body: { data: { [field]: expected } } });
    }
  });

  test("what is made by a key belongs to who made the key", async () => {
    const owners = await rowsOf<{ owner_id: string }>(app.db, "select distinct owner_id from files order by 1");
    expect(owners.map((row) => row.owner_id)).toEqual([`${ISSUER}|other`, `${ISSUER}|${OWNER}`]);
  });
});

describe("below the roots", () => {
  const FIELDS = "{ id url urlExpiresAt upload { uploadUrl curl } }";
  test("who may only write gets no link to the bytes, from no mutation", async () => {
    const { id } = await upload(api, OWNER, "hello", { filename: FILENAME });
    for (const [field, member] of [
      [`renameFile(id: "${id}", filename: "${FILENAME}")`, "RenamedFile"],
      [`confirmUpload(fileId: "${id}")`, "ConfirmedUpload"],
      [`restoreFile(id: "${id}")`, "RestoredFile"],
    ] as const) {
      const query = `mutation { told: ${field} { ... on ${member} { file ${FIELDS} } } }`;
      const told = async (name: BearerName) => (await send(bearers[name], "mutation", { query })).body.data!["told"];
      const nothing = { id, url: null, urlExpiresAt: null, upload: null };
      expect(await told("a key to write")).toEqual({ file: nothing });
      expect(await told("a key to read and write")).toEqual({
        file: { ...nothing, url: expect.any(String), urlExpiresAt: expect.any(String) },
      });
    }
  });

  test("who may only read gets no URL to send bytes to, from no query", async () => {
    const { data } = await api.call<{ createUploadUrl: { file: { id: string } } }>(
      OWNER,
      `mutation { createUploadUrl(input: { filename: "${FILENAME}", contentType: "text/plain", size: 5 }) {
         ... on UploadTicket { file { id } } } }`,
    );
    const { id } = data.createUploadUrl.file;
    const query = `query ($id: ID!) { file(id: $id) ${FIELDS} node(id: $id) { ... on File ${FIELDS} }
      nodes(ids: [$id]) { ... on File ${FIELDS} } files(first: 1) { nodes ${FIELDS} edges { node ${FIELDS} } } }`;
    const told = async (name: BearerName) => {
      const { body } = await send(bearers[name], "query", { query, variables: { id } });
      return JSON.stringify(body);
    };
    expect(await told("a key to read")).not.toMatch(/https?:/);
    expect(await told("a key to read")).toContain(`{"id":"${id}","url":null,"urlExpiresAt":null,"upload":null}`);
    expect(await told("a key to read and write")).toMatch(/"uploadUrl":"http/);
    const stream = {
      query: `subscription ($ids: [ID!]) { filesChanged(ids: $ids) { file ${FIELDS} } }`,
      variables: { ids: [id] },
    };
    const event = await send(bearers["a key to read"], "subscription", stream);
    expect(event.body.data).toEqual({ filesChanged: { file: { id, url: null, urlExpiresAt: null, upload: null } } });
  });
});
