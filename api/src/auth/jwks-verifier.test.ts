import { createHmac, generateKeyPairSync, sign as rsaSign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { exportJWK, SignJWT } from "jose";
import type { JWK } from "jose";
import { createIssuer } from "./issuer.js";
import { COOLDOWN_MS, createRemoteKeys, FRESH_FOR_MS, LAST_GOOD_FOR_MS } from "./remote-keys.js";
import { until } from "../../test/records.js";
import { createJwksVerifier } from "./verify-token.js";
import type { TokenVerifier } from "./verify-token.js";

/** Tokens by an issuer's published keys, against a provider that answers as it is told. */

const AUDIENCE = "signet";
const nowSeconds = Math.floor(Date.now() / 1000);

const PAIRS = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  PS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: generateKeyPairSync("ed25519"),
  ES384: generateKeyPairSync("ec", { namedCurve: "P-384" }),
} as const;
type Algorithm = keyof typeof PAIRS;
const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });

const publicJwk = async (algorithm: Algorithm, kid: string = algorithm): Promise<JWK> => ({
  ...(await exportJWK(PAIRS[algorithm].publicKey)),
  alg: algorithm,
  kid,
  use: "sig",
});

let answer: (request: IncomingMessage, response: ServerResponse) => void;
let asked: string[] = [];
let issuer: string;
let published: JWK[];
const json = (response: ServerResponse, value: unknown): void => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
};
const provider = createServer((request, response) => {
  asked.push(request.url ?? "");
  answer(request, response);
});
const behaving = (request: IncomingMessage, response: ServerResponse): void => {
  if (request.url === "/.well-known/openid-configuration")
    return json(response, {
      issuer,
      jwks_uri: `${issuer}/keys`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: "http://127.0.0.1:1/me",
    });
  return json(response, { keys: published });
};

let verify: TokenVerifier;
const changes: { answers: boolean; reason: string }[] = [];
const open = (jwksUrl: string | null = null): TokenVerifier =>
  createJwksVerifier({
    issuer,
    audience: AUDIENCE,
    defaultScopes: ["files:read"],
    keyOf: createIssuer({ issuer, jwksUrl, onChange: (change) => changes.push(change) }).keyOf,
  });

beforeAll(async () => {
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  published = await Promise.all((Object.keys(PAIRS) as Algorithm[]).map((algorithm) => publicJwk(algorithm)));
  const { kty, n, e } = published[0]!;
  // Says neither what it is for nor which padding it signs with.
  published.push({ kty, n, e, kid: "both" });
  answer = behaving;
  asked = [];
  changes.length = 0;
  verify = open();
});
afterAll(() => {
  provider.closeAllConnections();
  provider.close();
});

const claims = (changed: object = {}) => ({ iss: issuer, aud: AUDIENCE, sub: "ann", exp: nowSeconds + 60, ...changed });
const sign = (
  { algorithm = "RS256", kid = algorithm as string | undefined, key = undefined as KeyObject | undefined, header = {} },
  changed: object = {},
): Promise<string> =>
  new SignJWT(claims(changed))
    .setProtectedHeader({ alg: algorithm, ...(kid === undefined ? {} : { kid }), ...header })
    .sign(key ?? PAIRS[algorithm as Algorithm].privateKey);
const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
/** Put together by hand, where libraries refuse. */
const byHand = (header: object, body: unknown, signature: Buffer | string = ""): string =>
  `${encode(header)}.${encode(body)}.${Buffer.from(signature).toString("base64url")}`;
const hmac = (header: object, body: unknown, secret: string | Buffer): string => {
  const unsigned = `${encode(header)}.${encode(body)}`;
  return `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
};
/** Truly signed, under headers that no library writes. */
const rsaByHand = (header: object, body: unknown = claims()): string => {
  const unsigned = `${encode({ alg: "RS256", kid: "RS256", ...header })}.${encode(body)}`;
  return `${unsigned}.${rsaSign("sha256", Buffer.from(unsigned), PAIRS.RS256.privateKey).toString("base64url")}`;
};
const refused = { name: "AppError", code: "UNAUTHENTICATED" };

describe("a good token", () => {
  test.each(["RS256", "PS256", "ES256", "EdDSA"] as const)("of %s names its owner", async (algorithm) => {
    expect((await verify(await sign({ algorithm }))).ownerId).toBe(`${issuer}|ann`);
  });

  test.each([
    ["no claim about scopes", {}, ["files:read"]],
    ["a scope", { scope: "openid files:write email" }, ["files:write"]],
    ["an empty scope", { scope: "" }, []],
    ["scopes of other services", { scope: "files:reads files: read mail:read" }, []],
    ["a list in scp", { scp: ["files:admin", "files:read", 7] }, ["files:admin", "files:read"]],
    ["a text in scp", { scp: "files:read files:write" }, ["files:read", "files:write"]],
  ])("with %s", async (_name, changed, scopes) => {
    expect([...(await verify(await sign({}, changed))).scopes].sort()).toEqual(scopes);
  });

  test.each([["JWT"], ["at+jwt"], ["application/at+jwt"]])("of type %s", async (typ) => {
    expect((await verify(await sign({ header: { typ } }))).ownerId).toBe(`${issuer}|ann`);
  });
});

test.each(["RS256", "PS256"])("a key that says no algorithm verifies %s", async (algorithm) => {
  const token = await sign({ algorithm, kid: "both", key: PAIRS.RS256.privateKey });
  expect((await verify(token)).ownerId).toBe(`${issuer}|ann`);
});

test("what the forgers below put together by hand is taken when nothing is wrong with it", async () => {
  expect((await verify(rsaByHand({}))).ownerId).toBe(`${issuer}|ann`);
});

describe("a forged token is refused", () => {
  const rsaPem = PAIRS.RS256.publicKey.export({ type: "spki", format: "pem" }) as string;
  const rsaDer = PAIRS.RS256.publicKey.export({ type: "spki", format: "der" });
  test.each<[string, () => string | Promise<string>]>([
    ["signed with nothing", () => byHand({ alg: "none", kid: "RS256" }, claims())],
    ["signed with nothing, in capitals", () => byHand({ alg: "NONE" }, claims())],
    ["HMAC with the public key as PEM", () => hmac({ alg: "HS256", kid: "RS256" }, claims(), rsaPem)],
    ["HMAC with the public key as DER", () => hmac({ alg: "HS256", kid: "RS256" }, claims(), rsaDer)],
    [
      "HMAC with the published modulus",
      async () =>
        hmac({ alg: "HS256", kid: "RS256" }, claims(), Buffer.from((await publicJwk("RS256")).n!, "base64url")),
    ],
    ["HMAC that says RS256", () => hmac({ alg: "RS256", kid: "RS256" }, claims(), rsaPem)],
    ["a key of somebody else's", () => sign({ key: foreign.privateKey })],
    ["a key of somebody else's, and no kid", () => sign({ key: foreign.privateKey, kid: "" })],
    [
      "a key that it brings itself",
      async () => sign({ key: foreign.privateKey, header: { jwk: await exportJWK(foreign.publicKey) } }),
    ],
    ["a certificate that it brings itself", () => sign({ key: foreign.privateKey, header: { x5c: ["MIIB"] } })],
    ["another key's id", () => sign({ algorithm: "RS256", kid: "PS256" })],
    ["an id that leads to a file", () => sign({ kid: "../../../dev/null" })],
    ["an id that leads to a table", () => sign({ kid: "' or 1=1 --" })],
    ["an id that is a prototype's", () => sign({ kid: "__proto__" })],
    ["PKCS1 padding under the name of PSS, by a key that may do both", () => rsaByHand({ alg: "PS256", kid: "both" })],
    [
      "PKCS1 padding under the name of PSS",
      async () => (await sign({})).replace(/^[^.]+/, encode({ alg: "PS256", kid: "RS256" })),
    ],
    ["an ECDSA signature of zeros", () => byHand({ alg: "ES256", kid: "ES256" }, claims(), Buffer.alloc(64))],
    ["an ECDSA signature of nothing", () => byHand({ alg: "ES256", kid: "ES256" }, claims())],
    ["an EdDSA signature of zeros", () => byHand({ alg: "EdDSA", kid: "EdDSA" }, claims(), Buffer.alloc(64))],
    ["another curve, though well signed", () => sign({ algorithm: "ES384" })],
    [
      "RS512, though well signed",
      async () => new SignJWT(claims()).setProtectedHeader({ alg: "RS512", kid: "RS256" }).sign(PAIRS.RS256.privateKey),
    ],
    ["RS1", () => byHand({ alg: "RS1", kid: "RS256" }, claims(), Buffer.alloc(256))],
    ["an unknown critical header", () => rsaByHand({ crit: ["x"], x: 1 })],
    ["an unencoded payload", () => rsaByHand({ b64: false, crit: ["b64"] })],
    ["another issuer", () => sign({}, { iss: "https://evil.example" })],
    ["the issuer with a slash", () => sign({}, { iss: `${issuer}/` })],
    ["two issuers", () => sign({}, { iss: [issuer] })],
    ["no issuer", () => sign({}, { iss: undefined })],
    ["another audience", () => sign({}, { aud: "other" })],
    ["the client's id as audience: an ID token", () => sign({}, { aud: "signet-page", nonce: "n", at_hash: "h" })],
    ["no audience", () => sign({}, { aud: undefined })],
    ["no subject", () => sign({}, { sub: undefined })],
    ["no end", () => sign({}, { exp: undefined })],
    ["an end that is a text", () => sign({}, { exp: String(nowSeconds + 60) })],
    ["an end beyond numbers", () => rsaByHand({}, JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e400'))],
    ["an end that is no number", () => rsaByHand({}, JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":NaN'))],
    ["an end in a list", () => sign({}, { exp: [nowSeconds + 60] })],
    ["an ID token for an audience of ours", () => sign({}, { at_hash: "h" })],
    ["an ID token of the hybrid flow for an audience of ours", () => sign({}, { c_hash: "h" })],
    ["an end that has passed", () => sign({}, { exp: nowSeconds - 60 })],
    ["a beginning that has not come", () => sign({}, { nbf: nowSeconds + 60 })],
    ["a scope that is a number", () => sign({}, { scope: 7 })],
    ["a scope that is an object", () => sign({}, { scope: { "files:read": true } })],
    ["a proof of possession for a token", () => sign({ header: { typ: "dpop+jwt" } })],
    ["a logout token", () => sign({ header: { typ: "logout+jwt" } })],
    [
      "claims twice",
      async () => {
        const [header, body, signature] = (await sign({})).split(".") as [string, string, string];
        const text = Buffer.from(body, "base64url").toString().replace(/}$/, ',"sub":"bob"}');
        return `${header}.${encode(text)}.${signature}`;
      },
    ],
    ["encrypted", () => "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.AAAA.AAAA"],
    ["an API key's form without a key", () => "signet_000000000000000000000000_"],
    ["more than 8 KiB, though well signed", () => sign({}, { pad: "a".repeat(8192) })],
  ])("%s", async (_name, forge) => {
    await expect(verify(await forge())).rejects.toMatchObject(refused);
  });

  test("whose header names an address: it is never asked", async () => {
    const token = await sign({
      key: foreign.privateKey,
      kid: "canary",
      header: { jku: `${issuer}/canary`, x5u: `${issuer}/canary` },
    });
    await expect(verify(token)).rejects.toMatchObject(refused);
    expect(asked.filter((path) => path.includes("canary"))).toEqual([]);
  });
});

describe("keys", () => {
  test("two of a kind fit tokens that do not name theirs, as during a rotation", async () => {
    const second = generateKeyPairSync("ec", { namedCurve: "P-256" });
    published = [
      { ...(await exportJWK(PAIRS.ES256.publicKey)), alg: "ES256" },
      { ...(await exportJWK(second.publicKey)), alg: "ES256" },
    ];
    for (const key of [PAIRS.ES256.privateKey, second.privateKey])
      expect(await verify(await sign({ algorithm: "ES256", header: { kid: undefined }, key }))).toMatchObject({
        ownerId: `${issuer}|ann`,
      });
    const third = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    await expect(
      verify(await sign({ algorithm: "ES256", header: { kid: undefined }, key: third })),
    ).rejects.toMatchObject(refused);
  });

  test("are fetched once for a thousand tokens at a time, and not with each", async () => {
    const token = await sign({});
    await Promise.all(Array.from({ length: 1000 }, () => verify(token)));
    await verify(token);
    expect(asked).toEqual(["/.well-known/openid-configuration", "/keys"]);
  });

  test("come from the configured address where one is configured", async () => {
    await open(`${issuer}/keys`)(await sign({}));
    expect(asked).toEqual(["/keys"]);
  });

  const trouble: readonly [string, typeof answer][] = [
    ["answers 500", (_request, response) => void response.writeHead(500).end("{}")],
    ["is HTML", (_request, response) => void response.end("<html>")],
    ["is a list", (_request, response) => json(response, [])],
    ["has no keys", (_request, response) => json(response, { issuer, jwks_uri: `${issuer}/keys`, keys: "none" })],
    ["redirects", (_request, response) => void response.writeHead(302, { location: `${issuer}/elsewhere` }).end()],
    [
      "is another issuer's",
      (_request, response) => json(response, { issuer: "https://evil.example", jwks_uri: `${issuer}/keys` }),
    ],
    [
      "names a plain address elsewhere",
      (_request, response) => json(response, { issuer, jwks_uri: "http://192.0.2.1/keys" }),
    ],
    [
      "never ends",
      (_request, response) => {
        const more = setInterval(() => response.write(" ".repeat(2 ** 16)), 1);
        response.on("close", () => clearInterval(more));
      },
    ],
    ["has an empty set", (_request, response) => json(response, { issuer, jwks_uri: `${issuer}/keys`, keys: [] })],
    ["says nothing", () => undefined],
    ["cuts the connection", (request) => void request.socket.destroy()],
  ];
  test.each(trouble)(
    "of a provider that %s: nobody is let in, and nobody is told that the token is bad",
    async (_name, bad) => {
      answer = bad;
      await expect(verify(await sign({}))).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
      expect(changes).toEqual([{ answers: false, reason: expect.any(String) }]);
      expect(asked).not.toContain("/elsewhere");
    },
  );

  describe("by the clock", () => {
    let time: number;
    let fetches: number;
    let fails: boolean;
    /** The provider answers when it resolves. */
    let hangs: Promise<void>;
    let keyOf: ReturnType<typeof createRemoteKeys>;
    beforeEach(() => {
      [time, fetches, fails, hangs] = [0, 0, false, Promise.resolve()];
      const fetchKeys = async () => {
        fetches += 1;
        await hangs;
        if (fails) throw new Error("away");
        return { keys: published };
      };
      keyOf = createRemoteKeys({ now: () => time, fetchKeys, onChange: (change) => changes.push(change) });
      verify = createJwksVerifier({ issuer, audience: AUDIENCE, defaultScopes: [], keyOf });
    });

    test("a new key is found by the first token that names it, and the old one is gone", async () => {
      const old = await sign({});
      await verify(old);
      published = [await publicJwk("ES256", "new")];
      time += COOLDOWN_MS;
      await verify(await sign({ algorithm: "ES256", kid: "new" }));
      await expect(verify(old)).rejects.toMatchObject(refused);
      expect(fetches).toBe(2);
    });

    test("a new key that many name at once is fetched once, for all of them", async () => {
      await verify(await sign({}));
      published = [await publicJwk("ES256", "new")];
      time += COOLDOWN_MS;
      const token = await sign({ algorithm: "ES256", kid: "new" });
      await Promise.all(Array.from({ length: 50 }, () => verify(token)));
      expect(fetches).toBe(2);
    });

    test("while the provider hangs, tokens of unknown keys wait for it a second at most, and good ones not at all", async () => {
      const good = await sign({});
      await verify(good);
      const forged = await sign({ key: foreign.privateKey, kid: "x" });
      const waited = async (token: string): Promise<number> => {
        const begun = performance.now();
        await verify(token).catch(() => undefined);
        return performance.now() - begun;
      };
      let release = (): void => undefined;
      hangs = new Promise((resolve) => (release = resolve));
      time += COOLDOWN_MS;
      const waits = await Promise.all([waited(forged), waited(forged), waited(good)]);
      expect(waits.map((ms) => ms < 1_500)).toEqual([true, true, true]);
      expect(waits[2]).toBeLessThan(500);
      // Known to be away: nobody waits.
      fails = true;
      release();
      await until(() => changes.length === 1);
      time += COOLDOWN_MS;
      hangs = new Promise((resolve) => (release = resolve));
      expect(await waited(forged)).toBeLessThan(500);
      release();
    });

    test("ten thousand unknown ids cost one fetch a cooldown", async () => {
      await verify(await sign({}));
      const token = await sign({ key: foreign.privateKey, kid: "x" });
      const [, body, signature] = token.split(".") as [string, string, string];
      const header = (number: number): string => encode({ alg: "RS256", kid: `random-${number}` });
      for (let number = 0; number < 10_000; number += 1) {
        time += (2 * COOLDOWN_MS) / 10_000;
        await expect(verify(`${header(number)}.${body}.${signature}`)).rejects.toMatchObject(refused);
      }
      expect(fetches).toBeLessThanOrEqual(3);
    }, 30_000);

    test("are fetched again after a while, beside the request that finds them old", async () => {
      await verify(await sign({}));
      time += FRESH_FOR_MS;
      await verify(await sign({}));
      await new Promise((resolve) => setImmediate(resolve));
      expect(fetches).toBe(2);
    });

    test("are believed for a day while the provider is away, and not longer", async () => {
      const token = await sign({});
      await verify(token);
      fails = true;
      for (time = FRESH_FOR_MS; time < LAST_GOOD_FOR_MS; time += LAST_GOOD_FOR_MS / 10) await verify(token);
      time = LAST_GOOD_FOR_MS;
      await expect(verify(token)).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
      // One line when it went, however often it was asked since, and one when it is back.
      expect(changes).toHaveLength(1);
      fails = false;
      time += COOLDOWN_MS;
      await verify(token);
      expect(changes.map((change) => change.answers)).toEqual([false, true]);
    });
  });
});

test("what a page may fetch from is the provider's own, and what it names", async () => {
  const found = createIssuer({ issuer, jwksUrl: null, onChange: () => undefined });
  expect(found.origins()).toEqual([issuer]);
  await found.lookAhead();
  expect(found.origins()).toEqual([issuer, "http://127.0.0.1:1"]);
});

test("a provider that is away when the server starts is asked again by the pages that are given out", async () => {
  answer = (_request, response) => void response.writeHead(500).end();
  const told: boolean[] = [];
  const late = createIssuer({ issuer, jwksUrl: `${issuer}/keys`, onChange: ({ answers }) => told.push(answers) });
  await late.lookAhead();
  await late.lookAhead();
  answer = behaving;
  expect(late.origins()).toEqual([issuer]);
  await until(() => late.origins().length === 2, 15_000);
  expect(told).toEqual([false, true]);
});
