import type { FastifyRequest } from "fastify";
import { bearerToken } from "../auth/bearer-token.js";
import type { TokenVerifier } from "../auth/verify-token.js";
import type { Viewer } from "../auth/viewer.js";
import { AppError } from "../errors.js";

/**
 * Whoever the request's bearer token names. Null: no token, or one that does not hold.
 * @throws whatever else goes wrong while verifying: that is not the caller's fault
 */
export async function authenticate(verifyToken: TokenVerifier, request: FastifyRequest): Promise<Viewer | null> {
  const token = bearerToken(request.headers.authorization);
  if (token === null) return null;
  try {
    return await verifyToken(token);
  } catch (error) {
    if (error instanceof AppError && error.code === "UNAUTHENTICATED") return null;
    throw error;
  }
}

/** True for a navigation of a browser, which says that it wants a page. Clients of an API ask for JSON or anything. */
export function wantsHtml(request: FastifyRequest): boolean {
  return /\btext\/html\b/i.test(request.headers.accept ?? "");
}
