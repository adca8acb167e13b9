/**
 * A promise that rejects with the signal's reason as soon as it fires.
 * @param start begins the work; what it returns is called when the signal fires first
 */
export function abortable<T>(
  signal: AbortSignal,
  start: (resolve: (value: T) => void, reject: (reason: unknown) => void) => (() => unknown) | undefined,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    signal.throwIfAborted();
    let undo: () => unknown = () => undefined;
    const leave = (): void => {
      undo();
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", leave, { once: true });
    const settled =
      <V>(settle: (value: V) => void) =>
      (value: V): void => {
        signal.removeEventListener("abort", leave);
        settle(value);
      };
    undo = start(settled(resolve), settled(reject)) ?? undo;
  });
}
