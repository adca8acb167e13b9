import { problem } from "../errors.js";

/** Keys for servers and scripts: what they are, and what may be asked of them. PURE. */

/** What a key may be given. Never the scope that makes keys: one that leaks cannot make another. */
export type ApiKeyScope = "files:read" | "files:write";

/** One row of `api_keys`, without what it is verified by. Times are instants of the database's clock. */
export interface ApiKey {
  /** 24 hex digits; the API shows `key_<id>`. */
  readonly id: string;
  /** Whose files it opens. */
  readonly ownerId: string;
  /** For people: where it is used. */
  readonly name: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly createdAt: Date;
  /** Null: until it is revoked. */
  readonly expiresAt: Date | null;
  /** To the minute; null: never. */
  readonly lastUsedAt: Date | null;
}

/** What the database does with keys; `api-key.store.ts`. */
export interface ApiKeyRecords {
  /** Null: the owner has `limits.maxKeys` that are neither revoked nor expired. */
  insert(
    key: Pick<ApiKey, "id" | "ownerId" | "name" | "scopes" | "expiresAt"> & { readonly secretSha256: string },
    limits: { readonly maxKeys: number },
  ): Promise<ApiKey | null>;
  /** Newest first; none that is revoked. */
  list(ownerId: string): Promise<ApiKey[]>;
  /** Idempotent. Null: no such key, or somebody else's. */
  revoke(ownerId: string, id: string): Promise<ApiKey | null>;
  /** Removes keys that ended so long ago; answers how many. */
  prune(olderThanDays: number): Promise<number>;
}

export interface ApiKeyDeps {
  readonly apiKeys: ApiKeyRecords;
  /** So many bytes of a cryptographic generator, in hex. */
  readonly randomHex: (byteCount: number) => string;
  readonly sha256Hex: (text: string) => string;
  readonly now: () => Date;
}

/** Of one owner, live. Enough for every server of a person; a loop that makes keys ends here. */
export const MAX_API_KEYS = 100;
export const MAX_NAME_LENGTH = 100;

const PREFIX = "key_";

export const toApiKeyId = (id: string): string => PREFIX + id;

/** The bare id; null when it is not one. */
export const parseApiKeyId = (text: string): string | null => /^key_([0-9a-f]{24})$/.exec(text)?.[1] ?? null;

export type ApiKeyFault = "NAME" | "SCOPES" | "EXPIRY";

const FAULTS: Readonly<Record<ApiKeyFault, string>> = {
  NAME: `A key's name has 1 to ${MAX_NAME_LENGTH} characters, none of them a control character.`,
  SCOPES: "A key has at least one scope.",
  EXPIRY: "expiresAt is in the past.",
};

export const apiKeyInvalid = (fault: ApiKeyFault) => problem("API_KEY_INVALID", FAULTS[fault], { fault });

export const tooManyApiKeys = (limit: number) =>
  problem("TOO_MANY_API_KEYS", `${limit} keys are in use. Revoke one that you need no more.`, { limit });

export const apiKeyNotFound = (apiKeyId: string) =>
  problem("API_KEY_NOT_FOUND", "No such key, or it is somebody else's.", { apiKeyId });
