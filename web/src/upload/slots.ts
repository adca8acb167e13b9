/** Connections that several uploads share. */
export interface Slots {
  /** Waits for a free slot, first come first served; the result gives it back (once, more calls do nothing). */
  acquire(signal: AbortSignal): Promise<() => void>;
}

/** A pool of `count` slots. Browsers open six connections to one host over HTTP/1.1. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting: Array<() => void> = [];

  const release = (): (() => void) => {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = waiting.shift();
      if (next) next();
      else free++;
    };
  };

  return {
    acquire: (signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        if (free > 0) {
          free--;
          resolve(release());
          return;
        }
        const grant = (): void => {
          signal.removeEventListener("abort", leave);
          resolve(release());
        };
        const leave = (): void => {
          waiting.splice(waiting.indexOf(grant), 1);
          reject(signal.reason as Error);
        };
        waiting.push(grant);
        signal.addEventListener("abort", leave, { once: true });
      }),
  };
}
