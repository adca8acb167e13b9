import { useEffect } from "react";
import { keepAwake } from "../upload/browser.js";

/** Keeps the screen awake while `active` and the page is seen: a computer that falls asleep uploads nothing. */
export function useWakeLock(active: boolean): void {
  useEffect(() => {
    // Pages that are not served over https have none, whatever the types say.
    const wakeLock = navigator.wakeLock as WakeLock | undefined;
    return active ? keepAwake(wakeLock, document) : undefined;
  }, [active]);
}
