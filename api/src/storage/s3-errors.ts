/** What the store's refusals mean: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */

import { StorageError } from "./object-storage.js";

/** 4xx by status, yet about the moment and not about the request. */
const MOMENTARY_CODES: ReadonlySet<string> = new Set([
  "RequestTimeout",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequests",
  "RequestLimitExceeded",
  "OperationAborted",
  "ConditionalRequestConflict",
  "ExpiredToken",
  "TokenRefreshRequired",
  "InternalError",
  "ServiceUnavailable",
]);
const MOMENTARY_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/** radosgw says NoSuchKey about an upload that was aborted. */
const NO_SUCH_UPLOAD_CODES: ReadonlySet<string> = new Set(["NoSuchUpload", "NoSuchKey"]);

const INVALID_PART_CODES: ReadonlySet<string> = new Set([
  "InvalidPart",
  "InvalidPartOrder",
  "EntityTooSmall",
  "BadDigest",
]);

/** Calls that name an upload: only about them can "no such key" mean "no such upload". */
const UPLOAD_OPERATIONS: ReadonlySet<string> = new Set([
  "UploadPart",
  "ListParts",
  "CompleteMultipartUpload",
  "AbortMultipartUpload",
]);

/**
 * The port's error for whatever the SDK threw. Without an answer of the store (time-out, broken connection, no
 * credentials, an unreadable body) nothing is known: UNAVAILABLE.
 * @param operation S3's name, e.g. `ListParts`
 */
export function toStorageError(operation: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const status = httpStatusOf(error);
  if (status === null || status < 300)
    return new StorageError("UNAVAILABLE", operation, null, { cause: error, unsent: neverConnected(error) });
  const code = error instanceof Error ? error.name : null;
  return new StorageError(kindOf(operation, status, code ?? ""), operation, code, { cause: error });
}

function kindOf(operation: string, status: number, code: string): StorageError["kind"] {
  // About the request, whatever the moment: this store has no such thing.
  if (status === 501) return "REFUSED";
  if (status >= 500 || MOMENTARY_STATUSES.has(status) || MOMENTARY_CODES.has(code)) return "UNAVAILABLE";
  if (UPLOAD_OPERATIONS.has(operation) && NO_SUCH_UPLOAD_CODES.has(code)) return "NO_SUCH_UPLOAD";
  if (operation === "CompleteMultipartUpload" && INVALID_PART_CODES.has(code)) return "INVALID_PART";
  return "REFUSED";
}

/** Codes of the system for a connection that was not made: https://nodejs.org/docs/latest-v20.x/api/errors.html */
const NO_CONNECTION_CODES: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** Where they come from then. While reading, EHOSTUNREACH is the end of a connection that had been made. */
const BEFORE_CONNECTION_CALLS: ReadonlySet<unknown> = new Set(["connect", "getaddrinfo"]);

/** True when no byte can have reached the store. A connection that took too long to make is not among these: it may exist. */
function neverConnected(error: unknown): boolean {
  const { code, syscall, errors } = error as { code?: unknown; syscall?: unknown; errors?: unknown };
  // A name with several addresses: one error an address.
  if (Array.isArray(errors) && errors.length > 0) return errors.every(neverConnected);
  return NO_CONNECTION_CODES.has(code) && BEFORE_CONNECTION_CALLS.has(syscall);
}

/** The status that the store answered with; null when it did not answer. */
export function httpStatusOf(error: unknown): number | null {
  if (typeof error !== "object" || error === null || !("$metadata" in error)) return null;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: number };
  return httpStatusCode ?? null;
}
