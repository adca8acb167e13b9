/** A queue over a test store, for the engine's tests. Never part of the page. */
import { randomBytes } from "node:crypto";
import { batchCalls } from "./batch-calls.js";
import { bytesSource, createNodePut, nodeHash } from "./node.js";
import type { NodeBody } from "./node.js";
import type { QueueSnapshot } from "./queue-snapshot.js";
import type { UploadSource } from "./source.js";
import type { TestFile, TestStore } from "./test-store.fixture.js";
import { UploadQueue } from "./upload-queue.js";
import type { UploadQueueOptions } from "./upload-queue.js";

export type TestQueue = UploadQueue<NodeBody, TestFile>;
export type TestQueueOptions = UploadQueueOptions<NodeBody, TestFile>;
type Snapshot = QueueSnapshot<TestFile>;

/** One that is impatient and reports often. */
export function openQueue(store: TestStore, more: Partial<TestQueueOptions> = {}): TestQueue {
  const retry = { retries: 2, firstDelayMs: 4, maxDelayMs: 10 };
  const api = batchCalls(store.api);
  return new UploadQueue({ api, put: createNodePut(), hash: nodeHash, retry, reportEveryMs: 5, ...more });
}

/** Random bytes as a file. */
export function randomFile(sizeBytes: number, name = "x"): UploadSource<NodeBody> {
  return bytesSource(randomBytes(sizeBytes), name);
}

/** Resolves with the first snapshot that satisfies `until`. */
export function reached(queue: TestQueue, until: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  return new Promise((resolve) => {
    const look = (): void => {
      const snapshot = queue.getSnapshot();
      if (!until(snapshot)) return;
      unsubscribe();
      resolve(snapshot);
    };
    const unsubscribe = queue.subscribe(look);
    look();
  });
}

/** Nothing moves and nothing waits for its turn. */
export const idle = (snapshot: Snapshot): boolean => snapshot.activeCount === 0;

export const phases = (snapshot: Snapshot): string[] => snapshot.items.map((item) => item.phase);

/** What the server gave for the files that are done, in the order of adding. */
export function stored(snapshot: Snapshot): TestFile[] {
  return snapshot.items.flatMap((item) => (item.phase === "done" ? [item.file] : []));
}

/** A promise with its ends in hand. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

/** Holds up whoever awaits `passed`, until it is opened. */
export function createGate(): Gate {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}
