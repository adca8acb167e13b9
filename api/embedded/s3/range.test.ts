import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseRange } from "./range.js";

test.each([
  [undefined, 10, { kind: "all" }],
  ["", 10, { kind: "all" }],
  ["bytes=0-0", 10, { kind: "part", start: 0, end: 0 }],
  ["bytes=3-", 10, { kind: "part", start: 3, end: 9 }],
  ["bytes=-3", 10, { kind: "part", start: 7, end: 9 }],
  ["bytes=-30", 10, { kind: "part", start: 0, end: 9 }],
  ["bytes=0-9999999999", 10, { kind: "part", start: 0, end: 9 }],
  ["bytes=9-9", 10, { kind: "part", start: 9, end: 9 }],
  ["bytes=10-", 10, { kind: "unsatisfiable" }],
  ["bytes=-0", 10, { kind: "unsatisfiable" }],
  ["bytes=0-", 0, { kind: "unsatisfiable" }],
  ["bytes=-1", 0, { kind: "unsatisfiable" }],
  ["bytes=4-2", 10, { kind: "all" }],
  ["bytes=-", 10, { kind: "all" }],
  ["bytes=0-1,3-4", 10, { kind: "all" }],
  ["items=0-1", 10, { kind: "all" }],
  ["bytes=0x1-2", 10, { kind: "all" }],
  ["bytes=99999999999999999999-", 10, { kind: "all" }],
])("%s of %d bytes", (header, sizeBytes, expected) => {
  expect(parseRange(header, sizeBytes)).toEqual(expected);
});

test("a part always lies within the object", () => {
  fc.assert(
    fc.property(fc.option(fc.nat()), fc.option(fc.nat()), fc.nat({ max: 1000 }), (first, last, sizeBytes) => {
      const range = parseRange(`bytes=${first ?? ""}-${last ?? ""}`, sizeBytes);
      if (range.kind !== "part") return;
      expect(range.start).toBeGreaterThanOrEqual(0);
      expect(range.end).toBeGreaterThanOrEqual(range.start);
      expect(range.end).toBeLessThan(sizeBytes);
    }),
  );
});
