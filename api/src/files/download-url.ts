import type { SignedRequest } from "../storage/object-storage.js";
import { contentDisposition } from "./content-disposition.js";
import { signingWindow } from "./download-window.js";
import type { FileDeps } from "./file-deps.js";
import type { FileRow } from "./file.js";
import { isInlineType, servedType } from "./inline-types.js";
import { objectKeyOf } from "./object-key.js";

export type Disposition = "INLINE" | "ATTACHMENT";

type SigningDeps = Pick<FileDeps, "signer" | "limits" | "now">;

/** False: the URL is always an attachment, whatever is asked (HTML, SVG, PDF, unknown, …). */
export function isInlineAllowed(file: FileRow): boolean {
  return isInlineType(file.contentType ?? file.declaredType);
}

/**
 * A presigned GET of a READY file; null otherwise. The same string inside a signing window, so that browsers and
 * caches see one URL; at least half of its life is left. No I/O, and no promise unless credentials have to be fetched
 * first: a page of the list asks a hundred times.
 */
export function downloadUrl(
  { signer, limits, now }: SigningDeps,
  file: FileRow,
  disposition: Disposition,
): SignedRequest | null | Promise<SignedRequest> {
  if (file.status !== "READY") return null;
  const contentType = file.contentType ?? "application/octet-stream";
  const window = windowOf({ limits, now }, file);
  return signer.signDownload({
    key: objectKeyOf(file.id),
    contentType: servedType(contentType),
    contentDisposition: contentDisposition(isInlineType(contentType) ? disposition : "ATTACHMENT", file.filename),
    // Without this a browser fetches the same URL again and again; the bytes behind it never change.
    cacheControl: `private, max-age=${window.windowSeconds}, immutable`,
    signedAt: new Date(window.signedAtMs),
    ttlSeconds: limits.downloadUrlTtlSeconds,
  });
}

function windowOf({ limits, now }: Pick<SigningDeps, "limits" | "now">, file: FileRow) {
  return signingWindow({ nowMs: now().getTime(), ttlSeconds: limits.downloadUrlTtlSeconds, fileUuid: file.id });
}
