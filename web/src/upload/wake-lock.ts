/** The part of the page that is listened to. */
export type Visibility = Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">;

/**
 * Keeps the screen awake while the page is seen, until the result is called. Browsers take the lock away when the page is
 * hidden, so it is asked for again when it comes back; where it is refused (battery saving) the screen sleeps as ever.
 * @param wakeLock navigator.wakeLock; undefined where there is none: https://w3c.github.io/screen-wake-lock/
 */
export function keepAwake(wakeLock: WakeLock | undefined, page: Visibility): () => void {
  if (!wakeLock) return () => undefined;
  let over = false;
  let sentinel: WakeLockSentinel | undefined;

  const free = (taken: WakeLockSentinel | undefined): void => void taken?.release().catch(() => undefined);
  const ask = async (): Promise<void> => {
    if (page.visibilityState !== "visible") return;
    const taken = await wakeLock.request("screen").catch(() => undefined);
    if (over) free(taken);
    else sentinel = taken ?? sentinel;
  };
  const onChange = (): void => void ask();

  page.addEventListener("visibilitychange", onChange);
  onChange();
  return () => {
    over = true;
    page.removeEventListener("visibilitychange", onChange);
    free(sentinel);
  };
}
