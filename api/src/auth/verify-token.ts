import { jwtVerify } from "jose";
import { AppError } from "../errors.js";
import type { Viewer } from "./viewer.js";

/**
 * From a bearer token to who asks.
 * @throws AppError UNAUTHENTICATED, whatever is wrong with the token: a forger learns nothing from the reason
 */
export type TokenVerifier = (token: string) => Promise<Viewer>;

/** Node takes 16 KiB of headers; a token that is half of that is no access token. */
const MAX_TOKEN_BYTES = 8192;
/** Clocks of two machines differ. Applies to `exp` and `nbf`. */
const CLOCK_TOLERANCE_SECONDS = 15;
/** RFC 7518 section 3.2: a key of the hash's size or larger. */
const MIN_SECRET_BYTES = 32;
/** The owner goes into database rows and log lines. */
const SUBJECT = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

/**
 * Verifies HS256 tokens (RFC 7515, 7518, 7519; pitfalls: RFC 8725). The algorithm is ours to choose: the token's own
 * header never picks another, nor a key (`jwk`, `jku`, `x5u`, `kid` have no effect).
 * @throws RangeError when the secret is shorter than 32 bytes
 */
export function createHs256Verifier(input: { secret: Uint8Array; issuer: string; audience: string }): TokenVerifier {
  const { secret, issuer, audience } = input;
  if (secret.byteLength < MIN_SECRET_BYTES)
    throw new RangeError(`an HS256 secret has ${MIN_SECRET_BYTES} bytes or more`);
  const rules = {
    algorithms: ["HS256"],
    issuer,
    audience,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ["exp", "sub"],
  };
  return async (token) => {
    if (token.length > MAX_TOKEN_BYTES) throw refused();
    try {
      const { payload } = await jwtVerify(token, secret, rules);
      return { ownerId: `${issuer}|${checkedSubject(payload.sub)}` };
    } catch (error) {
      throw refused(error);
    }
  };
}

function checkedSubject(subject: unknown): string {
  if (typeof subject !== "string" || !SUBJECT.test(subject)) throw new TypeError("sub is not a usable subject");
  return subject;
}

function refused(cause?: unknown): AppError {
  return new AppError("UNAUTHENTICATED", "The bearer token is malformed, expired, or not for this service.", { cause });
}
