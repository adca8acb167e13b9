import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** S3's limit below which only the last part may be. */
export const MIN_PART_BYTES = 5 * 2 ** 20;

/** `sizeBytes` bytes that differ by `seed` and do not repeat within a block. */
export function bytes(sizeBytes: number, seed = 1): Buffer {
  const data = Buffer.alloc(sizeBytes);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let index = 0; index + 4 <= sizeBytes; index += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data.writeInt32LE(state | 0, index);
  }
  for (let index = sizeBytes - (sizeBytes % 4); index < sizeBytes; index++) data[index] = seed + index;
  return data;
}

export const sha256Base64 = (data: Buffer): string => createHash("sha256").update(data).digest("base64");
export const sha256Hex = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
export const md5Base64 = (data: Buffer): string => createHash("md5").update(data).digest("base64");
export const md5Hex = (data: Buffer): string => createHash("md5").update(data).digest("hex");

export function crc32Base64(data: Buffer): string {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(data));
  return value.toString("base64");
}

/** The ETag S3 documents for a multipart object: MD5 over the parts' MD5s, a hyphen, their number; quoted. */
export function multipartEtag(parts: readonly Buffer[]): string {
  const digests = parts.map((part) => createHash("md5").update(part).digest());
  return `"${md5Hex(Buffer.concat(digests))}-${parts.length}"`;
}

/** The composite checksum S3 documents: the digest over the parts' digests, and their number. */
export function compositeSha256(parts: readonly Buffer[]): string {
  const digests = parts.map((part) => createHash("sha256").update(part).digest());
  return `${sha256Base64(Buffer.concat(digests))}-${parts.length}`;
}
