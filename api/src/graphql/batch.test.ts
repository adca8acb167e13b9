import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { AppError } from "../errors.js";
import { checkBatchSize, mapBegunInOrder, mapInParallel } from "./batch.js";

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

  test("begun in order: the next begins when one has begun, the rests go side by side", async () => {
    const events: string[] = [];
    let underWay = 0;
    let most = 0;
    const answers = await mapBegunInOrder([3, 1, 2, 4], {
      ...NEVER_LATE,
      width: 2,
      settle: (work) => work(),
      async begin(item) {
        events.push(`begin ${item}`);
        most = Math.max(most, ++underWay);
        await sleep(item * 2);
        events.push(`begun ${item}`);
        return async () => {
          await sleep(20);
          underWay--;
          return item * 10;
        };
      },
    });
    expect(answers).toEqual([30, 10, 20, 40]);
    expect(events).toEqual([3, 1, 2, 4].flatMap((item) => [`begin ${item}`, `begun ${item}`]));
    expect(most).toBe(2);
  });

  test("begun in order: what was not begun in time is answered so", async () => {
    const answers = await mapBegunInOrder([1, 2, 3], {
      width: 8,
      withinMs: 30,
      late: async (item) => `late ${item}`,
      settle: (work) => work(),
      async begin(item) {
        await sleep(40);
        return async () => `done ${item}`;
      },
    });
    expect(answers).toEqual(["done 1", "late 2", "late 3"]);
  });

  test("begun in order: faults of the beginning and of the rest are the item's; a thrown answer ends the batch", async () => {
    const begin = async (item: number): Promise<() => Promise<string>> => {
      if (item === 1) throw new Error("no beginning");
      return async () => {
        if (item === 2) throw new Error("no end");
        return "done";
      };
    };
    const kind = (work: () => Promise<string>): Promise<string> => work().catch((error: Error) => error.message);
    expect(await mapBegunInOrder([1, 2, 3], { ...NEVER_LATE, width: 2, begin, settle: kind })).toEqual([
      "no beginning",
      "no end",
      "done",
    ]);
    const begun: number[] = [];
    const counted = (item: number): Promise<() => Promise<string>> => {
      begun.push(item);
      return begin(item);
    };
    const strict = mapBegunInOrder([3, 1, 3, 3], { ...NEVER_LATE, width: 1, begin: counted, settle: (work) => work() });
    await expect(strict).rejects.toThrow("no beginning");
    expect(begun).toEqual([3, 1]);
  });

  test("begun in order: after a thrown answer nothing more is begun, however much room there is", async () => {
    const begun: number[] = [];
    const answers = mapBegunInOrder([1, 2, 3, 4, 5], {
      ...NEVER_LATE,
      width: 8,
      async begin(item) {
        begun.push(item);
        await sleep(5);
        return async () => {
          if (item === 1) throw new Error("no");
          return "done";
        };
      },
      settle: (work) => work(),
    });
    await expect(answers).rejects.toThrow("no");
    await sleep(50);
    expect(begun).toEqual([1, 2]);
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

  test("of a process that stops: what was not begun is answered late, in either way", async () => {
    const stopping = new AbortController();
    const late = async (item: number): Promise<string> => `late ${item}`;
    const common = { width: 1, withinMs: 60_000, late, stopping: stopping.signal };
    const never = new Promise<never>(() => undefined);
    const work = (item: number): Promise<string> => {
      stopping.abort();
      return item === 1 ? Promise.resolve("done 1") : never;
    };
    const begun = mapBegunInOrder([1, 2], {
      ...common,
      settle: (rest) => rest(),
      begin: async (item) => () => work(item),
    });
    expect(await begun).toEqual(["done 1", "late 2"]);
    // Here one that is under way is answered late as well: it holds its own lease.
    expect(await mapInParallel([2, 1], { ...common, work })).toEqual(["late 2", "late 1"]);
    expect(getEventListeners(stopping.signal, "abort")).toEqual([]);
  });

  test("of nothing is nothing", async () => {
    const work = async (): Promise<number> => 1;
    expect(await mapInParallel([], { ...NEVER_LATE, width: 8, work })).toEqual([]);
    const begin = async () => work;
    expect(await mapBegunInOrder([], { ...NEVER_LATE, width: 8, begin, settle: (rest) => rest() })).toEqual([]);
  });
});
