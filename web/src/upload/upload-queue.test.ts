import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { UploadItem } from "./queue-snapshot.js";
import { createGate, idle, openQueue, phases, randomFile as file, reached } from "./test-queue.fixture.js";
import type { TestQueue, TestQueueOptions } from "./test-queue.fixture.js";
import { startTestStore } from "./test-store.fixture.js";
import type { TestFile, TestStore } from "./test-store.fixture.js";

const PART = 50_000;

let store: TestStore;
beforeEach(async () => {
  store = await startTestStore({ partSize: PART });
});
afterEach(() => store.close());

const open = (more: Partial<TestQueueOptions> = {}): TestQueue => openQueue(store, { api: store.api, ...more });

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
  const queue = open({ filesAtOnce: 2, smallFileBytes: 0 });
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
  const queue = open({
    filesAtOnce: 1,
    smallFileBytes: 0,
    hash: undefined,
    onGivenUp: (fileId) => givenUp.push(fileId),
  });
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
  const asked = createGate();
  const held = createGate();
  const queue = open({
    api: {
      ...store.api,
      create: async (input) => {
        asked.open();
        await held.passed;
        return store.api.create(input);
      },
    },
  });
  const givenUp = createGate();
  store.beforeCall = (name) => {
    if (name === "abort") givenUp.open();
    return undefined;
  };
  const [id] = queue.add([file(10)]);
  await asked.passed;
  queue.cancel(id as string);
  held.open();
  await givenUp.passed;
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

test("what is told: a row at the server and a finished file, each once, with its source", async () => {
  const told: string[] = [];
  store.fate = (_, nth) => (nth === 1 ? { status: 500, code: "InternalError" } : "OK");
  const queue = open({
    retry: { retries: 0, firstDelayMs: 1, maxDelayMs: 1 },
    onBegun: (fileId, source) => told.push(`begun ${fileId} ${source.name}`),
    onDone: (stored, source) => told.push(`done ${stored.id} ${source.name}`),
  });
  const [id] = queue.add([file(10, "one")]);
  await reached(queue, idle);
  queue.retry(id as string);
  await reached(queue, (snapshot) => snapshot.doneCount === 1);
  expect(told).toEqual(["begun file_1 one", "done file_1 one"]);
});

test("retryAll tries what another try may mend; cancelAll leaves what is done", async () => {
  const changed = { ...file(10, "changed"), state: () => Promise.resolve("FILE_CHANGED" as const) };
  const aborted: string[] = [];
  const queue = open({ onGivenUp: (fileId) => aborted.push(fileId) });
  store.fate = (number) => (number >= 2 ? { status: 500, code: "InternalError" } : "OK");
  queue.add([file(10, "fine"), changed, file(2 * PART, "later"), file(3 * PART, "never")]);
  expect(phases(await reached(queue, idle))).toEqual(["done", "failed", "failed", "failed"]);

  store.fate = (number) => (number >= 3 ? { status: 500, code: "InternalError" } : "OK");
  queue.retryAll();
  expect(phases(queue.getSnapshot())[1]).toBe("failed");
  expect(phases(await reached(queue, idle))).toEqual(["done", "failed", "done", "failed"]);
  expect(store.calls.filter((call) => call === "create")).toHaveLength(3);

  const givenUp = createGate();
  store.beforeCall = (name) => {
    if (name === "abort") givenUp.open();
    return undefined;
  };
  queue.cancelAll();
  expect(queue.getSnapshot().items.map((item) => item.name)).toEqual(["fine", "later"]);
  await givenUp.passed;
  const states = [...store.uploads.values()].map((upload) => `${upload.input.filename} ${upload.state}`);
  expect(states.sort()).toEqual(["fine READY", "later READY", "never GONE"]);
});

test("one file that hangs before it has begun does not keep the others", async () => {
  const stuck = { ...file(10, "stuck"), state: () => new Promise<never>(() => undefined) };
  const queue = open();
  const [id] = queue.add([stuck, file(10, "a"), file(10, "b"), file(PART * 2, "c")]);
  const end = await reached(queue, (snapshot) => snapshot.doneCount === 3);
  expect(end.activeCount).toBe(1);
  queue.cancel(id as string);
  expect(queue.getSnapshot().activeCount).toBe(0);
});

test("however much happens, listeners are called as often as agreed", async () => {
  const queue = open({ reportEveryMs: 50 });
  let calls = 0;
  const started = performance.now();
  queue.subscribe(() => calls++);
  queue.add(Array.from({ length: 200 }, () => file(100)));
  await reached(queue, idle);
  expect(calls).toBeLessThanOrEqual((performance.now() - started) / 50 + 3);
});
