import type { SealedFacts } from "../files/file-records.js";
import type { FileRow, Rejection } from "../files/file.js";
import { judgeType } from "../files/found-type.js";
import { objectKeyOf } from "../files/object-key.js";
import { proveIntegrity } from "./integrity.js";
import type { SealedContent } from "./integrity.js";
import type { UploadDeps } from "./upload-deps.js";

/** How much of the content is read to find its type. */
const SNIFF_BYTES = 64 * 1024;

export type ContentVerdict =
  | { readonly verdict: "FITS"; readonly facts: SealedFacts }
  | { readonly verdict: "REJECTED"; readonly rejection: Rejection };

/** Whether sealed bytes are what was declared: right length, right digest, right type. Reads only. @throws StorageError */
export async function judgeContent(
  deps: UploadDeps,
  file: FileRow,
  content: SealedContent,
  signal: AbortSignal,
): Promise<ContentVerdict> {
  const { declaredType, declaredSha256, sizeBytes } = file;
  const { etag, sizeBytes: actualSize } = content.head;
  if (actualSize !== sizeBytes) return rejected({ code: "SIZE_MISMATCH", declaredSize: sizeBytes, actualSize });

  const proof = await proveIntegrity(deps, file, content, signal);
  if (!proof.holds)
    return rejected({
      code: "CHECKSUM_MISMATCH",
      declaredSha256: declaredSha256!,
      actualSha256: proof.actualSha256,
    });

  const start = { key: objectKeyOf(file.id), etag, byteCount: SNIFF_BYTES };
  const detected = sizeBytes === 0 ? null : await deps.typeDetector.detect(await deps.storage.readStart(start));
  const type = judgeType({ declaredType, detected, sizeBytes, detectable: deps.typeDetector.detectable });
  if (type.verdict === "MISMATCH")
    return rejected({ code: "CONTENT_MISMATCH", declaredType, detectedType: type.detectedType });

  const { integrity, sha256 } = proof;
  return { verdict: "FITS", facts: { contentType: type.contentType, integrity, sha256, etag } };
}

const rejected = (rejection: Rejection): ContentVerdict => ({ verdict: "REJECTED", rejection });
