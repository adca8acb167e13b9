import { createHmac, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { SignJWT } from "jose";
import { createDevTokens } from "./dev-tokens.js";
import { createHs256Verifier } from "./verify-token.js";

const SECRET = new Uint8Array(32).fill(1);
const ISSUER = "https://issuer.example";
const AUDIENCE = "signet";
const RULES = { issuer: ISSUER, audience: AUDIENCE, defaultScopes: ["files:read"] } as const;
const verify = createHs256Verifier({ ...RULES, secrets: [SECRET] });
const nowSeconds = Math.floor(Date.now() / 1000);

const GOOD_HEADER = { alg: "HS256", typ: "JWT" };
const GOOD_CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: "alice", exp: nowSeconds + 60 };

const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A token put together by hand, since libraries refuse to make most of these. */
function forge(header: unknown, claims: unknown, options: { secret?: Uint8Array; hash?: string } = {}): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  const mac = createHmac(options.hash ?? "sha256", options.secret ?? SECRET).update(signed);
  return `${signed}.${mac.digest("base64url")}`;
}

function without(claim: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(GOOD_CLAIMS).filter(([name]) => name !== claim));
}

const good = forge(GOOD_HEADER, GOOD_CLAIMS);
const [goodHeader, goodClaims, goodSignature] = good.split(".") as [string, string, string];
const flipped = goodSignature.startsWith("A") ? `B${goodSignature.slice(1)}` : `A${goodSignature.slice(1)}`;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicPem = rsa.publicKey.export({ type: "spki", format: "pem" }) as string;

describe("a good token", () => {
  test.each([
    ["as libraries make it", good],
    ["without typ", forge({ alg: "HS256" }, GOOD_CLAIMS)],
    ["for several audiences", forge(GOOD_HEADER, { ...GOOD_CLAIMS, aud: ["other", AUDIENCE] })],
    ["that ended within the clocks' tolerance", forge(GOOD_HEADER, { ...GOOD_CLAIMS, exp: nowSeconds - 5 })],
    [
      "with headers that name other keys, which have no effect",
      forge({ ...GOOD_HEADER, kid: "../../etc/passwd", jku: "http://127.0.0.1:1/" }, GOOD_CLAIMS),
    ],
  ])("%s names its owner", async (_name, token) => {
    expect(await verify(token)).toMatchObject({ ownerId: `${ISSUER}|alice` });
  });

  test("of another issuer's alice would be another owner", async () => {
    const other = createHs256Verifier({ ...RULES, secrets: [SECRET], issuer: "other" });
    expect(await other(forge(GOOD_HEADER, { ...GOOD_CLAIMS, iss: "other" }))).toMatchObject({ ownerId: "other|alice" });
  });
});

describe("a bad token", () => {
  test.each<[string, string]>([
    ["empty", ""],
    ["one dot", "a.b"],
    ["four parts", `${good}.`],
    ["no signature", `${goodHeader}.${goodClaims}.`],
    ["a signature with one changed character", `${goodHeader}.${goodClaims}.${flipped}`],
    [
      "another payload under the old signature",
      `${goodHeader}.${encode({ ...GOOD_CLAIMS, sub: "bob" })}.${goodSignature}`,
    ],
    ["another header under the old signature", `${encode({ alg: "HS256" })}.${goodClaims}.${goodSignature}`],
    ["alg none", `${encode({ alg: "none" })}.${goodClaims}.`],
    ["alg None with the old signature", `${encode({ alg: "None" })}.${goodClaims}.${goodSignature}`],
    ["no alg", forge({ typ: "JWT" }, GOOD_CLAIMS)],
    ["alg hs256 in lower case", forge({ alg: "hs256" }, GOOD_CLAIMS)],
    ["HS384", forge({ alg: "HS384" }, GOOD_CLAIMS, { hash: "sha384" })],
    ["HS512", forge({ alg: "HS512" }, GOOD_CLAIMS, { hash: "sha512" })],
    ["RS256 in name, HMAC in fact", forge({ alg: "RS256" }, GOOD_CLAIMS)],
    ["HMAC with a public key's text", forge(GOOD_HEADER, GOOD_CLAIMS, { secret: Buffer.from(publicPem) })],
    ["another secret", forge(GOOD_HEADER, GOOD_CLAIMS, { secret: new Uint8Array(32).fill(2) })],
    ["an empty secret", forge(GOOD_HEADER, GOOD_CLAIMS, { secret: new Uint8Array(0) })],
    [
      "a header that brings its own key",
      forge({ ...GOOD_HEADER, jwk: { kty: "oct", k: encode("k".repeat(32)) } }, GOOD_CLAIMS, {
        secret: Buffer.from("k".repeat(32)),
      }),
    ],
    ["an unknown critical header", forge({ ...GOOD_HEADER, crit: ["x"], x: 1 }, GOOD_CLAIMS)],
    ["an unencoded payload", forge({ ...GOOD_HEADER, b64: false, crit: ["b64"] }, GOOD_CLAIMS)],
    ["no exp", forge(GOOD_HEADER, without("exp"))],
    ["exp as text", forge(GOOD_HEADER, { ...GOOD_CLAIMS, exp: String(nowSeconds + 60) })],
    ["exp beyond numbers", forge(GOOD_HEADER, JSON.stringify(GOOD_CLAIMS).replace(/"exp":\d+/, '"exp":1e400'))],
    ["exp null", forge(GOOD_HEADER, { ...GOOD_CLAIMS, exp: null })],
    ["expired", forge(GOOD_HEADER, { ...GOOD_CLAIMS, exp: nowSeconds - 60 })],
    ["not yet valid", forge(GOOD_HEADER, { ...GOOD_CLAIMS, nbf: nowSeconds + 60 })],
    ["no sub", forge(GOOD_HEADER, without("sub"))],
    ["an empty sub", forge(GOOD_HEADER, { ...GOOD_CLAIMS, sub: "" })],
    ["a sub that is a number", forge(GOOD_HEADER, { ...GOOD_CLAIMS, sub: 7 })],
    ["a sub with NUL, which Postgres refuses", forge(GOOD_HEADER, { ...GOOD_CLAIMS, sub: "a\0b" })],
    ["a sub with half a surrogate pair", forge(GOOD_HEADER, { ...GOOD_CLAIMS, sub: "a\ud800" })],
    ["a sub of 256 characters", forge(GOOD_HEADER, { ...GOOD_CLAIMS, sub: "a".repeat(256) })],
    ["no aud", forge(GOOD_HEADER, without("aud"))],
    ["another aud", forge(GOOD_HEADER, { ...GOOD_CLAIMS, aud: "other" })],
    ["an aud that only begins like ours", forge(GOOD_HEADER, { ...GOOD_CLAIMS, aud: `${AUDIENCE}2` })],
    ["no iss", forge(GOOD_HEADER, without("iss"))],
    ["another iss", forge(GOOD_HEADER, { ...GOOD_CLAIMS, iss: "https://evil.example" })],
    ["a list of claims", forge(GOOD_HEADER, [GOOD_CLAIMS])],
    ["claims that are no JSON", forge(GOOD_HEADER, "{")],
    ["more than 8 KiB, though well signed", forge(GOOD_HEADER, { ...GOOD_CLAIMS, pad: "a".repeat(8192) })],
  ])("is refused: %s", async (_name, token) => {
    await expect(verify(token)).rejects.toMatchObject({ name: "AppError", code: "UNAUTHENTICATED" });
  });

  test("is refused: signed with RSA", async () => {
    const token = await new SignJWT(GOOD_CLAIMS).setProtectedHeader({ alg: "RS256" }).sign(rsa.privateKey);
    await expect(verify(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("says the same whatever is wrong", async () => {
    const messages = await Promise.all(
      ["", forge(GOOD_HEADER, without("exp")), forge({ alg: "none" }, GOOD_CLAIMS)].map((token) =>
        verify(token).then(
          () => "accepted",
          (error: Error) => error.message,
        ),
      ),
    );
    expect(new Set(messages).size).toBe(1);
  });
});

test("a token of the secret before holds until that secret is taken away", async () => {
  const newer = new Uint8Array(32).fill(3);
  const both = createHs256Verifier({ ...RULES, secrets: [newer, SECRET] });
  const tokens = [good, forge(GOOD_HEADER, GOOD_CLAIMS, { secret: newer })];
  for (const token of tokens) expect(await both(token)).toMatchObject({ ownerId: `${ISSUER}|alice` });
  const after = createHs256Verifier({ ...RULES, secrets: [newer] });
  await expect(after(good)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  expect(await after(tokens[1]!)).toMatchObject({ ownerId: `${ISSUER}|alice` });
});

test("a weak secret is refused at once", () => {
  const weak = { ...RULES, secrets: [new Uint8Array(31)] };
  expect(() => createHs256Verifier(weak)).toThrow("32 bytes");
});

describe("development tokens", () => {
  const tokens = createDevTokens({ secret: SECRET, issuer: ISSUER, audience: AUDIENCE, ttlSeconds: 60 });

  test("hold, and name the user they were minted for", async () => {
    expect(await verify(await tokens.mint("local"))).toMatchObject({ ownerId: `${ISSUER}|local` });
    expect(await verify(await tokens.mint("Ann-B_c.d"))).toMatchObject({ ownerId: `${ISSUER}|Ann-B_c.d` });
  });

  test("end when they should", async () => {
    const short = createDevTokens({ secret: SECRET, issuer: ISSUER, audience: AUDIENCE, ttlSeconds: -60 });
    await expect(verify(await short.mint("local"))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test.each(["", "a b", "a/b", "ä", "a".repeat(65), "a|b", "a\n"])("are not minted for %p", async (user) => {
    await expect(tokens.mint(user)).rejects.toThrow(RangeError);
  });
});
