import type { Viewer } from "../auth/viewer.js";
import { apiKeyNotFound, parseApiKeyId } from "./api-key.js";
import type { ApiKeyDeps } from "./api-key.js";

/** Ends a key at once, for good. Idempotent. Streams that it opened end within ten seconds. */
export async function revokeApiKey({ apiKeys }: Pick<ApiKeyDeps, "apiKeys">, viewer: Viewer, apiKeyId: string) {
  const id = parseApiKeyId(apiKeyId);
  const apiKey = id === null ? null : await apiKeys.revoke(viewer.ownerId, id);
  return apiKey === null ? apiKeyNotFound(apiKeyId) : { typeName: "RevokedApiKey" as const, apiKey };
}
