import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { decodeJwt } from "jose";
import { rowsOf } from "../../src/db/query.js";
import { openUpload, upload } from "../operations.js";
import type { Api } from "../operations.js";
import { until } from "../records.js";
import { startTestApp } from "../test-app.js";
import type { GraphqlAnswer, TestApp } from "../test-app.js";
import { renew, signInAt, startOidcProvider } from "./provider.js";
import type { OidcProvider } from "./provider.js";

/** Tokens of a real provider: found by discovery, signed by its keys, with the scopes that a person was given. */

const REDIRECT_URI = "http://127.0.0.1:1/";
const ALL = "openid profile offline_access files:read files:write";
let provider: OidcProvider;
let app: TestApp;
const env = (): Record<string, string> => ({
  AUTH: "jwt-jwks",
  AUTH_ISSUER: provider.issuer,
  AUTH_AUDIENCE: "signet",
  AUTH_CLIENT_ID: provider.clientId,
  AUTH_CLIENT_RESOURCE: provider.resource,
});
beforeAll(async () => {
  provider = await startOidcProvider({ redirectUris: [REDIRECT_URI], audience: "signet" });
  app = await startTestApp({ env: env() });
});
afterAll(async () => {
  await app.stop();
  await provider.stop();
});

const signIn = (login: string, scope = ALL) => signInAt(provider, { login, redirectUri: REDIRECT_URI, scope });

/** The API as whoever has this token, whatever a helper calls them. */
const withToken = (token: string, { url }: TestApp = app) => ({
  async call<Data>(_user: string, query: string, variables: Record<string, unknown> = {}) {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    const retryAfter = response.headers.get("retry-after");
    return { status: response.status, retryAfter, ...((await response.json()) as { data: Data }) };
  },
});
const statusOf = async (api: Api): Promise<number> => (await api.call("", "{ viewer { id } }")).status;

test("the page is told how to sign in, and may fetch from there", async () => {
  const told = await fetch(`${app.url}/sign-in.json`);
  expect(await told.json()).toEqual({
    kind: "OIDC",
    issuer: provider.issuer,
    clientId: provider.clientId,
    scope: ALL,
    resource: provider.resource,
  });
  expect(told.headers.get("cache-control")).toBe("no-store");
  const page = await fetch(`${app.url}/`, { headers: { accept: "text/html" } });
  const connect = /connect-src [^;]*/.exec(page.headers.get("content-security-policy")!)![0].split(" ");
  expect(connect).toContain(provider.issuer);
  expect(connect).not.toContain("*");
});

test("somebody who signed in owns what they upload, also with the next token", async () => {
  const tokens = await signIn("ann");
  const { id } = await upload(withToken(tokens.access_token), "", "hello");
  const rows = await rowsOf<{ owner_id: string }>(app.db, "select owner_id from files");
  expect(rows).toEqual([{ owner_id: `${provider.issuer}|ann` }]);

  const renewed = await renew(provider, tokens.refresh_token);
  expect(renewed.access_token).not.toBe(tokens.access_token);
  const read = (token: string) => withToken(token).call("", "query ($id: ID!) { file(id: $id) { id } }", { id });
  expect((await read(renewed.access_token)).data).toEqual({ file: { id } });
  expect((await read((await signIn("bob")).access_token)).data).toEqual({ file: null });
});

test("what a person was not given, their token does not do, and the answer names it", async () => {
  const { access_token: token } = await signIn("ann", "openid files:read");
  const before = await rowsOf(app.db, "select * from files");
  expect(await statusOf(withToken(token))).toBe(200);
  await expect(openUpload(withToken(token), "", "no")).rejects.toThrow(/^HTTP 403: .*files:write.*FORBIDDEN/);
  expect(await rowsOf(app.db, "select * from files")).toEqual(before);
});

test("an ID token is none to call with, nor is a refresh token", async () => {
  const tokens = await signIn("ann");
  // Truly signed by the same key for the same person: it is for the page.
  expect(decodeJwt(tokens.id_token)).toMatchObject({ iss: provider.issuer, sub: "ann", aud: provider.clientId });
  for (const token of [tokens.id_token, tokens.refresh_token]) expect(await statusOf(withToken(token))).toBe(401);
  expect(await statusOf(withToken(tokens.access_token))).toBe(200);
});

test("while the provider is away, who has its keys goes on, who has none says so, and both are well once it is back", async () => {
  const { access_token: old } = await signIn("ann");
  expect(await statusOf(withToken(old))).toBe(200);
  const { issuer } = provider;
  await provider.stop();
  const late = await startTestApp({ env: env(), beside: app });
  try {
    expect(await statusOf(withToken(old))).toBe(200);
    const answer: GraphqlAnswer<unknown> & { retryAfter: string | null } = await withToken(old, late).call(
      "",
      "{ viewer { id } }",
    );
    expect(answer).toMatchObject({ status: 503, errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] });
    expect(Number(answer.retryAfter)).toBeGreaterThan(0);
    expect(late.logLines.filter((line) => line.includes("the identity provider does not answer"))).toHaveLength(1);
    expect((await fetch(`${late.url}/readyz`)).status).toBe(200);

    // With other keys: those of before are of no use to whoever asks now.
    provider = await startOidcProvider({
      redirectUris: [REDIRECT_URI],
      audience: "signet",
      port: Number(new URL(issuer).port),
    });
    const { access_token: young } = await signIn("ann");
    await until(async () => (await statusOf(withToken(young, late))) === 200, 30_000);
    expect(await statusOf(withToken(old, late))).toBe(401);
  } finally {
    await late.stop();
  }
});
