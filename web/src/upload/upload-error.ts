import type { UploadProblem } from "./upload-api.js";

/**
 * Why an upload stopped.
 *
 * - `CANCELLED` the caller's signal fired
 * - `OFFLINE` no connection; only seen as a reason for waiting
 * - `NETWORK` the store's answers stopped coming, retries used up
 * - `BLOCKED` the store has not given one readable answer: CORS, a proxy, or a wrong address
 * - `STALLED` connections stayed open without moving bytes
 * - `STORAGE` the store refused or failed (`status`), retries used up
 * - `CHECKSUM` bytes kept arriving damaged, or a digest is demanded and none can be computed
 * - `FILE_CHANGED` the local file is not what was chosen
 * - `DIFFERENT_FILE` the local file is not what the upload was begun with
 * - `FILE_UNREADABLE` the local file is gone or may not be read
 * - `GONE` the upload expired, was aborted or never existed
 * - `REJECTED` the server looked at the bytes and refused them (`problem`)
 * - `REFUSED` the server refused the request (`problem`)
 * - `ELSEWHERE` somebody else, such as another tab, is uploading the same file
 * - `API` calls to the server failed, retries used up
 * - `SIGNED_OUT` the server no longer knows the caller
 * - `PROTOCOL` an answer that this version does not understand
 */
export type UploadErrorCode =
  | "CANCELLED"
  | "OFFLINE"
  | "NETWORK"
  | "BLOCKED"
  | "STALLED"
  | "STORAGE"
  | "CHECKSUM"
  | "FILE_CHANGED"
  | "DIFFERENT_FILE"
  | "FILE_UNREADABLE"
  | "GONE"
  | "REJECTED"
  | "REFUSED"
  | "ELSEWHERE"
  | "API"
  | "SIGNED_OUT"
  | "PROTOCOL";

/** Facts beside the code. */
export interface UploadErrorFacts {
  /** HTTP status of the last answer. */
  readonly status?: number;
  /** The server's refusal, with its own code and facts. */
  readonly problem?: UploadProblem;
  readonly requestId?: string;
  /** True: another try of the same upload may work. Default: by code. */
  readonly retryable?: boolean;
  /** English, for developers, where the code does not say it all. */
  readonly detail?: string;
  readonly cause?: unknown;
}

const RETRYABLE: ReadonlySet<UploadErrorCode> = new Set([
  "OFFLINE",
  "NETWORK",
  "BLOCKED",
  "STALLED",
  "STORAGE",
  "CHECKSUM",
  "ELSEWHERE",
  "API",
  "SIGNED_OUT",
]);

/** The one error that {@link uploadFile} rejects with. */
export class UploadError extends Error {
  override readonly name = "UploadError";
  declare readonly code: UploadErrorCode;
  /** True: the same upload may go on from what is stored. */
  declare readonly retryable: boolean;
  declare readonly status: number | undefined;
  declare readonly problem: UploadProblem | undefined;
  declare readonly requestId: string | undefined;

  constructor(code: UploadErrorCode, { detail, cause, ...facts }: UploadErrorFacts = {}) {
    super([code, facts.status, detail ?? facts.problem?.message].filter(Boolean).join(": "), { cause });
    const requestId = facts.problem?.requestId;
    Object.assign(this, { requestId, retryable: RETRYABLE.has(code) }, facts, { code });
  }
}
