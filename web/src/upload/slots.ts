import { abortable } from "./abortable.js";

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
      abortable(signal, (resolve) => {
        if (free > 0) {
          free--;
          resolve(release());
          return undefined;
        }
        const grant = (): void => resolve(release());
        waiting.push(grant);
        return () => waiting.splice(waiting.indexOf(grant), 1);
      }),
  };
}
