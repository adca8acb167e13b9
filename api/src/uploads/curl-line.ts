/** The upload as one line for a shell. PURE. */

const PLAIN_NAME = /^(?!-)(?!\.+$)[A-Za-z0-9._-]+$/;
/** A header's name, then a value of printable ASCII without the three characters that JSON or a quote would change. */
const HEADER_NAME = /^[A-Za-z0-9-]+$/;
const HEADER_VALUE = /^(?!\s)(?:(?!['"\\])[\x20-\x7e])+$/;
const HTTP_URL = /^https?:\/\/[^/?#]/;

/**
 * One POSIX shell line that sends exactly the signed request: PUT, the ticket's headers, Content-Length from the file.
 *
 * - Single quotes only, no backslash, no double quote: the line read in raw JSON is the line to paste.
 * - `Expect:` is taken out: some stores and proxies let curl wait a second for a 100 that never comes.
 * - `--globoff`: curl would expand brackets in the URL. curl adds no Content-Type to an upload of this kind.
 * - The name stands in it only when no shell and no option parser could read it otherwise; else the word FILE.
 *
 * @returns null when a header has no such spelling or the URL is not http(s): never a line that means something else
 */
export function curlLine(input: {
  url: string;
  headers: readonly { readonly name: string; readonly value: string }[];
  filename: string;
}): string | null {
  const { url, headers, filename } = input;
  if (!HTTP_URL.test(url)) return null;
  if (!headers.every(({ name, value }) => HEADER_NAME.test(name) && HEADER_VALUE.test(value))) return null;
  const file = PLAIN_NAME.test(filename) ? filename : "FILE";
  const sent = headers.map(({ name, value }) => ` -H '${name}: ${value}'`).join("");
  return `curl -fsS --globoff -X PUT -H 'Expect:'${sent} --upload-file ${file} '${asciiUrl(url)}'`;
}

/** Percent-encodes what must not stand in single quotes; a store decodes it before it checks the signature. */
function asciiUrl(url: string): string {
  return url
    .replaceAll(/\p{Surrogate}/gu, "\ufffd")
    .replaceAll("'", "%27")
    .replaceAll(/[^\x21-\x7e]|["\\]/gu, (char) => encodeURIComponent(char));
}
