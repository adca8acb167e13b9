import { randomBytes } from "node:crypto";
import fastifyStatic from "@fastify/static";
import { getDistDirectory, isSandboxFrame, renderAltair, SANDBOX_FRAME_CSP } from "altair-static";
import type { FastifyInstance } from "fastify";
import { explorerPolicy } from "./content-security-policy.js";
import type { LocalTokens } from "./dev-tokens.js";
import { EXAMPLE_OPERATIONS, EXAMPLE_VARIABLES } from "./example-operations.js";

/** `/explorer`: Altair (https://altairgraphql.dev) from its package, so that it works without the internet. */
export async function addExplorerRoutes(app: FastifyInstance, localTokens: LocalTokens): Promise<void> {
  app.get("/explorer", async (_request, reply) => reply.redirect("/explorer/", 308));
  app.get("/explorer/", async (request, reply) => {
    const token = await localTokens(request);
    const nonce = randomBytes(16).toString("base64");
    const page = renderAltair({
      baseURL: "/explorer/",
      endpointURL: "/graphql",
      subscriptionsEndpoint: "/graphql/stream",
      initialSubscriptionRequestHandlerId: "graphql-sse",
      initialName: "Signet",
      initialQuery: EXAMPLE_OPERATIONS,
      initialVariables: JSON.stringify(EXAMPLE_VARIABLES, null, 2),
      initialHeaders: { Authorization: `Bearer ${token ?? "TOKEN"}` },
      // What was typed yesterday would bring back yesterday's token.
      preserveState: false,
      // It would ask its maker for news otherwise, and the policy would refuse.
      initialSettings: { "alert.disableUpdateNotification": true, "banners.disable": true },
      cspNonce: nonce,
    });
    return reply
      .header("content-security-policy", explorerPolicy(nonce))
      .header("cache-control", "no-store")
      .type("text/html; charset=utf-8")
      .send(page);
  });
  await app.register(addAltairFiles);
}

async function addAltairFiles(scope: FastifyInstance): Promise<void> {
  scope.addHook("onRequest", (request, reply, done) => {
    if (isSandboxFrame(request.url)) {
      // Altair runs people's scripts in this frame: it has an origin of its own, and only the explorer may hold it.
      void reply
        .header("content-security-policy", `${SANDBOX_FRAME_CSP}; frame-ancestors 'self'`)
        .header("x-frame-options", "SAMEORIGIN")
        .header("cross-origin-resource-policy", "cross-origin")
        .header("access-control-allow-origin", "*");
    }
    done();
  });
  await scope.register(fastifyStatic, {
    root: getDistDirectory(),
    prefix: "/explorer/",
    index: false,
    decorateReply: false,
    maxAge: "1h",
  });
}
