import { expect } from "@jest/globals";

const PATIENCE_MS = 20_000;
const EVERY_MS = 50;

/** Asks until the answer fits; fails with the last answer after twenty seconds. */
export async function expectSoon<T>(ask: () => Promise<T> | T, expected: T | RegExp): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    const fits = expected instanceof RegExp ? expected.test(String(answer)) : Object.is(answer, expected);
    if (fits) return;
    if (Date.now() > until) {
      if (expected instanceof RegExp) expect(answer).toMatch(expected);
      else expect(answer).toBe(expected);
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
