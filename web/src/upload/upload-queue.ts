import type { UploadProgress } from "./progress.js";
import { change, fail, needsOtherFile, pause, resume, retry } from "./queue-entry.js";
import type { Entry, Lane } from "./queue-entry.js";
import { summarise } from "./queue-snapshot.js";
import type { QueueSnapshot } from "./queue-snapshot.js";
import { randomKey } from "./random-key.js";
import { createRate } from "./rate.js";
import { createSlots } from "./slots.js";
import type { UploadSource } from "./source.js";
import { createTurns } from "./turns.js";
import type { UploadError } from "./upload-error.js";
import { uploadFile } from "./upload-file.js";
import type { UploadOptions } from "./upload-file.js";

/** What every upload of a queue shares. */
export interface UploadQueueOptions<Body, F> extends Omit<
  UploadOptions<Body, F>,
  "signal" | "onProgress" | "onFileId" | "resumeFileId" | "verifyStored" | "idempotencyKey" | "beforeBegin"
> {
  /** Files in work at a time, small ones not counted. Default 6. */
  readonly filesAtOnce?: number;
  /** Small files in work at a time, so many that creating and confirming them comes in batches. Default 100. */
  readonly smallFilesAtOnce?: number;
  /** Files up to this size are small. Default 1 MiB. */
  readonly smallFileBytes?: number;
  /** Called as soon as the server has a row: from now on the upload could be resumed elsewhere. */
  readonly onBegun?: (fileId: string, source: UploadSource<Body>) => void;
  /** Called once a file, before the snapshot shows it as done. */
  readonly onDone?: (file: F, source: UploadSource<Body>) => void;
  /** Called once the server has been told to give an upload up, whatever it said. */
  readonly onGivenUp?: (fileId: string) => void;
  /** Least time between two snapshots that nobody's method call made. Default 100. */
  readonly reportEveryMs?: number;
}

/** What an earlier session left behind. */
export interface AddOptions {
  /** An upload to go on with, for a single source. What is stored of it is compared with the source first. */
  readonly resumeFileId?: string;
  /** What had been sent, until the server tells. */
  readonly sentBytes?: number;
}

/**
 * Uploads many files over shared connections. A store for `useSyncExternalStore` and the like: methods are bound,
 * snapshots immutable. Unknown ids, and verbs that do not fit the phase, are ignored.
 */
export class UploadQueue<Body, F> {
  readonly #options: UploadQueueOptions<Body, F>;
  readonly #entries = new Map<string, Entry<Body, F>>();
  readonly #listeners = new Set<() => void>();
  /** The server is asked to begin files in the order of adding, whichever is read first. */
  readonly #joinLine = createTurns();
  readonly #lanes: readonly [small: Lane<Body, F>, large: Lane<Body, F>];
  #snapshot: QueueSnapshot<F> = summarise([]);
  #lastId = 0;
  #publishedAtMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: UploadQueueOptions<Body, F>) {
    this.#options = { ...options, slots: options.slots ?? createSlots(options.parallel ?? 6) };
    const lane = (places: number): Lane<Body, F> => ({ places, running: new Set(), waiting: [] });
    this.#lanes = [lane(options.smallFilesAtOnce ?? 100), lane(options.filesAtOnce ?? 6)];
  }

  /** Calls `listener` after every change, until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): QueueSnapshot<F> => this.#snapshot;

  /** What was added under this id. */
  readonly sourceOf = (id: string): UploadSource<Body> | undefined => this.#entries.get(id)?.source;

  /** Queues files; they start by themselves, in this order. Returns their ids. */
  readonly add = (sources: Iterable<UploadSource<Body>>, options: AddOptions = {}): string[] => {
    const { resumeFileId: fileId, sentBytes = 0 } = options;
    const { smallFileBytes = 2 ** 20 } = this.#options;
    const ids = Array.from(sources, (source) => {
      const order = ++this.#lastId;
      const id = `upload-${order}`;
      const { name, type, sizeBytes: totalBytes } = source;
      const entry: Entry<Body, F> = {
        source,
        order,
        lane: this.#lanes[totalBytes <= smallFileBytes ? 0 : 1],
        rate: createRate(),
        item: { id, name, type, totalBytes, sentBytes, fileId, bytesPerSecond: undefined, phase: "queued" },
        verifyStored: fileId !== undefined,
      };
      this.#entries.set(id, entry);
      entry.lane.waiting.push(entry);
      return id;
    });
    this.#startNext();
    this.#publish();
    return ids;
  };

  /**
   * Stops what is in flight of a file, or takes its turn away; stored parts are kept. While the server is at its verdict
   * no bytes move: that is let be, and the file pauses only if bytes turn out to be missing.
   */
  readonly pause = (id: string): void => this.#act(pause, id);
  /** Goes on with a paused file from what is stored, in its old place. */
  readonly resume = (id: string): void => this.#act(resume, id);
  /** Tries a failed file again; parts that the store has are kept. */
  readonly retry = (id: string): void => this.#act(retry, id);
  /**
   * Takes a file out. Unless it is done or somebody else's, its upload is stopped and given up at the server, also when
   * the server's answer to its first call is still under way.
   */
  readonly cancel = (id: string): void => this.#act(this.#cancel, id);

  readonly pauseAll = (): void => this.#act(pause);
  readonly resumeAll = (): void => this.#act(resume);
  /** Tries all failed files again, but those that need to be chosen anew. */
  readonly retryAll = (): void => this.#act((entry) => needsOtherFile(entry) || retry(entry));
  /** Cancels everything that is not done. */
  readonly cancelAll = (): void => this.#act((entry) => entry.item.phase === "done" || this.#cancel(entry));
  /** Takes the files that are done out of the list. */
  readonly clearDone = (): void => this.#act((entry) => entry.item.phase === "done" && this.#cancel(entry));

  readonly #cancel = (entry: Entry<Body, F>): void => {
    const { item } = entry;
    this.#entries.delete(item.id);
    entry.lane.running.delete(entry);
    entry.controller?.abort();
    if (item.phase !== "done" && !entry.notOurs && item.fileId !== undefined) this.#giveUp(item.fileId);
  };

  /** Applies a verb to one file or to all, and shows the outcome at once. */
  #act(verb: (entry: Entry<Body, F>) => unknown, id?: string): void {
    for (const entry of id === undefined ? this.#entries.values() : [this.#entries.get(id)]) if (entry) verb(entry);
    for (const { waiting } of this.#lanes) waiting.sort((a, b) => a.order - b.order);
    this.#startNext();
    this.#publish();
  }

  #startNext(): void {
    for (const { places, running, waiting } of this.#lanes) {
      while (running.size < places && waiting.length > 0) {
        const entry = waiting.shift();
        if (entry?.item.phase !== "queued" || !this.#entries.has(entry.item.id)) continue;
        running.add(entry);
        entry.ended = this.#run(entry, (entry.controller = new AbortController()).signal);
      }
    }
  }

  /** Never rejects: the outcome is the entry's phase. */
  async #run(entry: Entry<Body, F>, signal: AbortSignal): Promise<void> {
    const { source, ended } = entry;
    entry.pauseLater = false;
    change(entry, { phase: "preparing" });
    // A run that was paused still holds the lock for a moment, or has come through after all.
    await ended;
    if (signal.aborted || entry.item.phase === "done") return;
    const { fileId: resumeFileId } = entry.item;
    const turn = resumeFileId === undefined ? this.#joinLine() : undefined;
    try {
      const file = await uploadFile(source, {
        ...this.#options,
        signal,
        verifyStored: entry.verifyStored,
        idempotencyKey: (entry.idempotencyKey ??= randomKey()),
        resumeFileId,
        beforeBegin: turn?.come,
        onFileId: (fileId) => {
          turn?.pass();
          // Told with the lock held.
          entry.notOurs = false;
          this.#begun(entry, fileId);
        },
        onProgress: (progress) => signal.aborted || this.#progress(entry, progress),
      });
      this.#options.onDone?.(file, source);
      change(entry, { phase: "done", file, sentBytes: entry.item.totalBytes });
    } catch (error) {
      // uploadFile throws nothing else.
      if (!signal.aborted) fail(entry, error as UploadError);
    }
    turn?.pass();
    this.#startNext();
    this.#changed();
  }

  #begun(entry: Entry<Body, F>, fileId: string): void {
    if (!this.#entries.has(entry.item.id)) this.#giveUp(fileId);
    else if (entry.item.fileId !== fileId) {
      entry.item = { ...entry.item, fileId };
      // It may have been found rather than begun. Until bytes move, every try compares anew.
      entry.verifyStored = true;
      this.#options.onBegun?.(fileId, entry.source);
    }
  }

  #progress(entry: Entry<Body, F>, progress: UploadProgress): void {
    const { phase, sentBytes } = progress;
    const moving = phase === "sending";
    if (moving || phase === "confirming") entry.verifyStored = false;
    if (!moving) entry.rate.reset();
    change(entry, {
      ...progress,
      // Another try begins with what was found; the bar waits until it has caught up.
      sentBytes: Math.max(entry.item.sentBytes, sentBytes),
      bytesPerSecond: moving ? entry.rate.observe(sentBytes, performance.now()) : undefined,
    });
    if (entry.pauseLater) pause(entry);
    this.#changed();
  }

  #giveUp(fileId: string): void {
    const { api, onGivenUp } = this.#options;
    const told = (): void => onGivenUp?.(fileId);
    // Best effort: what nobody confirms, the server sweeps away after its own time.
    api.abort(fileId).then(told, told);
  }

  /** Many files change many times a second: what nobody's method call changed is shown together. */
  #changed(): void {
    const waitMs = this.#publishedAtMs + (this.#options.reportEveryMs ?? 100) - performance.now();
    if (waitMs <= 0) this.#publish();
    else this.#timer ??= setTimeout(this.#publish, waitMs);
  }

  readonly #publish = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#publishedAtMs = performance.now();
    this.#snapshot = summarise(Array.from(this.#entries.values(), (entry) => entry.item));
    for (const listener of this.#listeners) listener();
  };
}
