import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLSchema } from "graphql";
import { createHandler } from "graphql-sse";
import type { Response } from "graphql-sse";
import type { TokenVerifier } from "../auth/verify-token.js";
import type { Viewer } from "../auth/viewer.js";
import { AppError } from "../errors.js";
import { createOpenSubscription } from "../graphql/open-subscription.js";
import type { EventResults } from "../graphql/open-subscription.js";
import { UNAUTHENTICATED_MESSAGE } from "../graphql/require-viewer.js";
import type { Logger } from "../telemetry/logger.js";
import { authenticate } from "./authenticate.js";
import { createEventStream } from "./event-stream.js";
import type { RateLimits } from "./rate-limits.js";

export interface StreamRouteParts {
  readonly schema: GraphQLSchema;
  readonly verifyToken: TokenVerifier;
  readonly introspection: boolean;
  /** Items that one list or one batch can have at most; prices operations. */
  readonly maxItems: number;
  /** Streams that one owner may hold open in this process. One more is answered with 429. */
  readonly maxStreamsPerOwner: number;
  /** And all owners together; 0: any number. One more is answered with 503. */
  readonly maxStreams: number;
  readonly rates: RateLimits;
  readonly log: Logger;
}

/** What a request carries through the library's hooks. */
interface StreamState {
  readonly viewer: Viewer;
  readonly address: string;
  readonly requestId: string;
  readonly untilTaken: () => Promise<void>;
  /** Told of the operation once it is open. */
  readonly opened: (results: EventResults) => void;
}

/** A token is looked at again so often: it may expire, and keys be withdrawn, while a stream is open. */
const VERIFY_EVERY_MS = 10_000;
/** How long a stream that was ended may take to reach its client. */
const END_WITHIN_MS = 2_000;

/**
 * `/stream` below the prefix of its scope: subscriptions as server-sent events, by the graphql-sse protocol's distinct
 * connections mode: one request, one operation, one stream, ended by closing the connection.
 * https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
 *
 * The other mode of the protocol is switched off: it keeps a reservation in one process, and there are several.
 * Every stream ends with `complete` when its token is no longer good and when the server stops; clients connect again.
 */
export function addStreamRoutes(app: FastifyInstance, parts: StreamRouteParts): void {
  const { verifyToken, maxStreamsPerOwner, maxStreams, rates, log } = parts;
  const openSubscription = createOpenSubscription(parts);
  const handle = createHandler<FastifyRequest, StreamState>({
    authenticate: () => null,
    onSubscribe: async ({ context: { viewer, address, requestId, opened } }, { query, operationName, variables }) => {
      const request = { query, operationName: operationName ?? null, variables: variables ?? {} };
      const results = await openSubscription(request, { viewer, address, requestId, log });
      opened(results);
      // Already as callers may see them; the library only prints them.
      return results as AsyncGenerator<never>;
    },
    onNext: async (_operation, { context }) => context.untilTaken(),
  });

  const streamsOf = new Map<string, number>();
  let streams = 0;
  const endings = new Set<() => void>();
  let stopping = false;
  app.addHook("preClose", async () => {
    stopping = true;
    for (const end of endings) end();
  });

  app.route({
    method: ["GET", "POST"],
    url: "/stream",
    exposeHeadRoute: false,
    async handler(request, reply) {
      const viewer = await authenticate(verifyToken, request);
      if (viewer === null) throw new AppError("UNAUTHENTICATED", UNAUTHENTICATED_MESSAGE);
      // A subscription has one root field; GraphQL allows no more.
      await rates.chargeOwner(viewer.ownerId, 1);
      if (!acceptsEvents(request)) return reply.code(406).send(faults(request, NOT_ACCEPTABLE));
      const leave = enter(viewer.ownerId);
      try {
        await stream(request, reply, viewer);
      } finally {
        leave();
      }
    },
  });

  /** @throws AppError RATE_LIMITED, SERVICE_UNAVAILABLE */
  function enter(ownerId: string): () => void {
    if (maxStreams > 0 && streams >= maxStreams)
      throw new AppError("SERVICE_UNAVAILABLE", "No more streams can be held here. Try again, or poll.");
    const count = streamsOf.get(ownerId) ?? 0;
    if (count >= maxStreamsPerOwner) {
      throw new AppError("RATE_LIMITED", `At most ${maxStreamsPerOwner} streams may be open at once; close one.`);
    }
    streamsOf.set(ownerId, count + 1);
    streams += 1;
    return () => {
      streams -= 1;
      const left = streamsOf.get(ownerId)! - 1;
      if (left > 0) streamsOf.set(ownerId, left);
      else streamsOf.delete(ownerId);
    };
  }

  async function stream(request: FastifyRequest, reply: FastifyReply, viewer: Viewer): Promise<void> {
    const events = createEventStream(reply.raw);
    let results: EventResults | null = null;
    let ended = false;
    let cut: NodeJS.Timeout | undefined;
    const end = (): void => {
      if (ended) return;
      ended = true;
      void results?.return(undefined);
      cut = setTimeout(() => reply.raw.destroy(), END_WITHIN_MS);
    };
    const [body, init] = await handle({
      method: request.method,
      url: request.url,
      headers: { get: (name) => (name === "accept" ? "text/event-stream" : headerOf(request, name)) },
      body: (request.body ?? null) as Record<string, unknown> | null,
      raw: request,
      context: {
        viewer,
        address: request.ip,
        requestId: request.id,
        untilTaken: () => events.untilTaken(),
        opened: (opened) => {
          results = opened;
          if (ended || stopping) void opened.return(undefined);
        },
      },
    });
    if (body === null || typeof body === "string") {
      await reply.code(init.status).send(faults(request, messagesOf(body, init)));
      return;
    }

    const verifying = setInterval(() => void isRefused(request).then((refused) => refused && end()), VERIFY_EVERY_MS);
    endings.add(end);
    if (stopping) end();
    try {
      reply.hijack();
      reply.raw.writeHead(200, { ...headersOf(reply), ...STREAM_HEADERS });
      await events.send(body);
    } finally {
      clearInterval(verifying);
      clearTimeout(cut);
      endings.delete(end);
      // The server's own log of answers does not see those whose client has dropped them.
      log.debug({ requestId: request.id, ms: Math.round(reply.elapsedTime) }, "a stream has ended");
    }
  }

  /** Whether the token is no longer good. That a verifier has trouble of its own is no reason to end a stream. */
  async function isRefused(request: FastifyRequest): Promise<boolean> {
    const viewer = await authenticate(verifyToken, request).catch((error: unknown) => {
      log.warn({ err: error, requestId: request.id }, "the token of a stream cannot be verified again");
      return undefined;
    });
    return viewer === null;
  }
}

const NOT_ACCEPTABLE = ["Subscriptions are answered as text/event-stream: accept that."];

/**
 * Nobody may keep, compress or hold back what is streamed (X-Accel-Buffering: nginx). The connection ends with the stream,
 * so that stopping does not wait for it to become idle.
 */
const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
  connection: "close",
} as const;

/** As browsers, EventSource and curl ask. */
function acceptsEvents({ headers }: FastifyRequest): boolean {
  return /(^|[\s,])(text\/event-stream|text\/\*|\*\/\*)/i.test(headers.accept ?? "*/*");
}

function headerOf({ headers }: FastifyRequest, name: string): string | null {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : (value ?? null);
}

/** What hooks have set, CORS above all: a response that was taken over gets none of it by itself. */
function headersOf(reply: FastifyReply): Record<string, string | string[]> {
  const set = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([name, value]) => [name, Array.isArray(value) ? value : String(value)]));
}

/** The library's words about a request that it could not read. */
function messagesOf(body: string | null, { statusText }: Response[1]): string[] {
  if (body === null) return [statusText];
  const { errors } = JSON.parse(body) as { errors: readonly { message: string }[] };
  return errors.map((error) => error.message);
}

function faults({ id }: FastifyRequest, messages: readonly string[]): object {
  return { errors: messages.map((message) => ({ message, extensions: { code: "BAD_REQUEST", requestId: id } })) };
}
