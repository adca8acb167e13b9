import type { UploadError, UploadErrorCode } from "./upload-error.js";

/** One file in the queue, as a picture of one moment. */
export type UploadItem<F> = {
  /** Unique in this queue. */
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly totalBytes: number;
  /** Never runs back. */
  readonly sentBytes: number;
  /** Known once the server has a row. */
  readonly fileId: string | undefined;
  /** Smoothed; undefined in the first two seconds and while nothing moves. */
  readonly bytesPerSecond: number | undefined;
} & UploadItemState<F>;

/** What each phase knows; see {@link UploadProgress} for preparing, sending, waiting and confirming. */
export type UploadItemState<F> =
  | { readonly phase: "queued" | "preparing" | "sending" | "confirming" }
  | { readonly phase: "waiting"; readonly reason: UploadErrorCode; readonly retryAtMs?: number | undefined }
  /** Nothing is in flight; what the store has is kept. */
  | { readonly phase: "paused" }
  | { readonly phase: "done"; readonly file: F }
  | { readonly phase: "failed"; readonly error: UploadError };

/** The queue at one moment. The same object until something changes. */
export interface QueueSnapshot<F> {
  /** In the order of adding. */
  readonly items: readonly UploadItem<F>[];
  /** Files that are neither paused nor done nor failed. */
  readonly activeCount: number;
  readonly pausedCount: number;
  readonly doneCount: number;
  readonly failedCount: number;
  readonly sentBytes: number;
  readonly totalBytes: number;
  /** All files that move, together. */
  readonly bytesPerSecond: number | undefined;
}

/** Adds up. */
export function summarise<F>(items: readonly UploadItem<F>[]): QueueSnapshot<F> {
  const count = (phase: UploadItem<F>["phase"]): number => items.filter((item) => item.phase === phase).length;
  const pausedCount = count("paused");
  const doneCount = count("done");
  const failedCount = count("failed");
  let sentBytes = 0;
  let totalBytes = 0;
  let bytesPerSecond: number | undefined;
  for (const item of items) {
    sentBytes += item.sentBytes;
    totalBytes += item.totalBytes;
    if (item.bytesPerSecond !== undefined) bytesPerSecond = (bytesPerSecond ?? 0) + item.bytesPerSecond;
  }
  const activeCount = items.length - pausedCount - doneCount - failedCount;
  return { items, activeCount, pausedCount, doneCount, failedCount, sentBytes, totalBytes, bytesPerSecond };
}

/** True while the engine works on it. */
export function isRunning({ phase }: UploadItem<unknown>): boolean {
  return phase !== "queued" && phase !== "paused" && phase !== "done" && phase !== "failed";
}
