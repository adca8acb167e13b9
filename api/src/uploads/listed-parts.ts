import type { FileRow } from "../files/file.js";
import type { ListedPart } from "../storage/object-storage.js";
import { partSizeOf } from "./upload-plan.js";

export type PartsVerdict =
  /** Gapless, of the planned sizes, with the digests that were asked for. */
  | { readonly verdict: "COMPLETE"; readonly parts: readonly ListedPart[] }
  /** Ascending. */
  | { readonly verdict: "MISSING"; readonly numbers: readonly number[] }
  | { readonly verdict: "WRONG_SIZE"; readonly actualSizeBytes: number }
  | { readonly verdict: "WRONG_DIGEST"; readonly actualSha256: string };

/** Compares what the store lists with the plan. PURE. */
export function judgeParts(file: FileRow, listed: readonly ListedPart[]): PartsVerdict {
  const byNumber = new Map(listed.map((part) => [part.number, part]));
  // An empty file has no part in its plan and one, of no bytes, in the store.
  const expected = Math.max(file.partCount, 1);
  const numbers = Array.from({ length: expected }, (_, index) => index + 1);
  const missing = numbers.filter((number) => !byNumber.has(number));
  if (missing.length > 0) return { verdict: "MISSING", numbers: missing };

  const parts = numbers.map((number) => byNumber.get(number)!);
  const sizeOf = (number: number): number => (file.partCount === 0 ? 0 : partSizeOf(file, number));
  if (parts.some((part) => part.sizeBytes !== sizeOf(part.number)))
    return { verdict: "WRONG_SIZE", actualSizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0) };

  const only = parts.length === 1 ? parts[0]!.sha256 : null;
  if (only !== null && file.declaredSha256 !== null && only !== file.declaredSha256)
    return { verdict: "WRONG_DIGEST", actualSha256: only };
  return { verdict: "COMPLETE", parts };
}
