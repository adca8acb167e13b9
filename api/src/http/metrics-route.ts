import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { bearerToken } from "../auth/bearer-token.js";
import type { Metrics } from "../telemetry/metrics.js";
import { NOT_FOUND, sendFault } from "./http-error.js";
import { isLocalRequest, isLoopbackHost } from "./local-request.js";

/** Who may read `/metrics`. */
export interface MetricsAccess {
  /** The bearer that opens it; null: none does. */
  readonly token: string | null;
  /** Development: without a token it is open to this very machine. */
  readonly openToThisMachine: boolean;
}

/** `GET /metrics`: Prometheus text. 404 where nobody may read it, 401 for another bearer than the configured one. */
export function addMetricsRoute(
  app: FastifyInstance,
  { metrics, access, host }: { metrics: Metrics; access: MetricsAccess; host: string },
): void {
  const expected = access.token === null ? null : digestOf(access.token);
  app.get("/metrics", async (request, reply) => {
    if (expected === null) {
      const open = access.openToThisMachine && isLoopbackHost(host) && isLocalRequest(request.raw);
      if (!open) return sendFault(request, reply, NOT_FOUND);
    } else if (!timingSafeEqual(expected, digestOf(bearerToken(request.headers.authorization) ?? ""))) {
      const message = "The bearer of METRICS_TOKEN is needed.";
      return sendFault(request, reply, { status: 401, code: "UNAUTHENTICATED", message });
    }
    return reply
      .header("cache-control", "no-store")
      .type(metrics.contentType)
      .send(await metrics.text());
  });
}

/** Equally long, whatever is sent: comparing in constant time needs that. */
const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();
