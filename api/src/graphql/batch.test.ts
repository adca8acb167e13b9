import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { AppError } from "../errors.js";
import { checkBatchSize, mapInOrder, mapInParallel } from "./batch.js";

const NEVER_LATE = {
  withinMs: 60_000,
  late: async (): Promise<never> => {
    throw new Error("late");
  },
};

describe("a batch", () => {
  test("may be as long as the limit and no longer", () => {
    expect(() => checkBatchSize([1, 2], 2, "inputs")).not.toThrow();
    expect(() => checkBatchSize([1, 2, 3], 2, "inputs")).toThrow(
      new AppError("BAD_USER_INPUT", "inputs has 3 items; at most 2 are allowed."),
    );
  });

  test("in order: one ends before the next begins", async () => {
    const events: string[] = [];
    const answers = await mapInOrder([3, 1, 2], {
      ...NEVER_LATE,
      async work(item) {
        events.push(`begin ${item}`);
        await sleep(item * 2);
        events.push(`end ${item}`);
        return item * 10;
      },
    });
    expect(answers).toEqual([30, 10, 20]);
    expect(events).toEqual(["begin 3", "end 3", "begin 1", "end 1", "begin 2", "end 2"]);
  });

  test("in order: what was not begun in time is answered so", async () => {
    const answers = await mapInOrder([1, 2, 3], {
      withinMs: 30,
      late: async (item) => `late ${item}`,
      async work(item) {
        await sleep(40);
        return `done ${item}`;
      },
    });
    expect(answers).toEqual(["done 1", "late 2", "late 3"]);
  });

  test("in parallel: never more than the width at once, answers in order", async () => {
    let running = 0;
    let most = 0;
    const items = Array.from({ length: 25 }, (_, n) => n);
    const answers = await mapInParallel(items, {
      ...NEVER_LATE,
      width: 8,
      async work(item) {
        running += 1;
        most = Math.max(most, running);
        await sleep((item * 7) % 5);
        running -= 1;
        return -item;
      },
    });
    expect(answers).toEqual(items.map((item) => -item));
    expect(most).toBe(8);
  });

  test("in parallel: what is not done in time is answered so, and nothing more is begun", async () => {
    const begun: number[] = [];
    const answers = await mapInParallel([10, 300, 301, 302], {
      width: 2,
      withinMs: 100,
      late: async (item) => `late ${item}`,
      async work(item) {
        begun.push(item);
        await sleep(item);
        if (item === 301) throw new Error("too late to be heard");
        return `done ${item}`;
      },
    });
    expect(answers).toEqual(["done 10", "late 300", "late 301", "late 302"]);
    await sleep(300);
    expect(begun).toEqual([10, 300, 301]);
  });

  test("in parallel: a failure begins nothing more", async () => {
    const begun: number[] = [];
    const answers = mapInParallel([0, 1, 2, 3, 4, 5], {
      ...NEVER_LATE,
      width: 2,
      async work(item) {
        begun.push(item);
        await sleep(item === 1 ? 1 : 20);
        if (item === 1) throw new Error("no");
        return item;
      },
    });
    await expect(answers).rejects.toThrow("no");
    await sleep(40);
    expect(begun).toEqual([0, 1]);
  });

  test("of nothing is nothing", async () => {
    const work = async (): Promise<number> => 1;
    expect(await mapInParallel([], { ...NEVER_LATE, width: 8, work })).toEqual([]);
    expect(await mapInOrder([], { ...NEVER_LATE, work })).toEqual([]);
  });
});
