import type { FastifyInstance } from "fastify";
import type { Logger } from "../telemetry/logger.js";
import { RETRY_AFTER_SECONDS } from "./http-error.js";

/** Whether each part that this service stands on answers right now. */
export interface Readiness {
  readonly database: boolean;
  readonly storage: boolean;
}

/** `/healthz`: this process lives. `/readyz`: it can work; 503 says which part does not answer. */
export function addHealthRoutes(app: FastifyInstance, readiness: () => Promise<Readiness>, log: Logger): void {
  app.get("/healthz", async (_request, reply) => reply.header("cache-control", "no-store").send({ status: "ok" }));
  app.get("/readyz", async (request, reply) => {
    const { database, storage } = await readiness().catch((error: unknown) => {
      log.error({ err: error, requestId: request.id }, "readiness could not be told");
      return { database: false, storage: false };
    });
    const ready = database && storage;
    if (!ready) void reply.header("retry-after", String(RETRY_AFTER_SECONDS));
    return reply
      .code(ready ? 200 : 503)
      .header("cache-control", "no-store")
      .send({ status: ready ? "ok" : "unavailable", database, storage });
  });
}
