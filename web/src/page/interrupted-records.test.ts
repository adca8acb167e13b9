import { beforeEach, describe, expect, test } from "@jest/globals";
import { fileSource } from "../upload/browser.js";
import type { BrowserSource, UploadRecord, UploadRecords } from "../upload/browser.js";
import { UploadError } from "../upload/index.js";
import type { QueueSnapshot, UploadItemState } from "../upload/index.js";
import { createRecordKeeper } from "./interrupted-records.js";
import type { RecordKeeper } from "./interrupted-records.js";

const stored = new Map<string, UploadRecord>();
let writes: number;
const records: UploadRecords = {
  list: () => Promise.resolve([...stored.values()]),
  put: (record) => Promise.resolve(void stored.set(record.fileId, record)).then(() => void writes++),
  remove: (fileId) => Promise.resolve(void stored.delete(fileId)),
};
let keeper: RecordKeeper;
beforeEach(() => {
  stored.clear();
  writes = 0;
  keeper = createRecordKeeper(records, () => Promise.resolve("viewer_me"));
});

const sourceOf = (bytes: number, path = "film.bin"): BrowserSource =>
  fileSource(new File([new Uint8Array(bytes)], path.split("/").pop() ?? "", { lastModified: 1 }), { path });
const snapshot = (fileId: string, state: UploadItemState<unknown>): QueueSnapshot<unknown> =>
  ({ items: [{ fileId, ...state }] }) as unknown as QueueSnapshot<unknown>;

/** Waits for so many writes; digests are computed by other threads. */
async function written(count: number): Promise<void> {
  for (let turn = 0; turn < 1_000 && writes < count; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setImmediate(resolve));
  expect(writes).toBe(count);
}

describe("what is written down of uploads", () => {
  test("nothing of small files, however many", async () => {
    for (let index = 0; index < 500; index++) keeper.begun(`file_${index}`, sourceOf(1_048_576));
    await written(0);
    expect(keeper.isHere("file_499")).toBe(true);
    expect(await keeper.earlier(sourceOf(1_048_576))).toBeUndefined();
  });

  test("a large one until it is over", async () => {
    keeper.begun("file_1", sourceOf(2_000_000));
    await written(1);
    expect(stored.get("file_1")).toMatchObject({ owner: "viewer_me", name: "film.bin", sizeBytes: 2_000_000 });
    keeper.over("file_1");
    expect([stored.size, keeper.isHere("file_1")]).toEqual([0, false]);
  });

  test("nothing when it was over before it could be written, or nobody knows whose it is", async () => {
    const source = sourceOf(2_000_000);
    keeper.begun("file_1", source);
    keeper.over("file_1");
    await source.fingerprint();
    const stranger = createRecordKeeper(records, () => Promise.reject(new Error("signed out")));
    stranger.begun("file_2", sourceOf(2_000_000));
    await written(0);
    expect(await stranger.earlier(sourceOf(2_000_000))).toBeUndefined();
  });

  test("that a person holds it", async () => {
    keeper.begun("file_1", sourceOf(2_000_000));
    await written(1);
    keeper.follow(snapshot("file_1", { phase: "paused" }));
    keeper.follow(snapshot("file_1", { phase: "paused" }));
    await written(2);
    expect(stored.get("file_1")?.paused).toBe(true);
    keeper.follow(snapshot("file_1", { phase: "sending" }));
    await written(3);
    expect(stored.get("file_1")?.paused).toBe(false);
  });
});

describe("finding what another session began", () => {
  test("the same file of the same person, in the same folder, that this tab has not", async () => {
    keeper.begun("file_1", sourceOf(2_000_000, "Photos/film.bin"));
    await written(1);
    expect(await keeper.earlier(sourceOf(2_000_000, "Photos/film.bin"))).toBeUndefined();

    const later = createRecordKeeper(records, () => Promise.resolve("viewer_me"));
    expect(await later.earlier(sourceOf(2_000_000, "Photos/film.bin"))).toBe("file_1");
    expect(await later.earlier(sourceOf(2_000_000, "Videos/film.bin"))).toBeUndefined();
    expect(await later.earlier(sourceOf(2_000_001, "Photos/film.bin"))).toBeUndefined();
    const other = createRecordKeeper(records, () => Promise.resolve("viewer_other"));
    expect(await other.earlier(sourceOf(2_000_000, "Photos/film.bin"))).toBeUndefined();
  });

  test("what proved to be of another file is to be decided on again once it has left this tab's queue", async () => {
    keeper.begun("file_1", sourceOf(2_000_000));
    await written(1);
    keeper.follow(snapshot("file_1", { phase: "failed", error: new UploadError("DIFFERENT_FILE") }));
    expect(keeper.isHere("file_1")).toBe(true);
    keeper.follow({ items: [] } as unknown as QueueSnapshot<unknown>);
    expect([keeper.isHere("file_1"), stored.size]).toEqual([false, 1]);
  });

  test("what another tab has is its own again when it leaves this tab's queue; its record stays", async () => {
    keeper.begun("file_1", sourceOf(2_000_000));
    await written(1);
    keeper.follow(snapshot("file_1", { phase: "failed", error: new UploadError("ELSEWHERE") }));
    expect(keeper.isHere("file_1")).toBe(true);
    keeper.follow({ items: [] } as unknown as QueueSnapshot<unknown>);
    expect([keeper.isHere("file_1"), stored.size]).toEqual([false, 1]);
  });
});
