/** The two spellings of a SHA-256: hex in the API and the database, base64 at the store. */

/** @param hex 64 hex digits @throws RangeError for anything else */
export function sha256ToBase64(hex: string): string {
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new RangeError("a SHA-256 has 64 hex digits");
  return Buffer.from(hex, "hex").toString("base64");
}

/** Lower-case hex; null for what is not one plain SHA-256: nothing at all, or a composite `…-N`. */
export function sha256ToHex(base64: string | undefined): string | null {
  if (base64 === undefined || !/^[A-Za-z0-9+/]{43}=$/.test(base64)) return null;
  return Buffer.from(base64, "base64").toString("hex");
}
