/** The numbers that bound the service. Clients read them through `limits`; none of them is a constant in a client. PURE. */

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Items in one batched call. */
export const BATCH_SIZE = 100;

/** Files on one page of a list. */
export const PAGE_SIZE = 100;

/** Largest single part, and so the largest file that one PUT carries: 5 GiB. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_PART_SIZE_BYTES = 5 * GIB;

/** Largest file that is read back to prove a digest over many parts. */
export const MAX_VERIFIED_SIZE_BYTES = 64 * MIB;

/** What one deployment allows. All fields are whole numbers above zero. */
export interface Limits {
  /** Items in one batched call: files created, parts signed, ids looked up. */
  readonly batchSize: number;
  /** Files on one page of a list. */
  readonly pageSize: number;
  /** Largest part; with `transfer: SINGLE` the largest file. At most 5 GiB. */
  readonly maxPartSizeBytes: number;
  /** A digest declared for a file of many parts is compared up to this size, and stays unproven above. */
  readonly maxVerifiedSizeBytes: number;
  /** Life of the URL of a part. 1..604 800, as SigV4 allows. */
  readonly uploadUrlTtlSeconds: number;
  /** Life of a download URL, counted from the start of its signing window. 1..604 800. */
  readonly downloadUrlTtlSeconds: number;
  /** How long an unconfirmed upload may stay open. */
  readonly uploadTtlSeconds: number;
  /** How long a deleted file can be restored. */
  readonly trashTtlSeconds: number;
  /** Largest file under the default policy. At most 5 TiB, as S3 allows. */
  readonly maxFileSizeBytes: number;
  /** Bytes that one owner may hold: READY, trash and reserved together. */
  readonly ownerQuotaBytes: number;
  /** Open or uncollected uploads that one owner may have. */
  readonly maxPendingUploads: number;
}
