import type { DataSource } from "typeorm";
import type { ApiKeyDeps } from "./api-keys/api-key.js";
import { pruneDeadJobs } from "./jobs/prune-jobs.js";
import type { Logger } from "./telemetry/logger.js";
import { sweepUploads } from "./uploads/sweep-uploads.js";
import type { SweepReport } from "./uploads/sweep-uploads.js";
import type { UploadDeps } from "./uploads/upload-deps.js";

/** `jobsPruned`: jobs of the queue that nobody would have done any more; `apiKeysPruned`: keys that ended a month ago. */
export type AppSweepReport = SweepReport & { readonly jobsPruned: number; readonly apiKeysPruned: number };

/** The sweeps of this process, whoever asks for them. */
export interface AppSweeps {
  /** One sweep, now. */
  sweep(): Promise<AppSweepReport>;
  /** The same for who reads no report: what it did is logged. @throws as {@link AppSweeps.sweep} */
  sweepAndTell(): Promise<void>;
  /**
   * A sweep some time after the store is back: nobody may be there to confirm what waited for it. However often that is
   * said, one is under way at most and one waits for it. Never rejects.
   */
  sweepAfterOutage(): Promise<void>;
  /** Settles when no sweep is under way. */
  settled(): Promise<unknown>;
}

/** As long as the events of a purged file: until then a key that was revoked can be told from one that never was. */
const API_KEYS_KEPT_DAYS = 30;
/** Uploads that waited for the store are looked at this long after it is back, and not by all processes at one moment. */
const SWEEP_AFTER_OUTAGE_MS = { from: 1_000, to: 2_000 } as const;

/** @param deps `stopping` ends a sweep between two rows */
export function createSweeps(
  deps: UploadDeps & Pick<ApiKeyDeps, "apiKeys">,
  dataSource: DataSource,
  log: Logger,
): AppSweeps {
  const underWay = new Set<Promise<unknown>>();
  const sweepAll = async (): Promise<AppSweepReport> => ({
    ...(await sweepUploads(deps)),
    jobsPruned: await pruneDeadJobs(dataSource),
    apiKeysPruned: await deps.apiKeys.prune(API_KEYS_KEPT_DAYS),
  });
  const sweep = (): Promise<AppSweepReport> => {
    const report = sweepAll();
    const ended = report.catch(() => undefined).finally(() => underWay.delete(ended));
    underWay.add(ended);
    return report;
  };
  const sweepAndTell = async (): Promise<void> => {
    const report = await sweep();
    if (Object.values(report).some((count) => count > 0)) log.info(report, "swept");
  };
  /** Of those after an outage: the one that has not begun, and the last one. */
  let waiting: Promise<void> | null = null;
  let last: Promise<void> = Promise.resolve();
  const sweepOnce = async (before: Promise<void>): Promise<void> => {
    const { from, to } = SWEEP_AFTER_OUTAGE_MS;
    await deps.sleep(from + Math.random() * (to - from), deps.stopping);
    await before;
    waiting = null;
    if (deps.stopping.aborted) return;
    await sweepAndTell().catch((error: unknown) =>
      log.error({ err: error }, "the sweep after the store's absence failed; the next one goes on"),
    );
  };
  return {
    sweep,
    sweepAndTell,
    sweepAfterOutage() {
      if (waiting === null) last = waiting = sweepOnce(last);
      return waiting;
    },
    settled: () => Promise.all(underWay),
  };
}
