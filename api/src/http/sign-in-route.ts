import type { FastifyInstance } from "fastify";

/** How a page lets people in: by an OpenID provider's pages, or by a token that they type. */
export type SignInWay =
  | { readonly kind: "TOKEN" }
  | {
      readonly kind: "OIDC";
      readonly issuer: string;
      readonly clientId: string;
      /** Space-separated. */
      readonly scope: string;
      /** RFC 8707; null: none is sent. */
      readonly resource: string | null;
    };

/** `GET /sign-in.json`. Nothing in it is a secret: a public client has none. */
export function addSignInRoute(app: FastifyInstance, way: SignInWay): void {
  app.get("/sign-in.json", async (_request, reply) => reply.header("cache-control", "no-store").send(way));
}
