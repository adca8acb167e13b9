import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { redactSecrets } from "../src/telemetry/logger.js";
import { noise } from "./content.js";
import { confirmUpload, createUploadUrl, openUpload, readFile, sendBytes, upload } from "./operations.js";
import { sendRaw } from "./malformed/send-raw.js";
import { testServers } from "./servers.js";
import { startStoreProxy } from "./store-proxy.js";
import type { StoreProxy } from "./store-proxy.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** Logs and refusals hold no token, no signed URL and nothing of a body, whatever goes wrong. */

const USER = "ann";
/** Stands in every body, name and header that is sent here. */
const CANARY = "canary-7f3a9c";
/** A file's name is its owner's to see in data; in a log it is part of a body. */
const NAME = `${CANARY}.bin`;

let proxy: StoreProxy;
let app: TestApp;
let token = "";
/** What was answered to calls that failed. */
const refusals: string[] = [];

beforeAll(async () => {
  proxy = await startStoreProxy(testServers().s3.endpoint);
  app = await startTestApp({ storeEndpoint: proxy.endpoint, logLevel: "trace" });
  token = await app.tokenOf(USER);
});
afterAll(async () => {
  await app.stop();
  await proxy.stop();
});

/** Secrets in a text, by kind. */
function secretsIn(text: string): string[] {
  const kinds: readonly (readonly [kind: string, pattern: RegExp])[] = [
    ["a signature", /X-Amz-Signature(?:=|%3D)(?!\[redacted\])/i],
    ["a credential", /X-Amz-Credential(?:=|%3D)(?!\[redacted\])/i],
    ["a token", /eyJ[\w-]{8,}\./],
    ["a bearer", /Bearer\s+(?!\[redacted\]|TOKEN)[\w.-]{12,}/i],
    ["an API key", /signet_[\w-]*_[0-9a-f]{16,}/],
    ["a body", new RegExp(CANARY)],
    ["a password", /postgres:\/\/[^:/@\s"]*:(?!\[redacted\])[^@\s"]+@/],
  ];
  return kinds.filter(([, pattern]) => pattern.test(text)).map(([kind]) => kind);
}

const linesWithSecrets = (): string[] => app.logLines.filter((line) => secretsIn(line).length > 0);

async function send(path: string, init: RequestInit = {}): Promise<void> {
  const response = await fetch(`${app.url}${path}`, { redirect: "manual", ...init });
  const text = await response.text();
  if (response.status >= 400 && path !== "/files/x") refusals.push(text);
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}`, "content-type": "application/json" });
const input = (filename: string) => ({ filename, contentType: "application/octet-stream", size: 5 });

describe("the scanner", () => {
  test.each([
    ["a signature", "GET http://s/b/k?X-Amz-Signature=0a1b"],
    ["a credential", "http%3A//s/k?X-Amz-Credential%3DAKIA"],
    ["a token", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"],
    ["a bearer", "authorization: bearer abcdefghijklmnop"],
    ["an API key", `signet_${"ab".repeat(12)}_${"cd".repeat(32)}`],
    ["a body", `{"filename":"${CANARY}"}`],
    ["a password", "postgres://signet:hunter2@127.0.0.1/x"],
  ])("finds %s, and not once it is redacted", (kind, text) => {
    expect(secretsIn(text)).toEqual([kind]);
    if (kind !== "a body") expect(secretsIn(redactSecrets(text))).toEqual([]);
  });
});

test("a whole life of a file leaves nothing in the log", async () => {
  const file = await upload(app, USER, noise(5_000, "redaction"), {
    filename: NAME,
    contentType: "application/octet-stream",
  });
  expect((await readFile(app, USER, file.id))?.url).toContain("X-Amz-Signature=");
  await send(`/files/${file.id}`, { headers: bearer(token) });
  expect(app.logLines.length).toBeGreaterThan(3);
  expect(linesWithSecrets()).toEqual([]);
});

test("requests that are refused leave nothing in the log", async () => {
  const post = (body: string, headers: Record<string, string> = bearer(token)) =>
    send("/graphql", { method: "POST", headers, body });
  const query = (text: string, variables: object = {}): Promise<void> =>
    post(JSON.stringify({ query: text, variables }));
  await post(`{"query":"${CANARY}`);
  await post(CANARY);
  await post(`${CANARY}=1`, { ...bearer(token), "content-type": "application/x-www-form-urlencoded" });
  await post(`{"query":"{ serverTime }","__proto__":"${CANARY}"}`);
  await post(JSON.stringify({ query: `#${CANARY}`.repeat(30_000) }));
  await post(JSON.stringify({ query: `${CANARY} `.repeat(30_000) }));
  await query(`{ ${CANARY.replace("-", "_")} }`);
  await query(`{ node(id: "${CANARY}\\ud800") { id } }`);
  await query("query ($n: Int!) { files(first: $n) { nodes { id } } }", { n: CANARY });
  await query(`{ files(after: "${CANARY}") { nodes { id } } }`);
  await query(`{ ${"serverTime ".repeat(2_500)} }`);
  await query(`mutation ($i: CreateUploadUrlInput!) { createUploadUrl(input: $i) { __typename } }`, {
    i: { ...input(NAME), idempotencyKey: `${CANARY}\0` },
  });
  for (const forged of [
    `${token}x`,
    `eyJhbGciOiJub25lIn0.eyJzdWIiOiIke30ifQ.`,
    `signet_${"ab".repeat(12)}_${"cd".repeat(32)}`,
  ]) {
    await post(JSON.stringify({ query: "{ serverTime }" }), bearer(forged));
    await send(`/files/x`, { headers: bearer(forged) });
    await send(`/files/${forged}`, { headers: bearer(token) });
    await send(`/graphql?query=%7BserverTime%7D&access_token=${forged}`, { headers: bearer(forged) });
    await send(`/graphql/stream?token=${forged}`, { headers: bearer(forged) });
    await send(`/${forged}?X-Amz-Signature=${CANARY}`);
  }
  const port = Number(new URL(app.url).port);
  const raw = (text: string) => sendRaw(port, Buffer.from(text, "latin1"), 500);
  await raw(
    `GET /graphql?query=${CANARY}&token=${token} HTTP/1.1\r\nHost: [::\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  await raw(
    `POST /%${CANARY} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\nContent-Length: 3\r\n\r\nabc`,
  );
  await raw(`${CANARY} ${token}\r\n\r\n`);
  expect(linesWithSecrets()).toEqual([]);
});

test("a store that fails leaves nothing, in the log or in what is answered", async () => {
  const bytes = noise(3_000, "store fault");
  const ticket = await openUpload(app, USER, bytes, { filename: NAME, contentType: "application/octet-stream" });
  await sendBytes(app, USER, ticket, bytes);
  for (const fate of ["CUT", "REFUSE"] as const) {
    proxy.onCall(() => fate);
    const problem = await confirmUpload(app, USER, ticket.file.id);
    expect(problem).toMatchObject({ code: expect.stringMatching(/STORAGE_UNAVAILABLE|INTERNAL|FILE_BUSY/) });
    refusals.push(JSON.stringify(problem).replaceAll(NAME, ""));
    refusals.push(JSON.stringify(await createUploadUrl(app, USER, input(NAME))).replaceAll(NAME, ""));
  }
  proxy.onCall(null);
  expect(app.logLines.some((line) => /"level":"(warn|error)"/.test(line))).toBe(true);
  expect(linesWithSecrets()).toEqual([]);
});

test("a database that fails leaves neither statements nor what was to be written", async () => {
  await app.db.query("alter table files rename to files_elsewhere");
  try {
    refusals.push(JSON.stringify(await createUploadUrl(app, USER, input(NAME))));
    refusals.push(
      JSON.stringify(await app.call(USER, `{ files(filter: { filenameContains: "${CANARY}" }) { nodes { id } } }`)),
    );
    refusals.push(
      JSON.stringify(await app.call(USER, `{ node(id: "file_01890000-0000-7000-8000-000000000001") { id } }`)),
    );
  } finally {
    await app.db.query("alter table files_elsewhere rename to files");
  }
  const told = app.logLines.filter((line) => line.includes('"level":"error"'));
  expect(told.some((line) => line.includes("42P01"))).toBe(true);
  expect(linesWithSecrets()).toEqual([]);
  expect(refusals.join("\n")).not.toMatch(/42P01|relation|select |insert /i);
});

test("no refusal held a token, a signed URL or a line of ours", () => {
  expect(refusals.length).toBeGreaterThan(30);
  const kinds = new Set(refusals.flatMap(secretsIn));
  // Validation tells callers their own words.
  kinds.delete("a body");
  expect([...kinds]).toEqual([]);
  expect(refusals.join("\n")).not.toMatch(/node_modules|\/dist\/|\bat \S+ \(/);
});
