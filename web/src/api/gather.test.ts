import { describe, expect, test } from "@jest/globals";
import { gather } from "./gather.js";

/** An asker of squares that keeps what it was asked. */
function squares(atOnce: number): { calls: (readonly string[])[]; square: (id: string) => Promise<number> } {
  const calls: (readonly string[])[] = [];
  const ask = async (ids: readonly string[]): Promise<readonly number[]> => {
    calls.push(ids);
    if (ids.includes("NaN")) throw new Error("not a number");
    return ids.map((id) => Number(id) ** 2);
  };
  return { calls, square: gather(ask, { windowMs: 5, atOnce }) };
}

describe("questions asked together", () => {
  test("one call, and each gets its own answer", async () => {
    const { calls, square } = squares(10);
    expect(await Promise.all(["3", "1", "2"].map(square))).toEqual([9, 1, 4]);
    expect(calls).toEqual([["3", "1", "2"]]);
  });

  test("no more in one call than allowed", async () => {
    const { calls, square } = squares(2);
    expect(await Promise.all(["1", "2", "3", "4", "5"].map(square))).toEqual([1, 4, 9, 16, 25]);
    expect(calls).toEqual([["1", "2"], ["3", "4"], ["5"]]);
  });

  test("who comes later is asked for later", async () => {
    const { calls, square } = squares(10);
    await square("1");
    await square("2");
    expect(calls).toEqual([["1"], ["2"]]);
  });

  test("a call that fails fails those that were part of it, and no others", async () => {
    const { square } = squares(2);
    const outcomes = await Promise.allSettled(["1", "NaN", "3"].map(square));
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  });

  test("an answer that is missing is a failure, not a wait for ever", async () => {
    const first = gather(async (ids) => ids.slice(0, 1), { windowMs: 1, atOnce: 10 });
    const outcomes = await Promise.allSettled(["a", "b"].map(first));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });
});
