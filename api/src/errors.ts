/**
 * Every code a caller can meet, in one table. Codes are API: add, never rename (docs/upload-protocol.md).
 *
 * Expected outcomes are data: a use case answers a {@link Problem} and the resolver hands it on as a union member.
 * An {@link AppError} is thrown only for what is not about an item: who calls, a malformed call, a part that failed.
 */

/** Codes of problems: data inside a mutation's union. `retryable`: the same call, unchanged, may succeed later. */
export const PROBLEMS = {
  FILE_TOO_LARGE: { typeName: "FileTooLarge", retryable: false },
  TYPE_NOT_ALLOWED: { typeName: "TypeNotAllowed", retryable: false },
  QUOTA_EXCEEDED: { typeName: "QuotaExceeded", retryable: false },
  FILENAME_INVALID: { typeName: "FilenameInvalid", retryable: false },
  UNKNOWN_POLICY: { typeName: "UnknownPolicy", retryable: false },
  IDEMPOTENCY_CONFLICT: { typeName: "IdempotencyConflict", retryable: false },
  TOO_MANY_PENDING: { typeName: "TooManyPending", retryable: true },
  FILE_NOT_FOUND: { typeName: "FileNotFound", retryable: false },
  UPLOAD_NOT_OPEN: { typeName: "UploadNotOpen", retryable: false },
  UPLOAD_EXPIRED: { typeName: "UploadExpired", retryable: false },
  FILE_BUSY: { typeName: "FileBusy", retryable: true },
  PART_INVALID: { typeName: "PartInvalid", retryable: false },
  PARTS_MISSING: { typeName: "PartsMissing", retryable: false },
  SIZE_MISMATCH: { typeName: "SizeMismatch", retryable: false },
  CHECKSUM_MISMATCH: { typeName: "ChecksumMismatch", retryable: false },
  CONTENT_MISMATCH: { typeName: "ContentMismatch", retryable: false },
  MALWARE_FOUND: { typeName: "MalwareFound", retryable: false },
  FILE_STATE_CONFLICT: { typeName: "FileStateConflict", retryable: false },
  API_KEY_INVALID: { typeName: "ApiKeyInvalid", retryable: false },
  TOO_MANY_API_KEYS: { typeName: "TooManyApiKeys", retryable: false },
  API_KEY_NOT_FOUND: { typeName: "ApiKeyNotFound", retryable: false },
  STORAGE_UNAVAILABLE: { typeName: "TemporaryFailure", retryable: true },
  SERVICE_UNAVAILABLE: { typeName: "TemporaryFailure", retryable: true },
  RATE_LIMITED: { typeName: "TemporaryFailure", retryable: true },
  INTERNAL: { typeName: "TemporaryFailure", retryable: true },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** A failure that a caller can expect. `message` is English and for developers; UI text comes from code and facts. */
export interface Problem<Code extends ProblemCode = ProblemCode> {
  readonly code: Code;
  /** Name of the GraphQL member that carries it. */
  readonly typeName: (typeof PROBLEMS)[Code]["typeName"];
  readonly message: string;
  readonly retryable: boolean;
}

/** Makes a problem with its facts; `retryable` and the member's name come from the table. */
export function problem<Code extends ProblemCode, Facts extends object>(
  code: Code,
  message: string,
  facts: Facts,
): Problem<Code> & Facts {
  const { typeName, retryable } = PROBLEMS[code];
  return { code, typeName, message, retryable, ...facts };
}

/**
 * Codes of thrown errors: they become `errors[].extensions.code`.
 * SERVICE_UNAVAILABLE: this process is busy or stopping, or its database is away. The same call may be repeated, a
 * mutation too: whatever it has done is found again or expires by itself.
 */
export type AppErrorCode =
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "RATE_LIMITED"
  | "BAD_USER_INPUT"
  | "STORAGE_UNAVAILABLE"
  | "SERVICE_UNAVAILABLE"
  | "INTERNAL_SERVER_ERROR";

/** Seconds that a caller is told to wait when a part of this service, or this process, cannot do it now. */
export const RETRY_AFTER_SECONDS = 2;

/** Thrown for what is not about an item. `message` is safe to show: never SQL, stacks, URLs or tokens. */
export class AppError extends Error {
  readonly code: AppErrorCode;
  /** When the same call is welcome again; null: nothing better than {@link RETRY_AFTER_SECONDS} is known. */
  readonly retryAfterSeconds: number | null;

  constructor(code: AppErrorCode, message: string, options?: { cause?: unknown; retryAfterSeconds?: number }) {
    super(message, options);
    this.name = "AppError";
    this.code = code;
    this.retryAfterSeconds = options?.retryAfterSeconds ?? null;
  }
}
