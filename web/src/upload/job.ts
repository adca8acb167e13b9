import type { ProgressMeter } from "./progress.js";
import type { Put } from "./put.js";
import { backoffMs, sleep } from "./retry.js";
import type { RetryPolicy } from "./retry.js";
import type { Slots } from "./slots.js";
import type { Hash, UploadSource } from "./source.js";
import type { ApiFault, UploadApi, UploadProblem } from "./upload-api.js";
import { UploadError } from "./upload-error.js";
import type { UploadErrorCode } from "./upload-error.js";

/** What a page knows of its connection. `online` true proves nothing; false is believed. */
export interface Connectivity {
  online(): boolean;
  /** Resolves as soon as there may be a connection again. */
  whenOnline(signal: AbortSignal): Promise<void>;
}

/** What waiting needs. */
export interface Patience {
  readonly signal: AbortSignal;
  readonly meter: ProgressMeter;
  readonly retry: RetryPolicy;
  readonly connectivity: Connectivity;
}

/** One upload with everything that it may touch. */
export interface Job<Body, F> extends Patience {
  readonly source: UploadSource<Body>;
  readonly api: UploadApi<F>;
  readonly put: Put<Body>;
  readonly hash: Hash<Body> | undefined;
  readonly slots: Slots;
  readonly parallel: number;
  readonly stallMs: number;
}

/**
 * Waits before a retry: for the connection while there is none, else with back-off.
 * @returns true when the failed try should not count, because it only proved that the connection was away
 */
export async function pause(
  job: Patience,
  reason: UploadErrorCode,
  attempt: number,
  retryAfterSeconds?: number,
): Promise<boolean> {
  const away = !job.connectivity.online();
  const goOn = job.meter.waiting(away ? "OFFLINE" : reason);
  try {
    if (away) await job.connectivity.whenOnline(job.signal);
    else await sleep(backoffMs(job.retry, attempt, Math.random(), retryAfterSeconds), job.signal);
  } finally {
    goOn();
  }
  return away;
}

/**
 * Calls the server until it gives an answer that is about the upload: thrown faults and temporary refusals are tried again.
 * FILE_BUSY is such an answer, since only its caller knows how long to be patient.
 * @throws UploadError API, SIGNED_OUT
 */
export async function callApi<T extends object>(job: Patience, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    let failure: UploadError;
    let retryAfterSeconds: number | undefined;
    try {
      const answer = await call(job.signal);
      const problem = temporaryProblem(answer);
      if (!problem) return answer;
      failure = new UploadError("API", { problem });
      retryAfterSeconds = problem.retryAfterSeconds;
    } catch (error) {
      job.signal.throwIfAborted();
      failure = apiError(error);
      retryAfterSeconds = (error as Partial<ApiFault>).retryAfterSeconds;
    }
    const spent = attempt >= job.retry.retries && job.connectivity.online();
    if (!failure.retryable || failure.code === "SIGNED_OUT" || spent) throw failure;
    if (await pause(job, failure.code, attempt, retryAfterSeconds)) attempt = -1;
  }
}

/** The error for a refusal that no waiting mends. */
export function refused(problem: UploadProblem): UploadError {
  const gone =
    problem.code === "FILE_NOT_FOUND" || problem.code === "UPLOAD_EXPIRED" || problem.code === "UPLOAD_NOT_OPEN";
  if (gone) return new UploadError("GONE", { problem });
  if (problem.code === "CONTENT_MISMATCH") return new UploadError("REJECTED", { problem });
  return new UploadError("REFUSED", { problem, retryable: problem.retryable });
}

/**
 * Passes when the local file still is what was chosen.
 * @throws UploadError FILE_CHANGED, FILE_UNREADABLE
 */
export async function assertSame(source: Pick<UploadSource<unknown>, "state">, cause?: unknown): Promise<void> {
  const state = await source.state();
  if (state !== "SAME") throw new UploadError(state, { cause });
}

/** Hashes a body; when that fails, says whether the file is to blame. */
export async function digestOf<Body>(job: Job<Body, unknown>, body: Body): Promise<string> {
  if (!job.hash) throw new UploadError("CHECKSUM", { retryable: false });
  try {
    return await job.hash(body, job.signal);
  } catch (error) {
    job.signal.throwIfAborted();
    await assertSame(job.source, error);
    throw new UploadError("FILE_UNREADABLE", { cause: error });
  }
}

function temporaryProblem(answer: object): UploadProblem | undefined {
  const problem = "problem" in answer ? (answer.problem as UploadProblem) : undefined;
  const temporary = problem?.retryable && problem.retryAfterSeconds !== undefined && problem.code !== "FILE_BUSY";
  return temporary ? problem : undefined;
}

function apiError(error: unknown): UploadError {
  if (error instanceof UploadError) return error;
  const fault = error as Partial<ApiFault> & { message?: string };
  const facts = { cause: error, status: fault.status, requestId: fault.requestId };
  if (fault.code === "UNAUTHENTICATED") return new UploadError("SIGNED_OUT", facts);
  return new UploadError("API", { detail: fault.message, ...facts, retryable: fault.retryable ?? true });
}
