/** How a file is cut into parts. PURE. */

const MIB = 1024 ** 2;

/** Up to here one PUT carries a file, whatever was wished. */
export const ONE_PART_UP_TO_BYTES = 16 * MIB;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_PART_COUNT = 10_000;

/** Above S3's least part of 5 MiB. */
const MIN_PART_SIZE_BYTES = 8 * MIB;
const USUAL_MAX_PART_SIZE_BYTES = 64 * MIB;

/** Parts that a file of middling size is cut into: enough to send several at once and to lose little on a retry. */
const USUAL_PART_COUNT = 24;

/** Both 0 for an empty file. */
export interface UploadPlan {
  /** Length of every part but the last. */
  readonly partSizeBytes: number;
  /** 0..10 000 */
  readonly partCount: number;
}

/**
 * The plan for a file of exactly `sizeBytes`. The same input always has the same plan.
 * @param input.singleWish one part whatever the size
 * @param input.maxPartSizeBytes at least 64 MiB, at most 5 GiB
 * @throws RangeError when no plan exists: a single part above `maxPartSizeBytes`, or more than 10 000 parts of that
 *   size. The caller refuses such a file first.
 */
export function planUpload(input: { sizeBytes: number; singleWish: boolean; maxPartSizeBytes: number }): UploadPlan {
  const { sizeBytes, singleWish, maxPartSizeBytes } = input;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw new RangeError(`sizeBytes: ${sizeBytes}`);
  if (sizeBytes === 0) return { partSizeBytes: 0, partCount: 0 };
  const partSizeBytes = singleWish || sizeBytes <= ONE_PART_UP_TO_BYTES ? sizeBytes : usualPartSize(sizeBytes);
  if (partSizeBytes > maxPartSizeBytes) throw new RangeError(`a part of ${partSizeBytes} bytes is too large`);
  return { partSizeBytes, partCount: Math.ceil(sizeBytes / partSizeBytes) };
}

function usualPartSize(sizeBytes: number): number {
  const wished = ceilToMib(Math.ceil(sizeBytes / USUAL_PART_COUNT));
  const least = ceilToMib(Math.ceil(sizeBytes / MAX_PART_COUNT));
  return Math.max(Math.min(Math.max(wished, MIN_PART_SIZE_BYTES), USUAL_MAX_PART_SIZE_BYTES), least);
}

function ceilToMib(bytes: number): number {
  return Math.ceil(bytes / MIB) * MIB;
}

/**
 * Exact length of one part: the last one carries what is left.
 * @param number 1..partCount @throws RangeError for any other
 */
export function partSizeOf(
  plan: { readonly sizeBytes: number; readonly partSizeBytes: number; readonly partCount: number },
  number: number,
): number {
  const { sizeBytes, partSizeBytes, partCount } = plan;
  if (!Number.isInteger(number) || number < 1 || number > partCount) {
    throw new RangeError(`part ${number} of ${partCount}`);
  }
  return number < partCount ? partSizeBytes : sizeBytes - partSizeBytes * (partCount - 1);
}
