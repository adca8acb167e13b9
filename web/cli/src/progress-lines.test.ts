import { describe, expect, test } from "@jest/globals";
import { progressLine, progressLines } from "./progress-lines.js";

const WIDE = { columns: 80, rows: 24, colour: false };
const HALF = { name: "holiday.mov", doneBytes: 500_000_000, totalBytes: 1_000_000_000, bytesPerSecond: 12_400_000 };

/** What is seen of a line: colours take no room. */
const seen = (line: string): string => line.replace(/\x1b\[\d+m/g, ""); // eslint-disable-line no-control-regex

describe("a line", () => {
  test("says name, bar, percent, speed and time left", () => {
    expect(progressLine(HALF, WIDE)).toBe("holiday.mov                 [=======>      ]   50 %  12.4 MB/s  40 s");
  });

  test.each([
    [9_999, "a few seconds"],
    [10_000, "10 s"],
    [53_000, "55 s"],
    [60_000, "1 min"],
    [3_200_000, "53 min"],
    [3_700_000, "1 h"],
  ])("with %i kB left at 1 MB/s says %s", (kilobytes, words) => {
    const line = progressLine(
      { name: "a", doneBytes: 0, totalBytes: kilobytes * 1000, bytesPerSecond: 1_000_000 },
      WIDE,
    );
    expect(line.endsWith(`1 MB/s  ${words}`)).toBe(true);
  });

  test("says what it waits for instead of a speed that is none", () => {
    const line = progressLine({ ...HALF, note: "being checked" }, WIDE);
    expect(line).toMatch(/50 % {2}being checked$/);
  });

  test("never says 100 % before it is all, and an empty file is all there", () => {
    expect(progressLine({ ...HALF, doneBytes: 999_999_999 }, WIDE)).toContain(" 99 %");
    expect(progressLine({ name: "empty", doneBytes: 0, totalBytes: 0 }, WIDE)).toContain("100 %");
  });

  test.each([20, 30, 40, 60, 80, 200])("fits %i columns, whatever it has to say", (columns) => {
    for (const note of [undefined, "trying again: the store does not answer"]) {
      for (const name of ["a", "a rather long name of a file that goes on and on and on.tar.gz"]) {
        const line = progressLine({ ...HALF, name, note }, { columns, rows: 24, colour: true });
        expect(seen(line).length).toBeLessThan(columns);
        expect(line).toContain("50 %");
      }
    }
  });

  test("keeps both ends of a long name, so that its extension stays", () => {
    const name = `${"a".repeat(100)}.tar.gz`;
    expect(progressLine({ ...HALF, name }, WIDE)).toMatch(/^a+….*\.tar\.gz /);
  });

  test("lets no name steer the terminal", () => {
    const line = progressLine({ ...HALF, name: "a\x1b[2Jb\r\n\u202Ec" }, WIDE);
    expect(line).not.toMatch(/[\x00-\x1f\u202e]/); // eslint-disable-line no-control-regex
  });

  test("is green only where colours are wanted", () => {
    expect(progressLine(HALF, { ...WIDE, colour: true })).toContain("\x1b[32m");
    expect(progressLine(HALF, WIDE)).not.toContain("\x1b");
  });
});

describe("several lines", () => {
  test("end with the total, and their bars stand below each other", () => {
    const lines = progressLines(
      [HALF, { ...HALF, name: "b", note: "being checked" }],
      { ...HALF, name: "0 of 2" },
      WIDE,
    );
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^0 of 2 /);
    expect(new Set(lines.map((line) => line.indexOf("[")))).toEqual(new Set([28]));
    expect(new Set(lines.map((line) => line.indexOf("]"))).size).toBe(1);
  });

  test("fit a low terminal: of many transfers only the first are shown", () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ ...HALF, name: `file ${index}` }));
    const lines = progressLines(many, HALF, { ...WIDE, rows: 10 });
    expect(lines.length).toBeLessThan(10);
    expect(lines.at(-2)).toBe("  … and 93 more");
  });
});
