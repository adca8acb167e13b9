import { setTimeout as after } from "node:timers/promises";
import { giveBackLeases } from "./uploads/hold-lease.js";
import type { LeasedWork } from "./uploads/hold-lease.js";

/** What has to be brought to its end, in the order in which it is. */
export interface StopParts {
  /** So long requests are still taken after `/readyz` has said that they should go elsewhere. */
  readonly delayMs: number;
  readonly http: { announceStop(): void; stop(): Promise<void> };
  /** Ends sweeps and jobs between two rows. */
  readonly background: AbortController;
  /** Has those answered that wait for a verdict, and lets their leases go. */
  readonly foreground: AbortController;
  /** Takes no more jobs and settles when those under way have ended. */
  readonly stopBackground: () => Promise<unknown>;
  readonly leasedWork: ReadonlySet<LeasedWork>;
  /** What everything stood on, but for the pool. */
  readonly closeParts: () => Promise<unknown>;
  readonly closePool: () => Promise<unknown>;
  /** Told of what failed or was left behind unfinished. */
  readonly onFault: (message: string, error: unknown) => void;
}

/** Whoever is not answered by then after the listener has closed is told to ask again. Most requests take a tenth of it. */
const FINISH_WITHIN_MS = 1_500;
/** Jobs have had the whole time before; then their locks are left to run out. */
const BACKGROUND_WITHIN_MS = 500;
const LEASES_END_WITHIN_MS = 300;
const LEASES_WITHIN_MS = 1_000;
const CLOSE_WITHIN_MS = 500;

/** The longest that {@link stopApp} takes beyond its delay, whatever hangs: store, database, a client. */
export const STOPPED_WITHIN_MS = 6_000;

/**
 * Ends this process's part of the service without dropping what it has taken:
 *
 * 1. `/readyz` says "stopping" and each answer closes its connection; jobs and sweeps end. Requests are taken for `delayMs`.
 * 2. The listener closes; what is under way is answered. Who waits for a seal is told FileBusy after {@link FINISH_WITHIN_MS}.
 * 3. Work under leases ends or its leases are given back, so that another process goes on at once.
 * 4. Everything closes.
 *
 * Each step is bounded, for a database or a store that hangs. Never rejects.
 */
export async function stopApp(parts: StopParts): Promise<void> {
  await within(parts.delayMs + STOPPED_WITHIN_MS, stopInOrder(parts), "stopping", parts.onFault);
}

async function stopInOrder(parts: StopParts): Promise<void> {
  const { delayMs, http, background, foreground, leasedWork, onFault } = parts;
  http.announceStop();
  background.abort();
  const backgroundEnded = parts.stopBackground();
  backgroundEnded.catch(() => undefined);
  if (delayMs > 0) await after(delayMs);

  const left = http.stop();
  const timer = new AbortController();
  await Promise.race([left.catch(() => undefined), sleep(FINISH_WITHIN_MS, timer.signal)]);
  timer.abort();
  foreground.abort();
  await left.catch((error: unknown) => onFault("the server did not close in order", error));

  await within(BACKGROUND_WITHIN_MS, backgroundEnded, "jobs and sweeps", onFault);
  await within(LEASES_WITHIN_MS, giveBackLeases({ leasedWork, sleep }, LEASES_END_WITHIN_MS), "leases", onFault);
  await within(CLOSE_WITHIN_MS, parts.closeParts(), "closing", onFault);
  await within(CLOSE_WITHIN_MS, parts.closePool(), "closing the database's connections", onFault);
}

/** Resolves after `ms`, or at once when it is aborted: a timer that is left behind would keep the process. */
const sleep = (ms: number, signal: AbortSignal): Promise<unknown> =>
  after(ms, undefined, { signal }).catch(() => undefined);

/** Waits for the work, but not longer. */
async function within(ms: number, work: Promise<unknown>, what: string, onFault: StopParts["onFault"]): Promise<void> {
  const timer = new AbortController();
  const late = after(ms, "LATE" as const, { signal: timer.signal }).catch(() => null);
  try {
    if ((await Promise.race([work, late])) === "LATE")
      onFault(`${what}: not done within ${ms} ms, left as it is`, null);
  } catch (error) {
    onFault(`${what} failed`, error);
  } finally {
    timer.abort();
  }
}
