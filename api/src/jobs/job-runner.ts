import { EventEmitter } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import { Logger as JobLogger, run } from "graphile-worker";
import type { Runner, TaskList, WorkerEvents } from "graphile-worker";
import type { Pool } from "pg";

export interface JobRunnerOptions {
  readonly pool: Pool;
  readonly taskList: TaskList;
  readonly onError: (message: string, error: unknown) => void;
}

export interface JobRunner {
  /** Takes no more jobs and waits for those under way, 5 s at most. */
  stop(): Promise<void>;
}

const CONCURRENT_JOBS = 4;
const POLL_EVERY_MS = 2_000;
const START_AGAIN_AFTER_MS = 1_000;
const STOP_WITHIN_MS = 5_000;

interface Started {
  readonly runner: Runner;
  /** Settles when it takes no more jobs, whether it was told so or has given up. */
  readonly ended: Promise<unknown>;
}

/**
 * Keeps one of the library's runners at work. A runner gives up when a connection breaks at the wrong moment; then
 * another one takes its place.
 * @throws what the driver throws when the first one cannot start
 */
export async function keepRunning(options: JobRunnerOptions): Promise<JobRunner> {
  const stopping = new AbortController();
  const told = new Promise((resolve) => stopping.signal.addEventListener("abort", resolve, { once: true }));
  const kept = keep(await start(options));
  return {
    async stop() {
      stopping.abort();
      await kept;
    },
  };

  async function keep(first: Started): Promise<void> {
    let current: Started | null = first;
    for (;;) {
      await Promise.race([current?.ended, told]);
      if (current !== null) await end(current.runner);
      if (stopping.signal.aborted) return;
      await after(START_AGAIN_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      current = await start(options).catch((error: unknown) => {
        options.onError("jobs cannot be worked yet; it is tried again", error);
        return null;
      });
    }
  }
}

async function start({ pool, taskList, onError }: JobRunnerOptions): Promise<Started> {
  const events: WorkerEvents = new EventEmitter();
  // Its promise alone does not tell: a runner that gives up can hang in its own shutdown.
  const shutdown = new Promise((resolve) => events.once("pool:gracefulShutdown", resolve));
  const runner = await run({
    pgPool: pool,
    taskList,
    events,
    concurrency: CONCURRENT_JOBS,
    pollInterval: POLL_EVERY_MS,
    noHandleSignals: true,
    logger: new JobLogger(() => (level, message, meta) => {
      if (level === "error") onError(message, meta?.["error"]);
    }),
    // Without batches the library leaves the promise that ends a job unawaited: a connection that breaks just then is
    // an unhandled rejection and the end of this process. Batches, even of one, make the runner give up instead.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  });
  return { runner, ended: Promise.race([shutdown, runner.promise.catch(() => undefined)]) };
}

/** Waits for the jobs under way, but never for a runner that hangs; what it still holds is locked, and sweeps do it. */
async function end(runner: Runner): Promise<void> {
  // Refused when it has stopped by itself.
  const stopped = runner.stop().catch(() => undefined);
  await Promise.race([stopped, after(STOP_WITHIN_MS, undefined, { ref: false })]);
}
