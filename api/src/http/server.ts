import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import fastifyCors from "@fastify/cors";
import fastifyHelmet from "@fastify/helmet";
import { fastify } from "fastify";
import type { FastifyInstance } from "fastify";
import type { GraphQLSchema } from "graphql";
import type { DevTokens } from "../auth/dev-tokens.js";
import type { TokenVerifier } from "../auth/verify-token.js";
import { createApolloServer } from "../graphql/apollo-server.js";
import type { Charge } from "../graphql/rate-gate.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import { createAdmission } from "./admission.js";
import type { LoadLimits } from "./admission.js";
import { DATA_POLICY } from "./content-security-policy.js";
import { addDeparture } from "./departure.js";
import type { Departure } from "./departure.js";
import { addDevTokenRoute, createLocalTokens } from "./dev-tokens.js";
import { addExplorerRoutes } from "./explorer-routes.js";
import { addGraphqlRoutes } from "./graphql-routes.js";
import { addHealthRoutes } from "./health-routes.js";
import type { Readiness } from "./health-routes.js";
import { faultOf, NOT_FOUND, sendFault } from "./http-error.js";
import { addOperationHooks, addRateHooks } from "./limit-hooks.js";
import { isLoopbackHost } from "./local-request.js";
import { addMetricsRoute } from "./metrics-route.js";
import type { MetricsAccess } from "./metrics-route.js";
import { addPageRoutes, createSendPage } from "./page-routes.js";
import { addPermalinkRoute } from "./permalink-route.js";
import type { Permalink } from "./permalink-route.js";
import { createSandboxPage } from "./sandbox-page.js";
import { createRateLimits } from "./rate-limits.js";
import type { RateLimits, Rates } from "./rate-limits.js";
import { addSignInRoute } from "./sign-in-route.js";
import type { SignInWay } from "./sign-in-route.js";
import { addStreamRoutes } from "./stream-routes.js";

/**
 * A batch of 100 inputs with the longest names has about 120 kB; file bytes never come here. More would only be parsed in
 * vain: a megabyte of `{}` takes the processor for 15 ms before anything can be said about it.
 */
const BODY_LIMIT_BYTES = 256 * 1024;
/** Slow senders are cut off: all headers within the first, the whole request within the second. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
const TIMEOUT_CHECK_EVERY_MS = 2_000;
/** Longer than the idle time-outs of common proxies, so that it is the proxy that closes. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const CORS_MAX_AGE_SECONDS = 600;
/**
 * Connections that may wait to be accepted; the system may allow fewer (net.core.somaxconn). One that does not fit is not
 * refused but dropped, and its caller tries again after seconds: under load that is worse than any answer.
 */
const BACKLOG = 4_096;

/** What helmet and the hooks say everywhere else. */
const BARE_HEADERS = {
  "content-security-policy": DATA_POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
};

/** Everything that the HTTP surface needs. */
export interface HttpServerParts {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** What callers use, without a slash at its end; null: `http://localhost:PORT`, once the port is known. */
  readonly publicUrl: string | null;
  readonly schema: GraphQLSchema;
  /** Items that one list or one batch can have at most; prices operations. */
  readonly maxItems: number;
  /** Event streams that one owner may hold open in this process. */
  readonly maxStreamsPerOwner: number;
  /** Where work begins to be refused. */
  readonly load: LoadLimits;
  /** How much one caller may ask for. */
  readonly rates: Rates;
  readonly metrics: Metrics;
  /** Who may read them. */
  readonly metricsAccess: MetricsAccess;
  readonly verifyToken: TokenVerifier;
  readonly signInWay: SignInWay;
  /** Where a page that signs in fetches from; asked for each page, as a provider may not have answered yet. */
  readonly signInOrigins: () => readonly string[];
  /** Null outside development. */
  readonly devTokens: DevTokens | null;
  readonly readiness: () => Promise<Readiness>;
  readonly permalink: Permalink;
  /** Origins of signed URLs, for the page's policy. */
  readonly storageOrigins: readonly string[];
  /** Exact origins that may call from a browser, besides this server's own. */
  readonly corsOrigins: readonly string[];
  /** The page's build; null: there is none. */
  readonly pageDir: string | null;
  readonly introspection: boolean;
  /** Also without a token. One such answer takes a tenth of a second: nothing for everybody on a network. */
  readonly openIntrospection: boolean;
  /** A browser that opens /graphql gets Apollo Sandbox, and /explorer is there. */
  readonly sandbox: boolean;
  readonly log: Logger;
  /** As Fastify takes it: whose X-Forwarded-* headers count. False: nobody's. */
  readonly trustProxy: boolean | string | string[];
}

export interface HttpServer {
  /** Binds. @throws the system's error (EADDRINUSE, EACCES) when it cannot */
  listen(): Promise<{ url: string; port: number }>;
  /** From now on `/readyz` says that this process stops. Requests are still taken. Idempotent. */
  announceStop(): void;
  /** Takes no more connections and answers what is under way, within 4 s (departure.ts). Idempotent. */
  stop(): Promise<void>;
}

/** The server and its Fastify instance, which tests ask without a socket. */
export interface BuiltHttpServer extends HttpServer {
  readonly app: FastifyInstance;
}

/** Builds the whole surface; nothing is bound before `listen`. */
export async function createHttpServer(parts: HttpServerParts): Promise<BuiltHttpServer> {
  const { host, openIntrospection, log, metrics, verifyToken } = parts;
  const allowedOrigins = new Set(parts.corsOrigins);
  const { app, departure } = createFastify(parts);

  const sandbox = parts.sandbox ? createSandboxPage() : null;
  const rates = createRateLimits(parts.rates, { log, onRefused: (by) => metrics.refused(`RATE_${by}`) });
  const apollo = createApolloServer({ ...parts, charge: chargeOf(rates) });
  if (sandbox !== null) apollo.addPlugin(sandbox.plugin);
  await apollo.start();

  const admission = await createAdmission(app, parts.load, { log, onRefused: () => metrics.refused("BUSY") });
  const localTokens = createLocalTokens({ host, devTokens: parts.devTokens });
  const sendPage = createSendPage(parts);
  addDevTokenRoute(app, localTokens);
  addHealthRoutes(app, { readiness: parts.readiness, stopping: () => departure.announced, log });
  addSignInRoute(app, parts.signInWay);
  addMetricsRoute(app, { metrics, access: parts.metricsAccess, host });
  if (parts.sandbox) await addExplorerRoutes(app, localTokens);
  await addPageRoutes(app, { pageDir: parts.pageDir, sendPage });
  // The CORS plugin answers every preflight below its prefix, so each scope has one: /dev/token must never be allowed.
  const graphqlScope = async (scope: FastifyInstance): Promise<void> => {
    await allowOrigins(scope, allowedOrigins);
    addRateHooks(scope, rates);
    addOperationHooks(scope);
    addGraphqlRoutes(scope, { apollo, verifyToken, openIntrospection, sandbox, localTokens, admission, log });
    addStreamRoutes(scope, { ...parts, rates, maxStreams: parts.load.maxEventStreams });
  };
  const filesScope = async (scope: FastifyInstance): Promise<void> => {
    await allowOrigins(scope, allowedOrigins);
    addRateHooks(scope, rates);
    addPermalinkRoute(scope, { verifyToken, permalink: parts.permalink, sendPage, admission, rates });
  };
  await app.register(graphqlScope, { prefix: "/graphql" });
  await app.register(filesScope, { prefix: "/files" });
  await app.ready();
  admission.standInFrontOf(app.server, { allowedOrigins, leaving: () => departure.announced });

  let stopped: Promise<void> | null = null;
  return {
    app,
    async listen() {
      await app.listen({ host, port: parts.port, backlog: BACKLOG });
      const { port } = app.server.address() as AddressInfo;
      const url = parts.publicUrl ?? `http://localhost:${port}`;
      allowedOrigins.add(new URL(url).origin);
      if (parts.devTokens !== null && isLoopbackHost(host)) {
        allowedOrigins.add(`http://localhost:${port}`).add(`http://127.0.0.1:${port}`);
      }
      return { url, port };
    },
    announceStop: () => departure.announce(),
    stop() {
      stopped ??= departure.leave().then(() => apollo.stop());
      return stopped;
    },
  };
}

function createFastify({ log, metrics, publicUrl, trustProxy }: HttpServerParts): {
  app: FastifyInstance;
  departure: Departure;
} {
  const app = fastify({
    logger: false,
    trustProxy,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: "idle",
    // What still comes in on a connection that is being closed is served like the rest.
    return503OnClosing: false,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: TIMEOUT_CHECK_EVERY_MS },
    requestIdHeader: false,
    genReqId: ({ headers }) => acceptedRequestId(headers["x-request-id"]) ?? randomUUID(),
    // A path that no route can be found for: it meets none of the hooks below. The path itself is not said again: people
    // put tokens into paths.
    frameworkErrors: (error, request, reply) => {
      const { status, code } = faultOf(error, request, log);
      const message = status === 414 ? "This path is too long." : "This path cannot be read.";
      void reply.headers({ "x-request-id": request.id, ...BARE_HEADERS });
      if (departure.announced) void reply.header("connection", "close");
      void sendFault(request, reply, { status, code, message });
    },
  });
  const departure = addDeparture(app);
  // JSON is the only body that anybody may send here.
  app.removeContentTypeParser("text/plain");
  app.addHook("onRequest", (request, reply, done) => {
    void reply.header("x-request-id", request.id).header("content-security-policy", DATA_POLICY);
    done();
  });
  app.addHook("onResponse", ({ id, method, url, routeOptions }, { statusCode, elapsedTime }, done) => {
    const path = url.split("?", 1)[0];
    metrics.answered({ route: routeOptions.url ?? "none", method, status: statusCode, seconds: elapsedTime / 1000 });
    if (statusCode === 401) metrics.refused("UNAUTHENTICATED");
    if (statusCode === 403) metrics.refused("FORBIDDEN");
    log.debug({ requestId: id, method, path, status: statusCode, ms: Math.round(elapsedTime) }, "answered");
    done();
  });
  app.setErrorHandler((error, request, reply) => sendFault(request, reply, faultOf(error, request, log)));
  app.setNotFoundHandler((request, reply) => sendFault(request, reply, NOT_FOUND));
  void app.register(fastifyHelmet, {
    contentSecurityPolicy: false, // each surface has its own
    strictTransportSecurity: publicUrl?.startsWith("https:") ?? false,
    referrerPolicy: { policy: "no-referrer" },
    xFrameOptions: { action: "deny" },
  });
  return { app, departure };
}

/** The address has paid its first point on arrival. */
function chargeOf(rates: RateLimits): Charge {
  return async ({ viewer, address }, rootFields) => {
    if (rootFields > 1) await rates.chargeAddress(address, rootFields - 1);
    if (viewer !== null) await rates.chargeOwner(viewer.ownerId, rootFields);
  };
}

/** An id that a caller or proxy has given is kept, so that one id names a request in every log. */
function acceptedRequestId(header: string | string[] | undefined): string | null {
  return typeof header === "string" && /^[A-Za-z0-9-]{1,64}$/.test(header) ? header : null;
}

/** Exact origins, no credentials: there are no cookies to send. Only scopes that browsers elsewhere may call have it. */
async function allowOrigins(scope: FastifyInstance, allowed: ReadonlySet<string>): Promise<void> {
  await scope.register(fastifyCors, {
    origin: (origin, decide) => decide(null, origin !== undefined && allowed.has(origin)),
    credentials: false,
    methods: ["GET", "POST"],
    allowedHeaders: ["authorization", "content-type", "x-request-id"],
    exposedHeaders: ["x-request-id", "retry-after"],
    maxAge: CORS_MAX_AGE_SECONDS,
  });
}
