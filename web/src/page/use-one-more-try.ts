import { useCallback, useMemo, useRef, useState } from "react";

/** Something shown from a link, which may have died in the meantime. */
export interface OneMoreTry {
  /** RENEWING: a fresh link is on its way. FAILED: the fresh one did not work either. */
  readonly state: "SHOWN" | "RENEWING" | "FAILED";
  /** Counts fresh links: as a key it makes the browser load again, also when the link is letter by letter the same. */
  readonly generation: number;
  /** It could not be loaded. The first time it gets a fresh link. */
  onError(): void;
  /** It works: its next failure is a first one again. */
  onWorks(): void;
  /** The person asks for it. */
  tryAgain(): void;
}

/**
 * Renews a link once when what it leads to cannot be loaded.
 * @param renew asks for a fresh link; never rejects
 */
export function useOneMoreTry(renew: () => Promise<unknown>): OneMoreTry {
  const [state, setState] = useState<OneMoreTry["state"]>("SHOWN");
  const [generation, setGeneration] = useState(0);
  const tried = useRef(false);

  const tryAgain = useCallback(() => {
    setState("RENEWING");
    void renew().then(() => {
      setGeneration((count) => count + 1);
      setState("SHOWN");
    });
  }, [renew]);
  const onError = useCallback(() => {
    if (tried.current) {
      setState("FAILED");
      return;
    }
    tried.current = true;
    tryAgain();
  }, [tryAgain]);
  const onWorks = useCallback(() => void (tried.current = false), []);

  return useMemo(
    () => ({ state, generation, onError, onWorks, tryAgain }),
    [state, generation, onError, onWorks, tryAgain],
  );
}
