import { abortable } from "./abortable.js";
import type { ProgressMeter } from "./progress.js";
import type { Put } from "./put.js";
import { backoffMs, sleep } from "./retry.js";
import type { RetryPolicy } from "./retry.js";
import type { Slots } from "./slots.js";
import type { Hash, UploadSource } from "./source.js";
import type { ApiFault, UploadApi, UploadProblem, UploadStanding } from "./upload-api.js";
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
  readonly hash?: Hash<Body> | undefined;
  readonly slots: Slots;
  readonly parallel: number;
  readonly stallMs: number;
  /** All digests are computed before the first byte is sent. */
  readonly hashAhead: boolean;
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
  const waitMs = backoffMs(job.retry, attempt, Math.random(), retryAfterSeconds);
  const goOn = away ? job.meter.waiting("OFFLINE") : job.meter.waiting(reason, Date.now() + waitMs);
  try {
    if (away) await job.connectivity.whenOnline(job.signal);
    else await sleep(waitMs, job.signal);
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
export async function callApi<T>(job: Patience, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    let failure: UploadError;
    let retryAfterSeconds: number | undefined;
    try {
      // Whoever stops does not wait for a call that is deaf to its signal, such as one that waits for a person to sign in.
      const answer = await abortable<T>(job.signal, (resolve, reject) => void call(job.signal).then(resolve, reject));
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

/**
 * Asks the server how the upload stands; `receivedParts` are known when it is open.
 * @throws UploadError GONE, API, SIGNED_OUT
 */
export async function standingOf<Body, F>(
  job: Job<Body, F>,
  fileId: string,
  withDigests: boolean,
): Promise<Exclude<UploadStanding, { state: "GONE" }>> {
  const standing = await callApi(job, async (signal) => {
    const answer = await job.api.resume(fileId, { withDigests }, signal);
    // Without the store's list parts would be sent twice: as good as no answer.
    if (answer.state === "OPEN" && !answer.ticket.receivedParts) throw new Error("no answer");
    return answer;
  });
  if (standing.state === "GONE") throw new UploadError("GONE");
  return standing;
}

/** The error for a refusal that no waiting mends. */
export function refused(problem: UploadProblem): UploadError {
  const { code, retryable } = problem;
  if (/^(FILE_NOT_FOUND|UPLOAD_EXPIRED|UPLOAD_NOT_OPEN)$/.test(code)) return new UploadError("GONE", { problem });
  if (code === "CONTENT_MISMATCH" || code === "MALWARE_FOUND") return new UploadError("REJECTED", { problem });
  return new UploadError("REFUSED", { problem, retryable });
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
export function digestOf<Body>({ hash, source, signal }: Job<Body, unknown>, body: Body): Promise<string> {
  if (!hash) throw new UploadError("CHECKSUM", { retryable: false });
  return reading(source, signal, () => hash(body, signal));
}

/**
 * What `read` gives.
 * @throws UploadError FILE_CHANGED, FILE_UNREADABLE
 */
export async function reading<T>(
  source: Pick<UploadSource<unknown>, "state">,
  signal: AbortSignal,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    await assertSame(source, error);
    throw new UploadError("FILE_UNREADABLE", { cause: error });
  }
}

function temporaryProblem(answer: unknown): UploadProblem | undefined {
  const { problem } = answer as { problem?: UploadProblem };
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
