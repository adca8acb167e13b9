import { Logger as JobLogger, makeWorkerUtils, run } from "graphile-worker";
import type { Runner, WorkerUtils } from "graphile-worker";

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
  readonly onError: (message: string, error: unknown) => void;
}

export interface JobQueue {
  stop(): Promise<void>;
}

const CONCURRENT_JOBS = 4;

/** Runs jobs from Postgres (LISTEN/NOTIFY, SKIP LOCKED) in this process. https://worker.graphile.org */
export async function startJobQueue({ databaseUrl, tasks, sweepEveryMs, onError }: JobQueueOptions): Promise<JobQueue> {
  const utils = await makeWorkerUtils({ connectionString: databaseUrl });
  const runner: Runner = await run({
    connectionString: databaseUrl,
    concurrency: CONCURRENT_JOBS,
    noHandleSignals: true,
    pollInterval: 2_000,
    logger: quietLogger(onError),
    taskList: {
      sweep: () => tasks.sweep(),
      "collect-file": (payload) => tasks.collectFile((payload as { fileUuid: string }).fileUuid),
    },
  });
  const stopSweeping = scheduleSweeps(utils, sweepEveryMs, onError);
  return {
    async stop() {
      stopSweeping();
      await runner.stop();
      await utils.release();
    },
  };
}

/**
 * Queues one sweep an interval. Not the library's cron: that has minutes, tests need less. The key names the interval,
 * so that several processes queue the same job; a job whose worker died blocks no later one.
 */
function scheduleSweeps(utils: WorkerUtils, everyMs: number, onError: JobQueueOptions["onError"]): () => void {
  const queue = (): void => {
    const slot = Math.floor(Date.now() / everyMs);
    utils
      .addJob("sweep", {}, { jobKey: `sweep:${slot}`, maxAttempts: 1 })
      .catch((error: unknown) => onError("a sweep could not be queued; the next interval tries again", error));
  };
  queue();
  const timer = setInterval(queue, everyMs);
  return () => clearInterval(timer);
}

function quietLogger(onError: JobQueueOptions["onError"]) {
  return new JobLogger(() => (level, message, meta) => {
    if (level === "error") onError(message, meta?.["error"] ?? meta);
  });
}
