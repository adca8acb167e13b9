import { SignJWT } from "jose";
import { SCOPES } from "./scopes.js";

/** Mints tokens for people on this very machine; exists in development only. */
export interface DevTokens {
  /** @param user 1..64 of `[A-Za-z0-9._-]`: becomes the subject; the same user owns the same files again */
  mint(user: string): Promise<string>;
}

/** Whoever asks for a development token without saying who they are. */
export const DEFAULT_DEV_USER = "local";

/** True for a name that {@link DevTokens.mint} takes. PURE. */
export function isDevUser(user: string): boolean {
  return /^[A-Za-z0-9._-]{1,64}$/.test(user);
}

/** @param input.ttlSeconds life of each token */
export function createDevTokens(input: {
  secret: Uint8Array;
  issuer: string;
  audience: string;
  ttlSeconds: number;
}): DevTokens {
  const { secret, issuer, audience, ttlSeconds } = input;
  return {
    async mint(user) {
      if (!isDevUser(user)) throw new RangeError("not a name for a development user");
      const nowSeconds = Math.floor(Date.now() / 1000);
      return new SignJWT({ scope: SCOPES.join(" ") })
        .setProtectedHeader({ alg: "HS256", typ: "JWT" })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(user)
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + ttlSeconds)
        .sign(secret);
    },
  };
}
