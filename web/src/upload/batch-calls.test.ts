import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { batchCalls } from "./batch-calls.js";
import type { BulkUploadApi } from "./batch-calls.js";
import { createGate } from "./test-queue.fixture.js";
import type { Gate } from "./test-queue.fixture.js";
import { startTestStore } from "./test-store.fixture.js";
import type { TestFile, TestStore } from "./test-store.fixture.js";
import type { CreateUpload } from "./upload-api.js";

let store: TestStore;
beforeEach(async () => {
  store = await startTestStore({ partSize: 100, batchSize: 5 });
});
afterEach(() => store.close());

const never = new AbortController().signal;

const input = (filename: string): CreateUpload => ({
  filename,
  contentType: "text/plain",
  sizeBytes: 0,
  partChecksum: "NONE",
  idempotencyKey: filename,
});
const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `f${n + 1}`);

/** The store's calls with the names that each is about; single calls wait at the gate. */
function watched(held?: Gate): { readonly api: BulkUploadApi<TestFile>; readonly asked: string[][] } {
  const asked: string[][] = [];
  const nameOf = (fileId: string): string => store.uploads.get(fileId)?.input.filename ?? "?";
  const api: BulkUploadApi<TestFile> = {
    ...store.api,
    create: async (one) => {
      asked.push([one.filename]);
      await held?.passed;
      return store.api.create(one);
    },
    createMany: (inputs) => {
      asked.push(inputs.map(({ filename }) => filename));
      return store.api.createMany(inputs);
    },
    confirm: async (fileId, signal) => {
      asked.push([nameOf(fileId)]);
      await held?.passed;
      return store.api.confirm(fileId, signal);
    },
    confirmMany: (fileIds) => {
      asked.push(fileIds.map(nameOf));
      return store.api.confirmMany(fileIds);
    },
  };
  return { api, asked };
}

describe("gathering", () => {
  test("a lone call goes as it is, at once, and asks nothing else", async () => {
    const api = batchCalls(store.api);
    for (const name of names(3)) expect(await api.create(input(name))).toMatchObject({ ok: true });
    expect(store.calls).toEqual(["create", "create", "create"]);
  });

  test("what comes while a call is under way goes together, in order, within the server's limit", async () => {
    const held = createGate();
    const { api, asked } = watched(held);
    const calls = batchCalls(api);
    const answers = names(12).map((name) => calls.create(input(name)));
    held.open();
    const ids = (await Promise.all(answers)).map((answer) => (answer.ok ? answer.value.fileId : ""));
    expect(asked.map((batch) => batch.length)).toEqual([1, 5, 5, 1]);
    expect(asked.flat()).toEqual(names(12));
    // Everybody has the answer to what they asked.
    expect(ids.map((id) => store.uploads.get(id)?.input.filename)).toEqual(names(12));
  });

  test("after a call for several the next one waits for company", async () => {
    const held = createGate();
    const { api, asked } = watched(held);
    const calls = batchCalls(api);
    const first = names(3).map((name) => calls.create(input(name)));
    held.open();
    await Promise.all(first);
    const second = ["a", "b"].map(async (name) => {
      await new Promise((resolve) => setImmediate(resolve));
      return calls.create(input(name));
    });
    await Promise.all(second);
    await calls.create(input("alone"));
    expect(asked.map((batch) => batch.length)).toEqual([1, 2, 2, 1]);
  });

  test("creates and confirms do not wait for one another", async () => {
    await store.api.create(input("there"));
    const held = createGate();
    const calls = batchCalls({ ...store.api, create: () => held.passed.then(() => store.api.create(input("late"))) });
    const create = calls.create(input("late"));
    expect(await calls.confirm("file_1", never)).toMatchObject({ ok: true });
    held.open();
    await create;
  });

  test("a verdict that takes long does not keep the others", async () => {
    for (const name of names(3)) await store.api.create(input(name));
    const held = createGate();
    const { api, asked } = watched(held);
    const calls = batchCalls(api);
    const slow = calls.confirm("file_1", never);
    expect(await Promise.all(["file_2", "file_3"].map((id) => calls.confirm(id, never)))).toHaveLength(2);
    expect(asked).toEqual([["f1"], ["f2", "f3"]]);
    held.open();
    await slow;
  });
});

describe("trouble", () => {
  /** The first call is held, so that the others come together. */
  function together<T>(ask: (name: string) => Promise<T>, gate: Gate): Promise<PromiseSettledResult<T>[]> {
    const all = Promise.allSettled(["first", ...names(4)].map(ask));
    gate.open();
    return all;
  }
  const held = (gate: Gate): BulkUploadApi<TestFile> => watched(gate).api;

  test("an item that is refused leaves the others alone", async () => {
    store.beforeItem = (_, name) =>
      name === "f2" ? { code: "FILENAME_INVALID", message: "no", retryable: false } : undefined;
    const gate = createGate();
    const calls = batchCalls(held(gate));
    const answers = await together((name) => calls.create(input(name)), gate);
    expect(answers.map((answer) => answer.status === "fulfilled" && answer.value.ok)).toEqual([
      true,
      true,
      false,
      true,
      true,
    ]);
  });

  test.each([
    ["a broken connection", new TypeError("reset")],
    ["signed out", Object.assign(new Error("no"), { code: "UNAUTHENTICATED", retryable: false })],
  ])("%s: everybody who asked hears of it, and nobody else is asked about them", async (_, fault) => {
    store.beforeCall = (name) => {
      if (name === "createMany") throw fault;
      return undefined;
    };
    const gate = createGate();
    const calls = batchCalls(held(gate));
    const answers = await together((name) => calls.create(input(name)), gate);
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", ...names(4).map(() => "rejected")]);
    expect(answers.slice(1).every((answer) => answer.status === "rejected" && answer.reason === fault)).toBe(true);
    expect(store.calls).toEqual(["create", "createMany"]);
    store.beforeCall = () => undefined;
    expect(await calls.create(input("f1"))).toMatchObject({ ok: true });
  });

  test("a call that the server cannot read is taken apart: only the bad item fails", async () => {
    const unreadable = Object.assign(new Error("bad input"), { code: "BAD_USER_INPUT", retryable: false });
    const gate = createGate();
    const api = held(gate);
    const check = (inputs: readonly CreateUpload[]): void => {
      if (inputs.some(({ filename }) => filename === "f3")) throw unreadable;
    };
    const calls = batchCalls({
      ...api,
      create: async (one) => (check([one]), api.create(one)),
      createMany: async (many) => (check(many), api.createMany(many)),
    });
    const answers = await together((name) => calls.create(input(name)), gate);
    expect(answers.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
  });

  test("an answer that leaves an item out counts as lost for that item", async () => {
    const gate = createGate();
    const api = held(gate);
    const calls = batchCalls({ ...api, createMany: async (many) => (await api.createMany(many)).slice(0, 3) });
    const answers = await together((name) => calls.create(input(name)), gate);
    expect(answers.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
    ]);
  });

  test("whoever leaves is let go alone: before the call goes out, and while it is under way", async () => {
    for (const name of names(4)) await store.api.create(input(name));
    const gate = createGate();
    const many = createGate();
    const answered = createGate();
    const { api, asked } = watched(gate);
    const calls = batchCalls({
      ...api,
      confirmMany: async (fileIds) => {
        many.open();
        await answered.passed;
        return api.confirmMany(fileIds);
      },
    });
    const leaving = [new AbortController(), new AbortController()];
    const first = calls.confirm("file_1", never);
    const early = calls.confirm("file_2", (leaving[0] as AbortController).signal);
    const late = calls.confirm("file_3", (leaving[1] as AbortController).signal);
    const stays = [calls.confirm("file_4", never), calls.confirm("file_1", never)];
    leaving[0]?.abort(new Error("early"));
    await expect(early).rejects.toThrow("early");
    gate.open();
    await first;
    await many.passed;
    leaving[1]?.abort(new Error("late"));
    await expect(late).rejects.toThrow("late");
    answered.open();
    expect(await Promise.all(stays)).toMatchObject([{ ok: true }, { ok: true }]);
    expect(asked).toEqual([["f1"], ["f3", "f4", "f1"]]);
  });
});
