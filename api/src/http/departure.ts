import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendFault, sendGraphqlFault } from "./http-error.js";
import type { HttpFault } from "./http-error.js";

/** How a server leaves: announced first, so that a balancer stops to send, then without dropping what it has taken. */
export interface Departure {
  /** True from the announcement on. */
  readonly announced: boolean;
  /**
   * Requests are taken and served as ever, but each answer closes its connection, so that kept ones come to an end between
   * two requests and not under one. Idempotent.
   */
  announce(): void;
  /**
   * Takes no more connections, completes event streams and closes idle connections; requests under way are answered.
   * What has none after {@link ANSWERED_WITHIN_MS} is answered 503 in its place. Resolves when no connection is left.
   */
  leave(): Promise<void>;
}

/** Above the time that the store is given for one call. */
export const ANSWERED_WITHIN_MS = 3_500;
/** How long those last answers may take to get away. */
const CUT_AFTER_MS = 500;
/** A connection that has sent no whole request by then, as browsers open them in advance. */
const SILENT_FOR_MS = 1_000;

const STOPPING: HttpFault = {
  status: 503,
  code: "SERVICE_UNAVAILABLE",
  message: "This process stops. Send the same request again: another one answers.",
};

/** Before any other hook: it has to see every request. */
export function addDeparture(app: FastifyInstance): Departure {
  let announced = false;
  const underWay = new Map<FastifyRequest, FastifyReply>();
  const silent = new Set<Socket>();

  app.addHook("onRequest", (request, reply, done) => {
    underWay.set(request, reply);
    reply.raw.once("close", () => underWay.delete(request));
    done();
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (announced) void reply.header("connection", "close");
    done(null, payload);
  });
  app.server.on("connection", (socket: Socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
  });
  app.server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    silent.delete(socket);
    response.once("close", () => {
      if (!socket.destroyed) silent.add(socket);
    });
  });

  return {
    get announced() {
      return announced;
    },
    announce() {
      announced = true;
    },
    async leave() {
      announced = true;
      const timers = [
        setTimeout(() => {
          for (const socket of silent) socket.destroy();
        }, SILENT_FOR_MS),
        setTimeout(() => {
          for (const [request, reply] of underWay) answerStopping(request, reply);
        }, ANSWERED_WITHIN_MS),
        setTimeout(() => app.server.closeAllConnections(), ANSWERED_WITHIN_MS + CUT_AFTER_MS),
      ];
      try {
        await app.close();
      } finally {
        for (const timer of timers) clearTimeout(timer);
      }
    },
  };
}

/** In the place of the answer that its handler still waits for; what that one sends later goes nowhere. */
function answerStopping(request: FastifyRequest, reply: FastifyReply): void {
  // Streams are their own affair.
  if (reply.sent || reply.raw.headersSent) return;
  const send = request.url.startsWith("/graphql") ? sendGraphqlFault : sendFault;
  void send(request, reply, STOPPING);
}
