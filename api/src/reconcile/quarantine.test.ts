import { expect, test } from "@jest/globals";
import { planUpload } from "../uploads/upload-plan.js";
import { partSizeOf, quarantineKeyOf } from "./quarantine.js";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

test.each([0, 1, 16 * MIB, 16 * MIB + 1, 100 * MIB + 3, 3 * GIB, 700 * GIB])(
  "an object of %d bytes that was cut by the plan is cut so again",
  (sizeBytes) => {
    const { partCount, partSizeBytes } = planUpload({ sizeBytes, singleWish: false, maxPartSizeBytes: 5 * GIB });
    expect(partSizeOf(`"0123-${Math.max(partCount, 1)}"`, sizeBytes)).toBe(Math.max(partSizeBytes, 1));
  },
);

test("one part stays one part, up to the largest", () => {
  expect(partSizeOf('"0123-1"', 5 * GIB)).toBe(5 * GIB);
});

test("a single PUT stays one, up to the largest; beyond, and for a count that no plan has, parts that S3 takes", () => {
  expect(partSizeOf('"0123"', 5 * GIB)).toBeNull();
  expect(partSizeOf('"0123"', 6 * GIB)).toBe(64 * MIB);
  expect(partSizeOf("0123-2", 11 * MIB)).toBe(6 * MIB);
  expect(partSizeOf("0123-7", 11 * MIB)).toBe(11 * MIB);
  for (const count of [3, 100, 9_999]) {
    const partSizeBytes = partSizeOf(`"0123-${count}"`, 100 * GIB)!;
    expect(partSizeBytes).toBeGreaterThanOrEqual(5 * MIB);
    expect(Math.ceil((100 * GIB) / partSizeBytes)).toBeLessThanOrEqual(10_000);
  }
});

test("a name in the quarantine has the day and all of the key", () => {
  expect(quarantineKeyOf("f/ab/x/y", new Date("2026-03-04T23:59:59Z"))).toBe("quarantine/2026-03-04/f/ab/x/y");
});
