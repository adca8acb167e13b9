import type { Bucket } from "./bucket-files.js";

const DAY_MS = 86_400_000;

/**
 * Aborts what the bucket's lifecycle rules call stale: the given number of days after initiation, rounded up to the next midnight UTC.
 * There is no timer; this runs at the start and whenever uploads are listed, which is where staleness would be seen.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html
 */
export async function abortStaleUploads(bucket: Bucket, nowMs: number): Promise<void> {
  const rules = bucket.record.lifecycle?.staleUploads ?? [];
  if (rules.length === 0) return;
  for (const { record } of bucket.uploads.list()) {
    const stale = rules.some(
      ({ prefix, daysAfterInitiation }) =>
        record.key.startsWith(prefix) &&
        nowMs >= Math.ceil((record.initiatedMs + daysAfterInitiation * DAY_MS) / DAY_MS) * DAY_MS,
    );
    // Somebody else may have ended it meanwhile: that is as good.
    if (stale) await bucket.uploads.abort(record.key, record.uploadId).catch(() => undefined);
  }
}
