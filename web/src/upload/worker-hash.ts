import { abortable } from "./abortable.js";
import type { Hash } from "./source.js";

/** What goes to the worker. */
export interface HashRequest {
  readonly id: number;
  readonly blob: Blob;
}
/** What comes back: the digest in hex, or the name of what went wrong. */
export type HashReply = { readonly id: number } & ({ readonly sha256: string } | { readonly error: string });

/**
 * SHA-256 in a worker: on the main thread WebCrypto copies its input and the page stutters.
 * @param spawn starts a worker that runs hash-worker.ts, or, on pages that are not served over https and so have no
 *   `crypto.subtle`, any other that answers a {@link HashRequest} with a {@link HashReply}; called once, at the first digest
 */
export function createWorkerHash(spawn: () => Worker): Hash<Blob> {
  const waiting = new Map<number, { resolve: (sha256: string) => void; reject: (error: Error) => void }>();
  let worker: Worker | undefined;
  let lastId = 0;

  const start = (): Worker => {
    const started = spawn();
    started.onmessage = ({ data }: MessageEvent<HashReply>) => {
      const job = waiting.get(data.id);
      waiting.delete(data.id);
      if ("sha256" in data) job?.resolve(data.sha256);
      else job?.reject(new Error(data.error));
    };
    started.onerror = (event) => {
      worker = undefined;
      for (const job of waiting.values()) job.reject(new Error(event.message || "the hash worker did not start"));
      waiting.clear();
    };
    return started;
  };

  return (blob, signal) =>
    abortable(signal, (resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      const request: HashRequest = { id, blob };
      (worker ??= start()).postMessage(request);
      return () => waiting.delete(id);
    });
}
