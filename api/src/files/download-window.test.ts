import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { signingWindow } from "./download-window.js";

const inputs = fc.record({
  nowMs: fc.integer({ min: 1_600_000_000_000, max: 4_000_000_000_000 }),
  ttlSeconds: fc.integer({ min: 2, max: 604_800 }),
  fileUuid: fc.uuid(),
});

describe("signingWindow", () => {
  test("signs on a whole second, never ahead, and leaves at least half the life", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { signedAtMs, windowSeconds, expiresAtMs } = signingWindow(input);
        expect(signedAtMs % 1000).toBe(0);
        expect(signedAtMs).toBeLessThanOrEqual(input.nowMs);
        expect(expiresAtMs - signedAtMs).toBe(input.ttlSeconds * 1000);
        expect(expiresAtMs - input.nowMs).toBeGreaterThan((input.ttlSeconds * 1000) / 2 - 1000);
        expect(windowSeconds).toBe(Math.floor(input.ttlSeconds / 2));
      }),
    );
  });

  test("is the same from its first millisecond to its last, and another one after that", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const window = signingWindow(input);
        const endMs = window.signedAtMs + window.windowSeconds * 1000;
        expect(signingWindow({ ...input, nowMs: window.signedAtMs })).toEqual(window);
        expect(signingWindow({ ...input, nowMs: endMs - 1 })).toEqual(window);
        expect(signingWindow({ ...input, nowMs: endMs }).signedAtMs).toBe(endMs);
      }),
    );
  });

  test("begins at many different seconds for many files", () => {
    const starts = new Map<number, number>();
    for (let index = 0; index < 3600; index += 1) {
      const fileUuid = `019b0c3e-7d4a-7c31-9a2f-${index.toString(16).padStart(12, "0")}`;
      const { signedAtMs } = signingWindow({ nowMs: 1_800_000_000_000, ttlSeconds: 3600, fileUuid });
      starts.set(signedAtMs, (starts.get(signedAtMs) ?? 0) + 1);
    }
    // 3600 files over 1800 seconds: an even spread has two a second, and no second that a tenth of them share
    expect(starts.size).toBeGreaterThan(1000);
    expect(Math.max(...starts.values())).toBeLessThan(36);
  });

  test("a life of one second has a window of one second", () => {
    const window = signingWindow({ nowMs: 1_800_000_000_999, ttlSeconds: 1, fileUuid: "x" });
    expect(window).toEqual({ signedAtMs: 1_800_000_000_000, windowSeconds: 1, expiresAtMs: 1_800_000_001_000 });
  });
});
