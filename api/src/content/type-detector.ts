/**
 * What a file's first bytes say it is. The bytes come from strangers and parsers have had endless loops
 * (CVE-2026-31808), so they are read in a thread that can be killed, with a deadline.
 */

import { Worker } from "node:worker_threads";
import { supportedMimeTypes } from "file-type";
import type { DetectorMessage } from "./type-detector.worker.js";

export interface TypeDetector {
  /**
   * The media type, lower case, without parameters; null when the detector knows nothing like it; TIMEOUT when it gave
   * no answer: too slow, out of memory, or broken by these bytes. One sample at a time; others wait their turn.
   * @param bytes the first bytes of a file; 64 KiB are enough for any type @throws Error once stopped
   */
  detect(bytes: Uint8Array): Promise<string | null | "TIMEOUT">;
  /** Every type that {@link TypeDetector.detect} can answer. */
  readonly detectable: ReadonlySet<string>;
  /** Kills the thread; samples that wait are refused. Idempotent. */
  stop(): Promise<void>;
}

/** Above any sane parse of 64 KiB, below what would hurt the process. */
const MAX_HEAP_MIB = 64;

/** A thread that cannot even start is a fault of ours and no property of a file. */
const START_LIMIT_MS = 30_000;

interface Thread {
  readonly worker: Worker;
  /** Rejects when the thread ends, or takes too long, before it is ready. */
  readonly ready: Promise<void>;
  isAlive(): boolean;
}

/**
 * Starts the detector's thread. It does not keep the process alive.
 * @param options.deadlineMs for one sample, by the clock on the wall
 */
export function createTypeDetector(options: { deadlineMs: number }): TypeDetector {
  const { deadlineMs } = options;
  let stopped = false;
  let thread = startThread();
  let queue: Promise<unknown> = Promise.resolve();

  async function detectNow(sample: Uint8Array): Promise<string | null | "TIMEOUT"> {
    if (!stopped && !thread.isAlive()) thread = startThread();
    if (!stopped) await thread.ready;
    if (stopped) throw new Error("the type detector has stopped");
    const answer = await ask(thread.worker, sample, deadlineMs);
    if (stopped) throw new Error("the type detector has stopped");
    if (answer === "READY" || answer === "FAILED") return "TIMEOUT";
    if (answer !== null) return answer.mime === null ? null : bareType(answer.mime);
    await thread.worker.terminate();
    if (!stopped) thread = startThread();
    return "TIMEOUT";
  }

  return {
    detect(bytes) {
      // A copy of its own: it is handed over to the thread, and a view may lie in memory shared with others.
      const sample = Uint8Array.from(bytes);
      const answer = queue.then(() => detectNow(sample));
      queue = answer.catch(() => undefined);
      return answer;
    },
    detectable: new Set([...supportedMimeTypes].map(bareType)),
    async stop() {
      stopped = true;
      await thread.worker.terminate();
    },
  };
}

function startThread(): Thread {
  const worker = new Worker(new URL("./type-detector.worker.js", import.meta.url), {
    name: "type-detector",
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    // The secrets of the process are none of its business.
    env: {},
  });
  worker.unref();
  let alive = true;
  // Without a listener a failure of the thread would end the process.
  worker.on("error", () => undefined);
  worker.once("exit", () => (alive = false));
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error("the type detector did not start in time"));
      void worker.terminate();
    }, START_LIMIT_MS);
    timer.unref();
    worker.once("message", () => {
      clearTimeout(timer);
      resolve();
    });
    worker.once("exit", () => {
      clearTimeout(timer);
      reject(new Error("the type detector ended before it was ready"));
    });
  });
  // Whoever waits for it gets the error; nobody may be waiting.
  ready.catch(() => undefined);
  return { worker, ready, isAlive: () => alive };
}

/** The thread's answer; null when the deadline has passed or the thread has died. */
function ask(worker: Worker, sample: Uint8Array, deadlineMs: number): Promise<DetectorMessage | null> {
  return new Promise((resolve) => {
    const settle = (answer: DetectorMessage | null) => {
      clearTimeout(timer);
      worker.off("message", settle);
      worker.off("exit", onExit);
      resolve(answer);
    };
    const onExit = () => settle(null);
    const timer = setTimeout(() => settle(null), deadlineMs);
    worker.once("message", settle);
    worker.once("exit", onExit);
    worker.postMessage(sample, [sample.buffer as ArrayBuffer]);
  });
}

function bareType(mime: string): string {
  return mime.toLowerCase().split(";", 1)[0]!.trim();
}
