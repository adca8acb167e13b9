import type { S3Client } from "@aws-sdk/client-s3";
import type { DataSource } from "typeorm";
import { rowsOf } from "../src/db/query.js";
import type { Breach } from "../src/reconcile/breach.js";
import { breachText } from "../src/reconcile/reconcile-command.js";
import { reconcile } from "../src/reconcile/reconcile.js";
import { createReconcileStore } from "../src/reconcile/reconcile.store.js";
import { createS3Storage } from "../src/storage/s3-storage.js";

/** A database and its bucket: a TestApp, or what a process left behind. */
export interface Holdings {
  readonly db: DataSource;
  readonly s3: S3Client;
  readonly bucket: string;
}

export interface InvariantOptions {
  /** True: nothing may be on its way any more, as `npm run reconcile -- --check --settled` has it. Default false. */
  readonly settled?: boolean;
}

/** How long a test's services leave work to its holder, unless they say so; what is overdue is so by these. */
const LEASE_MS = 60_000;
const SWEEP_EVERY_MS = 60_000;

/**
 * Compares database, usage and bucket as `npm run reconcile -- --check --read-back` does, and asks the job queue whether
 * any job has failed. Call it when no request is under way; sweeps and jobs may run.
 * @throws Error that names every violation
 */
export async function checkInvariants(holdings: Holdings, { settled = false }: InvariantOptions = {}): Promise<void> {
  const breaches = await findBreaches(holdings, { settled });
  const faults = [...breaches.map(breachText), ...(await failedJobs(holdings.db))];
  if (faults.length > 0) throw new Error(`${faults.length} invariants are broken:\n${faults.join("")}`);
}

/** Every breach that `--check` tells, in its order. */
export async function findBreaches(holdings: Holdings, { settled = false }: InvariantOptions = {}): Promise<Breach[]> {
  const breaches: Breach[] = [];
  // Nobody waits for it, however busy the machine is.
  const storage = createS3Storage({
    ...(await connectionOf(holdings)),
    ...{ requestTimeoutMs: 20_000, callTimeoutMs: 60_000 },
  });
  try {
    await reconcile(
      {
        records: createReconcileStore(holdings.db),
        storage,
        leaseMs: LEASE_MS,
        sweepEveryMs: SWEEP_EVERY_MS,
        now: () => new Date(),
        sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
        uploads: null,
      },
      {
        ...{ fix: false, deleteUnknown: null, unknownAfterHours: 48, settled, readBack: true },
        // No request is under way.
        underwayMs: 0,
        onBreach: (breach) => breaches.push(breach),
      },
    );
  } finally {
    storage.stop();
  }
  return breaches;
}

/** The states a file has been through, oldest first, as `PENDING>VERIFYING>READY`. */
export async function historyOf({ db }: Pick<Holdings, "db">, uuid: string): Promise<string> {
  const events = await rowsOf<{ to_status: string }>(
    db,
    "select to_status from file_events where file_id = $1 order by id",
    [uuid],
  );
  return events.map((event) => event.to_status).join(">");
}

/** What a test's client knows of its store. */
async function connectionOf({ s3, bucket }: Holdings) {
  const { config } = s3;
  const endpoint = await config.endpoint?.();
  if (endpoint === undefined) throw new Error("a test's store has an address");
  const { protocol, hostname, port } = endpoint;
  return {
    bucket,
    region: await config.region(),
    endpoint: `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`,
    forcePathStyle: true,
    credentials: await config.credentials(),
  };
}

/** Stricter than `--check`: no job of these tests has a reason to fail even once. */
async function failedJobs(db: DataSource): Promise<string[]> {
  const jobs = await rowsOf<{ task_identifier: string; last_error: string }>(
    db,
    "select task_identifier, last_error from graphile_worker.jobs where last_error is not null",
  );
  return jobs.map((job) => `job ${job.task_identifier} failed: ${job.last_error}\n`);
}
