import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

/** One call of the canary: a script that ran, or something that went there. */
export interface CanaryHit {
  /** `ran` or `went`. */
  readonly how: string;
  /** Which file's. */
  readonly name: string;
  /** The origin that asked, as the browser says it; null when it does not. */
  readonly from: string | null;
}

/**
 * A server of an origin of its own: hears whoever asks for `/ran?<name>` or `/went?<name>`, and answers pages and files that the test gives it,
 * under whatever type it says.
 */
export interface Canary {
  readonly origin: string;
  /** Since they were last taken. */
  takeHits(): CanaryHit[];
  /** Answers `path` with this from now on. */
  serve(path: string, contentType: string, body: Buffer | string): string;
  stop(): Promise<void>;
}

export async function startCanary(): Promise<Canary> {
  const pages = new Map<string, { contentType: string; body: Buffer | string }>();
  const hits: CanaryHit[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://canary");
    const how = /^\/(ran|went)$/.exec(url.pathname)?.[1];
    const { referer } = request.headers;
    if (how) hits.push({ how, name: url.search.slice(1), from: referer ? new URL(referer).origin : null });
    const page = pages.get(url.pathname);
    if (page === undefined) response.writeHead(204).end();
    else response.writeHead(200, { "content-type": page.contentType }).end(page.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    takeHits: () => hits.splice(0),
    serve(path, contentType, body) {
      pages.set(path, { contentType, body });
      return `${origin}${path}`;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
