import { AppError } from "../errors.js";
import type { WarningLog } from "../files/file-deps.js";
import type { ObjectStorage } from "../storage/object-storage.js";
import { StorageError } from "../storage/object-storage.js";
import type { ReconcileRecords } from "./reconcile-records.js";

/** Says whose the bucket is: it holds the id of table `deployment`. Outside the prefix of files. */
export const MARKER_KEY = "signet/deployment";

interface MarkerDeps {
  readonly storage: Pick<ObjectStorage, "readText" | "createText">;
  readonly records: Pick<ReconcileRecords, "deploymentId">;
}

/**
 * Marks a bucket as this database's, unless it is marked. Idempotent; of several at once one wins.
 * @throws AppError when it belongs to another deployment @throws StorageError when the store does not answer or lets no
 *   marker be written: nothing is known then
 */
export async function claimBucket({ storage, records }: MarkerDeps): Promise<void> {
  const own = await records.deploymentId();
  let marker = await storage.readText({ key: MARKER_KEY });
  if (marker === null) {
    await storage.createText({ key: MARKER_KEY, text: own });
    // Read back: whoever was faster has it, and this store may not know conditions.
    marker = await storage.readText({ key: MARKER_KEY });
  }
  if (marker?.trim() !== own) throw wrongBucket(marker, own);
}

/** A start waits no longer for a store that does not answer. */
const START_WAITS_MS = 5_000;

/**
 * {@link claimBucket} for a start: a store that is away, or lets nothing be written, is no reason not to serve.
 * @throws AppError when the bucket belongs to another deployment
 */
export async function claimBucketInTime(
  deps: MarkerDeps & { readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>; readonly log: WarningLog },
): Promise<void> {
  const timer = new AbortController();
  const claim = claimBucket(deps).catch((error: unknown) => {
    if (!(error instanceof StorageError)) throw error;
    deps.log("the bucket could not be marked as this deployment's; the next start tries again", {
      kind: error.kind,
      s3Code: error.s3Code,
    });
  });
  const late = deps.sleep(START_WAITS_MS, timer.signal).then(() => "LATE" as const);
  try {
    if ((await Promise.race([claim, late])) !== "LATE") return;
  } finally {
    timer.abort();
  }
  claim.catch((error: unknown) => deps.log("this is the wrong bucket", { error: String(error) }));
}

/** @throws AppError unless the bucket is marked as this database's @throws StorageError */
export async function requireOwnBucket({ storage, records }: MarkerDeps): Promise<void> {
  const own = await records.deploymentId();
  const marker = await storage.readText({ key: MARKER_KEY });
  if (marker?.trim() !== own) throw wrongBucket(marker, own);
}

function wrongBucket(marker: string | null, own: string): AppError {
  return new AppError(
    "INTERNAL_SERVER_ERROR",
    marker === null
      ? `The bucket has no ${MARKER_KEY}: nothing proves that it belongs to this database. ` +
          "Start the service on it once, or write the id of table deployment there."
      : `The bucket belongs to another deployment: ${MARKER_KEY} says ${JSON.stringify(marker.trim().slice(0, 60))}, ` +
          `this database is ${own}. Check S3_BUCKET, S3_ENDPOINT and DATABASE_URL.`,
  );
}
