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

/** An answer that lacks what S3 promises: nothing is known. */
export function unreadable(operation: string, what: string): StorageError {
  return new StorageError("UNAVAILABLE", operation, null, { cause: new Error(what) });
}

/** In Node the SDK's body is a readable stream; its type also covers browsers. */
export function chunksOf(body: GetObjectCommandOutput["Body"]): AsyncIterable<Uint8Array> {
  if (body === undefined) throw unreadable("GetObject", "no body");
  return body as unknown as AsyncIterable<Uint8Array>;
}
