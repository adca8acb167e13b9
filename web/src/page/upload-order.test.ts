import { expect, test } from "@jest/globals";
import { UploadError } from "../upload/index.js";
import type { UploadItem } from "../upload/index.js";
import { bytesToGo, drawnUploads } from "./upload-order.js";

type Phase = UploadItem<undefined>["phase"];

let last = 0;
function item(phase: Phase): UploadItem<undefined> {
  const base = { id: `${phase}-${++last}`, name: phase, type: "", totalBytes: 10, sentBytes: 4 };
  const rest = { fileId: undefined, bytesPerSecond: undefined };
  if (phase === "failed") return { ...base, ...rest, phase, error: new UploadError("STORAGE") };
  if (phase === "done") return { ...base, ...rest, phase, file: undefined };
  if (phase === "waiting") return { ...base, ...rest, phase, reason: "NETWORK" };
  return { ...base, ...rest, phase };
}
const many = (phase: Phase, count: number): UploadItem<undefined>[] => Array.from({ length: count }, () => item(phase));

test("failing, moving or paused, waiting for their turn, done", () => {
  const items = (["done", "queued", "paused", "sending", "failed", "confirming"] as const).map(item);
  const { rows, more } = drawnUploads(items);
  expect(rows.map(({ phase }) => phase)).toEqual(["failed", "paused", "sending", "confirming", "queued", "done"]);
  expect(more).toBe(0);
});

test("of five hundred a window is drawn, some of every kind, and the others are counted", () => {
  const { rows, more } = drawnUploads([...many("queued", 490), ...many("sending", 6), ...many("failed", 4)]);
  const count = (phase: Phase): number => rows.filter((row) => row.phase === phase).length;
  expect([count("failed"), count("sending"), count("queued")]).toEqual([4, 6, 20]);
  expect(more).toBe(470);
  const failing = drawnUploads([...many("failed", 100), ...many("sending", 100), ...many("queued", 100)]);
  expect(failing.rows).toHaveLength(40);
  expect(failing.rows.filter((row) => row.phase === "sending")).toHaveLength(20);
});

test("time left counts what is under way", () => {
  expect(bytesToGo([item("sending"), item("queued"), item("paused"), item("failed"), item("done")])).toBe(12);
});
