import { abortable } from "./abortable.js";
import type { Connectivity } from "./job.js";

/** What the browser believes about its connection. */
export function windowConnectivity(target: Window): Connectivity {
  return {
    online: () => target.navigator.onLine,
    whenOnline: (signal) =>
      abortable(signal, (resolve) => {
        const arrive = (): void => resolve();
        if (target.navigator.onLine) arrive();
        else target.addEventListener("online", arrive, { once: true });
        return () => target.removeEventListener("online", arrive);
      }),
  };
}
