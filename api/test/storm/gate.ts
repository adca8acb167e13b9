/** Something to wait at until it is open; it can be closed again. */
export interface Gate {
  opened(): Promise<void>;
  open(): void;
  close(): void;
}

/** A closed gate. */
export function createGate(): Gate {
  let isOpen = false;
  let waiting: (() => void)[] = [];
  return {
    opened: () => (isOpen ? Promise.resolve() : new Promise((wake) => waiting.push(wake))),
    open() {
      isOpen = true;
      for (const wake of waiting) wake();
      waiting = [];
    },
    close() {
      isOpen = false;
    },
  };
}
