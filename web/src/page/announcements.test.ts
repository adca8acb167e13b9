import { describe, expect, test } from "@jest/globals";
import { UploadError } from "../upload/index.js";
import type { QueueSnapshot, UploadItem } from "../upload/index.js";
import { announcementOf } from "./announcements.js";

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
    pausedCount: count("paused"),
    activeCount: items.length - count("done") - count("failed") - count("paused"),
    sentBytes: items.reduce((sum, one) => sum + one.sentBytes, 0),
    totalBytes: items.length * 100,
    bytesPerSecond: undefined,
  };
}

const polite = (before: QueueSnapshot<unknown>, after: QueueSnapshot<unknown>): string =>
  announcementOf(before, after).polite;

describe("said when there is a pause", () => {
  test("what is added, each quarter once, each end, and the end of all", () => {
    const begun = snapshot(item("a", "sending"), item("b", "queued"));
    expect(announcementOf(snapshot(), begun)).toEqual({ polite: "2 files added", assertive: "", now: true });
    const half = snapshot(item("a", "sending", 99), item("b", "sending", 1));
    expect(announcementOf(begun, half)).toEqual({ polite: "50% uploaded", assertive: "", now: false });
    expect(polite(half, snapshot(item("a", "sending", 100), item("b", "sending", 1)))).toBe("");
    const one = snapshot(item("a", "done", 100), item("b", "sending", 1));
    expect(polite(half, one)).toBe("a.bin uploaded");
    const all = snapshot(item("a", "done", 100), item("b", "done", 100));
    expect(announcementOf(one, all)).toEqual({ polite: "All 2 files uploaded", assertive: "", now: true });
    expect(polite(all, snapshot())).toBe("");
  });

  test("files that end close together are one sentence", () => {
    const before = snapshot(item("a", "confirming"), item("b", "confirming"), item("c", "sending"));
    const after = snapshot(item("a", "done"), item("b", "done"), item("c", "sending"));
    expect(announcementOf(before, after)).toEqual({ polite: "2 files uploaded", assertive: "", now: false });
  });

  test("pausing and going on, of one and of all; files whose turn comes are not going on", () => {
    const sending = snapshot(item("a", "sending", 10), item("b", "queued"));
    const one = snapshot(item("a", "paused", 10), item("b", "queued"));
    expect(announcementOf(sending, one)).toEqual({ polite: "a.bin paused", assertive: "", now: true });
    expect(polite(one, sending)).toBe("a.bin resumed");
    const all = snapshot(item("a", "paused", 10), item("b", "paused"));
    expect(polite(sending, all)).toBe("2 files paused");
    expect(polite(all, sending)).toBe("2 files resumed");
    expect(polite(sending, snapshot(item("a", "sending", 10), item("b", "preparing")))).toBe("");
  });

  test("the end of all is not told while something stands still", () => {
    const before = snapshot(item("a", "confirming", 100), item("b", "paused"));
    const after = snapshot(item("a", "done", 100), item("b", "paused"));
    expect(polite(before, after)).toBe("a.bin uploaded");
  });

  test("with a failure the end is told as it is", () => {
    const before = snapshot(item("a", "failed", 50), item("b", "confirming", 100));
    const after = snapshot(item("a", "failed", 50), item("b", "done", 100));
    expect(polite(before, after)).toBe("1 of 2 files was not uploaded");
  });
});

describe("said at once", () => {
  test("only a failure", () => {
    const before = snapshot(item("a", "sending", 50), item("b", "sending", 50));
    const after = snapshot(item("a", "failed", 50), item("b", "waiting", 50));
    expect(announcementOf(before, after).assertive).toBe("a.bin: Stopped: storage did not answer. 50% is kept.");
    expect(announcementOf(after, after).assertive).toBe("");
    expect(announcementOf(snapshot(), before).assertive).toBe("");
  });

  test("many failures are counted: nobody listens to fifty", () => {
    const before = snapshot(item("a", "sending"), item("b", "sending"), item("c", "sending"));
    const after = snapshot(item("a", "failed"), item("b", "failed"), item("c", "sending"));
    expect(announcementOf(before, after).assertive).toBe("2 files stopped and need you. See the uploads.");
  });
});
