import { describe, expect, test } from "@jest/globals";
import { backoffMs, refusalOf, sleep } from "./retry.js";

const policy = { retries: 8, firstDelayMs: 500, maxDelayMs: 16_000 };

describe("backoffMs", () => {
  test("doubles up to the ceiling, half of it random", () => {
    expect(backoffMs(policy, 0, 0)).toBe(250);
    expect(backoffMs(policy, 0, 1)).toBe(500);
    expect(backoffMs(policy, 3, 0)).toBe(2_000);
    expect(backoffMs(policy, 30, 1)).toBe(16_000);
  });

  test("never earlier than the server asked", () => {
    expect(backoffMs(policy, 0, 0, 7)).toBe(7_000);
    expect(backoffMs(policy, 0, 1, 7)).toBe(7_250);
  });
});

test.each([
  [400, "<Error><Code>BadDigest</Code></Error>", "CHECKSUM"],
  [400, "<Error><Code>XAmzContentChecksumMismatch</Code></Error>", "CHECKSUM"],
  [404, "<Error><Code>NoSuchUpload</Code></Error>", "GONE"],
  [404, "", "GONE"],
  [403, "<Error><Code>AccessDenied</Code></Error>", "STORAGE"],
  [503, "<Error><Code>SlowDown</Code></Error>", "STORAGE"],
])("refusalOf %d %s", (status, text, expected) => {
  expect(refusalOf(status, text)).toBe(expected);
});

test("sleep ends with the signal's reason", async () => {
  const controller = new AbortController();
  const sleeping = sleep(60_000, controller.signal);
  controller.abort(new Error("enough"));
  await expect(sleeping).rejects.toThrow("enough");
  await expect(sleep(60_000, controller.signal)).rejects.toThrow("enough");
});
