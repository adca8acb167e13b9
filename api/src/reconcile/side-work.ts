/** Work beside a walk: so many at once, and the walk waits for a place. */
export interface SideWork {
  /** Starts it as soon as there is a place. One call at a time: the walk's. @throws what an earlier one threw */
  add(work: () => Promise<void>): Promise<void>;
  /** Resolves when all have ended. @throws what one of them threw */
  end(): Promise<void>;
}

/** @param places how many may run at once */
export function openSideWork(places: number): SideWork {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let noteEnd = (): void => undefined;
  const check = (): void => {
    if (failures.length > 0) throw failures[0];
  };
  return {
    async add(work) {
      // Not Promise.race: work that takes hours would keep something of every one that had its turn beside it.
      while (running.size >= places) await new Promise<void>((resolve) => (noteEnd = resolve));
      check();
      const begun = work()
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          running.delete(begun);
          noteEnd();
        });
      running.add(begun);
    },
    async end() {
      await Promise.all(running);
      check();
    },
  };
}
