import type { Viewer } from "../auth/viewer.js";
import type { ApiKey, ApiKeyDeps } from "./api-key.js";

/** The viewer's keys that were not revoked, newest first; expired ones among them, until they are pruned. */
export function listApiKeys(deps: Pick<ApiKeyDeps, "apiKeys">, viewer: Viewer): Promise<ApiKey[]> {
  return deps.apiKeys.list(viewer.ownerId);
}
