import type { FileStatus } from "../files/file.js";

/** A row that a sweep should have finished long ago, by what the sweep would do with it. */
export type Overdue =
  /** PENDING, and nobody has opened its upload. */
  | "CREATION"
  /** PENDING past its time. */
  | "UPLOAD"
  /** VERIFYING under a dead lease. */
  | "VERDICT"
  /** Ended, and its bytes not collected. */
  | "COLLECTING"
  /** Collected, and its tombstone's day is over. */
  | "TOMBSTONE";

/** A row as one statement sees it: with its events, and with every question of time answered by the database's clock. */
export interface ReconcileRow {
  readonly id: string;
  readonly ownerId: string;
  readonly status: FileStatus;
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly sha256: string | null;
  readonly uploadId: string | null;
  readonly attempt: number;
  /** A Complete was announced, and not answered with a definite no. */
  readonly completeSent: boolean;
  /** Less than an hour ago (lifecycle rule 1: its upload may not be aborted yet), or the sweep after that is to come. */
  readonly completeUnderway: boolean;
  readonly collecting: boolean;
  readonly collected: boolean;
  /** In the trash, and can come back. */
  readonly restorable: boolean;
  readonly overdue: Overdue | null;
  /** Its events in order, `from>to:attempt`, divided by spaces; null when there are none. */
  readonly chain: string | null;
}

/** When a row is overdue. Milliseconds. */
export interface Patience {
  readonly leaseMs: number;
  /** After the moment at which a sweep may act. */
  readonly graceMs: number;
  readonly creationStuckMs: number;
  readonly tombstoneMs: number;
  /** Nobody works any more: a live lease is no excuse. */
  readonly settled: boolean;
}

/** Bytes, bytes, bytes, uploads. */
export interface UsageFigures {
  readonly used: number;
  readonly reserved: number;
  readonly uncollected: number;
  readonly open: number;
}

export interface UsageDrift {
  readonly ownerId: string;
  /** Null: the owner has no account. */
  readonly kept: UsageFigures | null;
  readonly counted: UsageFigures;
}

export interface DeadJob {
  readonly id: string;
  readonly task: string;
  readonly fileUuid: string | null;
  readonly lastError: string;
}

/** What reconciling reads of the database, and the two things that it writes there by itself. */
export interface ReconcileRecords {
  /** The id that the bucket's marker must hold. */
  deploymentId(): Promise<string>;
  /** The page behind `after`, in the order of object keys. */
  rowsInKeyOrder(after: string | null, take: number, patience: Patience): Promise<ReconcileRow[]>;
  row(id: string, patience: Patience): Promise<ReconcileRow | null>;
  /** Owners, behind `after`, whose accounts differ from their rows: one statement, one snapshot. */
  usageDrift(after: string | null, take: number): Promise<UsageDrift[]>;
  /** Sets an account to what its rows say, under the lock that every change of it takes. */
  recomputeUsage(ownerId: string): Promise<void>;
  /** Files, behind `after`, whose rows are gone and whose events do not form a chain to an end. */
  brokenHistories(after: string | null, take: number): Promise<{ id: string; chain: string }[]>;
  /** Jobs, behind `after`, that have failed for the last time and whose work is still to be done. */
  deadJobs(after: string | null, take: number): Promise<DeadJob[]>;
  removeJob(id: string): Promise<void>;
}
