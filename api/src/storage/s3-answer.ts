/** What counts as an answer of the store, and what its absence means. */

import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { StorageError } from "./object-storage.js";
import { toStorageError } from "./s3-errors.js";

/** Runs one call. @throws StorageError, whatever the SDK threw */
export async function answer<Output>(operation: string, call: () => Promise<Output>): Promise<Output> {
  try {
    return await call();
  } catch (error) {
    throw toStorageError(operation, error);
  }
}

/**
 * Works under a signal of its own that either of two aborts, and leaves nothing behind in them. Not AbortSignal.any: in
 * Node 20 a signal that lives long keeps something of each one that was made from it.
 * https://github.com/nodejs/node/issues/55351
 * @param signal of whoever asks; undefined: nobody can end it but `stopped`
 */
export async function untilEither<Output>(
  stopped: AbortSignal,
  signal: AbortSignal | undefined,
  work: (abortSignal: AbortSignal) => Promise<Output>,
): Promise<Output> {
  if (signal === undefined) return work(stopped);
  const parents = [stopped, signal];
  const own = new AbortController();
  const abort = (): void => own.abort();
  if (parents.some(({ aborted }) => aborted)) abort();
  for (const parent of parents) parent.addEventListener("abort", abort);
  try {
    return await work(own.signal);
  } finally {
    for (const parent of parents) parent.removeEventListener("abort", abort);
  }
}

/** An answer that lacks what S3 promises: nothing is known. */
export function unreadable(operation: string, what: string): StorageError {
  return new StorageError("UNAVAILABLE", operation, null, { cause: new Error(what) });
}

/** In Node the SDK's body is a readable stream; its type also covers browsers. */
export function chunksOf(body: GetObjectCommandOutput["Body"]): AsyncIterable<Uint8Array> {
  if (body === undefined) throw unreadable("GetObject", "no body");
  return body as unknown as AsyncIterable<Uint8Array>;
}
