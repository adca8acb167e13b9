/**
 * SHA-256 for pages that are not served over https, where browsers have no WebCrypto. A worker of its own, so that only
 * they load it, and outside the engine, which uses no package. It needs a policy that allows WebAssembly; the server
 * gives it one by this file's name (api/src/http/content-security-policy.ts).
 */
import { createSHA256 } from "hash-wasm";
import type { HashReply, HashRequest } from "../upload/browser.js";

/** The part of a worker's global scope that is used here; the page's own types do not know workers. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<HashRequest>) => void) | null;
  postMessage(message: HashReply): void;
}

const scope = globalThis as unknown as WorkerScope;
const ready = createSHA256();

/** One after another: there is one hasher, and one processor's worth of work. */
let last: Promise<unknown> = Promise.resolve();

scope.onmessage = ({ data: { id, blob } }) => {
  last = last.then(async () => {
    try {
      scope.postMessage({ id, sha256: await digestOf(blob) });
    } catch (error) {
      scope.postMessage({ id, error: error instanceof Error ? error.name : "Error" });
    }
  });
};

/** Chunk by chunk, so that memory stays flat whatever the size. */
async function digestOf(blob: Blob): Promise<string> {
  const hasher = (await ready).init();
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return hasher.digest("hex");
    hasher.update(value);
  }
}
