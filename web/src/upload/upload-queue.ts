import type { UploadProgress } from "./progress.js";
import { createRate } from "./rate.js";
import type { Rate } from "./rate.js";
import { createSlots } from "./slots.js";
import type { UploadSource } from "./source.js";
import { UploadError } from "./upload-error.js";
import type { UploadErrorCode } from "./upload-error.js";
import { uploadFile } from "./upload-file.js";
import type { UploadOptions } from "./upload-file.js";

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

/** What each phase knows; see {@link UploadProgress} for the first four. */
export type UploadItemState<F> =
  | { readonly phase: "queued" | "preparing" | "sending" | "confirming" }
  | { readonly phase: "waiting"; readonly reason: UploadErrorCode }
  | { readonly phase: "done"; readonly file: F }
  | { readonly phase: "failed"; readonly error: UploadError };

/** The queue at one moment. The same object until something changes. */
export interface QueueSnapshot<F> {
  /** In the order of adding. */
  readonly items: readonly UploadItem<F>[];
  /** Files that are neither done nor failed. */
  readonly activeCount: number;
  readonly doneCount: number;
  readonly failedCount: number;
  readonly sentBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number | undefined;
}

/** What every upload of a queue shares. */
export interface UploadQueueOptions<Body, F> extends Omit<
  UploadOptions<Body, F>,
  "signal" | "onProgress" | "onFileId" | "resumeFileId" | "verifyStored"
> {
  /** Files in work at a time. Default 6, so that small files fill the connections. */
  readonly filesAtOnce?: number;
  /** Called once a file, before the snapshot shows it as done. */
  readonly onDone?: (file: F) => void;
  /** Called once the server has been told to give an upload up, whatever it said. */
  readonly onGivenUp?: (fileId: string) => void;
  /** Least time between two snapshots that differ only in progress. Default 100. */
  readonly reportEveryMs?: number;
}

interface Entry<Body, F> {
  readonly source: UploadSource<Body>;
  readonly rate: Rate;
  controller: AbortController | undefined;
  item: UploadItem<F>;
}

/**
 * Uploads many files over shared connections. A store for `useSyncExternalStore` and the like: methods are bound,
 * snapshots immutable.
 */
export class UploadQueue<Body, F> {
  readonly #options: UploadQueueOptions<Body, F>;
  readonly #entries = new Map<string, Entry<Body, F>>();
  readonly #listeners = new Set<() => void>();
  #snapshot: QueueSnapshot<F> = summarise([]);
  #lastId = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: UploadQueueOptions<Body, F>) {
    this.#options = { ...options, slots: options.slots ?? createSlots(options.parallel ?? 6) };
  }

  /** Calls `listener` after every change, until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): QueueSnapshot<F> => this.#snapshot;

  /** Queues files; they start by themselves. Returns their ids. */
  readonly add = (sources: Iterable<UploadSource<Body>>): string[] => {
    const ids = Array.from(sources, (source) => {
      const id = `upload-${++this.#lastId}`;
      const { name, type, sizeBytes: totalBytes } = source;
      const item: UploadItem<F> = {
        id,
        name,
        type,
        totalBytes,
        sentBytes: 0,
        fileId: undefined,
        bytesPerSecond: undefined,
        phase: "queued",
      };
      this.#entries.set(id, { source, rate: createRate(), controller: undefined, item });
      return id;
    });
    this.#startNext();
    this.#publish();
    return ids;
  };

  /**
   * Takes a file out. Unless it is done, its upload is stopped and given up at the server, also when the server's
   * answer to its first call is still under way. Unknown ids are ignored.
   */
  readonly cancel = (id: string): void => {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    entry.controller?.abort();
    if (entry.item.phase !== "done" && entry.item.fileId !== undefined) this.#giveUp(entry.item.fileId);
    this.#startNext();
    this.#publish();
  };

  /** Tries a failed file again; parts that the store has are kept. Other files are left alone. */
  readonly retry = (id: string): void => {
    const entry = this.#entries.get(id);
    if (!entry || entry.item.phase !== "failed") return;
    const anew = entry.item.error.code === "GONE" ? { fileId: undefined, sentBytes: 0 } : {};
    entry.item = { ...bare(entry.item), ...anew, phase: "queued" };
    this.#startNext();
    this.#publish();
  };

  /** Takes the files that are done out of the list. */
  readonly clearDone = (): void => {
    for (const [id, { item }] of this.#entries) if (item.phase === "done") this.#entries.delete(id);
    this.#publish();
  };

  #startNext(): void {
    let room = this.#options.filesAtOnce ?? 6;
    for (const { item } of this.#entries.values()) if (isRunning(item)) room--;
    for (const entry of this.#entries.values()) {
      if (room <= 0) return;
      if (entry.item.phase !== "queued") continue;
      room--;
      void this.#run(entry);
    }
  }

  /** Never rejects: the outcome is the entry's last state. */
  async #run(entry: Entry<Body, F>): Promise<void> {
    const controller = (entry.controller = new AbortController());
    const resumeFileId = entry.item.fileId;
    entry.item = { ...entry.item, phase: "preparing" };
    try {
      const file = await uploadFile(entry.source, {
        ...this.#options,
        signal: controller.signal,
        ...(resumeFileId === undefined ? {} : { resumeFileId, verifyStored: false }),
        onProgress: (progress) => this.#progress(entry, progress),
        onFileId: (fileId) => {
          if (controller.signal.aborted) this.#giveUp(fileId);
          else entry.item = { ...entry.item, fileId };
        },
      });
      this.#options.onDone?.(file);
      entry.item = { ...bare(entry.item), sentBytes: entry.item.totalBytes, phase: "done", file };
    } catch (error) {
      const failure = error instanceof UploadError ? error : new UploadError("PROTOCOL", { cause: error });
      entry.item = { ...bare(entry.item), phase: "failed", error: failure };
    }
    this.#startNext();
    this.#publish();
  }

  #progress(entry: Entry<Body, F>, progress: UploadProgress): void {
    const moving = progress.phase === "sending";
    if (!moving) entry.rate.reset();
    const phaseBefore = entry.item.phase;
    entry.item = {
      ...bare(entry.item),
      ...progress,
      // A retry begins with what was found; the bar waits until it has caught up.
      sentBytes: Math.max(entry.item.sentBytes, progress.sentBytes),
      bytesPerSecond: moving ? entry.rate.observe(progress.sentBytes, performance.now()) : undefined,
    };
    if (progress.phase !== phaseBefore) this.#publish();
    else this.#timer ??= setTimeout(this.#publish, this.#options.reportEveryMs ?? 100);
  }

  #giveUp(fileId: string): void {
    const { api, onGivenUp } = this.#options;
    const told = (): void => onGivenUp?.(fileId);
    // Best effort: what nobody confirms, the server sweeps away after its own time.
    api.abort(fileId).then(told, told);
  }

  readonly #publish = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#snapshot = summarise(Array.from(this.#entries.values(), (entry) => entry.item));
    for (const listener of this.#listeners) listener();
  };
}

function isRunning(item: UploadItem<unknown>): boolean {
  return item.phase !== "queued" && item.phase !== "done" && item.phase !== "failed";
}

/** The item without what only its phase knows. */
function bare<F>(item: UploadItem<F>): Omit<UploadItem<F>, "phase"> {
  const { id, name, type, totalBytes, sentBytes, fileId } = item;
  return { id, name, type, totalBytes, sentBytes, fileId, bytesPerSecond: undefined };
}

function summarise<F>(items: readonly UploadItem<F>[]): QueueSnapshot<F> {
  let doneCount = 0;
  let failedCount = 0;
  let sentBytes = 0;
  let totalBytes = 0;
  let bytesPerSecond: number | undefined;
  for (const item of items) {
    if (item.phase === "done") doneCount++;
    if (item.phase === "failed") failedCount++;
    sentBytes += item.sentBytes;
    totalBytes += item.totalBytes;
    if (item.bytesPerSecond !== undefined) bytesPerSecond = (bytesPerSecond ?? 0) + item.bytesPerSecond;
  }
  const activeCount = items.length - doneCount - failedCount;
  return { items, activeCount, doneCount, failedCount, sentBytes, totalBytes, bytesPerSecond };
}
