import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { bytesSource, createNodePut, nodeHash } from "./node.js";
import type { NodeBody } from "./node.js";
import { startTestStore } from "./test-store.fixture.js";
import type { TestFile, TestStore } from "./test-store.fixture.js";
import { UploadQueue } from "./upload-queue.js";
import type { QueueSnapshot, UploadItem, UploadQueueOptions } from "./upload-queue.js";

const PART = 50_000;
type Queue = UploadQueue<NodeBody, TestFile>;

let store: TestStore;
beforeEach(async () => {
  store = await startTestStore({ partSize: PART });
});
afterEach(() => store.close());

function open(more: Partial<UploadQueueOptions<NodeBody, TestFile>> = {}): Queue {
  const retry = { retries: 2, firstDelayMs: 4, maxDelayMs: 10 };
  return new UploadQueue({ api: store.api, put: createNodePut(), hash: nodeHash, retry, reportEveryMs: 5, ...more });
}

const file = (size: number, name = "x") => bytesSource(randomBytes(size), name);

/** Resolves with the first snapshot that satisfies `until`. */
function reached(
  queue: Queue,
  until: (snapshot: QueueSnapshot<TestFile>) => boolean,
): Promise<QueueSnapshot<TestFile>> {
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

const idle = (snapshot: QueueSnapshot<TestFile>): boolean => snapshot.activeCount === 0;
const phases = (snapshot: QueueSnapshot<TestFile>): string[] => snapshot.items.map((item) => item.phase);

test("many files over shared connections: totals add up, everything arrives once", async () => {
  store.delayMs = 5;
  const done: string[] = [];
  const queue = open({ parallel: 3, onDone: (stored) => done.push(stored.name) });
  const sizes = [0, 10, PART, 4 * PART + 1, 10, 10, 10, 2 * PART, 10];
  queue.add(sizes.map((size, index) => file(size, `f${index}`)));
  expect(queue.getSnapshot()).toMatchObject({ activeCount: 9, doneCount: 0, sentBytes: 0, totalBytes: 7 * PART + 51 });
  const end = await reached(queue, idle);
  expect(end).toMatchObject({ doneCount: 9, failedCount: 0, sentBytes: 7 * PART + 51 });
  expect([...done].sort()).toEqual(sizes.map((_, index) => `f${index}`));
  expect(store.peak).toBeLessThanOrEqual(3);
  queue.clearDone();
  expect(queue.getSnapshot().items).toEqual([]);
});

test("no more files at once than asked", async () => {
  store.delayMs = 5;
  const queue = open({ filesAtOnce: 2 });
  let most = 0;
  queue.subscribe(() => {
    const running = queue.getSnapshot().items.filter((item) => !["queued", "done"].includes(item.phase));
    most = Math.max(most, running.length);
  });
  queue.add(Array.from({ length: 6 }, () => file(10)));
  await reached(queue, idle);
  expect(most).toBe(2);
});

test("a snapshot is the same object until something changes, and a row that rests keeps its identity", async () => {
  const queue = open();
  queue.add([file(10, "first")]);
  const before = await reached(queue, idle);
  expect(queue.getSnapshot()).toBe(before);
  queue.add([file(10, "second")]);
  const after = await reached(queue, (snapshot) => snapshot.doneCount === 2);
  expect(after).not.toBe(before);
  expect(after.items[0]).toBe(before.items[0]);
});

test("cancel stops one file, frees it at the server, and leaves the others alone", async () => {
  const givenUp: string[] = [];
  const queue = open({ filesAtOnce: 1, hash: undefined, onGivenUp: (fileId) => givenUp.push(fileId) });
  const [slow, quick] = queue.add([file(10, "slow"), file(10, "quick")]);
  await new Promise<void>((stuck) => {
    store.fate = (_, nth) => (nth === 1 ? (stuck(), "STALL") : "OK");
  });
  queue.cancel(slow as string);
  const end = await reached(queue, idle);
  expect(end.items.map((item) => item.id)).toEqual([quick]);
  expect(end.items[0]?.phase).toBe("done");
  const upload = [...store.uploads.values()].find(({ input }) => input.filename === "slow");
  expect(upload?.state).toBe("GONE");
  expect(givenUp).toEqual([upload?.id]);
});

test("cancel before the server has answered frees what it then has begun", async () => {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const queue = open({
    api: {
      ...store.api,
      create: async (input) => {
        await held;
        return store.api.create(input);
      },
    },
  });
  const [id] = queue.add([file(10)]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  queue.cancel(id as string);
  letGo();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(store.only.state).toBe("GONE");
  expect(queue.getSnapshot().items).toEqual([]);
});

test("retry goes on from what is stored; the bar does not run back", async () => {
  store.fate = (number) => (number <= 5 ? "OK" : { status: 500, code: "InternalError" });
  const queue = open();
  const [id] = queue.add([file(8 * PART)]);
  const failed = await reached(queue, idle);
  const item = failed.items[0] as Extract<UploadItem<TestFile>, { phase: "failed" }>;
  expect(item).toMatchObject({ phase: "failed", error: { code: "STORAGE", status: 500 } });
  expect(failed.failedCount).toBe(1);

  await store.quiet();
  const kept = [...store.only.parts.keys()];
  store.fate = () => "OK";
  store.puts.length = 0;
  const seen: number[] = [];
  queue.subscribe(() => seen.push(queue.getSnapshot().sentBytes));
  queue.retry(id as string);
  const end = await reached(queue, idle);
  expect(phases(end)).toEqual(["done"]);
  expect(store.puts.map((put) => put.number).filter((number) => kept.includes(number))).toEqual([]);
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(item.sentBytes);
});

test("retry of an upload that has ended begins a new one", async () => {
  store.fate = () => {
    store.only.state = "GONE";
    return "OK";
  };
  const queue = open();
  const [id] = queue.add([file(10)]);
  expect((await reached(queue, idle)).items[0]).toMatchObject({ phase: "failed", error: { code: "GONE" } });
  store.fate = () => "OK";
  queue.retry(id as string);
  expect(phases(await reached(queue, idle))).toEqual(["done"]);
  expect(store.uploads.size).toBe(2);
});

test("cancelling what is done only takes it off the list", async () => {
  const queue = open();
  const [id] = queue.add([file(10)]);
  await reached(queue, idle);
  queue.cancel(id as string);
  queue.cancel("upload-99");
  queue.retry("upload-99");
  expect(store.calls).not.toContain("abort");
  expect(store.only.state).toBe("READY");
});
