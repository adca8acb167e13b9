import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { MAX_PART_COUNT, partSizeOf, planUpload } from "./upload-plan.js";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const TIB = 1024 ** 4;
const maxPartSizeBytes = 5 * GIB;

function plan(sizeBytes: number, singleWish = false) {
  return planUpload({ sizeBytes, singleWish, maxPartSizeBytes });
}

describe("planUpload", () => {
  test.each([
    [0, 0, 0],
    [1, 1, 1],
    [16 * MIB, 16 * MIB, 1],
    [16 * MIB + 1, 8 * MIB, 3],
    [192 * MIB, 8 * MIB, 24],
    [192 * MIB + 1, 9 * MIB, 22],
    [1 * GIB, 43 * MIB, 24],
    [1536 * MIB, 64 * MIB, 24],
    [5 * GIB, 64 * MIB, 80],
    [640_000 * MIB, 64 * MIB, 10_000],
    [640_000 * MIB + 1, 65 * MIB, 9847],
    [5 * TIB, 525 * MIB, 9987],
  ])("%d bytes: parts of %d, %d of them", (sizeBytes, partSizeBytes, partCount) => {
    expect(plan(sizeBytes)).toEqual({ partSizeBytes, partCount });
  });

  test("one part when wished, up to the limit", () => {
    expect(plan(5 * GIB, true)).toEqual({ partSizeBytes: 5 * GIB, partCount: 1 });
    expect(plan(0, true)).toEqual({ partSizeBytes: 0, partCount: 0 });
    expect(() => plan(5 * GIB + 1, true)).toThrow(RangeError);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("no plan for %d bytes", (sizeBytes) => {
    expect(() => plan(sizeBytes)).toThrow(RangeError);
  });

  test("for every size that S3 can hold: legal part sizes and count, and the parts add up to the byte", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 * TIB }), (sizeBytes) => {
        const { partSizeBytes, partCount } = plan(sizeBytes);
        const planned = { sizeBytes, partSizeBytes, partCount };
        expect(partCount).toBeGreaterThanOrEqual(1);
        expect(partCount).toBeLessThanOrEqual(MAX_PART_COUNT);
        expect(partSizeBytes).toBeLessThanOrEqual(maxPartSizeBytes);
        if (partCount > 1) {
          expect(partSizeBytes % MIB).toBe(0);
          expect(partSizeBytes).toBeGreaterThanOrEqual(8 * MIB);
        }
        const lastBytes = partSizeOf(planned, partCount);
        expect(lastBytes).toBeGreaterThan(0);
        expect(lastBytes).toBeLessThanOrEqual(partSizeBytes);
        expect(partSizeBytes * (partCount - 1) + lastBytes).toBe(sizeBytes);
        expect(partSizeOf(planned, 1)).toBe(Math.min(partSizeBytes, sizeBytes));
      }),
      { numRuns: 2000 },
    );
  });
});

test("partSizeOf knows no part outside the plan", () => {
  const planned = { sizeBytes: 20, partSizeBytes: 8, partCount: 3 };
  expect([1, 2, 3].map((number) => partSizeOf(planned, number))).toEqual([8, 8, 4]);
  for (const number of [0, 4, -1, 1.5, Number.NaN]) expect(() => partSizeOf(planned, number)).toThrow(RangeError);
  expect(() => partSizeOf({ sizeBytes: 0, partSizeBytes: 0, partCount: 0 }, 1)).toThrow(RangeError);
});
