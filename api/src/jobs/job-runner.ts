import { EventEmitter } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import { Logger as JobLogger, run } from "graphile-worker";
import type { AddJobFunction, Runner, TaskList, WorkerEvents } from "graphile-worker";
import { unavailable } from "../db/database-fault.js";
import { openJobConnections } from "./job-connections.js";
import type { JobConnections } from "./job-connections.js";

export interface JobRunnerOptions {
  readonly databaseUrl: string;
  readonly statementTimeoutMs: number;
  readonly taskList: TaskList;
  readonly onError: (message: string, error: unknown) => void;
}

export interface JobRunner {
  /** Queues a job. @throws AppError SERVICE_UNAVAILABLE while there is no runner, and what the driver throws */
  readonly addJob: AddJobFunction;
  /** Takes no more jobs and waits for those under way, 5 s at most. */
  stop(): Promise<void>;
}

const CONCURRENT_JOBS = 4;
const POLL_EVERY_MS = 2_000;
const START_AGAIN_AFTER_MS = 1_000;
const STOP_WITHIN_MS = 5_000;
/** In a row, of all workers together: two polls of each. */
const FAILED_POLLS_END_IT = 2 * CONCURRENT_JOBS;

/**
 * Keeps one of the library's runners at work. A runner gives up when a connection breaks at the wrong moment, or goes on
 * without ever getting a job again; then another one takes its place.
 * @throws what the driver throws when the first one cannot start
 */
export async function keepRunning(options: JobRunnerOptions): Promise<JobRunner> {
  let current: Started | null = await start(options);
  const stopping = new AbortController();
  const told = new Promise((resolve) => stopping.signal.addEventListener("abort", resolve, { once: true }));
  const kept = keep();
  return {
    addJob: async (...job: Parameters<AddJobFunction>) => {
      // The last one has given up, and the next one cannot start: the database is away.
      if (current === null) throw unavailable("AWAY");
      return current.runner.addJob(...job);
    },
    async stop() {
      stopping.abort();
      await kept;
    },
  };

  async function keep(): Promise<void> {
    for (;;) {
      await Promise.race([current?.ended, told]);
      if (current !== null) await end(current);
      current = null;
      if (!stopping.signal.aborted)
        await after(START_AGAIN_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      current = await start(options).catch((error: unknown) => {
        options.onError("jobs cannot be worked yet; it is tried again", error);
        return null;
      });
    }
  }
}

interface Started {
  readonly runner: Runner;
  readonly connections: JobConnections;
  /** Settles when it takes no more jobs, whether it was told so or has given up. */
  readonly ended: Promise<unknown>;
}

async function start({ taskList, onError, ...connection }: JobRunnerOptions): Promise<Started> {
  const events: WorkerEvents = new EventEmitter();
  // Its promise alone does not tell: a runner that gives up can hang in its own shutdown.
  const shutdown = new Promise((resolve) => events.once("pool:gracefulShutdown", resolve));
  const polling = untilPollsFail(events);
  const connections = openJobConnections({ ...connection, onError });
  try {
    const runner = await run({
      pgPool: connections.pool,
      taskList,
      events,
      concurrency: CONCURRENT_JOBS,
      pollInterval: POLL_EVERY_MS,
      noHandleSignals: true,
      logger: new JobLogger(() => (level, message, meta) => {
        if (level === "error") onError(message, meta?.["error"] ?? meta?.["fatalError"]);
      }),
      // Without batches the library leaves the promise that ends a job unawaited: a connection that breaks just then is
      // an unhandled rejection and the end of this process. Batches, even of one, make the runner give up instead.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    });
    const ended = Promise.race([shutdown, polling, runner.promise.catch(() => undefined)]);
    return { runner, connections, ended };
  } catch (error) {
    await connections.close();
    throw error;
  }
}

/**
 * Settles when no worker can ask for jobs any more. The library remembers what its first question about the tasks came to,
 * and when that was an error, answers each later one with it, also when the database is long back.
 */
function untilPollsFail(events: WorkerEvents): Promise<void> {
  let failures = 0;
  const succeeded = (): void => void (failures = 0);
  return new Promise((resolve) => {
    events.on("worker:getJob:empty", succeeded);
    events.on("job:start", succeeded);
    events.on("worker:getJob:error", () => {
      failures += 1;
      if (failures >= FAILED_POLLS_END_IT) resolve();
    });
  });
}

/** Waits for the jobs under way, but never for a runner that hangs; what it still holds is locked, and sweeps do it. */
async function end({ runner, connections }: Started): Promise<void> {
  // Refused when it has stopped by itself.
  const stopped = runner.stop().catch(() => undefined);
  await Promise.race([stopped, after(STOP_WITHIN_MS, undefined, { ref: false })]);
  await connections.close();
}
