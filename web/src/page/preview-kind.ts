/** What a browser shows of a file, and when a link to it is renewed. PURE. */
import type { FileRow } from "../api/file-calls.js";

/** How a file is shown; NONE: its facts alone. */
export type PreviewKind = "IMAGE" | "VIDEO" | "AUDIO" | "TEXT" | "NONE";

/** Text is read by the page itself and shown as letters, so none of it can run. */
const TEXTS: ReadonlySet<string> = new Set(["text/plain", "text/csv", "text/markdown", "application/json"]);
/** Kinds that every browser draws and that stand still. */
const THUMBNAILS: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/webp", "image/avif"]);

/** A row shows a few pixels of what is fetched whole. */
const THUMBNAIL_UP_TO_BYTES = 2_000_000;
/** A browser keeps a picture unpacked, ten to fifty times its size. */
const IMAGE_UP_TO_BYTES = 50_000_000;

/** How much of a text is fetched and shown. */
export const TEXT_BYTES = 64_000;

/** How this file is shown. */
export function previewKind(row: Pick<FileRow, "status" | "contentType" | "inlineAllowed" | "size">): PreviewKind {
  const { status, contentType, inlineAllowed, size } = row;
  if (status !== "READY" || size === 0) return "NONE";
  if (TEXTS.has(contentType)) return "TEXT";
  if (!inlineAllowed) return "NONE";
  if (contentType.startsWith("image/")) return size <= IMAGE_UP_TO_BYTES ? "IMAGE" : "NONE";
  if (contentType.startsWith("video/")) return "VIDEO";
  return contentType.startsWith("audio/") ? "AUDIO" : "NONE";
}

/** Whether a row shows the picture itself on its tile. */
export function hasThumbnail(row: Pick<FileRow, "status" | "contentType" | "inlineAllowed" | "size">): boolean {
  return (
    row.status === "READY" &&
    row.inlineAllowed &&
    THUMBNAILS.has(row.contentType) &&
    row.size > 0 &&
    row.size <= THUMBNAIL_UP_TO_BYTES
  );
}

/** Nothing that was begun just before the end comes to grief. */
const MARGIN_MS = 60_000;

/**
 * When to ask for a fresh link, in milliseconds after the answer that brought this one.
 * @param leastMs links that live for less than a minute more than this are asked for again that soon
 */
export function renewAfterMs(urlLifeMs: number, leastMs: number): number {
  return Math.max(leastMs, urlLifeMs - MARGIN_MS);
}
