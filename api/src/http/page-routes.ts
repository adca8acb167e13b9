import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";
import { pagePolicy, WASM_WORKER_POLICY } from "./content-security-policy.js";

/** Shown where the page would be when it was not built: an API alone is a fine thing to run. */
const NO_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Signet</title>
<h1>Signet is running</h1>
<p>The page is not built here. The API is at <a href="/graphql">/graphql</a>, and an explorer that works offline at
<a href="/explorer/">/explorer</a>.</p>
</html>
`;

/** How the build names web/src/hashing/wasm-hash-worker.ts. */
const WASM_WORKER = /^\/assets\/wasm-hash-worker-[\w-]+\.js(?:\?|$)/;

/** Sends the page's HTML, whatever its path: the script in it reads the address. */
export type SendPage = (reply: FastifyReply) => Promise<FastifyReply>;

/** @param input.pageDir the folder of the page's build; null: there is none */
export function createSendPage(input: {
  pageDir: string | null;
  storageOrigins: readonly string[];
  signInOrigins: () => readonly string[];
}): SendPage {
  const { pageDir, storageOrigins, signInOrigins } = input;
  return async (reply) => {
    // Read each time: a rebuilt page names other assets. The system's cache makes this cheap.
    const html = pageDir === null ? NO_PAGE : await readFile(join(pageDir, "index.html"), "utf8");
    return reply
      .header("content-security-policy", pagePolicy(storageOrigins, signInOrigins()))
      .header("cache-control", "no-cache")
      .type("text/html; charset=utf-8")
      .send(html);
  };
}

/** `/` and what it loads. Names under `assets/` hold a hash of their content and never change. */
export async function addPageRoutes(
  app: FastifyInstance,
  input: { pageDir: string | null; sendPage: SendPage },
): Promise<void> {
  const { pageDir, sendPage } = input;
  app.get("/", async (_request, reply) => sendPage(reply));
  app.get("/index.html", async (_request, reply) => sendPage(reply));
  if (pageDir === null) return;
  await app.register(async (scope) => {
    scope.addHook("onRequest", (request, reply, done) => {
      if (WASM_WORKER.test(request.url)) void reply.header("content-security-policy", WASM_WORKER_POLICY);
      done();
    });
    await scope.register(fastifyStatic, {
      root: pageDir,
      prefix: "/",
      index: false,
      decorateReply: false,
      cacheControl: false,
      setHeaders(response, path) {
        const hashed = path.startsWith(join(pageDir, "assets"));
        response.setHeader("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  });
}
