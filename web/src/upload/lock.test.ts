import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import type { Lock } from "./lock.js";
import { bytesSource, createNodePut, nodeHash } from "./node.js";
import type { NodeBody } from "./node.js";
import type { UploadSource } from "./source.js";
import { createGate, idle, openQueue, phases, randomFile, reached } from "./test-queue.fixture.js";
import { startTestStore } from "./test-store.fixture.js";
import type { TestFile, TestStore } from "./test-store.fixture.js";
import type { UploadError } from "./upload-error.js";
import { uploadFile } from "./upload-file.js";
import type { UploadOptions } from "./upload-file.js";

const PART = 50_000;
const retry = { retries: 0, firstDelayMs: 1, maxDelayMs: 1 };

let store: TestStore;
let held: Set<string>;
beforeEach(async () => {
  store = await startTestStore({ partSize: PART });
  held = new Set();
});
afterEach(() => store.close());

/** Locks of one process: a name has one holder. */
const lock: Lock = (name) => {
  if (held.has(name)) return Promise.resolve(undefined);
  held.add(name);
  return Promise.resolve(() => void held.delete(name));
};

const named = (size: number, fingerprint: string): UploadSource<NodeBody> => ({
  ...randomFile(size),
  fingerprint: () => Promise.resolve(fingerprint),
});

function options(more: Partial<UploadOptions<NodeBody, TestFile>> = {}): UploadOptions<NodeBody, TestFile> {
  return { api: store.api, put: createNodePut(), hash: nodeHash, retry, lock, ...more };
}

const failure = (upload: Promise<unknown>): Promise<UploadError> =>
  upload.then(
    () => Promise.reject(new Error("it went through")),
    (error: UploadError) => error,
  );

describe("one upload", () => {
  test("holds its lock from before the server is asked until the end", async () => {
    store.beforeCall = (name) => {
      expect([name, ...held]).toEqual([name, "upload:abc"]);
      return undefined;
    };
    await uploadFile(named(2 * PART, "abc"), options());
    expect(store.calls).toContain("confirm");
    expect(held.size).toBe(0);
  });

  test("somebody else has it: ELSEWHERE, before anything is asked, and theirs it stays", async () => {
    held.add("upload:abc");
    for (const resumeFileId of [undefined, "file_1"]) {
      const upload = uploadFile(named(10, "abc"), options(resumeFileId === undefined ? {} : { resumeFileId }));
      expect(await failure(upload)).toMatchObject({ code: "ELSEWHERE", retryable: true });
    }
    expect(store.calls).toEqual([]);
    expect([...held]).toEqual(["upload:abc"]);
    await uploadFile(named(10, "other"), options());
  });

  test("is given back after a failure and after a cancel", async () => {
    store.fate = () => ({ status: 500, code: "InternalError" });
    expect((await failure(uploadFile(named(10, "abc"), options()))).code).toBe("STORAGE");
    expect(held.size).toBe(0);

    const stuck = createGate();
    store.fate = () => (stuck.open(), "STALL");
    const controller = new AbortController();
    const upload = uploadFile(named(10, "abc"), options({ signal: controller.signal }));
    await stuck.passed;
    expect(held.size).toBe(1);
    controller.abort();
    expect((await failure(upload)).code).toBe("CANCELLED");
    expect(held.size).toBe(0);
  });

  test("cancelled while it waits for the lock: it is given back as it comes", async () => {
    const asked = createGate();
    const granted = createGate();
    const controller = new AbortController();
    const slow: Lock = async (name, signal) => {
      asked.open();
      await granted.passed;
      return lock(name, signal);
    };
    const upload = uploadFile(named(10, "abc"), options({ signal: controller.signal, lock: slow }));
    await asked.passed;
    controller.abort();
    granted.open();
    expect((await failure(upload)).code).toBe("CANCELLED");
    expect(held.size).toBe(0);
    expect(store.calls).toEqual([]);
  });

  test("a source without a fingerprint takes none; one that cannot be read says so", async () => {
    held.add("upload:undefined");
    await uploadFile(bytesSource(randomBytes(10), "x"), options());
    const unreadable = { ...randomFile(10), fingerprint: () => Promise.reject(new Error("EIO")) };
    expect((await failure(uploadFile(unreadable, options()))).code).toBe("FILE_UNREADABLE");
    const changed = { ...unreadable, state: () => Promise.resolve("FILE_CHANGED" as const) };
    expect((await failure(uploadFile(changed, options()))).code).toBe("FILE_CHANGED");
  });
});

describe("in a queue", () => {
  test("pause gives it back, and resume at once does not meet its own lock", async () => {
    const stuck = createGate();
    store.fate = () => (stuck.open(), "STALL");
    const queue = openQueue(store, { lock });
    const [id = ""] = queue.add([named(10, "abc")]);
    await stuck.passed;
    expect(held.size).toBe(1);
    queue.pause(id);
    store.fate = () => "OK";
    queue.resume(id);
    expect(phases(await reached(queue, idle))).toEqual(["done"]);

    store.fate = () => "STALL";
    const [second = ""] = queue.add([named(10, "def")]);
    await reached(queue, ({ items }) => items[1]?.fileId !== undefined);
    queue.pause(second);
    while (held.size > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(phases(queue.getSnapshot())).toEqual(["done", "paused"]);
  });

  test("a file that is elsewhere can be tried again later, and is not given up when it is taken out", async () => {
    held.add("upload:abc");
    const queue = openQueue(store, { lock });
    const [first = ""] = queue.add([named(10, "abc")], { resumeFileId: "file_1" });
    expect((await reached(queue, idle)).items[0]).toMatchObject({ phase: "failed", error: { code: "ELSEWHERE" } });
    queue.cancel(first);
    const [second = ""] = queue.add([named(10, "abc")]);
    await reached(queue, idle);
    held.clear();
    queue.retry(second);
    expect(phases(await reached(queue, idle))).toEqual(["done"]);
    expect(store.calls).not.toContain("abort");
  });
});

test("what another tab has is not given up by this one, also while it is tried again", async () => {
  const asked = createGate();
  let tries = 0;
  const queue = openQueue(store, {
    lock: () => {
      if (++tries === 1) return Promise.resolve(undefined);
      asked.open();
      return new Promise(() => undefined);
    },
  });
  const [id = ""] = queue.add([named(200_000, "x")], { resumeFileId: "file_1" });
  await reached(queue, idle);
  queue.retry(id);
  await asked.passed;
  queue.cancel(id);
  await store.quiet();
  expect(store.calls).toEqual([]);
});
