import type { Viewer } from "../auth/viewer.js";
import { apiKeyInvalid, MAX_API_KEYS, MAX_NAME_LENGTH, tooManyApiKeys } from "./api-key.js";
import type { ApiKeyDeps, ApiKeyScope } from "./api-key.js";

const ID_BYTES = 12;
const SECRET_BYTES = 32;
/** None that a terminal or a log would act on or that turns text around, nor half a character, which Postgres refuses. */
const NAME = new RegExp(`^[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Bidi_Control}]{1,${MAX_NAME_LENGTH}}$`, "u");

export interface CreateApiKeyInput {
  readonly name: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly expiresAt: Date | null;
}

/**
 * Makes a key. Its secret is answered here and never again: kept is a SHA-256, which is enough for 256 random bits.
 * Not idempotent: a repeat makes another key, and one whose answer was lost is to be revoked.
 */
export async function createApiKey(deps: ApiKeyDeps, viewer: Viewer, input: CreateApiKeyInput) {
  const name = input.name.normalize("NFC").trim();
  if (!NAME.test(name)) return apiKeyInvalid("NAME");
  if (input.scopes.length === 0) return apiKeyInvalid("SCOPES");
  if (input.expiresAt !== null && input.expiresAt <= deps.now()) return apiKeyInvalid("EXPIRY");

  const id = deps.randomHex(ID_BYTES);
  const secret = deps.randomHex(SECRET_BYTES);
  const row = {
    id,
    ownerId: viewer.ownerId,
    name,
    scopes: [...new Set(input.scopes)].sort(),
    expiresAt: input.expiresAt,
    secretSha256: deps.sha256Hex(secret),
  };
  const apiKey = await deps.apiKeys.insert(row, { maxKeys: MAX_API_KEYS });
  if (apiKey === null) return tooManyApiKeys(MAX_API_KEYS);
  return { typeName: "CreatedApiKey" as const, apiKey, secret: `signet_${id}_${secret}` };
}
