import type { FileRow } from "../files/file.js";
import { objectKeyOf } from "../files/object-key.js";
import type { SignedRequest } from "../storage/object-storage.js";
import { curlLine } from "./curl-line.js";
import type { UploadDeps } from "./upload-deps.js";
import { partSizeOf } from "./upload-plan.js";

/** What a client needs to send the bytes. */
export interface UploadTicket {
  readonly typeName: "UploadTicket";
  readonly file: FileRow;
  /** NONE: nothing to send, call confirmUpload. SINGLE: PUT to `upload`. PARTS: ask signUploadParts. */
  readonly transfer: "NONE" | "SINGLE" | "PARTS";
  /** Set when SINGLE. */
  readonly upload: SignedRequest | null;
}

/**
 * The ticket of an open upload, with a fresh URL when one PUT carries it. Null unless PENDING and open.
 * Notes the URL's end with the row, so that the sweeper knows when nobody can send any more.
 */
export async function ticketOf(
  deps: Pick<UploadDeps, "files" | "signer" | "limits" | "now">,
  file: FileRow,
): Promise<UploadTicket | null> {
  if (file.status !== "PENDING" || file.uploadId === null) return null;
  if (file.partCount === 0) return nothingToSend(file);
  if (!carriedBySinglePut(file)) return { typeName: "UploadTicket", file, transfer: "PARTS", upload: null };
  const upload = await signPart(deps, file, { uploadId: file.uploadId, partNumber: 1, sha256: file.declaredSha256 });
  const noted = await deps.files.noteUrlsIssued(file.ownerId, file.id, upload.expiresAt);
  return noted === null ? null : { typeName: "UploadTicket", file: noted, transfer: "SINGLE", upload };
}

/** A ticket without a transfer: the bytes are there already, or there are none. */
export function nothingToSend(file: FileRow): UploadTicket {
  return { typeName: "UploadTicket", file, transfer: "NONE", upload: null };
}

/**
 * True when the ticket itself carries the URL. One part with a digest per part but none declared for the file goes by
 * signUploadParts, since its URL must bind a digest.
 */
export function carriedBySinglePut(file: Pick<FileRow, "partCount" | "partChecksum" | "declaredSha256">): boolean {
  return file.partCount === 1 && (file.partChecksum === "NONE" || file.declaredSha256 !== null);
}

/** One part's URL. A one-part upload is sent as the declared type, the parts of a larger one as octets. */
export function signPart(
  { signer, limits }: Pick<UploadDeps, "signer" | "limits">,
  file: FileRow,
  { uploadId, partNumber, sha256 }: { uploadId: string; partNumber: number; sha256: string | null },
): Promise<SignedRequest> {
  return signer.signPart({
    key: objectKeyOf(file.id),
    uploadId,
    partNumber,
    sizeBytes: partSizeOf(file, partNumber),
    contentType: file.partCount === 1 ? file.declaredType : "application/octet-stream",
    sha256: file.partChecksum === "SHA256" ? sha256 : null,
    ttlSeconds: limits.uploadUrlTtlSeconds,
  });
}

/** The PUT as one POSIX shell line; null unless SINGLE. */
export function curlOf(ticket: UploadTicket): string | null {
  if (ticket.upload === null) return null;
  return curlLine({ url: ticket.upload.url, headers: ticket.upload.headers, filename: ticket.file.filename });
}
