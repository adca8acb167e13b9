import { AppError, problem, RETRY_AFTER_SECONDS } from "../errors.js";
import { StorageError } from "../storage/object-storage.js";
import type { Context } from "./context.js";

export type TemporaryFailure = ReturnType<typeof temporaryFailure>;

type FailureCode = "STORAGE_UNAVAILABLE" | "SERVICE_UNAVAILABLE" | "INTERNAL";

function temporaryFailure(code: FailureCode, message: string, requestId: string) {
  return problem(code, message, { retryAfterSeconds: RETRY_AFTER_SECONDS, requestId });
}

/**
 * Runs the work for one item of a mutation. A fault of the store or of this process becomes the item's own
 * TemporaryFailure: thrown, it would null the neighbours of a batch, whose quota is already reserved.
 * @throws AppError of any code but the two …_UNAVAILABLE: not about an item, it fails the whole call
 */
export async function answerItem<Answer>(
  { log, requestId }: Pick<Context, "log" | "requestId">,
  work: () => Promise<Answer>,
): Promise<Answer | TemporaryFailure> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StorageError || (error instanceof AppError && error.code === "STORAGE_UNAVAILABLE")) {
      // That the store is away is said once, when that is found out, and not for each call that then meets it.
      const level = error instanceof StorageError && error.unsent ? "debug" : "warn";
      log[level]({ err: error, requestId }, "the store failed an item");
      return temporaryFailure("STORAGE_UNAVAILABLE", "The store does not answer. Try again.", requestId);
    }
    if (error instanceof AppError && error.code === "SERVICE_UNAVAILABLE")
      return temporaryFailure("SERVICE_UNAVAILABLE", error.message, requestId);
    if (error instanceof AppError) throw error;
    log.error({ err: error, requestId }, "an item failed");
    return temporaryFailure("INTERNAL", "Something went wrong here. Try again.", requestId);
  }
}
