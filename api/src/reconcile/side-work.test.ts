import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "@jest/globals";
import { openSideWork } from "./side-work.js";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("so many at once; the next one has the place of whichever ends first", async () => {
  const beside = openSideWork(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const add = (number: number): Promise<void> =>
    beside.add(() => {
      begun.push(number);
      return new Promise((resolve) => (ends[number] = resolve));
    });
  await add(0);
  await add(1);
  const third = add(2);
  await turn();
  expect(begun).toEqual([0, 1]);
  ends[1]!();
  await third;
  expect(begun).toEqual([0, 1, 2]);
  const ended = beside.end();
  ends[0]!();
  ends[2]!();
  await ended;
});

test("what one throws is thrown to whoever comes next, and at the end", async () => {
  const beside = openSideWork(1);
  await beside.add(() => Promise.reject(new Error("first")));
  await expect(beside.add(async () => undefined)).rejects.toThrow("first");
  await expect(beside.end()).rejects.toThrow("first");
});

test("work of hours keeps nothing of the many that have their turn beside it", async () => {
  const beside = openSideWork(2);
  let end = (): void => undefined;
  await beside.add(() => new Promise((resolve) => (end = resolve)));
  const before = heapBytes();
  for (let round = 0; round < 200_000; round += 1) await beside.add(async () => undefined);
  expect(heapBytes() - before).toBeLessThan(8 * 1024 ** 2);
  end();
  await beside.end();
});

/** What is left when all that can go has gone. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
