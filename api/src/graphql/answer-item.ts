import { AppError, problem } from "../errors.js";
import { StorageError } from "../storage/object-storage.js";
import type { Context } from "./context.js";

/** Seconds after which a caller may try again when the store, or this process, failed. */
const RETRY_AFTER_SECONDS = 2;

export type TemporaryFailure = ReturnType<typeof temporaryFailure>;

function temporaryFailure(code: "STORAGE_UNAVAILABLE" | "INTERNAL", message: string, requestId: string) {
  return problem(code, message, { retryAfterSeconds: RETRY_AFTER_SECONDS, requestId });
}

/**
 * Runs the work for one item of a mutation. A fault of the store or of this process becomes the item's own
 * TemporaryFailure: thrown, it would null the neighbours of a batch, whose quota is already reserved.
 * @throws AppError of any code but STORAGE_UNAVAILABLE: not about an item, it fails the whole call
 */
export async function answerItem<Answer>(
  { log, requestId }: Pick<Context, "log" | "requestId">,
  work: () => Promise<Answer>,
): Promise<Answer | TemporaryFailure> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StorageError || (error instanceof AppError && error.code === "STORAGE_UNAVAILABLE")) {
      log.warn({ err: error, requestId }, "the store failed an item");
      return temporaryFailure("STORAGE_UNAVAILABLE", "The store does not answer. Try again.", requestId);
    }
    if (error instanceof AppError) throw error;
    log.error({ err: error, requestId }, "an item failed");
    return temporaryFailure("INTERNAL", "Something went wrong here. Try again.", requestId);
  }
}
