import { createHash, timingSafeEqual } from "node:crypto";
import type { Scope } from "./scopes.js";
import { refused } from "./verify-token.js";
import type { TokenVerifier } from "./verify-token.js";

/** What verifying asks of whoever keeps the keys. */
export interface ApiKeySource {
  /** Null: unknown, revoked or expired. @throws AppError SERVICE_UNAVAILABLE when it cannot be told now */
  find(id: string): Promise<{
    readonly ownerId: string;
    readonly scopes: readonly Scope[];
    /** Hex, of the secret's text. */
    readonly secretSha256: string;
    readonly isUseToNote: boolean;
  } | null>;
  noteUse(id: string): Promise<void>;
}

/** A prefix of our own lets scanners of code and logs know a key when they see one. */
const API_KEY = /^signet_([0-9a-f]{24})_([0-9a-f]{64})$/;
/** Compared with when there is no such key, so that the answer takes as long. */
const NO_HASH = "0".repeat(64);

/**
 * Verifies `signet_<id>_<secret>`, and leaves every other token to `others`. What was revoked is refused from then on: a
 * key is looked up at each use.
 */
export function createApiKeyVerifier(keys: ApiKeySource, others: TokenVerifier): TokenVerifier {
  return async (token) => {
    if (!token.startsWith("signet_")) return others(token);
    const [, id = "", secret = ""] = API_KEY.exec(token) ?? [];
    const key = id === "" ? null : await keys.find(id);
    const isRight = timingSafeEqual(sha256(secret), Buffer.from(key?.secretSha256 ?? NO_HASH, "hex"));
    if (key === null || !isRight) throw refused();
    // The request does not wait for it, and does not fail by it.
    if (key.isUseToNote) keys.noteUse(id).catch(() => undefined);
    return { ownerId: key.ownerId, scopes: new Set(key.scopes) };
  };
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
