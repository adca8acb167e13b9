import { AppError } from "../errors.js";

interface OutageDeps {
  readonly leaseMs: number;
  readonly stopping: AbortSignal;
  sleep(ms: number, signal?: AbortSignal): Promise<unknown>;
}

const TRY_AGAIN_FROM_MS = 100;

/**
 * For work that the database has left without an answer: tidies up behind it in the background, as soon as that answers
 * again, so that a repeat need not wait for a lease to run out. What `tidyUp` undoes may or may not have happened: it has
 * to be a compare-and-swap. Given up when the lease itself has run out, after one to two lengths of it.
 * Nothing for any other error. Never rejects.
 */
export async function tidyUpAfterOutage(
  { leaseMs, stopping, sleep }: OutageDeps,
  error: unknown,
  tidyUp: () => Promise<unknown>,
): Promise<void> {
  if (!isOutage(error)) return;
  for (let waitMs = TRY_AGAIN_FROM_MS; waitMs < leaseMs && !stopping.aborted; waitMs *= 2) {
    try {
      await tidyUp();
      return;
    } catch (failure) {
      if (!isOutage(failure)) return;
      await sleep(waitMs, stopping);
    }
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof AppError && error.code === "SERVICE_UNAVAILABLE";
}
