import type { FileStatus } from "./file.js";

/** Transitions of a file and why they happened. PURE. */

/** Why a file is being verified: its owner has confirmed it, or a sweep found it complete, due or left behind. */
export type VerifyReason = "CONFIRMED" | "SWEPT";

/** Why a verdict under a lease was EXPIRED. */
export type ExpiryReason =
  /** Its time was over and the store said that parts are missing. */
  | "TIMED_OUT"
  /** The store knows neither its upload nor its object. */
  | "UPLOAD_LOST"
  /** The store has refused to seal it for a day. */
  | "STORE_REFUSED"
  /** Its time was over, and the malware scanner, asked again and again, could not say what it is. */
  | "NOT_SCANNED";

/** Why a transition happened, where the two states leave that open. */
export type FileEventReason =
  | VerifyReason
  | ExpiryReason
  /** Ended by its owner. */
  | "ABORTED"
  /** The store never opened the upload. */
  | "NOT_OPENED";

/** One transition of a file. */
export interface FileEvent {
  readonly at: Date;
  /** Null for the first: the upload was opened. */
  readonly from: FileStatus | null;
  readonly to: FileStatus;
  /** Leases on the file so far. */
  readonly attempt: number;
  /** Null: the states say it all, or it was written before reasons were. */
  readonly reason: FileEventReason | null;
}
