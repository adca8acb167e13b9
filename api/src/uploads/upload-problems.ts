import { problem } from "../errors.js";
import type { FileRow } from "../files/file.js";
import type { Usage } from "../usage/read-usage.js";

/** Problems of the way from ticket to sealed file. Messages say what happened and what to do. */

export const fileTooLarge = (maxSize: number, actualSize: number) =>
  problem("FILE_TOO_LARGE", `The file has ${actualSize} bytes; at most ${maxSize} are allowed.`, {
    maxSize,
    actualSize,
  });

export const typeNotAllowed = (declaredType: string, allowedTypes: readonly string[]) =>
  problem(
    "TYPE_NOT_ALLOWED",
    "The content type is malformed or not allowed by this policy. Give type/subtype without parameters.",
    { declaredType, allowedTypes },
  );

export const quotaExceeded = (neededBytes: number, usage: Usage) =>
  problem(
    "QUOTA_EXCEEDED",
    `There is not enough room for ${neededBytes} more bytes. Delete files, permanently, first.`,
    {
      neededBytes,
      usage,
    },
  );

export const tooManyPending = (limit: number) =>
  problem(
    "TOO_MANY_PENDING",
    `Too many uploads are open or being cleaned up (at most ${limit}). Confirm or abort some.`,
    {
      limit,
    },
  );

export const unknownPolicy = (knownPolicies: readonly string[]) =>
  problem("UNKNOWN_POLICY", `There is no such policy. Known: ${knownPolicies.join(", ")}.`, { knownPolicies });

export const idempotencyConflict = (file: FileRow, heldBy: string) =>
  problem("IDEMPOTENCY_CONFLICT", `The idempotency key belongs to ${heldBy}. Use a new key.`, { file });

export const uploadNotOpen = (file: FileRow) =>
  problem("UPLOAD_NOT_OPEN", `The upload is not open: the file is ${file.status}.`, { file });

export const uploadExpired = (file: FileRow) =>
  problem("UPLOAD_EXPIRED", "The upload was not finished in time, or was aborted, and is gone. Create a new one.", {
    file,
  });

export type PartFault =
  "OUT_OF_RANGE" | "DUPLICATE" | "CHECKSUM_REQUIRED" | "CHECKSUM_NOT_ALLOWED" | "CHECKSUM_DIFFERS";

const PART_MESSAGES: Readonly<Record<PartFault, string>> = {
  OUT_OF_RANGE: "There is no such part; numbers run from 1 to partCount.",
  DUPLICATE: "The part is named twice.",
  CHECKSUM_REQUIRED: "Every part of this upload needs its sha256 (partChecksum is SHA256).",
  CHECKSUM_NOT_ALLOWED: "No part of this upload may have a sha256 (partChecksum is NONE).",
  CHECKSUM_DIFFERS: "The part's sha256 is not the one that was declared for the file.",
};

export const partInvalid = (number: number, fault: PartFault, partCount: number) =>
  problem("PART_INVALID", `Part ${number}: ${PART_MESSAGES[fault]}`, { number, fault, partCount });

export const partsMissing = (file: FileRow, numbers: readonly number[]) =>
  problem(
    "PARTS_MISSING",
    `${numbers.length} of ${file.partCount} parts are not in the store. Send them, then confirm again.`,
    { file, numbers },
  );
