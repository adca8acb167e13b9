import type { HashReply, HashRequest } from "./worker-hash.js";

/** The part of a worker's global scope that is used here; the page's own types do not know workers. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<HashRequest>) => void) | null;
  postMessage(message: HashReply): void;
}

const scope = globalThis as unknown as WorkerScope;

/** One after another: each digest holds its whole part in memory. */
let last: Promise<unknown> = Promise.resolve();

scope.onmessage = ({ data: { id, blob } }) => {
  last = last.then(async () => {
    try {
      const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
      const sha256 = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
      scope.postMessage({ id, sha256 });
    } catch (error) {
      scope.postMessage({ id, error: error instanceof Error ? error.name : "Error" });
    }
  });
};
