import { createHash } from "node:crypto";
import type { FileRow, Integrity } from "../files/file.js";
import type { ListedPart, ObjectHead } from "../storage/object-storage.js";
import type { UploadDeps } from "./upload-deps.js";

/** SHA-256 of nothing. */
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** What the store shows of a sealed upload; `parts` is null when an earlier attempt sealed it. */
export interface SealedContent {
  readonly head: ObjectHead;
  readonly parts: readonly ListedPart[] | null;
}

export type Proof =
  | { readonly holds: true; readonly integrity: Integrity; readonly sha256: string | null }
  | { readonly holds: false; readonly actualSha256: string | null };

/**
 * What can be said of the sealed bytes; `hashContent` reads them all, and is asked at most once. The ETag is no proof (MD5 collides): only digests that the store itself checked
 * and still shows after sealing count, or a read of the whole content up to `limits.maxVerifiedSizeBytes`.
 */
export async function proveIntegrity(
  { limits }: Pick<UploadDeps, "limits">,
  file: FileRow,
  { head, parts }: SealedContent,
  hashContent: () => Promise<string>,
): Promise<Proof> {
  if (file.sizeBytes === 0) return compare(file, EMPTY_SHA256);

  const partDigests = parts?.map((part) => part.sha256) ?? null;
  const partsProven =
    partDigests !== null &&
    partDigests.every((digest) => digest !== null) &&
    head.checksumSha256 === compositeSha256(partDigests);
  const weaker = partsProven ? "PARTS_SHA256" : "SIZE_ONLY";
  if (partsProven && partDigests.length === 1) return compare(file, partDigests[0]!);
  // A resumed attempt has no part list any more, but one declared digest of one part makes the same composite.
  if (parts === null && file.partCount === 1 && file.declaredSha256 !== null && file.partChecksum === "SHA256")
    if (head.checksumSha256 === compositeSha256([file.declaredSha256])) return compare(file, file.declaredSha256);

  if (file.declaredSha256 !== null && file.sizeBytes <= limits.maxVerifiedSizeBytes)
    return compare(file, await hashContent());
  // Without the list the composite still shows that every part was checked, in a multipart that demanded digests.
  const demanded =
    parts === null && file.partChecksum === "SHA256" && head.checksumSha256?.endsWith(`-${file.partCount}`);
  return { holds: true, integrity: demanded === true ? "PARTS_SHA256" : weaker, sha256: null };
}

function compare(file: FileRow, actualSha256: string): Proof {
  if (file.declaredSha256 !== null && file.declaredSha256 !== actualSha256) return { holds: false, actualSha256 };
  return { holds: true, integrity: "SHA256", sha256: actualSha256 };
}

/**
 * S3's composite checksum: base64 of the SHA-256 over the parts' digests, and their number.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export function compositeSha256(partDigestsHex: readonly string[]): string {
  const hash = createHash("sha256");
  for (const digest of partDigestsHex) hash.update(Buffer.from(digest, "hex"));
  return `${hash.digest("base64")}-${partDigestsHex.length}`;
}
