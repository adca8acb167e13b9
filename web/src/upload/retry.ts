import { abortable } from "./abortable.js";

/** How often and how patiently something is tried again. */
export interface RetryPolicy {
  /** Tries after the first one, in a row without any success. */
  readonly retries: number;
  /** Upper end of the first wait; doubles each time. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** Waits of 0.25-0.5 s, 0.5-1 s, … up to 8-16 s: about 45 s in all, long enough for a store to restart. */
export const DEFAULT_RETRY: RetryPolicy = { retries: 8, firstDelayMs: 500, maxDelayMs: 16_000 };

/**
 * How long to wait before retry `attempt` (0 = the first retry): doubling, with half of it random so that many clients
 * do not come back together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * What the server asked for is a floor.
 * @param random 0 to 1
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number, retryAfterSeconds = 0): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** attempt);
  return Math.max(retryAfterSeconds * 1000, ceiling / 2) + (ceiling / 2) * random;
}

/** What to make of a store's answer that is not 2xx. */
export type Refusal = "CHECKSUM" | "GONE" | "STORAGE";

/**
 * Reads an S3 error. Every kind is worth another try with a fresh signature: a 403 may be an expired URL, a 400 a cut
 * request. GONE (404, 409) first asks the server how the upload stands, CHECKSUM first reads the file again.
 * Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function refusalOf(status: number, text: string): Refusal {
  if (/<Code>(BadDigest|InvalidDigest|XAmzContentChecksumMismatch)</.test(text)) return "CHECKSUM";
  if (text.includes("<Code>NoSuchUpload<") || status === 404 || status === 409) return "GONE";
  return "STORAGE";
}

/** Resolves after `ms`, or rejects with the signal's reason as soon as it fires. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return abortable(signal, (resolve) => {
    const timer = setTimeout(resolve, ms);
    return () => clearTimeout(timer);
  });
}
