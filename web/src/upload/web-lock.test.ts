import { describe, expect, test } from "@jest/globals";
import { createWebLock, heldNames, whenFree } from "./web-lock.js";
import type { Locks } from "./web-lock.js";

const never = new AbortController().signal;

/** One browser's exclusive locks, as far as they are used here; what is true of real ones is tried in e2e/resume.test.ts. */
function browserLocks(): Locks {
  const held = new Map<string, Promise<unknown>>();
  const request = async (name: string, options: LockOptions, callback: LockGrantedCallback<unknown>) => {
    if (options.ifAvailable && held.has(name)) return callback(null);
    while (held.has(name)) await held.get(name);
    const work = Promise.resolve(callback({ name, mode: "exclusive" }));
    held.set(name, work);
    await work;
    held.delete(name);
    return undefined;
  };
  return {
    request: request as Locks["request"],
    query: () => Promise.resolve({ held: [...held.keys()].map((name) => ({ name })), pending: [] }),
  };
}

describe("a lock that all tabs share", () => {
  test("is refused to the second tab until the first gives it back", async () => {
    const browser = browserLocks();
    const [here, there] = [createWebLock(browser), createWebLock(browser)];
    const release = await here("a", never);
    expect(release).toBeDefined();
    expect(await there("a", never)).toBeUndefined();
    expect(await there("b", never)).toBeDefined();
    expect([...(await heldNames(browser, ["a", "b", "c"]))]).toEqual(["a", "b"]);

    const freed = whenFree(browser, "a", never);
    release?.();
    await freed;
    expect(await there("a", never)).toBeDefined();
  });

  test("is not refused within one tab, and given back by the last who holds it", async () => {
    const browser = browserLocks();
    const [here, there] = [createWebLock(browser), createWebLock(browser)];
    const [first, second] = await Promise.all([here("a", never), here("a", never)]);
    expect(first && second).toBeDefined();
    first?.();
    first?.();
    expect(await there("a", never)).toBeUndefined();
    second?.();
    await whenFree(browser, "a", never);
    const release = await there("a", never);
    expect(release).toBeDefined();
    expect(await here("a", never)).toBeUndefined();
    // At once, as when somebody presses pause and resume.
    release?.();
    expect(await there("a", never)).toBeDefined();
  });

  test("is given back when the signal fires meanwhile", async () => {
    const browser = browserLocks();
    const controller = new AbortController();
    const taking = createWebLock(browser)("a", controller.signal);
    controller.abort(new Error("enough"));
    await expect(taking).rejects.toThrow("enough");
    await whenFree(browser, "a", never);
    await expect(createWebLock(browser)("a", controller.signal)).rejects.toThrow("enough");
    expect(await createWebLock(browser)("a", never)).toBeDefined();
  });

  test("is always free where there are no locks, or where they are forbidden", async () => {
    const none = createWebLock(undefined);
    expect(await none("a", never)).toBeDefined();
    expect(await none("a", never)).toBeDefined();
    expect((await heldNames(undefined, ["a"])).size).toBe(0);
    await whenFree(undefined, "a", never);

    const forbid = (): Promise<never> => Promise.reject(new DOMException("not here", "SecurityError"));
    const forbidden: Locks = { request: forbid, query: forbid };
    expect(await createWebLock(forbidden)("a", never)).toBeDefined();
    expect((await heldNames(forbidden, ["a"])).size).toBe(0);
  });
});
