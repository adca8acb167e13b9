import { expect, test } from "@jest/globals";
import { createSlots } from "./slots.js";

const never = new AbortController().signal;

test("no more holders than slots, first come first served, a second release does nothing", async () => {
  const slots = createSlots(2);
  const order: number[] = [];
  const first = await slots.acquire(never);
  const second = await slots.acquire(never);
  const third = slots.acquire(never).then((release) => (order.push(3), release));
  const fourth = slots.acquire(never).then((release) => (order.push(4), release));
  await Promise.resolve();
  expect(order).toEqual([]);
  first();
  first();
  (await third)();
  second();
  (await fourth)();
  expect(order).toEqual([3, 4]);
});

test("whoever gives up waiting leaves the line", async () => {
  const slots = createSlots(1);
  const release = await slots.acquire(never);
  const controller = new AbortController();
  const waiting = slots.acquire(controller.signal);
  const patient = slots.acquire(never);
  controller.abort(new Error("gave up"));
  await expect(waiting).rejects.toThrow("gave up");
  release();
  (await patient)();
  (await slots.acquire(never))();
});
