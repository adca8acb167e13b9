import type { ExpiryReason, FileEvent, VerifyReason } from "./file-event.js";
import type { FileRow, Integrity, Rejection } from "./file.js";
import type { CursorPosition } from "./list-cursor.js";
import type { FileListFilter, FileOrder } from "./file-filter.js";

/** What is written when an upload is opened; the database adds the rest. */
export type NewFile = Pick<
  FileRow,
  | "id"
  | "ownerId"
  | "filename"
  | "declaredType"
  | "sizeBytes"
  | "declaredSha256"
  | "partChecksum"
  | "policy"
  | "partSizeBytes"
  | "partCount"
  | "idempotencyKey"
  | "inputDigest"
>;

/** What an owner may hold; checked and reserved in the statement that inserts the file. */
export interface ReserveLimits {
  readonly quotaBytes: number;
  readonly maxPendingUploads: number;
  readonly uploadTtlSeconds: number;
}

export type ReserveOutcome =
  | { readonly outcome: "RESERVED"; readonly file: FileRow }
  /** The caller's key is taken: here is the file that holds it. Nothing was reserved. */
  | { readonly outcome: "KEY_TAKEN"; readonly file: FileRow }
  | { readonly outcome: "OVER_QUOTA" }
  | { readonly outcome: "TOO_MANY_PENDING" };

/** A lease on one row: every change made under it names the attempt, so a holder that froze changes nothing. */
export interface Lease {
  readonly id: string;
  readonly attempt: number;
}

/** What sealing has proven. */
export interface SealedFacts {
  readonly contentType: string;
  readonly integrity: Integrity;
  readonly sha256: string | null;
  readonly etag: string;
}

/**
 * What the use cases ask of the database about files; `file.store.ts` answers with SQL.
 * Every change names the state it leaves and answers null when somebody else was faster: the caller then reads the
 * row and reports what the winner decided. Each transition, its accounting and its event are one statement.
 */
export interface FileRecords {
  /**
   * By id and owner. Somebody else's row is null, as is none at all.
   * @param sharedPolicies whose READY files are found too, whoever owns them; default none
   */
  find(ownerId: string, id: string, sharedPolicies?: readonly string[]): Promise<FileRow | null>;
  /** As {@link find}, in one statement. Same order; null where there is none. */
  findMany(ownerId: string, ids: readonly string[], sharedPolicies?: readonly string[]): Promise<(FileRow | null)[]>;
  /** One page, keyset; asks for one row more than `first` to know whether another page follows. */
  list(
    ownerId: string,
    request: { take: number; after: CursorPosition | null; filter: FileListFilter; orderBy: FileOrder },
  ): Promise<FileRow[]>;
  /** Counts at most `ceiling` + 1 rows. */
  count(ownerId: string, filter: FileListFilter, ceiling: number): Promise<number>;
  /** The newest `take` transitions of each of these files, newest first, in one statement. Without those of other owners. */
  histories(ownerId: string, ids: readonly string[], take: number): Promise<ReadonlyMap<string, readonly FileEvent[]>>;

  /** Reserves quota and inserts a PENDING row under a creation lease, in one statement. */
  reserve(file: NewFile, limits: ReserveLimits, leaseMs: number): Promise<ReserveOutcome>;
  /** Takes the creation lease of a PENDING row without an upload id, when nobody holds it. */
  takeCreationLease(id: string, leaseMs: number): Promise<FileRow | null>;
  /**
   * Ends the creation: stores the upload id and drops the lease.
   * @param mayHaveTwins some try of Create was not answered; later attempts at a creation count as such
   */
  openUpload(
    lease: Lease,
    uploadId: string,
    urlsExpireAt: Date | null,
    mayHaveTwins?: boolean,
  ): Promise<FileRow | null>;
  /** The key held no open upload but the row's own; no effect on a row that has changed within `quietForMs`. */
  clearTwins(id: string, quietForMs: number): Promise<void>;
  /** The store refused: ends the creation and frees its key, so that the same call can be made again. */
  failCreation(lease: Lease): Promise<FileRow | null>;
  /** The store was never asked, by anybody: the row goes as if it had not been inserted. False: the lease is lost. */
  undoCreation(lease: Lease): Promise<boolean>;
  /** Notes that URLs were issued which live until `urlsExpireAt`. Null unless PENDING and open. */
  noteUrlsIssued(ownerId: string, id: string, urlsExpireAt: Date): Promise<FileRow | null>;

  /** PENDING and open, or VERIFYING with a dead lease → VERIFYING under a new lease. `reason`: CONFIRMED unless said. */
  takeLease(ownerId: string, id: string, leaseMs: number, reason?: VerifyReason): Promise<FileRow | null>;
  renewLease(lease: Lease, leaseMs: number): Promise<boolean>;
  /** Committed before Complete is sent. `first`: no earlier attempt had sent one. Null: the lease is lost. */
  markCompleteSent(lease: Lease): Promise<{ first: boolean } | null>;
  /** The only Complete ever sent was answered 4xx: it did not seal. */
  clearCompleteSent(lease: Lease): Promise<boolean>;
  /** VERIFYING → PENDING: parts are missing or changed. */
  reopen(lease: Lease): Promise<FileRow | null>;
  /** VERIFYING stays; nobody tries again before `retryAfterMs` have passed. `refused`: by the store, definitely. */
  backOff(lease: Lease, retryAfterMs: number, refused: boolean): Promise<FileRow | null>;
  /** VERIFYING → READY; reserved bytes become used bytes. */
  markReady(lease: Lease, facts: SealedFacts): Promise<FileRow | null>;
  /** VERIFYING → REJECTED; the reservation is released, collecting is queued. */
  markRejected(lease: Lease, rejection: Rejection): Promise<FileRow | null>;
  /** VERIFYING → EXPIRED: the upload is lost, or its time is over and the store says it is incomplete. */
  markExpired(lease: Lease, reason: ExpiryReason): Promise<FileRow | null>;
  /** PENDING → EXPIRED by the owner's wish. Not while a creation lease is held elsewhere. */
  abort(ownerId: string, id: string): Promise<FileRow | null>;

  rename(ownerId: string, id: string, filename: string): Promise<FileRow | null>;
  /** READY → DELETED, until `trashTtlSeconds` from now. */
  trash(ownerId: string, id: string, trashTtlSeconds: number): Promise<FileRow | null>;
  /** DELETED, not yet collecting: purge time becomes now. */
  purgeNow(ownerId: string, id: string): Promise<FileRow | null>;
  /** REJECTED or EXPIRED: out of the list. */
  hide(ownerId: string, id: string): Promise<FileRow | null>;
  /** DELETED → READY, unless collecting has begun or the purge time has passed. */
  restore(ownerId: string, id: string): Promise<FileRow | null>;

  /** First step of collecting: a committed claim on an ended row; from then on nothing can be restored. */
  claimForCollecting(id: string, claimMs: number): Promise<FileRow | null>;
  /** The store did not let everything go: who asks next may go on at once. No effect when the claim is another's. */
  releaseClaim(file: Pick<FileRow, "id" | "collectingAt">, claimMs: number): Promise<void>;
  /** Last step: no byte is left. DELETED frees its quota here, the others their place among the pending. */
  markCollected(id: string): Promise<FileRow | null>;
  /** After the tombstone's day the row goes. */
  removeTombstone(id: string): Promise<boolean>;

  /** PENDING rows whose store has not answered Create for `olderThanMs`, and no lease is held. */
  stuckCreations(olderThanMs: number, take: number): Promise<FileRow[]>;
  /** PENDING → EXPIRED for such a row; its idempotency key is free again. */
  expireCreation(id: string, olderThanMs: number): Promise<FileRow | null>;
  /** Rows that were opened or have failed to, whose key may hold another open upload, and which have not changed for so long. */
  dueTwins(quietForMs: number, take: number): Promise<FileRow[]>;
  /**
   * Uploads to look at: all URLs dead and not yet promoted, or at the end of their time, or VERIFYING with a dead lease.
   * @param input.except ids that were looked at and stay due: they must not hide the ones behind them
   */
  dueUploads(input: { now: Date; marginMs: number; take: number; except: readonly string[] }): Promise<FileRow[]>;
  /** It was looked at and is incomplete; no effect when URLs were issued after `urlsExpireAt` was read. */
  notePromoted(id: string, urlsExpireAt: Date | null): Promise<void>;
  /** Ended rows whose bytes are still to be collected. */
  dueForCollecting(claimMs: number, take: number): Promise<FileRow[]>;
  /** Tombstones whose day is over. */
  dueTombstones(ageMs: number, take: number): Promise<FileRow[]>;
  /** Removes all events of files whose rows went `goneForMs` ago, whole histories alone; answers of how many files. */
  pruneHistories(goneForMs: number, take: number): Promise<number>;
}
