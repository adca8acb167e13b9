/** Bytes of the beginning and of the end that are read. */
const EDGE_BYTES = 65_536;

/** Smaller files are cheaper to send again than to read for a name. */
const READ_FROM_BYTES = 1_048_576;

/**
 * A name for this very file, to find it again after a reload: SHA-256 over name, size, time of its last change, first and
 * last 64 KiB, as 64 hex digits. It does not see a change in the middle that kept size and time; the digests of the stored
 * parts do.
 * Files up to 1 MiB, and all files where there is no WebCrypto (pages that are not served over https), are named by the first
 * three alone, as text.
 * @param subtle WebCrypto; undefined where there is none
 * @throws DOMException NotReadableError, NotFoundError when the file can no longer be read
 */
export async function fingerprintOf(
  file: Pick<File, "name" | "size" | "lastModified" | "slice">,
  subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle,
): Promise<string> {
  const { name, size, lastModified } = file;
  const facts = [size, lastModified, name].join(" ");
  if (!subtle || size <= READ_FROM_BYTES) return facts;
  const edges = new Blob([facts, "\n", file.slice(0, EDGE_BYTES), file.slice(size - EDGE_BYTES, size)]);
  const digest = await subtle.digest("SHA-256", await edges.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
