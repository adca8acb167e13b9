import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { firstRow, rowsOf } from "../src/db/query.js";
import { startTcpProxy } from "./faults/tcp-proxy.js";
import { openStream } from "./live-stream.js";
import { ask, createApiKey, expectMember, listApiKeys, revokeApiKey, upload } from "./operations.js";
import type { Api, ApiKey } from "./operations.js";
import { sendRaw } from "./malformed/send-raw.js";
import { ownerOf, until } from "./records.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** Keys for servers and scripts, from the making to the pruning. What each may do: authorization-matrix.test.ts. */

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const BOTH = ["FILES_READ", "FILES_WRITE"];
async function make(user: string, input: { name?: string; scopes?: readonly string[]; expiresAt?: string } = {}) {
  return expectMember("CreatedApiKey", await createApiKey(app, user, { name: "ci", scopes: BOTH, ...input }));
}
const bareId = ({ id }: Pick<ApiKey, "id">): string => id.replace("key_", "");
const rowOf = (key: Pick<ApiKey, "id">) =>
  firstRow<Record<string, unknown>>(app.db, "select * from api_keys where id = $1", [bareId(key)]);

/** The API as a script with this key. */
const withKey = (secret: string, { url }: TestApp = app) => ({
  async call<Data>(_user: string, query: string, variables: Record<string, unknown> = {}) {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
      body: JSON.stringify({ query, variables }),
    });
    const retryAfter = response.headers.get("retry-after");
    return { status: response.status, retryAfter, ...((await response.json()) as { data: Data }) };
  },
});
const call = (secret: string) => withKey(secret).call<{ viewer: { id: string } }>("", "{ viewer { id } }");
const statusOf = async (secret: string): Promise<number> => (await call(secret)).status;

describe("a key", () => {
  test("uploads as its maker, and says when it was used last, to the minute", async () => {
    const { apiKey, secret } = await make("ann", { name: "  the build  " });
    expect(apiKey).toEqual({
      id: expect.stringMatching(/^key_[0-9a-f]{24}$/),
      name: "the build",
      scopes: BOTH,
      createdAt: expect.any(String),
      expiresAt: null,
      lastUsedAt: null,
    });
    expect(secret).toMatch(new RegExp(`^signet_${bareId(apiKey)}_[0-9a-f]{64}$`));
    const { id } = await upload(withKey(secret), "", "hello");
    const owner = await firstRow(app.db, "select owner_id from files where id = $1", [id.replace("file_", "")]);
    expect(owner).toEqual({ owner_id: ownerOf("ann") });

    const lastUse = async () => (await listApiKeys(app, "ann")).find((key) => key.id === apiKey.id)!.lastUsedAt;
    await until(async () => (await lastUse()) !== null);
    const first = await lastUse();
    for (let calls = 0; calls < 20; calls += 1) expect(await statusOf(secret)).toBe(200);
    expect(await lastUse()).toBe(first);
    await rowsOf(app.db, "update api_keys set last_used_at = now() - interval '61 seconds' where id = $1", [
      bareId(apiKey),
    ]);
    await Promise.all(Array.from({ length: 20 }, () => statusOf(secret)));
    await until(async () => Date.parse((await lastUse())!) >= Date.parse(first!));
  });

  test("is not to be found in the database nor in the log, once it was shown", async () => {
    const { apiKey, secret } = await make("ann");
    await statusOf(secret);
    await statusOf(`${secret}0`);
    const bare = secret.split("_")[2]!;
    expect((await rowOf(apiKey))!["secret_sha256"]).toBe(createHash("sha256").update(bare).digest("hex"));
    const tables = await rowsOf<{ dump: string }>(app.db, "select api_keys::text as dump from api_keys");
    expect(JSON.stringify(tables)).not.toContain(bare);
    expect(app.logLines.filter((line) => line.includes(bare))).toEqual([]);
    expect(JSON.stringify(await listApiKeys(app, "ann"))).not.toContain(bare);
  });

  test("that is nearly right is as wrong as any other", async () => {
    const { apiKey, secret } = await make("ann");
    const { secret: another } = await make("ben");
    const id = bareId(apiKey);
    const bare = secret.split("_")[2]!;
    const wrong = [
      secret.slice(0, -1),
      `${secret}0`,
      secret.toUpperCase(),
      `signet_${id}_${bare.toUpperCase()}`,
      `signet_${id.toUpperCase()}_${bare}`,
      secret.replace("signet_", "Signet_"),
      `signet_${id}_${"0".repeat(64)}`,
      `signet_${id}_${another.split("_")[2]!}`,
      `signet_${"0".repeat(24)}_${bare}`,
      `signet_${id}_${(await rowOf(apiKey))!["secret_sha256"] as string}`,
      `signet_key_${id}_${bare}`,
      `signet_${id}`,
      "signet_",
      bare,
      apiKey.id,
    ];
    const answers = await Promise.all(wrong.map(call));
    expect(answers.map(({ status }) => status)).toEqual(wrong.map(() => 401));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await statusOf(secret)).toBe(200);
  });

  test("with a NUL in it is no header at all", async () => {
    const { secret } = await make("ann");
    const request = `GET /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\0\r\n\r\n`;
    const { answers } = await sendRaw(Number(new URL(app.url).port), Buffer.from(request), 5_000);
    expect(answers.map(({ status }) => status)).toEqual([400]);
  });

  test("makes, lists and revokes no keys, whatever it may do else", async () => {
    const { apiKey, secret } = await make("ann");
    const before = await rowsOf(app.db, "select id, revoked_at from api_keys order by id");
    const key: Api = withKey(secret);
    await expect(createApiKey(key, "", { name: "more", scopes: BOTH })).rejects.toThrow(/403.*files:admin/);
    await expect(listApiKeys(key, "")).rejects.toThrow(/403.*files:admin/);
    await expect(revokeApiKey(key, "", apiKey.id)).rejects.toThrow(/403.*files:admin/);
    await expect(createApiKey(app, "ann", { name: "all", scopes: ["FILES_ADMIN"] })).rejects.toThrow(/400/);
    expect(await rowsOf(app.db, "select id, revoked_at from api_keys order by id")).toEqual(before);
  });
});

describe("the end of a key", () => {
  test("revoked, it is refused from the next call on; again changes nothing", async () => {
    const { apiKey, secret } = await make("ann");
    expect(await statusOf(secret)).toBe(200);
    const once = expectMember("RevokedApiKey", await revokeApiKey(app, "ann", apiKey.id));
    expect(once.apiKey.id).toBe(apiKey.id);
    expect(await statusOf(secret)).toBe(401);
    const at = (await rowOf(apiKey))!["revoked_at"];
    expectMember("RevokedApiKey", await revokeApiKey(app, "ann", apiKey.id));
    expect((await rowOf(apiKey))!["revoked_at"]).toEqual(at);
    expect((await listApiKeys(app, "ann")).map((key) => key.id)).not.toContain(apiKey.id);
  });

  test("somebody else's is not found, as is none, and goes on", async () => {
    const { apiKey, secret } = await make("ann");
    for (const id of [apiKey.id, "key_000000000000000000000000", bareId(apiKey), "nonsense", ""]) {
      expect(await revokeApiKey(app, "ben", id)).toEqual({
        __typename: "ApiKeyNotFound",
        code: "API_KEY_NOT_FOUND",
        message: expect.any(String),
        retryable: false,
        apiKeyId: id,
      });
    }
    expect(await statusOf(secret)).toBe(200);
    expect((await listApiKeys(app, "ben")).map((key) => key.id)).not.toContain(apiKey.id);
  });

  test("its streams end with it, be it revoked or expired", async () => {
    const revoked = await make("ann");
    const expiring = await make("ann", { expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    const good = await make("ann");
    const open = ({ secret }: { secret: string }) => openStream(app, "", null, secret);
    const [ofRevoked, ofExpiring, ofGood] = await Promise.all([open(revoked), open(expiring), open(good)]);
    expectMember("RevokedApiKey", await revokeApiKey(app, "ann", revoked.apiKey.id));
    await rowsOf(app.db, "update api_keys set expires_at = now() where id = $1", [bareId(expiring.apiKey)]);
    expect(await Promise.all([ofRevoked.completed, ofExpiring.completed])).toEqual([true, true]);
    ofGood.close();
    // Not by the server, which looked at it just as often.
    expect(await ofGood.completed).toBe(false);
  }, 30_000);

  test("a month later its row is gone, and no other", async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => make("cleo")));
    const age = (index: number, column: string, days: number) =>
      rowsOf(app.db, `update api_keys set ${column} = now() - make_interval(days => $2) where id = $1`, [
        bareId(keys[index]!.apiKey),
        days,
      ]);
    await age(0, "revoked_at", 31);
    await age(1, "expires_at", 31);
    await age(2, "revoked_at", 29);
    await age(3, "expires_at", 29);
    await age(4, "created_at", 400);
    expect((await app.app.sweep()).apiKeysPruned).toBe(2);
    const left = await rowsOf<{ id: string }>(app.db, "select id from api_keys where owner_id = $1", [ownerOf("cleo")]);
    expect(left.map((row) => row.id).sort()).toEqual(
      keys
        .slice(2)
        .map(({ apiKey }) => bareId(apiKey))
        .sort(),
    );
  });
});

describe("what cannot be made", () => {
  const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();
  test.each<[string, { name?: string; scopes?: string[]; expiresAt?: string }, string]>([
    ["no name", { name: "" }, "NAME"],
    ["a name of spaces", { name: "  " }, "NAME"],
    ["a name of 101 characters", { name: "a".repeat(101) }, "NAME"],
    ["a name of two lines", { name: "a\nb" }, "NAME"],
    ["a name that turns around", { name: "a\u202eb" }, "NAME"],
    ["a name with NUL", { name: "a\0" }, "NAME"],
    ["no scope", { scopes: [] }, "SCOPES"],
    ["an end that has passed", { expiresAt: "2020-01-01T00:00:00Z" }, "EXPIRY"],
  ])("%s", async (_name, input, fault) => {
    const rows = await rowsOf(app.db, "select id from api_keys order by id");
    const answer = await createApiKey(app, "ann", { name: "x", scopes: BOTH, ...input });
    expect(answer).toMatchObject({ __typename: "ApiKeyInvalid", code: "API_KEY_INVALID", retryable: false, fault });
    expect(await rowsOf(app.db, "select id from api_keys order by id")).toEqual(rows);
  });

  test.each<[string, { name?: string; scopes?: string[]; expiresAt?: string }]>([
    ["a hundred characters", { name: "\u{1f511}".repeat(100) }],
    ["one scope, said twice", { scopes: ["FILES_READ", "FILES_READ"] }],
    ["an end tomorrow", { expiresAt: TOMORROW }],
  ])("and what can: %s", async (_name, input) => {
    const { apiKey, secret } = await make("ann", input);
    expect(apiKey.scopes).toEqual([...new Set(input.scopes ?? BOTH)]);
    expect(apiKey.expiresAt).toBe(input.expiresAt ?? null);
    expect(await statusOf(secret)).toBe(200);
  });

  test("the 101st of one owner, until one of them has ended", async () => {
    await rowsOf(
      app.db,
      `insert into api_keys (id, owner_id, name, scopes, secret_sha256)
       select lpad(to_hex(i), 24, '0'), $1, 'x', '{files:read}', repeat('0', 64) from generate_series(1, 100) as i`,
      [ownerOf("dora")],
    );
    expect(await createApiKey(app, "dora", { name: "x", scopes: BOTH })).toMatchObject({
      ...{ __typename: "TooManyApiKeys", code: "TOO_MANY_API_KEYS", limit: 100 },
    });
    await make("ann");
    await rowsOf(app.db, "update api_keys set expires_at = now() where id = lpad('1', 24, '0')");
    await make("dora");
  });

  test("ever more that end at once: what is kept of one owner is bounded, and so is a list", async () => {
    await rowsOf(
      app.db,
      `insert into api_keys (id, owner_id, name, scopes, secret_sha256, expires_at)
       select 'e' || lpad(to_hex(i), 23, '0'), $1, 'x', '{files:read}', repeat('0', 64), now()
       from generate_series(1, 999) as i`,
      [ownerOf("eve")],
    );
    const { apiKey } = await make("eve");
    expect(await createApiKey(app, "eve", { name: "x", scopes: BOTH })).toMatchObject({
      __typename: "TooManyApiKeys",
    });
    const listed = await ask<{ id: string }[]>(app, "eve", "{ apiKeys { id } }");
    expect(listed).toHaveLength(200);
    expect(listed[0]!.id).toBe(apiKey.id);
  });
});

test.each<[string, Record<string, unknown>]>([
  ["api_keys_id_hex", { id: "A".repeat(24) }],
  ["api_keys_name_length", { name: "" }],
  ["api_keys_name_length", { name: "a".repeat(101) }],
  ["api_keys_scopes_known", { scopes: [] }],
  ["api_keys_scopes_known", { scopes: ["files:read", "files:admin"] }],
  // The secret itself, for instance.
  ["api_keys_secret_hashed", { secret_sha256: "signet_" }],
])("whatever the service does, the database keeps %s: %p", async (constraint, wrong) => {
  const right = { id: "f".repeat(24), owner_id: "x", name: "x", scopes: ["files:read"], secret_sha256: "0".repeat(64) };
  const row = { ...right, ...wrong };
  const insert = rowsOf(
    app.db,
    "insert into api_keys (id, owner_id, name, scopes, secret_sha256) values ($1, $2, $3, $4, $5)",
    [row.id, row.owner_id, row.name, row.scopes, row.secret_sha256],
  );
  await expect(insert).rejects.toMatchObject({ code: "23514", constraint });
});

test("while the database is away a key is not called wrong", async () => {
  const proxy = await startTcpProxy(app.databaseUrl);
  const behind = await startTestApp({ beside: app, databaseProxyUrl: proxy.url });
  try {
    const { secret } = await make("ann");
    const ask = () => withKey(secret, behind).call("", "{ viewer { id } }");
    expect((await ask()).status).toBe(200);
    proxy.decide(() => "RESET_BEFORE");
    proxy.cutAll();
    const answer = await ask();
    expect(answer).toMatchObject({ status: 503, errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] });
    expect(Number(answer.retryAfter)).toBeGreaterThan(0);
    proxy.decide(() => "PASS");
    await until(async () => (await ask()).status === 200, 30_000);
  } finally {
    await behind.stop();
    await proxy.stop();
  }
});
