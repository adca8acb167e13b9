import { errors, jwtVerify } from "jose";
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions, JWTVerifyResult } from "jose";
import { AppError } from "../errors.js";
import { SCOPES, scopesIn } from "./scopes.js";
import type { Scope } from "./scopes.js";
import type { Viewer } from "./viewer.js";

/**
 * From a bearer token to who asks.
 * @throws AppError UNAUTHENTICATED, whatever is wrong with the token: a forger learns nothing from the reason;
 * SERVICE_UNAVAILABLE when it cannot be told now
 */
export type TokenVerifier = (token: string) => Promise<Viewer>;

/** What every token has to say, whoever signed it. */
export interface TokenRules {
  /** Exact. */
  readonly issuer: string;
  /** One of the token's. */
  readonly audience: string;
  /** What a token without `scope` and `scp` may do. */
  readonly defaultScopes: readonly Scope[];
}

/** Node takes 16 KiB of headers; a token that is half of that is no access token. */
const MAX_TOKEN_BYTES = 8192;
/** Clocks of two machines differ. Applies to `exp` and `nbf`. */
const CLOCK_TOLERANCE_SECONDS = 15;
/** RFC 7518 section 3.2: a key of the hash's size or larger. */
const MIN_SECRET_BYTES = 32;
/** The owner goes into database rows and log lines. */
const SUBJECT = /^[^\p{Cc}\p{Cs}]{1,255}$/u;
/** RFC 9068 section 2.1, and what providers write that came before it. Others are no access tokens: DPoP proofs, logout tokens. */
const ACCESS_TOKEN_TYPES: ReadonlySet<unknown> = new Set([undefined, "JWT", "at+jwt", "application/at+jwt"]);

/**
 * Of ID tokens alone (https://openid.net/specs/openid-connect-core-1_0.html section 3.3.2.11), which are for the page that
 * signed somebody in, whatever audience they name. Not `nonce`: some providers put it into access tokens too.
 */
const ID_TOKEN_CLAIMS = ["at_hash", "c_hash"] as const;

/**
 * Verifies HS256 tokens (RFC 7515, 7518, 7519; pitfalls: RFC 8725). The algorithm is ours to choose: the token's own
 * header never picks another, nor a key (`jwk`, `jku`, `x5u`, `kid` have no effect).
 * @param input.secrets the current one and, during a rotation, the one before it
 * @throws RangeError when a secret is shorter than 32 bytes
 */
export function createHs256Verifier(input: TokenRules & { readonly secrets: readonly Uint8Array[] }): TokenVerifier {
  const { secrets, ...rules } = input;
  if (secrets.length === 0 || secrets.some((secret) => secret.byteLength < MIN_SECRET_BYTES))
    throw new RangeError(`an HS256 secret has ${MIN_SECRET_BYTES} bytes or more`);
  return async (token) => {
    let refusal: unknown;
    for (const secret of secrets) {
      try {
        return await verified(token, () => secret, ["HS256"], rules);
      } catch (error) {
        refusal = error;
      }
    }
    throw refusal;
  };
}

/**
 * Verifies tokens by an issuer's published keys. Only algorithms of public keys: with an HMAC among them, whoever knows
 * the public key could sign (RFC 8725 section 2.1).
 * @param input.keyOf finds the key for a token's header (remote-keys.ts)
 */
export function createJwksVerifier(input: TokenRules & { readonly keyOf: JWTVerifyGetKey }): TokenVerifier {
  const { keyOf, ...rules } = input;
  return (token) => verified(token, keyOf, ["RS256", "PS256", "ES256", "EdDSA"], rules);
}

async function verified(
  token: string,
  keyOf: JWTVerifyGetKey,
  algorithms: string[],
  { issuer, audience, defaultScopes }: TokenRules,
): Promise<Viewer> {
  if (token.length > MAX_TOKEN_BYTES) throw refused();
  try {
    const { payload, protectedHeader } = await verifySignature(token, keyOf, {
      algorithms,
      issuer,
      audience,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ["exp", "sub"],
    });
    if (!ACCESS_TOKEN_TYPES.has(protectedHeader.typ)) throw new TypeError("typ is none of an access token");
    if (ID_TOKEN_CLAIMS.some((claim) => claim in payload)) throw new TypeError("an ID token");
    // JSON has numbers beyond all numbers: 1e400 would never end.
    if (!Number.isFinite(payload.exp)) throw new TypeError("exp is no instant");
    return { ownerId: `${issuer}|${checkedSubject(payload.sub)}`, scopes: scopesOf(payload, defaultScopes) };
  } catch (error) {
    // That no key can be had is no fault of the token.
    if (error instanceof AppError) throw error;
    throw refused(error);
  }
}

/** Of tokens that do not name their key, and keys of which several would fit, as during a rotation, one has to. */
async function verifySignature(
  token: string,
  keyOf: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keyOf, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, options);
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function checkedSubject(subject: unknown): string {
  if (typeof subject !== "string" || !SUBJECT.test(subject)) throw new TypeError("sub is not a usable subject");
  return subject;
}

/**
 * `scope` (RFC 8693 section 4.2), a text with spaces, or `scp`, as some providers call it, a text or a list.
 * @throws TypeError when it is there and none of these: what it was to mean cannot be told
 */
function scopesOf({ scope, scp }: JWTPayload, defaultScopes: readonly Scope[]): ReadonlySet<Scope> {
  const claim = scope === undefined ? scp : scope;
  if (claim === undefined) return new Set(defaultScopes);
  if (typeof claim === "string") return new Set(scopesIn(claim));
  if (!Array.isArray(claim)) throw new TypeError("scope is neither a text nor a list");
  return new Set(SCOPES.filter((known) => claim.includes(known)));
}

export function refused(cause?: unknown): AppError {
  return new AppError("UNAUTHENTICATED", "The bearer token is malformed, expired, or not for this service.", { cause });
}
