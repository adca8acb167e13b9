import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { bytesSource, nodeHash } from "./node.js";
import { createGate, idle, openQueue, phases, randomFile as file, reached, stored } from "./test-queue.fixture.js";
import type { Gate } from "./test-queue.fixture.js";
import { startTestStore } from "./test-store.fixture.js";
import type { TestStore } from "./test-store.fixture.js";
import type { UploadProblem } from "./upload-api.js";

const PART = 50_000;

let store: TestStore;
beforeEach(async () => {
  store = await startTestStore({ partSize: PART });
});
afterEach(() => store.close());

/** Lets parts up to `number` through and opens the gate when `count` others hang. */
function stallAfter(number: number, count: number): Gate {
  const gate = createGate();
  let stalled = 0;
  store.fate = (part) => {
    if (part <= number) return "OK";
    if (++stalled === count) gate.open();
    return "STALL";
  };
  return gate;
}

/** Every part that the store took, as often as it took it. */
const taken = (): string[] =>
  store.puts.filter((put) => put.status === 200).map((put) => `${put.fileId}/${put.number}`);

/** Calls of the server are held up from now on, by name. */
function holdCall(name: "create" | "confirm"): {
  readonly asked: Gate;
  readonly held: Gate;
  readonly api: TestStore["api"];
  readonly count: () => number;
} {
  const asked = createGate();
  const held = createGate();
  let calls = 0;
  const hold = async (): Promise<void> => {
    calls++;
    asked.open();
    await held.passed;
  };
  const api: TestStore["api"] = {
    ...store.api,
    ...(name === "create"
      ? { create: (input) => hold().then(() => store.api.create(input)) }
      : { confirm: (fileId, signal) => hold().then(() => store.api.confirm(fileId, signal)) }),
  };
  return { asked, held, api, count: () => calls };
}

describe("one file", () => {
  test("pause lets go of the lock and resume goes on, also while a call of the server hangs", async () => {
    let hanging = 0;
    let locks = 0;
    const api: TestStore["api"] = {
      ...store.api,
      signParts: (...asked) => {
        // As a call that waits for a person to sign in: deaf to its signal.
        if (++hanging === 1) return new Promise(() => undefined);
        return store.api.signParts(...asked);
      },
    };
    const bytes = randomBytes(3 * PART);
    const lock = (): Promise<() => void> => {
      locks++;
      return Promise.resolve(() => void locks--);
    };
    const source = { ...bytesSource(bytes, "x"), fingerprint: () => Promise.resolve("x") };
    const queue = openQueue(store, { api, lock });
    const [id = ""] = queue.add([source]);
    await reached(queue, () => hanging === 1);
    queue.pause(id);
    await new Promise((resolve) => setImmediate(resolve));
    expect(locks).toBe(0);
    queue.resume(id);
    const [file] = stored(await reached(queue, idle));
    expect(file?.bytes.equals(bytes)).toBe(true);
  });

  test("pause stops what is in flight; resume sends what the store lacks, and nothing twice", async () => {
    const stuck = stallAfter(4, 3);
    const withDigests: boolean[] = [];
    const bytes = randomBytes(10 * PART);
    let hashes = 0;
    const queue = openQueue(store, {
      parallel: 3,
      hash: (body, signal) => {
        hashes++;
        return nodeHash(body, signal);
      },
      api: {
        ...store.api,
        resume: (fileId, options, signal) => {
          withDigests.push(options.withDigests);
          return store.api.resume(fileId, options, signal);
        },
      },
      hashWholeBytes: 0,
    });
    const bar: number[] = [];
    queue.subscribe(() => bar.push(queue.getSnapshot().sentBytes));
    const [id = ""] = queue.add([bytesSource(bytes, "film")]);
    await stuck.passed;
    queue.pause(id);
    const paused = queue.getSnapshot();
    expect(paused).toMatchObject({ activeCount: 0, pausedCount: 1, bytesPerSecond: undefined });
    expect(paused.items[0]).toMatchObject({ phase: "paused", fileId: store.only.id });
    expect(paused.sentBytes).toBeGreaterThanOrEqual(4 * PART);
    await store.quiet();
    expect([...store.only.parts.keys()].sort()).toEqual([1, 2, 3, 4]);
    expect(store.calls).not.toContain("abort");

    store.fate = () => "OK";
    queue.resume(id);
    expect(queue.getSnapshot()).toMatchObject({ activeCount: 1, pausedCount: 0, sentBytes: paused.sentBytes });
    const end = await reached(queue, idle);
    expect(stored(end)[0]?.bytes.equals(bytes)).toBe(true);
    expect(taken().sort()).toEqual(Array.from({ length: 10 }, (_, n) => `file_1/${n + 1}`).sort());
    expect(bar).toEqual([...bar].sort((a, b) => a - b));
    // In one session it is surely the same file: what is stored is neither asked for digests nor read again.
    expect(withDigests).toEqual([false]);
    expect(hashes).toBeLessThanOrEqual(10 + 6);
  });

  test("a queued file can be paused; the next one takes its turn", async () => {
    const queue = openQueue(store, { filesAtOnce: 1, smallFileBytes: 0 });
    const held = stallAfter(0, 1);
    const [, second = ""] = queue.add([file(10, "first"), file(10, "second"), file(10, "third")]);
    queue.pause(second);
    await held.passed;
    expect(phases(queue.getSnapshot()).slice(1)).toEqual(["paused", "queued"]);
    store.fate = () => "OK";
    queue.cancel("upload-1");
    const end = await reached(queue, idle);
    expect(phases(end)).toEqual(["paused", "done"]);
    expect([...store.uploads.values()].map(({ input }) => input.filename)).toEqual(["first", "third"]);
    queue.resume(second);
    expect(phases(await reached(queue, idle))).toEqual(["done", "done"]);
  });

  test("resumed files stand in their old place in the line", async () => {
    const queue = openQueue(store, { filesAtOnce: 1, smallFileBytes: 0 });
    const begun = createGate();
    const held = stallAfter(0, 1);
    const [first = "", second = ""] = queue.add(["first", "second", "third", "fourth"].map((name) => file(10, name)));
    await held.passed;
    store.fate = () => (begun.open(), "STALL");
    queue.pause(first);
    await begun.passed;
    queue.resume(first);
    expect(phases(queue.getSnapshot()).filter((phase) => phase === "queued")).toHaveLength(3);
    store.fate = () => "OK";
    const ended: string[] = [];
    queue.subscribe(() => {
      for (const { name, phase } of queue.getSnapshot().items) {
        if (phase !== "queued" && !ended.includes(name)) ended.push(name);
      }
    });
    queue.cancel(second);
    await reached(queue, idle);
    expect(ended).toEqual(["first", "third", "fourth"]);
  });

  test.each(["before", "after"])(
    "paused while the server begins it, resumed %s its answer: one upload",
    async (when) => {
      const { asked, held, api, count } = holdCall("create");
      const queue = openQueue(store, { api });
      const [id = ""] = queue.add([file(10)]);
      await asked.passed;
      queue.pause(id);
      if (when === "before") {
        queue.resume(id);
        while (count() < 2) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      held.open();
      if (when === "after") {
        while (store.uploads.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        expect(phases(queue.getSnapshot())).toEqual(["paused"]);
        queue.resume(id);
      }
      expect(phases(await reached(queue, (snapshot) => snapshot.doneCount === 1))).toEqual(["done"]);
      expect(store.uploads.size).toBe(1);
      expect(store.calls).not.toContain("abort");
    },
  );

  test("while the server is at its verdict there is nothing to pause", async () => {
    const { asked, held, api } = holdCall("confirm");
    const queue = openQueue(store, { api });
    const [id = ""] = queue.add([file(10)]);
    await asked.passed;
    await reached(queue, (snapshot) => phases(snapshot)[0] === "confirming");
    queue.pause(id);
    expect(phases(queue.getSnapshot())).toEqual(["confirming"]);
    held.open();
    expect(phases(await reached(queue, idle))).toEqual(["done"]);
  });

  test("when the verdict is that parts are missing, a file that was to pause does", async () => {
    const { asked, held, api } = holdCall("confirm");
    const queue = openQueue(store, { api });
    const [id = ""] = queue.add([file(3 * PART)]);
    await asked.passed;
    await reached(queue, (snapshot) => phases(snapshot)[0] === "confirming");
    queue.pause(id);
    store.lose(store.only.id, 2);
    store.fate = () => "STALL";
    held.open();
    expect(phases(await reached(queue, (snapshot) => snapshot.pausedCount === 1))).toEqual(["paused"]);
    await store.quiet();
    store.fate = () => "OK";
    queue.resume(id);
    expect(phases(await reached(queue, idle))).toEqual(["done"]);
    expect(taken()).toHaveLength(4);
  });

  test("verbs that do not fit the phase change nothing", async () => {
    const queue = openQueue(store);
    const [id = ""] = queue.add([file(10)]);
    queue.resume(id);
    const done = await reached(queue, idle);
    queue.pause(id);
    queue.resume(id);
    queue.retry(id);
    for (const verb of [queue.pause, queue.resume, queue.retry, queue.cancel]) verb("upload-99");
    expect(queue.getSnapshot().items).toEqual(done.items);
    expect(queue.getSnapshot().items[0]).toBe(done.items[0]);
  });
});

describe("all files", () => {
  test("pauseAll stops everything, resumeAll goes on: no part is stored twice", async () => {
    const queue = openQueue(store, { filesAtOnce: 2, smallFileBytes: 100 });
    const stuck = stallAfter(2, 5);
    const sizes = [5 * PART, 4 * PART, 3 * PART, 10, 10, 0];
    queue.add(sizes.map((size, n) => file(size, `f${n}`)));
    await stuck.passed;
    queue.pauseAll();
    const paused = queue.getSnapshot();
    expect(paused.activeCount).toBe(0);
    expect(paused.pausedCount + paused.doneCount).toBe(6);
    expect(phases(paused).slice(0, 3)).toEqual(["paused", "paused", "paused"]);
    await store.quiet();
    const before = taken();
    expect(before.length).toBeGreaterThanOrEqual(4);

    store.fate = () => "OK";
    queue.resumeAll();
    const end = await reached(queue, idle);
    expect(end).toMatchObject({ doneCount: 6, pausedCount: 0, sentBytes: 12 * PART + 20 });
    expect(taken()).toHaveLength(14);
    expect(new Set(taken()).size).toBe(14);
  });

  test("what is added to a paused queue starts by itself", async () => {
    const queue = openQueue(store);
    const stuck = stallAfter(0, 1);
    queue.add([file(10, "paused")]);
    await stuck.passed;
    queue.pauseAll();
    store.fate = () => "OK";
    queue.add([file(10, "new")]);
    expect(phases(await reached(queue, idle))).toEqual(["paused", "done"]);
  });
});

describe("an upload of another session", () => {
  async function interrupted(bytes: Uint8Array): Promise<{ resumeFileId: string; sentBytes: number }> {
    const queue = openQueue(store, { parallel: 1, hashWholeBytes: 0 });
    const stuck = stallAfter(2, 1);
    queue.add([bytesSource(bytes, "film")]);
    await stuck.passed;
    queue.pauseAll();
    await store.quiet();
    store.fate = () => "OK";
    store.puts.length = 0;
    return { resumeFileId: store.only.id, sentBytes: 2 * PART };
  }

  test("goes on from what is stored, with its bar where it was", async () => {
    const bytes = randomBytes(4 * PART);
    const left = await interrupted(bytes);
    const queue = openQueue(store);
    queue.add([bytesSource(bytes, "film")], left);
    expect(queue.getSnapshot()).toMatchObject({ sentBytes: 2 * PART, items: [{ fileId: left.resumeFileId }] });
    expect(stored(await reached(queue, idle))[0]?.bytes.equals(bytes)).toBe(true);
    expect(taken().sort()).toEqual(["file_1/3", "file_1/4"]);
  });

  test("another file of the same size is found out before a byte is sent; retry begins it as an upload of its own", async () => {
    const left = await interrupted(randomBytes(4 * PART));
    const queue = openQueue(store);
    const bytes = randomBytes(4 * PART);
    const [id = ""] = queue.add([bytesSource(bytes, "other")], left);
    expect((await reached(queue, idle)).items[0]).toMatchObject({ phase: "failed", error: { code: "DIFFERENT_FILE" } });
    expect(store.puts).toEqual([]);
    queue.retry(id);
    const [other] = stored(await reached(queue, idle));
    expect(other?.id).toBe("file_2");
    expect(other?.bytes.equals(bytes)).toBe(true);
  });

  test("paused and resumed before the comparison was over, it is compared again", async () => {
    const left = await interrupted(randomBytes(4 * PART));
    const hashing = createGate();
    const held = createGate();
    const queue = openQueue(store, {
      hash: async (body, signal) => {
        hashing.open();
        await held.passed;
        return nodeHash(body, signal);
      },
    });
    const [id = ""] = queue.add([file(4 * PART)], left);
    await hashing.passed;
    queue.pause(id);
    queue.resume(id);
    held.open();
    expect((await reached(queue, idle)).items[0]).toMatchObject({ phase: "failed", error: { code: "DIFFERENT_FILE" } });
    expect(store.puts).toEqual([]);
  });

  test("an upload that has ended is begun anew by retry", async () => {
    const left = await interrupted(randomBytes(4 * PART));
    store.only.state = "GONE";
    const queue = openQueue(store);
    const [id = ""] = queue.add([file(4 * PART)], left);
    expect((await reached(queue, idle)).items[0]).toMatchObject({ phase: "failed", error: { code: "GONE" } });
    queue.retry(id);
    expect(phases(await reached(queue, idle))).toEqual(["done"]);
    expect(store.uploads.size).toBe(2);
  });
});

test("a refusal is asked for anew by retry, not as the same request", async () => {
  const full: UploadProblem = { code: "QUOTA_EXCEEDED", message: "full", retryable: false };
  const keys: string[] = [];
  let room = false;
  const queue = openQueue(store, {
    api: {
      ...store.api,
      create: (input) => {
        keys.push(input.idempotencyKey);
        return room ? store.api.create(input) : Promise.resolve({ ok: false, problem: full });
      },
    },
  });
  const [id = ""] = queue.add([file(10)]);
  expect((await reached(queue, idle)).items[0]).toMatchObject({ phase: "failed", error: { code: "REFUSED" } });
  room = true;
  queue.retry(id);
  expect(phases(await reached(queue, idle))).toEqual(["done"]);
  expect(new Set(keys).size).toBe(2);
});
