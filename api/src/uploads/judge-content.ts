import { createHash } from "node:crypto";
import type { SealedFacts } from "../files/file-records.js";
import type { FileRow, Rejection } from "../files/file.js";
import { COMPOUND_FILE, judgeType, UNKNOWN_TYPE } from "../files/found-type.js";
import { objectKeyOf } from "../files/object-key.js";
import { proveIntegrity } from "./integrity.js";
import type { SealedContent } from "./integrity.js";
import { isScanned, scanContent } from "./malware-scan.js";
import type { UploadDeps } from "./upload-deps.js";
import { policyOf, typeAllowed } from "./upload-policy.js";

/** How much of the content is read to find its type. */
const SNIFF_BYTES = 64 * 1024;
/** In a digest's place, of a content that is refused for another reason. */
const INFECTED = "";

export type ContentVerdict =
  | { readonly verdict: "FITS"; readonly facts: SealedFacts }
  | { readonly verdict: "REJECTED"; readonly rejection: Rejection };

/**
 * Whether sealed bytes are what was declared and may be shown to anybody: right length, right digest, right type, no
 * malware. Reads only, and the whole content once at most.
 * @throws StorageError, ScanUndecided
 */
export async function judgeContent(
  deps: UploadDeps,
  file: FileRow,
  content: SealedContent,
  signal: AbortSignal,
): Promise<ContentVerdict> {
  const { declaredType, declaredSha256, sizeBytes } = file;
  const { etag, sizeBytes: actualSize } = content.head;
  if (actualSize !== sizeBytes) return rejected({ code: "SIZE_MISMATCH", declaredSize: sizeBytes, actualSize });

  /** What was found while the digest was computed; undefined: nobody has looked. */
  let scanned: { readonly signature: string } | null | undefined;
  const proof = await proveIntegrity(deps, file, content, async () => {
    if (!isScanned(deps.scanning, file)) return deps.storage.hashObject({ key: objectKeyOf(file.id), etag, signal });
    const hash = createHash("sha256");
    scanned = await scanContent(deps, file, content.head, { signal, onChunk: (chunk) => hash.update(chunk) });
    // Not of what was found in its middle: then there is no digest, and none is asked for.
    return scanned === null ? hash.digest("hex") : INFECTED;
  });
  if (scanned) return rejected({ code: "MALWARE_FOUND", signature: scanned.signature });
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
  const policy = policyOf(deps.policies, file.policy);
  // An old compound file may be any Office document, with macros or without: a policy says whether it takes such.
  const isCompound = detected === COMPOUND_FILE && !typeAllowed(policy, COMPOUND_FILE);
  if (isCompound || !typeAllowed(policy, type.contentType)) {
    const found = isCompound ? COMPOUND_FILE : type.contentType;
    const detectedType = found === UNKNOWN_TYPE ? null : found;
    return rejected({ code: "CONTENT_MISMATCH", declaredType, detectedType, policy: policy.name });
  }

  if (scanned === undefined) scanned = await scanContent(deps, file, content.head, { signal });
  if (scanned) return rejected({ code: "MALWARE_FOUND", signature: scanned.signature });

  const { integrity, sha256 } = proof;
  return { verdict: "FITS", facts: { contentType: type.contentType, integrity, sha256, etag } };
}

const rejected = (rejection: Rejection): ContentVerdict => ({ verdict: "REJECTED", rejection });
