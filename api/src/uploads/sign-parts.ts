import { AppError } from "../errors.js";
import type { Viewer } from "../auth/viewer.js";
import { parseFileId } from "../files/file-id.js";
import { fileNotFound } from "../files/file-problems.js";
import type { FileRow } from "../files/file.js";
import { isVisible } from "../files/file.js";
import type { UploadDeps } from "./upload-deps.js";
import { partInvalid, uploadExpired, uploadNotOpen } from "./upload-problems.js";
import type { PartFault } from "./upload-problems.js";
import { signPart } from "./upload-ticket.js";

export interface PartToSign {
  readonly number: number;
  /** Hex, lower case. */
  readonly sha256: string | null;
}

/** Fresh URLs for parts of an open upload, also after expiry; same order, all or none. Signing asks nothing of the store. */
export async function signParts(deps: UploadDeps, viewer: Viewer, fileId: string, parts: readonly PartToSign[]) {
  const uuid = parseFileId(fileId);
  const file = uuid === null ? null : await deps.files.find(viewer.ownerId, uuid);
  if (file === null || !isVisible(file)) return fileNotFound(fileId);
  if (file.status === "EXPIRED") return uploadExpired(file);
  if (file.status !== "PENDING") return uploadNotOpen(file);
  if (file.uploadId === null) throw new AppError("STORAGE_UNAVAILABLE", "The upload is still being opened. Try again.");
  const { uploadId } = file;

  const invalid = firstFault(file, parts);
  if (invalid !== null) return partInvalid(invalid.number, invalid.fault, file.partCount);
  const signed = await Promise.all(
    parts.map(async (part) => ({
      number: part.number,
      ...(await signPart(deps, file, { uploadId, partNumber: part.number, sha256: part.sha256 })),
    })),
  );
  const lastExpiry = new Date(Math.max(0, ...signed.map((part) => part.expiresAt.getTime())));
  // The row decides last: an upload that was confirmed or aborted meanwhile hands out no URL.
  if (signed.length > 0 && (await deps.files.noteUrlsIssued(viewer.ownerId, file.id, lastExpiry)) === null)
    return signParts(deps, viewer, fileId, parts);
  return { typeName: "SignedParts" as const, parts: signed };
}

function firstFault(file: FileRow, parts: readonly PartToSign[]): { number: number; fault: PartFault } | null {
  const seen = new Set<number>();
  for (const { number, sha256 } of parts) {
    const fault = faultOf(file, number, sha256, seen.has(number));
    if (fault !== null) return { number, fault };
    seen.add(number);
  }
  return null;
}

function faultOf(file: FileRow, number: number, sha256: string | null, again: boolean): PartFault | null {
  if (!Number.isInteger(number) || number < 1 || number > file.partCount) return "OUT_OF_RANGE";
  if (again) return "DUPLICATE";
  if (file.partChecksum === "NONE") return sha256 === null ? null : "CHECKSUM_NOT_ALLOWED";
  if (sha256 === null) return "CHECKSUM_REQUIRED";
  // The only part is the whole file: it is only ever signed with the digest that was declared (rule 7).
  const differs = file.partCount === 1 && file.declaredSha256 !== null && file.declaredSha256 !== sha256;
  return differs ? "CHECKSUM_DIFFERS" : null;
}
