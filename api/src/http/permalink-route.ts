import type { FastifyInstance } from "fastify";
import type { TokenVerifier } from "../auth/verify-token.js";
import type { Viewer } from "../auth/viewer.js";
import { UNAUTHENTICATED_MESSAGE } from "../graphql/require-viewer.js";
import type { Admission } from "./admission.js";
import { authenticate, wantsHtml } from "./authenticate.js";
import { NOT_FOUND, sendFault } from "./http-error.js";
import type { SendPage } from "./page-routes.js";
import type { RateLimits } from "./rate-limits.js";

/** A fresh presigned GET of the viewer's file. Null: none, somebody else's, not READY. */
export type Permalink = (viewer: Viewer, fileId: string) => Promise<string | null>;

/**
 * `GET /files/:id` (the prefix is its scope's): with a bearer token 302 to the store, checked at every use; a browser that navigates here carries
 * none and gets the page, which signs in and opens the file. Never a cookie, and never a byte of the file.
 */
export function addPermalinkRoute(
  app: FastifyInstance,
  parts: {
    verifyToken: TokenVerifier;
    permalink: Permalink;
    sendPage: SendPage;
    admission: Admission;
    rates: RateLimits;
  },
): void {
  const { verifyToken, permalink, sendPage, admission, rates } = parts;
  app.get<{ Params: { id: string } }>("/:id", async (request, reply) => {
    // The CORS hook has said Origin already, and Fastify replaces a header that is set again.
    const vary = ["Accept", "Authorization", reply.getHeader("vary") ?? []].flat().join(", ");
    void reply.header("cache-control", "no-store").header("vary", vary);
    if (request.headers.authorization === undefined && wantsHtml(request)) return sendPage(reply);
    const viewer = await authenticate(verifyToken, request);
    if (viewer === null) {
      return sendFault(request, reply, { status: 401, code: "UNAUTHENTICATED", message: UNAUTHENTICATED_MESSAGE });
    }
    await rates.chargeOwner(viewer.ownerId, 1);
    if (!viewer.scopes.has("files:read")) {
      void reply.header("www-authenticate", 'Bearer error="insufficient_scope", scope="files:read"');
      const message = "This needs the scope files:read, which this token does not have.";
      return sendFault(request, reply, { status: 403, code: "FORBIDDEN", message });
    }
    const url = await admission.admit(request, reply, "READ", () => permalink(viewer, request.params.id));
    return url === null ? sendFault(request, reply, NOT_FOUND) : reply.redirect(url, 302);
  });
}
