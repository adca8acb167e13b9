import { setMaxListeners } from "node:events";
import type { DataSource } from "typeorm";
import { requireOwnBucket } from "./reconcile/claim-bucket.js";
import { bringBack } from "./reconcile/quarantine.js";
import type { ReconcileOptions, ReconcileReport } from "./reconcile/breach.js";
import { reconcile } from "./reconcile/reconcile.js";
import { createReconcileStore } from "./reconcile/reconcile.store.js";
import type { S3Connection } from "./storage/s3-client.js";
import { createS3Storage } from "./storage/s3-storage.js";
import type { UploadDeps } from "./uploads/upload-deps.js";

/** The part of the application that looks at all of it from outside. */
export interface Reconciler {
  /** Holds database and bucket against each other, and mends when told so. @throws AppError to mend another's bucket */
  reconcile(options: ReconcileOptions): Promise<ReconcileReport>;
  /** Takes an object out of the quarantine; answers the key that it has again. @throws AppError when it cannot */
  bringBack(quarantineKey: string, signal?: AbortSignal): Promise<string>;
}

export interface ReconcilerOptions {
  readonly connection: S3Connection;
  /** What mends rows: as the service itself works them. */
  readonly uploads: UploadDeps;
  readonly sweepEveryMs: number;
  /** Runs work on database connections that wait. */
  readonly withDatabase: <Result>(work: (db: DataSource) => Promise<Result>) => Promise<Result>;
}

/** Nobody waits for an answer here, and a run of an hour must not end because the store was slow for some seconds. */
const PATIENCE = { connectTimeoutMs: 5_000, requestTimeoutMs: 10_000, callTimeoutMs: 60_000, maxAttempts: 5 };

/** Reconciling takes as long as it takes: on connections of its own, to the database and to the store. */
export function createReconciler({ connection, uploads, sweepEveryMs, withDatabase }: ReconcilerOptions): Reconciler {
  const withParts = <Result>(
    signal: AbortSignal | undefined,
    work: (parts: ReturnType<typeof partsOver>) => Promise<Result>,
  ): Promise<Result> =>
    withDatabase(async (db) => {
      // One listener for each object that is being read is no leak.
      if (signal !== undefined) setMaxListeners(0, signal);
      const parts = partsOver(db);
      try {
        return await work(parts);
      } finally {
        parts.storage.stop();
      }
    });
  return {
    reconcile: (options) => withParts(options.signal, (parts) => reconcile({ ...parts, uploads }, options)),
    bringBack: (quarantineKey, signal) =>
      withParts(signal, async (parts) => {
        await requireOwnBucket(parts);
        return bringBack(parts, quarantineKey, signal);
      }),
  };

  function partsOver(db: DataSource) {
    const storage = createS3Storage({ ...connection, ...PATIENCE });
    return { ...uploads, storage, records: createReconcileStore(db), sweepEveryMs };
  }
}
