import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { compareKeys, SortedKeys } from "./sorted-keys.js";

const key = fc.string({ unit: "binary", maxLength: 6 });

test("keys compare as their UTF-8 bytes do", () => {
  fc.assert(
    fc.property(key, key, (left, right) => {
      expect(Math.sign(compareKeys(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
    { numRuns: 2000 },
  );
});

test("additions and removals keep order and find their places", () => {
  fc.assert(
    fc.property(fc.array(key), fc.array(key), key, (added, removed, probe) => {
      const keys = new SortedKeys();
      for (const one of [...added, ...removed]) keys.add(one);
      for (const one of removed) keys.delete(one);
      const expected = [...new Set(added)].filter((one) => !removed.includes(one)).sort(compareKeys);
      const found = Array.from({ length: keys.size }, (_, index) => keys.at(index));
      expect(found).toEqual(expected);
      expect(keys.indexFrom(probe, { after: true })).toBe(
        expected.filter((one) => compareKeys(one, probe) <= 0).length,
      );
      const behind = expected.findIndex((one) => compareKeys(one, probe) > 0 && !one.startsWith(probe));
      expect(keys.indexBehindPrefix(probe)).toBe(behind < 0 ? expected.length : behind);
    }),
  );
});
