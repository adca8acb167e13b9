/** The Content-Disposition of a download. PURE. */

/**
 * `inline` or `attachment` with the name twice: an ASCII fallback and the true name
 * (https://www.rfc-editor.org/rfc/rfc6266#appendix-D, https://www.rfc-editor.org/rfc/rfc8187#section-3.2).
 * Any text is safe: nothing but printable ASCII comes out, and no quote, backslash or percent sign of the name stands
 * in the fallback, since browsers differ in how they read those.
 */
export function contentDisposition(disposition: "INLINE" | "ATTACHMENT", filename: string): string {
  const fallback = filename.replaceAll(/[^\x20-\x7e]|["\\%]/gu, "_");
  return `${disposition.toLowerCase()}; filename="${fallback}"; filename*=UTF-8''${extendedValue(filename)}`;
}

/** encodeURIComponent leaves `!'()*-._~`; of these `'()*` are no attr-char. */
function extendedValue(text: string): string {
  const wellFormed = text.replaceAll(/\p{Surrogate}/gu, "\ufffd");
  return encodeURIComponent(wellFormed).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
