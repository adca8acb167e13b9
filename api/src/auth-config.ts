import type { Scope } from "./auth/scopes.js";
import { SCOPES } from "./auth/scopes.js";
import type { Environment } from "./environment.js";

export type AuthConfig =
  /** Development only: the secret lives in DATA_DIR, `/dev/token` hands out tokens. */
  | { readonly kind: "development" }
  | ({
      readonly kind: "hs256";
      /** The current one first; the second is the one before it, during a rotation. */ readonly secrets: readonly string[];
    } & TokenRules)
  | ({
      readonly kind: "jwks";
      /** Null: what the issuer's OIDC discovery document names. */
      readonly jwksUrl: string | null;
      /** How the page signs in; null: it asks for a token. */
      readonly signIn: SignInConfig | null;
    } & TokenRules);

interface TokenRules {
  /** Exact. */
  readonly issuer: string;
  /** Exact; one of a token's. */
  readonly audience: string;
  /** What a token without any `scope` or `scp` claim may do. */
  readonly defaultScopes: readonly Scope[];
}

/** A public client of the issuer: authorization code with PKCE, no secret. */
export interface SignInConfig {
  readonly clientId: string;
  /** Space-separated, as the authorization request sends it. */
  readonly scope: string;
  /** RFC 8707's `resource` of the authorization request, which some providers need before they issue a JWT; null: none. */
  readonly resource: string | null;
}

const SIGN_IN_SCOPE = "openid profile offline_access files:read files:write";

/**
 * Reads `AUTH` and what belongs to it; notes faults in the environment.
 * @param input.secretMinted true when development may mint its own secret: an embedded part is in use
 */
export function parseAuth(environment: Environment, input: { production: boolean; secretMinted: boolean }): AuthConfig {
  const { faults, text, url } = environment;
  const kind = text("AUTH");
  if (kind === null) {
    if (input.production || !input.secretMinted)
      faults.push(
        "AUTH is missing: set jwt-jwks or jwt-hs256. Only development, with an embedded part, mints its own secret.",
      );
    return { kind: "development" };
  }
  switch (kind) {
    case "jwt-hs256":
      return { kind: "hs256", secrets: hs256Secrets(), ...tokenRules(text("AUTH_ISSUER")) };
    case "jwt-jwks":
      checkIssuerUrl();
      return {
        kind: "jwks",
        jwksUrl: secureUrl("AUTH_JWKS_URL"),
        signIn: signIn(),
        ...tokenRules(text("AUTH_ISSUER")),
      };
    default:
      faults.push(`AUTH must be jwt-jwks or jwt-hs256; it is "${kind}".`);
      return { kind: "development" };
  }

  function hs256Secrets(): string[] {
    const weak = (secret: string): boolean => Buffer.byteLength(secret) < 32 || new Set(secret).size < 12;
    const current = text("AUTH_HS256_SECRET");
    const previous = text("AUTH_HS256_PREVIOUS_SECRET");
    if (current === null || weak(current))
      faults.push("AUTH_HS256_SECRET must be at least 32 random bytes: openssl rand -base64 48.");
    if (previous !== null && weak(previous))
      faults.push("AUTH_HS256_PREVIOUS_SECRET must be at least 32 random bytes, or unset once the rotation is over.");
    return [current ?? "", ...(previous === null ? [] : [previous])];
  }

  function tokenRules(issuer: string | null): TokenRules {
    const audience = text("AUTH_AUDIENCE");
    if (issuer === null) faults.push("AUTH_ISSUER is missing: tokens of any other issuer are refused.");
    if (audience === null) faults.push("AUTH_AUDIENCE is missing: tokens for any other audience are refused.");
    return { issuer: issuer ?? "", audience: audience ?? "", defaultScopes: defaultScopes() };
  }

  function defaultScopes(): Scope[] {
    const words = (text("AUTH_DEFAULT_SCOPES") ?? "files:read files:write").split(/\s+/);
    if (words.length === 1 && words[0] === "none") return [];
    const unknown = words.find((word) => !SCOPES.includes(word as Scope));
    if (unknown !== undefined)
      faults.push(`AUTH_DEFAULT_SCOPES must be "none" or some of ${SCOPES.join(" ")}; "${unknown}" is neither.`);
    if (words.includes("files:admin"))
      faults.push("AUTH_DEFAULT_SCOPES must not hold files:admin: every token without scopes could make API keys.");
    return SCOPES.filter((scope) => words.includes(scope));
  }

  /** It is compared as text, to the last slash; that it is a URL matters where something is fetched from it. */
  function checkIssuerUrl(): void {
    if (text("AUTH_JWKS_URL") === null || text("AUTH_CLIENT_ID") !== null) secureUrl("AUTH_ISSUER");
  }

  function signIn(): SignInConfig | null {
    const clientId = text("AUTH_CLIENT_ID");
    if (clientId === null) return null;
    return { clientId, scope: text("AUTH_CLIENT_SCOPE") ?? SIGN_IN_SCOPE, resource: text("AUTH_CLIENT_RESOURCE") };
  }

  /** Keys that come over a plain connection are anybody's keys. */
  function secureUrl(name: string): string | null {
    const value = url(name, ["https:", "http:"]);
    if (value === null) return null;
    const { protocol, hostname } = new URL(value);
    const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
    if (protocol === "http:" && (input.production || !loopback))
      faults.push(`${name} must be an https URL: whoever can change what it answers decides who is let in.`);
    return value;
  }
}
