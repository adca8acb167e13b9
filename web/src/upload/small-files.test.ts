import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { batchCalls } from "./batch-calls.js";
import type { BulkUploadApi } from "./batch-calls.js";
import { nodeHash } from "./node.js";
import { createGate, idle, openQueue, randomFile as file, reached } from "./test-queue.fixture.js";
import { startTestStore } from "./test-store.fixture.js";
import type { TestFile, TestStore } from "./test-store.fixture.js";

const PART = 50_000;

let store: TestStore;
beforeEach(async () => {
  store = await startTestStore({ partSize: PART });
});
afterEach(() => store.close());

const many = (count: number, size = 1_000): ReturnType<typeof file>[] =>
  Array.from({ length: count }, (_, n) => file(size, `f${n}`));
const createdNames = (): string[] => [...store.uploads.values()].map(({ input }) => input.filename);

/** The same server further away, so that calls meet. */
function distant(api: BulkUploadApi<TestFile> = store.api): BulkUploadApi<TestFile> {
  const trip = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));
  return {
    ...api,
    create: (input) => trip().then(() => api.create(input)),
    createMany: (inputs) => trip().then(() => api.createMany(inputs)),
    confirm: (fileId, signal) => trip().then(() => api.confirm(fileId, signal)),
    confirmMany: (fileIds) => trip().then(() => api.confirmMany(fileIds)),
  };
}

/** A server that takes its time: verdicts come when everything that was begun has arrived. */
function slowVerdicts(): BulkUploadApi<TestFile> {
  const api = distant();
  const arrived = async (): Promise<void> => {
    while (store.puts.length < store.uploads.size) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  return {
    ...api,
    confirm: (fileId, signal) => arrived().then(() => api.confirm(fileId, signal)),
    confirmMany: (fileIds) => arrived().then(() => api.confirmMany(fileIds)),
  };
}

test("500 small files: created in the order of adding, each sent once, in a fiftieth of the calls", async () => {
  const queue = openQueue(store, { api: batchCalls(slowVerdicts()), reportEveryMs: 50 });
  queue.add(many(500));
  const end = await reached(queue, idle);
  expect(end).toMatchObject({ doneCount: 500, failedCount: 0, sentBytes: 500_000 });
  expect(createdNames()).toEqual(Array.from({ length: 500 }, (_, n) => `f${n}`));
  expect(store.puts).toHaveLength(500);
  expect(store.peak).toBeLessThanOrEqual(6);
  // One by one it is 1,000, besides the 500 that go to the store.
  expect(store.calls.length).toBeLessThan(30);
});

test("the order of creating does not depend on which file is read first", async () => {
  let hashed = 0;
  const queue = openQueue(store, {
    hash: async (body, signal) => {
      const waitMs = 40 - (hashed++ % 20) * 2;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      return nodeHash(body, signal);
    },
  });
  queue.add(many(60));
  await reached(queue, idle);
  expect(createdNames()).toEqual(Array.from({ length: 60 }, (_, n) => `f${n}`));
});

test("a file that fails before it has begun lets the next ones in", async () => {
  const gone = { ...file(10, "gone"), state: () => Promise.resolve("FILE_UNREADABLE" as const) };
  const queue = openQueue(store, { smallFilesAtOnce: 1 });
  const started = Date.now();
  queue.add([gone, ...many(10)]);
  expect(await reached(queue, idle)).toMatchObject({ failedCount: 1, doneCount: 10 });
  // Each of them would lose two seconds.
  expect(Date.now() - started).toBeLessThan(15_000);
});

test("large files keep their places, small ones run beside them", async () => {
  const queue = openQueue(store, { filesAtOnce: 2, smallFileBytes: PART, smallFilesAtOnce: 10 });
  let large = 0;
  let small = 0;
  queue.subscribe(() => {
    const running = queue.getSnapshot().items.filter((item) => !["queued", "done"].includes(item.phase));
    large = Math.max(large, running.filter((item) => item.totalBytes > PART).length);
    small = Math.max(small, running.filter((item) => item.totalBytes <= PART).length);
  });
  store.delayMs = 2;
  queue.add([...many(20), ...many(4, 3 * PART), ...many(20)]);
  const end = await reached(queue, idle);
  expect(end).toMatchObject({ doneCount: 44, sentBytes: 40_000 + 12 * PART });
  expect(large).toBe(2);
  expect(small).toBe(10);
  expect(store.peak).toBeLessThanOrEqual(6);
});

test("a batch that fails as a whole is tried again for every file, and nothing is begun twice", async () => {
  store.beforeCall = (name, nth) => {
    if (name === "createMany" && nth === 1) throw new TypeError("connection reset");
    if (name === "confirmMany" && nth === 1) throw new TypeError("connection reset");
    return undefined;
  };
  const queue = openQueue(store, { api: batchCalls(slowVerdicts()) });
  queue.add(many(50));
  expect(await reached(queue, idle)).toMatchObject({ doneCount: 50, failedCount: 0 });
  expect(store.uploads.size).toBe(50);
  expect(store.puts).toHaveLength(50);
});

test("an answer that was lost: the repeat finds what was begun", async () => {
  let lost = false;
  const queue = openQueue(store, {
    api: batchCalls({
      ...distant(),
      createMany: async (inputs) => {
        const answers = await store.api.createMany(inputs);
        if (lost) return answers;
        lost = true;
        throw new TypeError("connection reset");
      },
    }),
  });
  queue.add(many(20));
  expect(await reached(queue, idle)).toMatchObject({ doneCount: 20, failedCount: 0 });
  expect(lost).toBe(true);
  expect(store.uploads.size).toBe(20);
});

test("a refusal in a batch, of creating or of confirming, leaves the other files alone", async () => {
  store.beforeItem = (call, name) => {
    if (call === "create" && name === "f3") return { code: "QUOTA_EXCEEDED", message: "full", retryable: false };
    if (call === "confirm" && name === "f5") return { code: "CONTENT_MISMATCH", message: "no", retryable: false };
    return undefined;
  };
  const queue = openQueue(store, { api: batchCalls(slowVerdicts()) });
  queue.add(many(20));
  const { items, doneCount } = await reached(queue, idle);
  expect(doneCount).toBe(18);
  expect(items[3]).toMatchObject({ phase: "failed", error: { code: "REFUSED", problem: { code: "QUOTA_EXCEEDED" } } });
  expect(items[5]).toMatchObject({ phase: "failed", error: { code: "REJECTED" } });
  expect(store.calls).toContain("createMany");
  expect(store.calls).toContain("confirmMany");
});

test("a busy server is waited for, file by file", async () => {
  const asked = new Map<string, number>();
  store.beforeItem = (call, name) => {
    const nth = (asked.get(name) ?? 0) + 1;
    if (call === "confirm") asked.set(name, nth);
    const busy = call === "confirm" && nth === 1 && Number(name.slice(1)) % 2 === 0;
    return busy ? { code: "FILE_BUSY", message: "busy", retryable: true, retryAfterSeconds: 0 } : undefined;
  };
  const queue = openQueue(store, { api: batchCalls(distant()) });
  queue.add(many(10));
  expect(await reached(queue, idle)).toMatchObject({ doneCount: 10 });
  expect([...asked.values()].filter((count) => count === 2)).toHaveLength(5);
});

test("a file that is cancelled while its batch is under way is given up at the server; the others arrive", async () => {
  const asked = createGate();
  const held = createGate();
  const queue = openQueue(store, {
    api: batchCalls({
      ...distant(),
      createMany: async (inputs) => {
        asked.open();
        await held.passed;
        return store.api.createMany(inputs);
      },
    }),
  });
  const ids = queue.add(many(20));
  await asked.passed;
  queue.cancel(ids[7] as string);
  held.open();
  expect(await reached(queue, idle)).toMatchObject({ doneCount: 19, failedCount: 0 });
  const ended = [...store.uploads.values()].filter(({ state }) => state === "GONE");
  expect(ended.map(({ input }) => input.filename)).toEqual(["f7"]);
});

test("URLs that ran out while their files waited for a connection are signed anew", async () => {
  store.ttlMs = -1;
  store.beforeCall = (name) => {
    if (name === "signParts") store.ttlMs = 60_000;
    return undefined;
  };
  const queue = openQueue(store, { parallel: 1 });
  queue.add(many(30));
  expect(await reached(queue, idle)).toMatchObject({ doneCount: 30, failedCount: 0 });
  expect(store.puts.some((put) => put.status === 403)).toBe(true);
});
