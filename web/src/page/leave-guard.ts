import { useEffect } from "react";

let ownNavigation = false;

/** Asks before the page is left while `active`: bytes are moving. */
export function useLeaveGuard(active: boolean): void {
  useEffect(() => {
    if (!active) return undefined;
    const ask = (event: BeforeUnloadEvent): void => {
      if (!ownNavigation) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [active]);
}

/** Starts a download without being asked about it: it looks like leaving the page until the answer's headers are there. */
export function startDownload(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.rel = "noreferrer";
  ownNavigation = true;
  link.click();
  setTimeout(() => (ownNavigation = false), 0);
}
