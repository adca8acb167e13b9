import type { FileRecords, Lease } from "../files/file-records.js";
import { tidyUpAfterOutage } from "./after-outage.js";
import { follow } from "./follow-signal.js";

/** Work that runs under a lease in this process at this moment. */
export interface LeasedWork {
  /** Settles, never rejects, when the work has ended. */
  readonly ended: Promise<unknown>;
  /** Renews no more and lets the lease go: another process may go on at once. What is still done here changes nothing. */
  giveBack(): Promise<unknown>;
}

export interface LeaseDeps {
  readonly files: Pick<FileRecords, "renewLease" | "backOff">;
  readonly leaseMs: number;
  readonly stopping: AbortSignal;
  sleep(ms: number, signal?: AbortSignal): Promise<unknown>;
  /** Where this process notes what it holds, for {@link giveBackLeases}. */
  readonly leasedWork: Set<LeasedWork>;
}

/**
 * Runs `work` under a lease and renews it meanwhile; `signal` is aborted when the lease is lost or the process stops.
 * Losing it is harmless: every change under it names its attempt and would find no row. Work that fails because the
 * database is away gives its lease back once that answers.
 */
export async function holdLease<Result>(
  deps: LeaseDeps,
  lease: Lease,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { files, leaseMs, stopping, leasedWork } = deps;
  /** Lost, or to be let go. */
  const lost = new AbortController();
  let renewed: Promise<void> = Promise.resolve();
  const renewal = setInterval(() => {
    renewed = files.renewLease(lease, leaseMs).then(
      (held) => {
        if (!held) lost.abort();
      },
      // The database does not answer: the lease runs out by itself if that lasts.
      () => undefined,
    );
  }, leaseMs / 3);
  renewal.unref();
  const unfollow = follow(stopping, lost);
  const working = work(lost.signal);
  const held: LeasedWork = {
    ended: working.catch(() => undefined),
    async giveBack() {
      clearInterval(renewal);
      // One that is on its way would take back what is given.
      await renewed;
      await files.backOff(lease, 0, false);
    },
  };
  leasedWork.add(held);
  try {
    return await working;
  } catch (error) {
    void tidyUpAfterOutage(deps, error, () => held.giveBack());
    throw error;
  } finally {
    clearInterval(renewal);
    unfollow();
    leasedWork.delete(held);
  }
}

/**
 * The process is about to end: work under leases gets `withinMs` to end by itself; the leases of the rest are given back.
 * Asked of a database that does not answer they run out by themselves. Never rejects.
 */
export async function giveBackLeases(
  {
    leasedWork,
    sleep,
  }: { leasedWork: ReadonlySet<LeasedWork>; sleep: (ms: number, signal: AbortSignal) => Promise<unknown> },
  withinMs: number,
): Promise<void> {
  const timer = new AbortController();
  const ended = Promise.all([...leasedWork].map((work) => work.ended));
  await Promise.race([ended, sleep(withinMs, timer.signal)]);
  timer.abort();
  await Promise.allSettled([...leasedWork].map((work) => work.giveBack()));
}
