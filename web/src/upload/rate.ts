/** Speed of one transfer, smoothed. */
export interface Rate {
  /** Takes the count of bytes so far; returns bytes per second, or undefined for the first two seconds. */
  observe(sentBytes: number, nowMs: number): number | undefined;
  /** Forgets: bytes are not moving, or have been found rather than sent. */
  reset(): void;
}

const SMOOTHING_MS = 3_000;
const FIRST_SHOWN_MS = 2_000;

/** An exponential moving average over about three seconds, fair to uneven gaps between samples. */
export function createRate(): Rate {
  let first: { readonly bytes: number; readonly ms: number } | undefined;
  let last = { bytes: 0, ms: 0 };
  let bytesPerSecond = 0;

  return {
    observe(sentBytes, nowMs) {
      if (!first) {
        first = last = { bytes: sentBytes, ms: nowMs };
        return undefined;
      }
      const gapMs = nowMs - last.ms;
      if (gapMs >= 100) {
        const sample = ((sentBytes - last.bytes) * 1000) / gapMs;
        const age = nowMs - first.ms;
        // In the beginning the plain mean is the better guess.
        const weight = Math.max(1 - Math.exp(-gapMs / SMOOTHING_MS), gapMs / age);
        bytesPerSecond += (sample - bytesPerSecond) * weight;
        last = { bytes: sentBytes, ms: nowMs };
      }
      return nowMs - first.ms >= FIRST_SHOWN_MS ? bytesPerSecond : undefined;
    },
    reset() {
      first = undefined;
      bytesPerSecond = 0;
    },
  };
}
