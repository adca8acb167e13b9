import { AppError } from "../errors.js";
import { collectFile, removeTombstone } from "../files/collect-file.js";
import type { FileRow } from "../files/file.js";
import { StorageError } from "../storage/object-storage.js";
import { abortTwins } from "./abort-twins.js";
import { holdLease } from "./hold-lease.js";
import { sealUpload } from "./seal-upload.js";
import type { UploadDeps } from "./upload-deps.js";

/** An upload whose creation nobody finished has nothing to lose after so many leases. */
export const CREATION_STUCK_LEASES = 5;
/** Just before their time is over, complete uploads are promoted once more. */
const PROMOTE_BEFORE_END_MS = 2 * 60_000;
/** So long the row of what was collected explains bytes that come late. */
export const TOMBSTONE_MS = 24 * 3_600_000;
/** Afterwards the history of a removed row, its last trace, is kept for operators; then it goes too. */
const HISTORY_AFTER_REMOVAL_MS = 30 * 24 * 3_600_000;
/** Rows of one kind that are read at a time. */
const BATCH_SIZE = 100;
/** A sweep stops here and leaves the rest to the next one. */
const MAX_BATCHES = 100;
/** Most of a row's time is waiting for the store. */
const ROWS_AT_ONCE = 8;

export interface SweepReport {
  /** Complete uploads that nobody had confirmed, or whose confirm died: now READY or REJECTED. */
  promoted: number;
  expired: number;
  collected: number;
  tombstonesRemoved: number;
  /** Files that had gone long ago and whose events went now. */
  historiesPruned: number;
  /** Rows that the store, or a fault, did not let us finish; the next sweep goes on. */
  left: number;
}

/**
 * One sweep: ends what is stuck, promotes what is complete, expires what is incomplete and over its time, collects
 * what has ended. Each row is its own compare-and-swap, so any number of sweeps may run at once, in any process.
 */
export async function sweepUploads(deps: UploadDeps): Promise<SweepReport> {
  const { files, leaseMs } = deps;
  const creationStuckMs = CREATION_STUCK_LEASES * leaseMs;
  const report: SweepReport = {
    promoted: 0,
    expired: 0,
    collected: 0,
    tombstonesRemoved: 0,
    historiesPruned: 0,
    left: 0,
  };

  await eachRow(
    () => files.stuckCreations(creationStuckMs, BATCH_SIZE),
    async (file) => {
      if ((await files.expireCreation(file.id, creationStuckMs)) !== null) report.expired += 1;
    },
  );
  await eachRow(
    () => files.dueTwins(leaseMs, BATCH_SIZE),
    async (file) => {
      if (!(await abortTwins(deps, file))) report.left += 1;
    },
  );
  await eachRow(
    (seen) => files.dueUploads({ now: deps.now(), marginMs: PROMOTE_BEFORE_END_MS, take: BATCH_SIZE, except: seen }),
    (file) => settleUpload(deps, file, report),
  );
  await eachRow(
    () => files.dueForCollecting(leaseMs, BATCH_SIZE),
    async (file) => {
      const outcome = await collectFile(deps, file.id);
      if (outcome === "COLLECTED") report.collected += 1;
      if (outcome === "LATER") report.left += 1;
    },
  );
  await eachRow(
    () => files.dueTombstones(TOMBSTONE_MS, BATCH_SIZE),
    async (file) => {
      if (await removeTombstone(deps, file)) report.tombstonesRemoved += 1;
      else report.left += 1;
    },
  );
  for (let batch = 0; batch < MAX_BATCHES && !deps.stopping.aborted; batch += 1) {
    const pruned = await files.pruneHistories(HISTORY_AFTER_REMOVAL_MS, BATCH_SIZE);
    report.historiesPruned += pruned;
    if (pruned < BATCH_SIZE) break;
  }
  return report;

  /** Batch after batch; a row that comes back unfinished is not looked at twice in one sweep. */
  async function eachRow(
    next: (seen: readonly string[]) => Promise<FileRow[]>,
    work: (file: FileRow) => Promise<void>,
  ): Promise<void> {
    const seen = new Set<string>();
    for (let batch = 0; batch < MAX_BATCHES && !deps.stopping.aborted; batch += 1) {
      const fresh = (await next([...seen])).filter((file) => !seen.has(file.id));
      if (fresh.length === 0) return;
      for (const file of fresh) seen.add(file.id);
      const queue = fresh.values();
      await Promise.all(Array.from({ length: ROWS_AT_ONCE }, () => workOff(queue, work)));
    }
  }

  /** One row that cannot be worked must not stop the others: they are other people's. */
  async function workOff(queue: Iterable<FileRow>, work: (file: FileRow) => Promise<void>): Promise<void> {
    for (const file of queue) {
      if (deps.stopping.aborted) return;
      try {
        await work(file);
      } catch (error) {
        report.left += 1;
        // Undecided, and left as it was: by the store, or by a client that is still sending.
        if (error instanceof StorageError || error instanceof AppError) continue;
        deps.log("a row could not be swept", { fileUuid: file.id, error: String(error) });
      }
    }
  }
}

/**
 * Confirms in the owner's stead; what is incomplete stays open until its time is over. No effect while somebody holds
 * the row's lease. @throws StorageError, AppError: undecided, the next sweep goes on
 */
export async function settleUpload(
  deps: UploadDeps,
  file: FileRow,
  report: Pick<SweepReport, "promoted" | "expired" | "left">,
): Promise<void> {
  const leased = await deps.files.takeLease(file.ownerId, file.id, deps.leaseMs, "SWEPT");
  if (leased === null) return;
  // While PENDING the state decides, not the clock: only a listing that says "incomplete" expires it (rule 5).
  // Both times are the database's: the row says when the lease was taken.
  const expireIncomplete = leased.expiresAt.getTime() <= leased.updatedAt.getTime();
  const sealed = await holdLease(deps, leased, (signal) => sealUpload(deps, leased, signal, { expireIncomplete }));
  if (sealed.outcome === "READY" || sealed.outcome === "REJECTED") report.promoted += 1;
  if (sealed.outcome === "EXPIRED") report.expired += 1;
  if (sealed.outcome === "UNSCANNED") report.left += 1;
  if (sealed.outcome === "REOPENED") await deps.files.notePromoted(file.id, leased.urlsExpireAt);
}
