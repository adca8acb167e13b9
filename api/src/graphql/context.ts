import type { Viewer } from "../auth/viewer.js";
import type { Logger } from "../telemetry/logger.js";

/** What one request carries; made by http/graphql-routes.ts. */
export interface Context {
  /** Null only for introspection in development: see require-viewer.ts. */
  readonly viewer: Viewer | null;
  /** Also the answer's X-Request-Id. */
  readonly requestId: string;
  readonly log: Logger;
}
