import { describe, expect, test } from "@jest/globals";
import { coversFile, isStale, mediaType, partRange } from "./plan.js";

describe("partRange", () => {
  test("covers the file without gap or overlap", () => {
    for (const [sizeBytes, partSize] of [
      [1, 1],
      [10, 3],
      [9, 3],
      [5 * 2 ** 40, 525 * 2 ** 20],
    ] as const) {
      const plan = { sizeBytes, partSize, partCount: Math.ceil(sizeBytes / partSize) };
      let at = 0;
      for (let number = 1; number <= plan.partCount; number++) {
        const range = partRange(plan, number);
        expect(range.start).toBe(at);
        expect(range.end - range.start).toBeLessThanOrEqual(partSize);
        at = range.end;
      }
      expect(at).toBe(sizeBytes);
    }
  });

  test.each([
    [{ sizeBytes: 10, partSize: 3, partCount: 4 }, true],
    [{ sizeBytes: 9, partSize: 3, partCount: 3 }, true],
    [{ sizeBytes: 10, partSize: 3, partCount: 3 }, false],
    [{ sizeBytes: 9, partSize: 3, partCount: 4 }, false],
    [{ sizeBytes: 10, partSize: 0, partCount: 2 }, false],
    [{ sizeBytes: 5, partSize: 5, partCount: 2 }, false],
    [{ sizeBytes: 5, partSize: -5, partCount: -1 }, false],
    [{ sizeBytes: 5, partSize: NaN, partCount: NaN }, false],
  ])("a plan that does not cover the file is told from one that does: %j", (plan, fits) => {
    expect(coversFile(plan)).toBe(fits);
  });
});

describe("isStale", () => {
  const at = (ms: number): string => new Date(ms).toISOString();

  test("a URL that is about to expire", () => {
    expect(isStale({ expiresAt: at(119_999), receivedAtMs: 0 }, 100_000)).toBe(true);
    expect(isStale({ expiresAt: at(120_000), receivedAtMs: 0 }, 100_000)).toBe(false);
  });

  test("a new URL is tried even when this clock is an hour fast", () => {
    expect(isStale({ expiresAt: at(0), receivedAtMs: 3_600_000 }, 3_601_000)).toBe(false);
    expect(isStale({ expiresAt: at(0), receivedAtMs: 3_600_000 }, 3_620_000)).toBe(true);
  });

  test("no time given, no opinion", () => {
    expect(isStale({ expiresAt: null, receivedAtMs: 0 }, 9e9)).toBe(false);
  });
});

test("mediaType drops parameters and never is empty", () => {
  expect(mediaType("Text/Plain; charset=utf-8")).toBe("text/plain");
  expect(mediaType("")).toBe("application/octet-stream");
});
