import { describe, expect, test } from "@jest/globals";
import { isStale, mediaType, missingParts, partRange } from "./plan.js";

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
    [{ sizeBytes: 10, partSize: 3, partCount: 4 }, 0],
    [{ sizeBytes: 10, partSize: 3, partCount: 4 }, 5],
    [{ sizeBytes: 10, partSize: 3, partCount: 4 }, 1.5],
    [{ sizeBytes: 10, partSize: 3, partCount: 3 }, 3],
    [{ sizeBytes: 10, partSize: 0, partCount: 2 }, 1],
    [{ sizeBytes: 5, partSize: 5, partCount: 2 }, 2],
  ])("refuses a plan that does not fit: %j part %d", (plan, number) => {
    expect(() => partRange(plan, number)).toThrow(RangeError);
  });
});

test("missingParts: what is not received, ascending, strangers ignored", () => {
  expect(missingParts(5, [4, 1, 9, 0])).toEqual([2, 3, 5]);
  expect(missingParts(0, [])).toEqual([]);
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
