import type { FastifyInstance, FastifyReply } from "fastify";
import type { Logger } from "../telemetry/logger.js";
import { RETRY_AFTER_SECONDS } from "../errors.js";

/** Whether each part that this service stands on answers right now. */
export interface Readiness {
  readonly database: boolean;
  readonly storage: boolean;
}

export interface HealthRouteParts {
  /** Asks both; bounded in time. */
  readonly readiness: () => Promise<Readiness>;
  /** True once this process has begun to stop. */
  readonly stopping: () => boolean;
  readonly log: Logger;
}

/**
 * `/healthz`: this process lives. `/readyz`: whether it should be sent requests, and which part does not answer.
 *
 * - 503 `stopping`: requests are still served, and none should come any more.
 * - 503 `unavailable`: without the database nothing can be answered.
 * - 200 `degraded`: without the store lists, files, URLs and downloads are still answered, and writes say that they may be
 *   repeated. A balancer that took every process out for that would make a total outage of it.
 */
export function addHealthRoutes(app: FastifyInstance, { readiness, stopping, log }: HealthRouteParts): void {
  // Who asks at the same time is told the same: anybody may ask, as often as they like.
  let asking: Promise<Readiness> | null = null;
  const ask = (requestId: string): Promise<Readiness> => {
    asking ??= readiness()
      .catch((error: unknown) => {
        log.error({ err: error, requestId }, "readiness could not be told");
        return { database: false, storage: false };
      })
      .finally(() => (asking = null));
    return asking;
  };

  app.get("/healthz", async (_request, reply) => reply.header("cache-control", "no-store").send({ status: "ok" }));
  app.get("/readyz", async (request, reply) => {
    void reply.header("cache-control", "no-store");
    if (stopping()) return sayStopping(reply);
    const { database, storage } = await ask(request.id);
    // Told to stop meanwhile: a balancer that heard "ok" now would go on sending for as long as such an answer takes.
    if (stopping()) return sayStopping(reply);
    if (!database) void reply.header("retry-after", String(RETRY_AFTER_SECONDS));
    return reply
      .code(database ? 200 : 503)
      .send({ status: !database ? "unavailable" : storage ? "ok" : "degraded", database, storage });
  });
}

function sayStopping(reply: FastifyReply): FastifyReply {
  return reply.code(503).header("retry-after", "1").send({ status: "stopping" });
}
