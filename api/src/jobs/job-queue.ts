import { faultBehind } from "../db/database-fault.js";
import type { DatabaseWatch } from "../db/database-watch.js";
import { keepRunning } from "./job-runner.js";
import type { JobRunner } from "./job-runner.js";

/** What the queue can be asked to do; names are those of the tasks in the database. */
export interface JobTasks {
  sweep(): Promise<void>;
  collectFile(fileUuid: string): Promise<void>;
}

export interface JobQueueOptions {
  readonly databaseUrl: string;
  readonly tasks: JobTasks;
  /** Time between sweeps. However many processes run, one of them does each. */
  readonly sweepEveryMs: number;
  /** For each of the queue's own statements. */
  readonly statementTimeoutMs: number;
  /** Told when the database is away; everything else is told to `onError`. */
  readonly watch: DatabaseWatch;
  readonly onError: (message: string, error: unknown) => void;
}

export interface JobQueue {
  /** Takes no more jobs and waits for those under way, some seconds at most. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Runs jobs from Postgres (LISTEN/NOTIFY, SKIP LOCKED) in this process, also after the database was gone.
 * https://worker.graphile.org
 * @throws what the driver throws when the database cannot be reached at the start
 */
export async function startJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const { databaseUrl, statementTimeoutMs, tasks, sweepEveryMs, watch } = options;
  // All of the queue's retries say so while the database is away.
  const onError = (message: string, error: unknown): void => {
    const fault = faultBehind(error);
    if (fault === null) options.onError(message, error);
    else watch.fault(fault, (error as Error).message);
  };
  const runner = await keepRunning({
    databaseUrl,
    statementTimeoutMs,
    taskList: {
      sweep: oneAtATime(() => tasks.sweep()),
      "collect-file": (payload) => tasks.collectFile((payload as { fileUuid: string }).fileUuid),
    },
    onError,
  });
  const stopSweeping = await scheduleSweeps(runner, sweepEveryMs, onError);
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    stopSweeping();
    await runner.stop();
  };
  return { stop: () => (stopped ??= stop()) };
}

/** A sweep that takes longer than the interval must not fill the places of other jobs: the next one does its work. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let busy = false;
  return async () => {
    if (busy) return;
    busy = true;
    try {
      await work();
    } finally {
      busy = false;
    }
  };
}

/**
 * Queues one sweep an interval. Not the library's cron: that has minutes, tests need less. The key names the interval,
 * so that several processes queue the same job; a job whose worker died blocks no later one. Resolves when the first one
 * is queued.
 */
async function scheduleSweeps(
  runner: JobRunner,
  everyMs: number,
  onError: JobQueueOptions["onError"],
): Promise<() => void> {
  const queue = async (): Promise<void> => {
    const slot = Math.floor(Date.now() / everyMs);
    await runner
      .addJob("sweep", {}, { jobKey: `sweep:${slot}`, maxAttempts: 1 })
      .catch((error: unknown) => onError("a sweep could not be queued; the next interval tries again", error));
  };
  await queue();
  const timer = setInterval(() => void queue(), everyMs);
  return () => clearInterval(timer);
}
