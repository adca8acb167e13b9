import type { Connectivity } from "./job.js";

/** What the browser believes about its connection. */
export function windowConnectivity(target: Window): Connectivity {
  return {
    online: () => target.navigator.onLine,
    whenOnline: (signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        if (target.navigator.onLine) {
          resolve();
          return;
        }
        const leave = (): void => {
          target.removeEventListener("online", arrive);
          reject(signal.reason as Error);
        };
        const arrive = (): void => {
          signal.removeEventListener("abort", leave);
          resolve();
        };
        target.addEventListener("online", arrive, { once: true });
        signal.addEventListener("abort", leave, { once: true });
      }),
  };
}
