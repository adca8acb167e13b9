import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { createLogger } from "../telemetry/logger.js";
import { createRateLimits, networkOf, WINDOW_SECONDS } from "./rate-limits.js";
import type { RateLimits } from "./rate-limits.js";

function limits(rates: { owner?: number; address?: number; maxCounters?: number } = {}) {
  const lines: string[] = [];
  const refused: string[] = [];
  const log = createLogger({ level: "info", write: (line) => lines.push(line) });
  const made = createRateLimits(
    { perOwnerPerMinute: rates.owner ?? 0, perAddressPerMinute: rates.address ?? 0 },
    { log, onRefused: (by) => refused.push(by), ...(rates.maxCounters ? { maxCounters: rates.maxCounters } : {}) },
  );
  return { ...made, lines, refused };
}

/** How many of `calls` calls pass, each of so many points. */
async function passing(charge: () => Promise<void>, calls: number): Promise<number> {
  let passed = 0;
  for (let call = 0; call < calls; call += 1)
    await charge().then(
      () => (passed += 1),
      () => undefined,
    );
  return passed;
}

afterEach(() => {
  jest.useRealTimers();
});

describe("rate limits", () => {
  test("give a sixth of a minute's points in ten seconds, and the seconds to wait", async () => {
    jest.useFakeTimers();
    const { chargeOwner } = limits({ owner: 60 });
    expect(await passing(() => chargeOwner("ann", 1), 12)).toBe(10);
    jest.advanceTimersByTime(4_500);
    await expect(chargeOwner("ann", 1)).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterSeconds: 6 });
    expect(await passing(() => chargeOwner("bob", 1), 12)).toBe(10);
    // What is refused takes nothing that would make the wait longer.
    jest.advanceTimersByTime(5_500);
    expect(await passing(() => chargeOwner("ann", 1), 12)).toBe(10);
  });

  test("let the call pass that takes more than what is left, and none after it", async () => {
    const { chargeAddress } = limits({ address: 60 });
    expect(await passing(() => chargeAddress("10.0.0.1", 9), 5)).toBe(2);
  });

  test("fine without refusing: the next call is refused", async () => {
    const { chargeAddress, fineAddress } = limits({ address: 60 });
    await chargeAddress("10.0.0.1", 1);
    await fineAddress("10.0.0.1", 9);
    await fineAddress("10.0.0.1", 9);
    await expect(chargeAddress("10.0.0.1", 1)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    await chargeAddress("10.0.0.2", 1);
  });

  test("of 0 refuse nobody", async () => {
    const { chargeOwner, chargeAddress } = limits();
    expect(await passing(() => chargeOwner("ann", 100), 100)).toBe(100);
    expect(await passing(() => chargeAddress("10.0.0.1", 100), 100)).toBe(100);
  });

  test("tell one line in ten seconds, and every refusal to whoever counts", async () => {
    const { chargeOwner, chargeAddress, lines, refused } = limits({ owner: 6, address: 6 });
    await passing(() => chargeOwner("ann", 1), 50);
    await passing(() => chargeAddress("10.0.0.1", 1), 50);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/ann|10\.0\.0\.1/);
    expect(refused.filter((by) => by === "OWNER")).toHaveLength(49);
    expect(refused.filter((by) => by === "ADDRESS")).toHaveLength(49);
  });
});

describe("a crowd of addresses", () => {
  const crowd = (charge: RateLimits["chargeAddress"], count: number): Promise<void[]> =>
    Promise.all(Array.from({ length: count }, (_, n) => charge(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 1)));

  test("above the number of counters shares some, and whoever had one keeps it", async () => {
    const { chargeAddress } = limits({ address: 60, maxCounters: 100 });
    await chargeAddress("192.0.2.1", 5);
    await crowd(chargeAddress, 99);
    // 4,000 more fall on 1,024 shared counters: some of those are used up by now, this one's own is not.
    const passed = await passing(() => chargeAddress("192.0.2.1", 1), 10);
    expect(passed).toBe(5);
    let refused = 0;
    for (let n = 0; n < 20_000; n += 1)
      await chargeAddress(`11.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 1).catch(() => (refused += 1));
    expect(refused).toBeGreaterThan(5_000);
  });

  test("of 20,000 in one window has so many counters and no more", async () => {
    jest.useFakeTimers();
    const { chargeAddress } = limits({ address: 60_000_000, maxCounters: 1_000 });
    for (let n = 0; n < 20_000; n += 1) await chargeAddress(`10.1.${n >> 8}.${n & 255}`, 1);
    // Each counter has a timer that ends it.
    expect(jest.getTimerCount()).toBeGreaterThan(1_000);
    expect(jest.getTimerCount()).toBeLessThanOrEqual(1_000 + 1_024);
  });

  test("is forgotten after its window", async () => {
    jest.useFakeTimers();
    const { chargeAddress } = limits({ address: 60, maxCounters: 10 });
    await crowd(chargeAddress, 10);
    jest.advanceTimersByTime(2 * WINDOW_SECONDS * 1000 + 1);
    expect(await passing(() => chargeAddress("192.0.2.1", 1), 20)).toBe(10);
    expect(await passing(() => chargeAddress("192.0.2.2", 1), 20)).toBe(10);
    expect(jest.getTimerCount()).toBeLessThanOrEqual(2);
  });
});

test.each([
  ["10.0.0.1", "10.0.0.1"],
  ["::ffff:10.0.0.1", "10.0.0.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["not an address", "not an address"],
])("%s counts as %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test("whoever has reset the connection has no address, and is counted all the same", async () => {
  expect(networkOf(undefined)).toBe("gone");
});
