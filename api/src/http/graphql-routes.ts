import { HeaderMap } from "@apollo/server";
import type { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { GraphQLError } from "graphql";
import type { TokenVerifier } from "../auth/verify-token.js";
import { AppError, RETRY_AFTER_SECONDS } from "../errors.js";
import type { Context } from "../graphql/context.js";
import { unauthenticatedRequest } from "../graphql/require-viewer.js";
import type { Logger } from "../telemetry/logger.js";
import { kindOf } from "./admission.js";
import type { Admission } from "./admission.js";
import { authenticate, wantsHtml } from "./authenticate.js";
import { SANDBOX_POLICY } from "./content-security-policy.js";
import type { LocalTokens } from "./dev-tokens.js";
import { faultOf, sendGraphqlFault } from "./http-error.js";
import type { SandboxPage } from "./sandbox-page.js";

export interface GraphqlRouteParts {
  readonly apollo: ApolloServer<Context>;
  readonly verifyToken: TokenVerifier;
  /** True: operations without a viewer may still ask for the schema. */
  readonly openIntrospection: boolean;
  /** Null outside development. */
  readonly sandbox: SandboxPage | null;
  readonly localTokens: LocalTokens;
  readonly admission: Admission;
  readonly log: Logger;
}

/** `/graphql`, the prefix of its scope: GraphQL over HTTP, and the Sandbox for a browser's navigation in development. */
export function addGraphqlRoutes(app: FastifyInstance, parts: GraphqlRouteParts): void {
  const { apollo, sandbox, localTokens, admission, log } = parts;
  const executeOperation = fastifyApolloHandler(apollo, { context: (request) => contextOf(parts, request) });

  app.addHook("onRequest", (_request, reply, done) => {
    void reply.header("cache-control", "no-store");
    done();
  });
  app.setErrorHandler((error, request, reply) => sendGraphqlFault(request, reply, faultOf(error, request, log)));

  app.route({
    method: ["GET", "POST"],
    url: "",
    async handler(request, reply) {
      if (sandbox === null || request.method !== "GET" || !wantsHtml(request)) {
        return admission.admit(request, reply, kindOf(request), async () =>
          executeOperation.call(this, request, reply),
        );
      }
      const page = await sandbox.render(await localTokens(request));
      return reply
        .header("content-security-policy", SANDBOX_POLICY)
        .header("cross-origin-opener-policy", "same-origin-allow-popups")
        .type("text/html; charset=utf-8")
        .send(page);
    },
  });
}

async function contextOf(
  { verifyToken, openIntrospection, log }: GraphqlRouteParts,
  request: FastifyRequest,
): Promise<Context> {
  const requestId = request.id;
  const viewer = await authenticate(verifyToken, request).catch((error: Error) => {
    // Before the plugins of Apollo Server run, which say it for every later error (format-error.ts).
    const isNotNow = error instanceof AppError && error.code === "SERVICE_UNAVAILABLE";
    const headers = new HeaderMap([["retry-after", String(RETRY_AFTER_SECONDS)]]);
    const http = isNotNow ? { http: { status: 503, headers } } : {};
    throw new GraphQLError("authentication failed", { originalError: error, extensions: { requestId, ...http } });
  });
  if (viewer === null && !openIntrospection) throw unauthenticatedRequest();
  return { viewer, address: request.ip, requestId, log };
}
