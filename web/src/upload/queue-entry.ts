import { isRunning } from "./queue-snapshot.js";
import type { UploadItem, UploadItemState } from "./queue-snapshot.js";
import type { Rate } from "./rate.js";
import type { UploadSource } from "./source.js";
import type { UploadError } from "./upload-error.js";

/** One file of a queue. */
export interface Entry<Body, F> {
  readonly source: UploadSource<Body>;
  /** Ascending in the order of adding. */
  readonly order: number;
  readonly lane: Lane<Body, F>;
  readonly rate: Rate;
  item: UploadItem<F>;
  /** Of the run under way. */
  controller?: AbortController;
  /** Resolves when the last run has let go of its lock. */
  ended?: Promise<void>;
  /** Stored parts are of another session and not yet compared. */
  verifyStored: boolean;
  /** Somebody else is at this upload, or it is of another file: it is not this queue's to give up. */
  notOurs?: boolean;
  /** Pausing was asked for while the server was at its verdict. */
  pauseLater?: boolean;
  /** Of the upload that is asked for; repeats find what the first call began. */
  idempotencyKey?: string | undefined;
}

/** Small and large files do not stand in each other's way. */
export interface Lane<Body, F> {
  readonly places: number;
  readonly running: Set<Entry<Body, F>>;
  /** In the order of adding. What is no longer queued is passed over. */
  readonly waiting: Entry<Body, F>[];
}

/** What every phase knows and a change of phase may change. */
type Facts<F> = Pick<UploadItem<F>, "fileId" | "sentBytes" | "bytesPerSecond">;

/** Takes a file to its next phase. */
export function change<Body, F>(entry: Entry<Body, F>, state: UploadItemState<F> & Partial<Facts<F>>): void {
  const { id, name, type, totalBytes, sentBytes, fileId } = entry.item;
  entry.item = { id, name, type, totalBytes, sentBytes, fileId, bytesPerSecond: undefined, ...state };
  const { running, waiting } = entry.lane;
  if (!isRunning(entry.item)) running.delete(entry);
  if (state.phase === "queued") waiting.push(entry);
}

/** Its run ended with an error. */
export function fail<Body, F>(entry: Entry<Body, F>, error: UploadError): void {
  entry.notOurs = /^(ELSEWHERE|DIFFERENT_FILE)$/.test(error.code);
  change(entry, { phase: "failed", error });
}

/** Stops what is in flight, or takes the file's turn away; while the server is at its verdict only later, if at all. */
export function pause<Body, F>(entry: Entry<Body, F>): void {
  const { item, rate, controller } = entry;
  entry.pauseLater = item.phase === "confirming";
  if (!entry.pauseLater && (item.phase === "queued" || isRunning(item))) {
    change(entry, { phase: "paused" });
    rate.reset();
    controller?.abort();
  }
}

/** Back into the line. */
export function resume<Body, F>(entry: Entry<Body, F>): void {
  entry.pauseLater = false;
  if (entry.item.phase === "paused") change(entry, { phase: "queued" });
}

/** Once more; what ended, or proved to be another file's, is begun anew. */
export function retry<Body, F>(entry: Entry<Body, F>): void {
  if (entry.item.phase !== "failed") return;
  const { code } = entry.item.error;
  const anew = code === "GONE" || code === "DIFFERENT_FILE";
  // What was refused is not the same request again, but a new one.
  if (anew || code === "REFUSED") entry.idempotencyKey = undefined;
  change(entry, { phase: "queued", ...(anew ? { fileId: undefined, sentBytes: 0 } : {}) });
}

/** True where another try of the same file cannot help. */
export function needsOtherFile({ item }: Entry<unknown, unknown>): boolean {
  return item.phase === "failed" && /FILE|REJECTED/.test(item.error.code);
}
