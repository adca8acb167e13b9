import { useEffect, useState } from "react";

/**
 * True once `on` has been true for so long.
 * @param since the time counts from its last change
 */
export function useHeldFor(on: boolean, ms: number, since?: unknown): boolean {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    setHeld(false);
    if (!on) return undefined;
    const timer = setTimeout(() => setHeld(true), ms);
    return () => clearTimeout(timer);
  }, [on, ms, since]);
  return on && held;
}
