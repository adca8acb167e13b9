import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { AppError } from "../errors.js";
import { checkBatchSize, mapInOrder, mapInParallel } from "./batch.js";

describe("a batch", () => {
  test("may be as long as the limit and no longer", () => {
    expect(() => checkBatchSize([1, 2], 2, "inputs")).not.toThrow();
    expect(() => checkBatchSize([1, 2, 3], 2, "inputs")).toThrow(
      new AppError("BAD_USER_INPUT", "inputs has 3 items; at most 2 are allowed."),
    );
  });

  test("in order: one ends before the next begins", async () => {
    const events: string[] = [];
    const answers = await mapInOrder([3, 1, 2], async (item) => {
      events.push(`begin ${item}`);
      await sleep(item * 2);
      events.push(`end ${item}`);
      return item * 10;
    });
    expect(answers).toEqual([30, 10, 20]);
    expect(events).toEqual(["begin 3", "end 3", "begin 1", "end 1", "begin 2", "end 2"]);
  });

  test("in parallel: never more than the width at once, answers in order", async () => {
    let running = 0;
    let most = 0;
    const items = Array.from({ length: 25 }, (_, n) => n);
    const answers = await mapInParallel(items, 8, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await sleep((item * 7) % 5);
      running -= 1;
      return -item;
    });
    expect(answers).toEqual(items.map((item) => -item));
    expect(most).toBe(8);
  });

  test("in parallel: a failure begins nothing more", async () => {
    const begun: number[] = [];
    const work = mapInParallel([0, 1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      await sleep(item === 1 ? 1 : 20);
      if (item === 1) throw new Error("no");
    });
    await expect(work).rejects.toThrow("no");
    await sleep(40);
    expect(begun).toEqual([0, 1]);
  });

  test("of nothing is nothing", async () => {
    expect(await mapInParallel([], 8, async () => 1)).toEqual([]);
    expect(await mapInOrder([], async () => 1)).toEqual([]);
  });
});
