import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { getHeapStatistics } from "node:v8";
import underPressure from "@fastify/under-pressure";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AppError } from "../errors.js";
import type { Logger } from "../telemetry/logger.js";
import { DATA_POLICY } from "./content-security-policy.js";
import { createGate, GateShut } from "./gate.js";
import type { Gate } from "./gate.js";

/** Where this process begins to refuse work. 0 switches a limit off where nothing else is said. */
export interface LoadLimits {
  /** Operations in work at one time: a quarter of the places is for reads, the others are for what asks the store. At least 2. */
  readonly maxConcurrentOperations: number;
  /** Event streams open at one time, of all owners together. */
  readonly maxEventStreams: number;
  /** Mean delay of the event loop within a second, above which this process is under pressure. */
  readonly maxEventLoopDelayMs: number;
  /** In use of V8's heap. 0: nine tenths of what V8 may take (--max-old-space-size). */
  readonly maxHeapBytes: number;
  /** Resident, of the whole process. */
  readonly maxRssBytes: number;
}

interface Front {
  readonly allowedOrigins: ReadonlySet<string>;
  readonly leaving: () => boolean;
}

/** What an operation waits for most: the database, or the store too. */
export type Kind = "READ" | "WRITE";

export interface Admission {
  /**
   * Refuses operations before anything else is done for them, while reads are not let in: no route, no body, no token.
   * Under load many callers are refused for one that is served, so they must cost next to nothing. Once, before `listen`.
   * @param front.allowedOrigins whose pages may read the refusal
   * @param front.leaving true once each answer closes its connection
   */
  standInFrontOf(server: Server, front: Front): void;
  /**
   * Does the work once there is a place for it.
   * @throws AppError SERVICE_UNAVAILABLE when there is none, with Retry-After set on the reply
   */
  admit<Result>(request: FastifyRequest, reply: FastifyReply, kind: Kind, work: () => Promise<Result>): Promise<Result>;
  /** Whether limits of memory or of the event loop are passed. */
  isUnderPressure(): boolean;
}

const BUSY = "The service is busy. Try again.";
/** A read takes the processor and one statement, so that more of them at a time only wait longer; a mutation mostly waits. */
const READ_SHARE = 0.25;
const HEAP_SHARE = 0.9;
const PRESSURE_SAMPLE_MS = 1_000;
/** Under pressure this share of the places is open: closed altogether, the process would swing between all and nothing. */
const PLACES_UNDER_PRESSURE = 0.25;
/** Callers who were refused together do not come back together. */
const RETRY_AFTER_FROM_SECONDS = 1;
const RETRY_AFTER_TO_SECONDS = 3;
const TELL_EVERY_MS = 10_000;

/**
 * Bounds what this process works on at one time, so that too many callers make it refuse some of them quickly and not
 * serve all of them slowly. Reads have a gate of their own: they do not wait behind confirms that wait for a store.
 */
export async function createAdmission(
  app: FastifyInstance,
  limits: LoadLimits,
  { log, onRefused }: { log: Logger; onRefused: () => void },
): Promise<Admission> {
  await app.register(underPressure, {
    sampleInterval: PRESSURE_SAMPLE_MS,
    maxEventLoopDelay: limits.maxEventLoopDelayMs,
    maxHeapUsedBytes: limits.maxHeapBytes || Math.floor(getHeapStatistics().heap_size_limit * HEAP_SHARE),
    maxRssBytes: limits.maxRssBytes,
    // It only measures: who is refused is decided here, and health routes never are.
    pressureHandler: () => undefined,
  });
  const isUnderPressure = (): boolean => app.isUnderPressure();
  const reads = Math.max(1, Math.floor(limits.maxConcurrentOperations * READ_SHARE));
  const gateOf = (places: number): Gate =>
    createGate({
      places: () => (isUnderPressure() ? Math.max(1, Math.floor(places * PLACES_UNDER_PRESSURE)) : places),
    });
  const gates: Readonly<Record<Kind, Gate>> = {
    READ: gateOf(reads),
    WRITE: gateOf(limits.maxConcurrentOperations - reads),
  };
  const tellOf = createTeller(log, isUnderPressure);
  const tell = (): void => {
    onRefused();
    tellOf();
  };

  return {
    isUnderPressure,
    standInFrontOf(server, front) {
      const answer = server.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
      server.removeAllListeners("request");
      server.on("request", (request: IncomingMessage, response: ServerResponse) => {
        // What it is, its body would say. But when reads cannot be served, it is the processor that is missing, and
        // mutations need it too; that a store is slow shuts their own gate alone, and is told below.
        if (isOperation(request) && gates.READ.isShut()) {
          tell();
          refuse(request, response, front);
        } else for (const each of answer) each.call(server, request, response);
      });
    },
    async admit(request, reply, kind, work) {
      let leave: () => void;
      try {
        leave = await gates[kind].enter();
      } catch (error) {
        if (!(error instanceof GateShut)) throw error;
        tell();
        void reply.header("retry-after", retryAfterSeconds());
        throw new AppError("SERVICE_UNAVAILABLE", BUSY);
      }
      try {
        // It has waited, and nobody waits for its answer any more.
        if (request.raw.socket.destroyed) throw new AppError("SERVICE_UNAVAILABLE", BUSY);
        return await work();
      } finally {
        leave();
      }
    },
  };
}

/** Words without which no operation asks the store: mutations, and the fields of a read that list an upload's parts. */
const ASKS_STORE = /\b(mutation|receivedParts|storedParts)\b/;

/**
 * Whether an operation can wait for the store. One that only looks like it merely stands at the other gate. What a GET does
 * not spell out is a read: mutations are refused there.
 */
export function kindOf({ method, query, body }: FastifyRequest): Kind {
  const sent = (method === "GET" ? query : body) as { query?: unknown } | null | undefined;
  const text = sent?.query ?? (method === "GET" ? "" : null);
  return typeof text === "string" && !ASKS_STORE.test(text) ? "READ" : "WRITE";
}

/** A call to `/graphql` or an event stream below it; a preflight is none. */
const isOperation = ({ method, url = "" }: IncomingMessage): boolean =>
  (method === "POST" || method === "GET") && /^\/graphql(\/stream)?(\?|$)/.test(url);

function retryAfterSeconds(): string {
  const spread = RETRY_AFTER_TO_SECONDS - RETRY_AFTER_FROM_SECONDS + 1;
  return String(RETRY_AFTER_FROM_SECONDS + Math.floor(Math.random() * spread));
}

/** The words of sendGraphqlFault, without Fastify. What is left of the request's body is dropped by Node. */
function refuse({ headers }: IncomingMessage, response: ServerResponse, { allowedOrigins, leaving }: Front): void {
  const requestId = randomUUID();
  const extensions = { code: "SERVICE_UNAVAILABLE", requestId };
  const body = JSON.stringify({ errors: [{ message: BUSY, extensions }] });
  const { origin } = headers;
  response.writeHead(503, {
    "retry-after": retryAfterSeconds(),
    "x-request-id": requestId,
    "content-type": "application/json; charset=utf-8",
    "content-length": body.length,
    "cache-control": "no-store",
    "content-security-policy": DATA_POLICY,
    "x-content-type-options": "nosniff",
    vary: "Origin",
    // A server that stops waits for connections that are kept, and would cut the next request on them.
    ...(leaving() ? { connection: "close" } : {}),
    ...(origin !== undefined && allowedOrigins.has(origin)
      ? { "access-control-allow-origin": origin, "access-control-expose-headers": "x-request-id, retry-after" }
      : {}),
  });
  response.end(body);
}

/** One line in ten seconds, not one a refusal. */
function createTeller(log: Logger, isUnderPressure: () => boolean): () => void {
  let refused = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  return () => {
    refused += 1;
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    log.warn({ refused, underPressure: isUnderPressure() }, "more calls than this process can serve: some are refused");
    refused = 0;
  };
}
