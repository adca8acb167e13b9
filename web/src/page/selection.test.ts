import { expect, test } from "@jest/globals";
import { everyOne, extended, NO_SELECTION, stillThere, toggled } from "./selection.js";

const listed = ["a", "b", "c", "d", "e"];
const idsOf = ({ ids }: { ids: ReadonlySet<string> }): string => [...ids].sort().join("");

test("a row goes in and out; what was there stays as it was", () => {
  const one = toggled(NO_SELECTION, "b");
  expect(idsOf(one)).toBe("b");
  expect(idsOf(toggled(one, "d"))).toBe("bd");
  expect(idsOf(toggled(one, "b"))).toBe("");
  expect(idsOf(one)).toBe("b");
});

test("a range goes from the last row to this one, in both directions, and adds", () => {
  const from = toggled(NO_SELECTION, "c");
  expect(idsOf(extended(from, "e", listed))).toBe("cde");
  expect(idsOf(extended(extended(from, "e", listed), "a", listed))).toBe("abcde");
  expect(idsOf(extended(from, "a", listed))).toBe("abc");
});

test("without a beginning a range is one row", () => {
  expect(idsOf(extended(NO_SELECTION, "b", listed))).toBe("b");
  expect(idsOf(extended({ ids: new Set(["x"]), anchor: "gone" }, "b", listed))).toBe("bx");
});

test("rows that have left are not selected any more; else it is the same object", () => {
  const all = everyOne(listed);
  expect(idsOf(stillThere(all, ["b", "c", "z"]))).toBe("bc");
  expect(stillThere(all, listed)).toBe(all);
});
