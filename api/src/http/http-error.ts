import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { AppError, RETRY_AFTER_SECONDS } from "../errors.js";
import type { AppErrorCode } from "../errors.js";
import { StorageError } from "../storage/object-storage.js";
import type { Logger } from "../telemetry/logger.js";

const STATUS_OF: Readonly<Record<AppErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  BAD_USER_INPUT: 400,
  STORAGE_UNAVAILABLE: 503,
  SERVICE_UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
};

/** What went wrong with a request outside GraphQL, safe to show. */
export interface HttpFault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** For 429 and 503. Null, or left out: as long as usual. */
  readonly retryAfterSeconds?: number | null;
}

export const NOT_FOUND: HttpFault = { status: 404, code: "NOT_FOUND", message: "There is nothing here." };

/** Answers a fault as JSON: `{"error":{"code","message","requestId"}}`. */
export async function sendFault(request: FastifyRequest, reply: FastifyReply, fault: HttpFault): Promise<FastifyReply> {
  void markFault(reply, fault);
  const { code, message } = fault;
  return reply.type("application/json; charset=utf-8").send({ error: { code, message, requestId: request.id } });
}

/** The same in the shape of a GraphQL answer, for requests that never became an operation. */
export async function sendGraphqlFault(
  request: FastifyRequest,
  reply: FastifyReply,
  fault: HttpFault,
): Promise<FastifyReply> {
  void markFault(reply, fault);
  const extensions = { code: fault.code, requestId: request.id };
  return reply.type("application/json; charset=utf-8").send({ errors: [{ message: fault.message, extensions }] });
}

function markFault(reply: FastifyReply, { status, retryAfterSeconds }: HttpFault): FastifyReply {
  void reply.code(status).header("cache-control", "no-store");
  if (status === 401) void reply.header("www-authenticate", "Bearer");
  if ((status === 429 || status === 503) && !reply.hasHeader("retry-after"))
    void reply.header("retry-after", String(retryAfterSeconds ?? RETRY_AFTER_SECONDS));
  return reply;
}

/** Faults of the request itself, worded by Fastify or its file server for developers and without anything of ours. */
function isRequestFault(error: unknown): error is Error & { statusCode: number } {
  if (!(error instanceof Error)) return false;
  const { statusCode, code, expose } = error as Partial<FastifyError> & { expose?: unknown };
  const worded = String(code).startsWith("FST_") || expose === true;
  return worded && statusCode !== undefined && statusCode >= 400 && statusCode < 500;
}

/** From whatever was thrown to what may be said about it; what nobody expected is logged here, once. */
export function faultOf(error: unknown, request: FastifyRequest, log: Logger): HttpFault {
  if (error instanceof AppError && error.code !== "INTERNAL_SERVER_ERROR") {
    const { code, message, retryAfterSeconds } = error;
    return { status: STATUS_OF[code], code, message, retryAfterSeconds };
  }
  if (error instanceof StorageError) {
    log.warn({ err: error, requestId: request.id }, "the store failed a request");
    return { status: 503, code: "STORAGE_UNAVAILABLE", message: "The store does not answer." };
  }
  if (isRequestFault(error)) return { status: error.statusCode, code: "BAD_REQUEST", message: error.message };
  log.error({ err: error, requestId: request.id }, "a request failed");
  return { status: 500, code: "INTERNAL_SERVER_ERROR", message: "Something went wrong here." };
}
