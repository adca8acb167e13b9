import { describe, expect, test } from "@jest/globals";
import { keepAwake } from "./wake-lock.js";
import type { Visibility } from "./wake-lock.js";

/** A screen that counts who keeps it awake, and takes locks away from a hidden page as browsers do. */
class Screen extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";
  readonly #held = new Set<object>();
  refuses = false;

  readonly wakeLock: WakeLock = {
    request: () => {
      if (this.refuses) return Promise.reject(new DOMException("low battery", "NotAllowedError"));
      const sentinel = { release: () => Promise.resolve(void this.#held.delete(sentinel)) } as WakeLockSentinel;
      this.#held.add(sentinel);
      return Promise.resolve(sentinel);
    },
  };

  get awake(): boolean {
    return this.#held.size > 0;
  }

  become(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    if (state === "hidden") this.#held.clear();
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

/** Promises that are due have run. */
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const pageOf = (screen: Screen): Visibility => screen;

describe("keeping the screen awake", () => {
  test("lasts until it is over, and is asked for again when the page comes back", async () => {
    const screen = new Screen();
    const stop = keepAwake(screen.wakeLock, pageOf(screen));
    await soon();
    expect(screen.awake).toBe(true);
    screen.become("hidden");
    await soon();
    expect(screen.awake).toBe(false);
    screen.become("visible");
    await soon();
    expect(screen.awake).toBe(true);
    stop();
    expect(screen.awake).toBe(false);
    screen.become("visible");
    await soon();
    expect(screen.awake).toBe(false);
  });

  test("gives back a lock that comes after it is over", async () => {
    const screen = new Screen();
    keepAwake(screen.wakeLock, pageOf(screen))();
    await soon();
    expect(screen.awake).toBe(false);
  });

  test("does without where it is refused or missing", async () => {
    const screen = new Screen();
    screen.refuses = true;
    const stop = keepAwake(screen.wakeLock, pageOf(screen));
    await soon();
    stop();
    keepAwake(undefined, pageOf(screen))();
    expect(screen.awake).toBe(false);
  });
});
