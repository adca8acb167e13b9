/**
 * A file's permalink on this page's own origin. With `rel=opener` the new tab shares this tab's token; it cuts the tie
 * before it goes on to the file.
 */
export function openPath(id: string): string {
  return `/files/${encodeURIComponent(id)}`;
}
