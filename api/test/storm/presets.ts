import type { StormOptions } from "./storm.js";

/** All of a storm but its seed and where it tells of itself. */
export type StormPreset = Omit<StormOptions, "seed" | "keep" | "say" | "signal">;

/** The storm of `npm test`: a minute and a half, hardly any bytes, a strike every second. `npm run storm -- --small`. */
export const SMALL_STORM: StormPreset = {
  uploads: 1000,
  kills: 40,
  processes: 3,
  sizes: "SMALL",
  strikeEveryMs: [300, 1_300],
  dropRate: 0.01,
  times: { leaseSeconds: 1, sweepEverySeconds: 2, uploadUrlTtlSeconds: 5, uploadTtlSeconds: 15 },
  clients: 24,
};

/** Files as they come, and a strike every few seconds, so that everything has time to be at work again. */
export const LARGE_STORM: StormPreset = {
  ...SMALL_STORM,
  sizes: "MIXED",
  strikeEveryMs: [1_000, 5_000],
  dropRate: 0,
  times: { leaseSeconds: 2, sweepEverySeconds: 2, uploadUrlTtlSeconds: 20, uploadTtlSeconds: 60 },
};
