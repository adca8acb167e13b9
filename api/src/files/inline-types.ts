/** Which found types a browser may show, and under what name. PURE. */

/**
 * Only formats that carry no script. Not html, svg, xml or pdf: on the store's origin they would run, or fetch, in the
 * name of whoever opens them. All else is an attachment.
 */
const INLINE_TYPES: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "video/mp4",
  "audio/mp4",
  "video/webm",
  "audio/mpeg",
  "audio/ogg",
  "video/ogg",
  "audio/wav",
  "text/plain",
]);

/** Whether a file of this found type may be shown inline. @param contentType as found: lower case, no parameters */
export function isInlineType(contentType: string): boolean {
  return INLINE_TYPES.has(contentType);
}

/** The Content-Type to serve. Text says its encoding: a browser that guesses UTF-7 or a legacy one misreads it. */
export function servedType(contentType: string): string {
  return contentType === "text/plain" ? "text/plain; charset=utf-8" : contentType;
}
