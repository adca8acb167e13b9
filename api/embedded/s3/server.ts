import { mkdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { BucketFiles } from "./bucket-files.js";
import { requireBucketName } from "./bucket-operations.js";
import { lockDirectory } from "./directory-lock.js";
import { S3Error } from "./errors.js";
import { Exchange } from "./exchange.js";
import { errorDocument } from "./respond.js";
import type { RouteContext } from "./router.js";
import type { Principal, SignatureRules } from "./sigv4.js";
import { abortStaleUploads } from "./stale-uploads.js";

/** How to start an embedded store. */
export interface EmbeddedS3Options {
  /** Where everything is kept; created when missing. One process at a time. */
  dataDir: string;
  /** 0 takes any free port. */
  port: number;
  accessKeyId: string;
  secretAccessKey: string;
  /** us-east-1 unless given. */
  region?: string;
  /** 127.0.0.1 unless given: this store is for one machine. */
  host?: string;
  /** Created when missing. */
  buckets?: readonly string[];
  /** Sync every commit to the disk (default). Off, a power cut may lose the newest objects; the death of the process still loses none. */
  durable?: boolean;
}

/** A running store. */
export interface EmbeddedS3 {
  /** `http://host:port`, path-style. */
  endpoint: string;
  port: number;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Refuses new connections, lets running requests end for up to 5 s, and releases port and directory. Repeatable. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 5_000;
const IDLE_MS = 120_000;

/**
 * Starts a store that speaks the part of S3 that uploads need, exactly as AWS documents it. For development, tests and one-node use: see README.md.
 * @throws Error when the port is taken (code `EADDRINUSE`) or the data directory is in use
 */
export async function startEmbeddedS3(options: EmbeddedS3Options): Promise<EmbeddedS3> {
  const { accessKeyId, secretAccessKey, region = "us-east-1", host = "127.0.0.1" } = options;
  await mkdir(options.dataDir, { recursive: true });
  const unlock = await lockDirectory(options.dataDir);
  const running = new Set<Promise<void>>();
  let server: Server;
  try {
    const store = await BucketFiles.open(options.dataDir, options.durable ?? true);
    for (const { name } of store.list()) await abortStaleUploads(store.find(name), Date.now());
    for (const name of options.buckets ?? []) {
      requireBucketName(name);
      await store.create({ name, createdAtMs: Date.now() });
    }
    const principal: Principal = { accessKeyId, secretAccessKey };
    const rules: SignatureRules = {
      region,
      findPrincipal: (id) => (id === principal.accessKeyId ? principal : undefined),
      nowMs: Date.now,
    };
    server = createHttpServer({ store, region }, rules, running);
    await listen(server, options.port, host);
  } catch (error) {
    await unlock();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  return {
    endpoint: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    region,
    accessKeyId,
    secretAccessKey,
    stop: () => (stopped ??= close(server, running).then(unlock)),
  };
}

function createHttpServer(context: RouteContext, rules: SignatureRules, running: Set<Promise<void>>): Server {
  const server = createServer({ keepAliveTimeout: 30_000, headersTimeout: 30_000, requestTimeout: 0 });
  const handle = (message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    const exchange = new Exchange({ context, rules }, message, response, expectsContinue)
      .run()
      .finally(() => running.delete(exchange));
    running.add(exchange);
  };
  server.on("request", (message, response) => handle(message, response, false));
  // Answering the expectation is left to the first read of the body: a refusal then costs the client no byte.
  server.on("checkContinue", (message, response) => handle(message, response, true));
  server.on("clientError", answerMalformed);
  server.setTimeout(IDLE_MS);
  return server;
}

/** What is no HTTP gets S3's answer to it and a closed connection. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const tooLarge = error.code === "HPE_HEADER_OVERFLOW";
  const refusal = new S3Error("BadRequest", tooLarge ? { message: "Your request's headers are too big." } : {});
  const text = errorDocument(refusal, { resource: "", requestId: "" });
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/xml\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function close(server: Server, running: ReadonlySet<Promise<void>>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  await closed;
  clearTimeout(timer);
  // Requests whose connection was cut still have files to put away.
  await Promise.all(running);
}
