import { describe, expect, test } from "@jest/globals";
import { formatBytes, formatDuration, formatWhen, kindOf, percentOf, spokenDuration } from "./format.js";

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1_000, "1 kB"],
  [84_000, "84 kB"],
  [999_499, "999 kB"],
  [999_500, "1 MB"],
  [3_140_000, "3.1 MB"],
  [324_400_000, "324 MB"],
  [5 * 2 ** 30, "5.4 GB"],
  [2 ** 53 - 1, "9 PB"],
])("formatBytes(%d) is %s", (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected);
});

test("percentOf says 100 only when it is all", () => {
  expect(percentOf(0, 10)).toBe(0);
  expect(percentOf(9_999, 10_000)).toBe(99);
  expect(percentOf(10, 10)).toBe(100);
  expect(percentOf(0, 0)).toBe(0);
});

test.each([
  [0, "a few seconds"],
  [9.9, "a few seconds"],
  [12, "about 10 s"],
  [54, "about 55 s"],
  [55, "about 1 min"],
  [230, "about 4 min"],
  [3600, "about 1 h"],
  [7_300, "about 2 h"],
])("formatDuration(%d) is %s", (seconds, expected) => {
  expect(formatDuration(seconds)).toBe(expected);
});

describe("formatWhen, in the reader's own time zone", () => {
  const now = new Date(2026, 10, 22, 14, 30);
  const at = (...when: [number, number, number, number, number]): string =>
    formatWhen(new Date(...when).toISOString(), now);

  test("from just now to another year", () => {
    expect(formatWhen(new Date(now.getTime() + 5_000).toISOString(), now)).toBe("just now");
    expect(at(2026, 10, 22, 14, 28)).toBe("2 min ago");
    expect(at(2026, 10, 22, 0, 5)).toBe("today 00:05");
    expect(at(2026, 10, 21, 23, 59)).toBe("yesterday");
    expect(at(2026, 10, 20, 23, 59)).toBe("20 Nov");
    expect(at(2025, 10, 3, 12, 0)).toBe("3 Nov 2025");
  });
});

test("kindOf is the extension when there is a short one", () => {
  expect(kindOf("Report.final.pdf")).toBe("PDF");
  expect(kindOf("holiday.jpeg")).toBe("JPEG");
  expect(kindOf("README")).toBe("FILE");
  expect(kindOf("archive.backup")).toBe("FILE");
});

test.each([
  [5, "a few seconds"],
  [40, "about 40 seconds"],
  [60, "about 1 minute"],
  [240, "about 4 minutes"],
  [3_600, "about 1 hour"],
])("%d s are heard as %s", (seconds, expected) => {
  expect(spokenDuration(seconds)).toBe(expected);
});
