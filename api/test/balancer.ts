import { Agent, createServer, request } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A load balancer as people put one in front of this service: round robin over what `/readyz` calls ready, with connections
 * that are kept. It passes a request on to another process only when the first one did not even take the connection
 * (nginx: proxy_next_upstream error, without non_idempotent); a request that was sent and got no answer is a 502, and lost.
 */
export interface Balancer {
  readonly url: string;
  /** Requests that a process took and did not answer, with what became of each. */
  readonly lost: readonly string[];
  add(url: string): void;
  remove(url: string): void;
  /** What it holds of a process right now. */
  isReady(url: string): boolean;
  stop(): Promise<void>;
}

interface Upstream {
  readonly url: URL;
  readonly agent: Agent;
  ready: boolean;
  /** In a row. */
  silences: number;
}

const READINESS_EVERY_MS = 200;
const READINESS_WITHIN_MS = 5_000;
/** So many probes without any answer, and a process is taken for dead. An answer of 503 counts at once. */
const SILENCES = 3;

export async function startBalancer(): Promise<Balancer> {
  const upstreams = new Map<string, Upstream>();
  const lost: string[] = [];
  let turn = 0;
  let stopped = false;

  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const ready = [...upstreams.values()].filter((upstream) => upstream.ready);
      turn += 1;
      pass(message, Buffer.concat(chunks), response, [...ready.slice(turn % ready.length), ...ready]);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  /** @param candidates in the order in which they are tried; the first ones come again at the end */
  function pass(
    message: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    candidates: readonly Upstream[],
  ): void {
    const [upstream, ...others] = candidates;
    if (upstream === undefined) {
      lost.push(`${message.method} ${message.url}: nobody is ready`);
      response.writeHead(502).end();
      return;
    }
    const { method, url = "/", headers } = message;
    const { connection: _, ...kept } = headers;
    const onward = request(new URL(url, upstream.url), { method, headers: kept, agent: upstream.agent }, (answer) => {
      const { connection: __, "keep-alive": ___, ...answered } = answer.headers;
      response.writeHead(answer.statusCode!, answered);
      answer.pipe(response);
      answer.on("error", (error) => lose(error));
    });
    const lose = (error: Error): void => {
      lost.push(`${method} ${url}: ${(error as NodeJS.ErrnoException).code ?? error.message}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    };
    onward.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") pass(message, body, response, others);
      else lose(error);
    });
    onward.end(body);
  }

  async function watch(upstream: Upstream): Promise<void> {
    while (!stopped && upstreams.get(upstream.url.origin) === upstream) {
      const probe = fetch(new URL("/readyz", upstream.url), {
        headers: { connection: "close" },
        signal: AbortSignal.timeout(READINESS_WITHIN_MS),
      });
      const status = await probe.then(
        (answer) => answer.status,
        () => null,
      );
      upstream.silences = status === null ? upstream.silences + 1 : 0;
      if (status !== null || upstream.silences >= SILENCES) upstream.ready = status === 200;
      await new Promise((wake) => setTimeout(wake, READINESS_EVERY_MS));
    }
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lost,
    add(url) {
      const upstream = {
        url: new URL(url),
        agent: new Agent({ keepAlive: true, maxSockets: 256 }),
        ready: false,
        silences: 0,
      };
      upstreams.set(upstream.url.origin, upstream);
      void watch(upstream);
    },
    remove(url) {
      const { origin } = new URL(url);
      upstreams.get(origin)?.agent.destroy();
      upstreams.delete(origin);
    },
    isReady: (url) => upstreams.get(new URL(url).origin)?.ready ?? false,
    async stop() {
      stopped = true;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      for (const { agent } of upstreams.values()) agent.destroy();
    },
  };
}
