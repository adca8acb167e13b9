/** One place in a line. */
export interface Turn {
  /**
   * Resolves when everybody before has passed, and lets the next one in, who goes on later than this one. Whoever takes for
   * ever is not waited for: then only the order suffers.
   */
  come(): Promise<void>;
  /** Leaves the line without having come; more calls do nothing. */
  pass(): void;
}

/** A line: each call joins at its end. */
export function createTurns(patienceMs = 2_000): () => Turn {
  let last = Promise.resolve();
  return () => {
    const before = last;
    let pass: () => void = () => undefined;
    const passed = new Promise<void>((resolve) => (pass = resolve));
    last = before.then(() => passed);
    const come = async (): Promise<void> => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([before, new Promise((resolve) => (timer = setTimeout(resolve, patienceMs)))]);
      clearTimeout(timer);
      pass();
    };
    return { come, pass };
  };
}
