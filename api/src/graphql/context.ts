import type { Viewer } from "../auth/viewer.js";
import type { Logger } from "../telemetry/logger.js";

/** What one request carries; made by http/graphql-routes.ts. */
export interface Context {
  /** Null only for introspection in development: see require-viewer.ts. */
  readonly viewer: Viewer | null;
  /** Where the call comes from; whose word counts for that, TRUST_PROXY says. */
  readonly address: string;
  /** Also the answer's X-Request-Id. */
  readonly requestId: string;
  readonly log: Logger;
}
