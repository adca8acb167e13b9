import { expect, test } from "@jest/globals";
import { UploadError } from "../upload/index.js";
import type { QueueSnapshot, UploadItem } from "../upload/index.js";
import { assertiveWords, politeWords } from "./announcements.js";

type Item = UploadItem<unknown>;

function item(id: string, phase: Item["phase"], sentBytes = 0): Item {
  const base = {
    id,
    name: `${id}.bin`,
    type: "",
    totalBytes: 100,
    sentBytes,
    fileId: undefined,
    bytesPerSecond: undefined,
  };
  if (phase === "failed") return { ...base, phase, error: new UploadError("STORAGE") };
  if (phase === "done") return { ...base, phase, file: undefined };
  if (phase === "waiting") return { ...base, phase, reason: "NETWORK" };
  return { ...base, phase };
}

function snapshot(...items: Item[]): QueueSnapshot<unknown> {
  const count = (phase: string): number => items.filter((one) => one.phase === phase).length;
  return {
    items,
    doneCount: count("done"),
    failedCount: count("failed"),
    activeCount: items.length - count("done") - count("failed"),
    sentBytes: items.reduce((sum, one) => sum + one.sentBytes, 0),
    totalBytes: items.length * 100,
    bytesPerSecond: undefined,
  };
}

test("what is added, each quarter once, each end, and the end of all", () => {
  const begun = snapshot(item("a", "sending"), item("b", "queued"));
  expect(politeWords(snapshot(), begun)).toBe("2 files added");
  const half = snapshot(item("a", "sending", 99), item("b", "sending", 1));
  expect(politeWords(begun, half)).toBe("50% uploaded");
  expect(politeWords(half, snapshot(item("a", "sending", 100), item("b", "sending", 1)))).toBe("");
  const one = snapshot(item("a", "done", 100), item("b", "sending", 1));
  expect(politeWords(half, one)).toBe("a.bin uploaded");
  expect(politeWords(one, snapshot(item("a", "done", 100), item("b", "done", 100)))).toBe("All 2 files uploaded");
});

test("only a failure interrupts", () => {
  const before = snapshot(item("a", "sending", 50), item("b", "sending", 50));
  const after = snapshot(item("a", "failed", 50), item("b", "waiting", 50));
  expect(assertiveWords(before, after)).toBe("a.bin: Stopped: storage did not answer. 50% is kept.");
  expect(assertiveWords(after, after)).toBe("");
  expect(assertiveWords(snapshot(), before)).toBe("");
});

test("with a failure the end is told as it is", () => {
  const before = snapshot(item("a", "failed", 50), item("b", "confirming", 100));
  const after = snapshot(item("a", "failed", 50), item("b", "done", 100));
  expect(politeWords(before, after)).toBe("1 of 2 files was not uploaded");
});
