import { expect, test } from "@jest/globals";
import { createRate } from "./rate.js";

test("a steady stream is told exactly, after two seconds", () => {
  const rate = createRate();
  const seen = [];
  for (let ms = 0; ms <= 4_000; ms += 250) seen.push(rate.observe(ms * 1000, ms));
  expect(seen.slice(0, 8).every((value) => value === undefined)).toBe(true);
  expect(seen[8]).toBeCloseTo(1_000_000, 0);
  expect(seen.at(-1)).toBeCloseTo(1_000_000, 0);
});

test("a new speed is believed within a few seconds", () => {
  const rate = createRate();
  let bytes = 0;
  let value: number | undefined;
  for (let ms = 0; ms <= 20_000; ms += 250) value = rate.observe((bytes += ms < 10_000 ? 250_000 : 25_000), ms);
  expect(value).toBeGreaterThan(90_000);
  expect(value).toBeLessThan(150_000);
});

test("after a reset bytes that were found are not speed", () => {
  const rate = createRate();
  rate.observe(0, 0);
  rate.observe(1_000_000, 1_000);
  rate.reset();
  expect(rate.observe(500_000_000, 1_100)).toBeUndefined();
  for (let ms = 1_200; ms <= 3_200; ms += 100) rate.observe(500_000_000 + (ms - 1_100) * 10, ms);
  expect(rate.observe(500_021_100, 3_210)).toBeLessThan(20_000);
});
