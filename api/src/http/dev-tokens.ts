import type { FastifyInstance, FastifyRequest } from "fastify";
import { DEFAULT_DEV_USER, isDevUser } from "../auth/dev-tokens.js";
import type { DevTokens } from "../auth/dev-tokens.js";
import { NOT_FOUND, sendFault } from "./http-error.js";
import { isLocalRequest, isLoopbackHost } from "./local-request.js";

/** Answers a token for a request that comes from this very machine, in development; null in every other case. */
export type LocalTokens = (request: FastifyRequest, user?: string) => Promise<string | null>;

/** @param input.host what the server binds to; @param input.devTokens null outside development */
export function createLocalTokens(input: { host: string; devTokens: DevTokens | null }): LocalTokens {
  const { host, devTokens } = input;
  if (devTokens === null || !isLoopbackHost(host)) return async () => null;
  return async (request, user = DEFAULT_DEV_USER) =>
    isDevUser(user) && isLocalRequest(request.raw) ? devTokens.mint(user) : null;
}

/** `GET /dev/token?user=NAME` → `{"token"}`; 404 whenever it must not exist. Never a CORS header. */
export function addDevTokenRoute(app: FastifyInstance, localTokens: LocalTokens): void {
  app.get("/dev/token", async (request, reply) => {
    const { user } = request.query as Readonly<Record<string, unknown>>;
    const token = user === undefined || typeof user === "string" ? await localTokens(request, user) : null;
    if (token === null) return sendFault(request, reply, NOT_FOUND);
    return reply.header("cache-control", "no-store").send({ token });
  });
}
