import { describe, expect, test } from "@jest/globals";
import { ConfigError, parseConfig } from "./config.js";

/** Which environments are let up, and what the others are told. */

const SECRET = "0123456789-abcdef-0123456789-ghijklm";
const SERVERS = { DATABASE_URL: "postgres://db/signet", S3_BUCKET: "files", S3_REGION: "eu-central-1" };
const PRODUCTION = { NODE_ENV: "production", PUBLIC_URL: "https://files.example.com", ...SERVERS };
const TOKENS = { AUTH_ISSUER: "https://issuer.example.com", AUTH_AUDIENCE: "signet" };
const JWKS = { AUTH: "jwt-jwks", ...TOKENS };
const HS256 = { AUTH: "jwt-hs256", AUTH_HS256_SECRET: SECRET, ...TOKENS };

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    parseConfig(env, "/");
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
};

describe("let up", () => {
  test.each<[string, Record<string, string>, object]>([
    ["development as it is", {}, { kind: "development" }],
    ["development with a database of its own", { DATABASE_URL: SERVERS.DATABASE_URL }, { kind: "development" }],
    ["a secret", { ...PRODUCTION, ...HS256 }, { kind: "hs256", secrets: [SECRET] }],
    [
      "a secret, and the one before it",
      { ...PRODUCTION, ...HS256, AUTH_HS256_PREVIOUS_SECRET: `${SECRET}-old` },
      { kind: "hs256", secrets: [SECRET, `${SECRET}-old`] },
    ],
    ["an issuer that is discovered", { ...PRODUCTION, ...JWKS }, { kind: "jwks", jwksUrl: null, signIn: null }],
    [
      "an issuer by its keys, which need not be an address then",
      { ...PRODUCTION, ...JWKS, AUTH_ISSUER: "our-issuer", AUTH_JWKS_URL: "https://keys.example.com/jwks" },
      { kind: "jwks", issuer: "our-issuer", jwksUrl: "https://keys.example.com/jwks" },
    ],
    [
      "a page that signs in",
      { ...PRODUCTION, ...JWKS, AUTH_CLIENT_ID: "page", AUTH_CLIENT_RESOURCE: "urn:signet" },
      { signIn: { clientId: "page", resource: "urn:signet", scope: expect.stringContaining("files:write") } },
    ],
    ["an issuer on this machine, in development", { ...JWKS, AUTH_ISSUER: "http://localhost:9000" }, { kind: "jwks" }],
    ["its last slash, as it is", { ...JWKS, AUTH_ISSUER: "https://a.example/" }, { issuer: "https://a.example/" }],
    ["no scopes by default", { ...JWKS, AUTH_DEFAULT_SCOPES: "none" }, { defaultScopes: [] }],
    ["reading by default", { ...JWKS, AUTH_DEFAULT_SCOPES: "files:read" }, { defaultScopes: ["files:read"] }],
    ["reading and writing by default of the default", JWKS, { defaultScopes: ["files:read", "files:write"] }],
  ])("%s", (_name, env, auth) => {
    expect(parseConfig(env, "/").auth).toMatchObject(auth);
  });
});

describe("not let up, each with its one fault", () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ["production without AUTH", PRODUCTION, /^AUTH is missing/],
    ["servers of their own without AUTH", SERVERS, /^AUTH is missing/],
    ["AUTH that is none", { ...PRODUCTION, AUTH: "none" }, /^AUTH must be jwt-jwks or jwt-hs256; it is "none"/],
    ["AUTH in capitals", { ...PRODUCTION, ...JWKS, AUTH: "JWT-JWKS" }, /^AUTH must be/],
    ["a short secret", { ...HS256, AUTH_HS256_SECRET: "short" }, /^AUTH_HS256_SECRET must be at least 32 random bytes/],
    ["a secret of one letter", { ...HS256, AUTH_HS256_SECRET: "a".repeat(64) }, /^AUTH_HS256_SECRET/],
    ["no secret", { ...HS256, AUTH_HS256_SECRET: "" }, /^AUTH_HS256_SECRET/],
    ["a weak one before it", { ...HS256, AUTH_HS256_PREVIOUS_SECRET: "old" }, /^AUTH_HS256_PREVIOUS_SECRET/],
    ["no issuer", { ...HS256, AUTH_ISSUER: " " }, /^AUTH_ISSUER is missing/],
    ["no audience", { ...JWKS, AUTH_AUDIENCE: "" }, /^AUTH_AUDIENCE is missing/],
    ["an issuer that is no address", { ...JWKS, AUTH_ISSUER: "our-issuer" }, /^AUTH_ISSUER must be a URL/],
    ["a plain issuer", { ...JWKS, AUTH_ISSUER: "http://issuer.example.com" }, /^AUTH_ISSUER must be an https URL/],
    [
      "a plain issuer here, in production",
      { ...PRODUCTION, ...JWKS, AUTH_ISSUER: "http://localhost:9000" },
      /^AUTH_ISSUER must be an https/,
    ],
    ["plain keys", { ...JWKS, AUTH_JWKS_URL: "http://keys.example.com/" }, /^AUTH_JWKS_URL must be an https URL/],
    ["keys in a file", { ...JWKS, AUTH_JWKS_URL: "file:///etc/keys" }, /^AUTH_JWKS_URL must be a URL/],
    [
      "scopes that are none of ours",
      { ...JWKS, AUTH_DEFAULT_SCOPES: "files:read all" },
      /^AUTH_DEFAULT_SCOPES must be "none" or/,
    ],
    [
      "admin for whoever says nothing",
      { ...JWKS, AUTH_DEFAULT_SCOPES: "files:read files:admin" },
      /^AUTH_DEFAULT_SCOPES must not hold files:admin/,
    ],
    ["a short METRICS_TOKEN", { ...JWKS, METRICS_TOKEN: "short" }, /^METRICS_TOKEN/],
    ["a scanner that is no address", { ...JWKS, CLAMAV_HOST: "clamav:port" }, /^CLAMAV_HOST/],
    ["a scanner's port beyond all ports", { ...JWKS, CLAMAV_HOST: "clamav:99999" }, /^CLAMAV_HOST/],
    [
      "larger files that are neither",
      { ...JWKS, CLAMAV_LARGER_FILES: "yes" },
      /^CLAMAV_LARGER_FILES must be refuse or serve/,
    ],
    ["an origin with a path", { ...JWKS, CORS_ORIGINS: "https://a.example/app" }, /^CORS_ORIGINS/],
    ["any origin", { ...JWKS, CORS_ORIGINS: "*" }, /^CORS_ORIGINS/],
    ["rates below nothing", { ...JWKS, RATE_LIMIT_OWNER_PER_MINUTE: "-1" }, /^RATE_LIMIT_OWNER_PER_MINUTE/],
    ["introspection that is neither", { ...JWKS, INTROSPECTION: "yes" }, /^INTROSPECTION must be true or false/],
  ])("%s", (_name, env, fault) => {
    expect(faultsOf(env)).toEqual([expect.stringMatching(fault)]);
  });

  test("production with nothing at all is told everything at once", () => {
    const told = faultsOf({ NODE_ENV: "production" }).map((fault) => fault.split(" ", 1)[0]);
    expect(told).toEqual(["DATABASE_URL", "S3_BUCKET", "AUTH", "PUBLIC_URL"]);
  });
});

test.each([
  ["clamav", { host: "clamav", port: 3310 }],
  ["10.0.0.7:4000", { host: "10.0.0.7", port: 4000 }],
  ["[::1]:3310", { host: "::1", port: 3310 }],
  ["/run/clamav/clamd.ctl", { socketPath: "/run/clamav/clamd.ctl" }],
])("CLAMAV_HOST %s", (value, clamav) => {
  expect(parseConfig({ CLAMAV_HOST: value }, "/").clamav).toEqual(clamav);
});
