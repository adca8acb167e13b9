/** Work beside a walk: so many at once, and the walk waits for a place. */
export interface SideWork {
  /** Starts it as soon as there is a place. @throws what an earlier one threw */
  add(work: () => Promise<void>): Promise<void>;
  /** Resolves when all have ended. @throws what one of them threw */
  end(): Promise<void>;
}

/** @param places how many may run at once */
export function openSideWork(places: number): SideWork {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const check = (): void => {
    if (failures.length > 0) throw failures[0];
  };
  return {
    async add(work) {
      while (running.size >= places) await Promise.race(running);
      check();
      const begun = work()
        .catch((error: unknown) => void failures.push(error))
        .finally(() => running.delete(begun));
      running.add(begun);
    },
    async end() {
      await Promise.all(running);
      check();
    },
  };
}
