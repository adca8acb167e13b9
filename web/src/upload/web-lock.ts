import type { Lock } from "./lock.js";

/** The part of Web Locks that is used: https://w3c.github.io/web-locks/ */
export type Locks = Pick<LockManager, "request" | "query">;

interface Hold {
  holders: number;
  /** Gives it back, and resolves when others can have it. Undefined: another tab has it. */
  readonly taken: Promise<(() => Promise<unknown>) | undefined>;
}

/**
 * A {@link Lock} that all tabs of a browser share. Within one tab a name can be held more than once: a file that was added
 * twice is not "in another tab". A tab that is closed or crashes gives its locks back by itself.
 * @param locks navigator.locks; undefined where there are none (pages that are not served over https): then every name is free
 */
export function createWebLock(locks: Locks | undefined): Lock {
  const held = new Map<string, Hold>();
  /** Given back a moment ago: the browser would still say that it is taken. */
  const leaving = new Map<string, Promise<unknown>>();

  return async (name, signal) => {
    signal.throwIfAborted();
    const hold = held.get(name) ?? {
      holders: 0,
      taken: Promise.resolve(leaving.get(name)).then(() => take(locks, name)),
    };
    held.set(name, hold);
    hold.holders++;
    let here = true;
    const release = await hold.taken;
    const leave = (): void => {
      if (!here) return;
      here = false;
      if (--hold.holders > 0) return;
      held.delete(name);
      const left = release?.().finally(() => leaving.get(name) === left && leaving.delete(name));
      if (left) leaving.set(name, left);
    };
    if (release && !signal.aborted) return leave;
    leave();
    signal.throwIfAborted();
    return undefined;
  };
}

/** The names among `names` that some tab holds now, this one included. */
export async function heldNames(locks: Locks | undefined, names: readonly string[]): Promise<ReadonlySet<string>> {
  const { held = [] } = (await locks?.query().catch(() => undefined)) ?? {};
  const taken = new Set(held.map((lock) => lock.name));
  return new Set(names.filter((name) => taken.has(name)));
}

/** Resolves when nobody holds the name any more. Rejects with the signal's reason. */
export async function whenFree(locks: Locks | undefined, name: string, signal: AbortSignal): Promise<void> {
  await locks?.request(name, { signal }, () => undefined);
}

function take(locks: Locks | undefined, name: string): Hold["taken"] {
  const free = (): Promise<void> => Promise.resolve();
  if (!locks) return Promise.resolve(free);
  return new Promise((resolve) => {
    const over: Promise<unknown> = locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(undefined);
        return new Promise<void>((release) =>
          resolve(() => {
            release();
            return over;
          }),
        );
      })
      // Where locks are forbidden (sandboxed frames) uploads go on without.
      .catch(() => resolve(free));
  });
}
