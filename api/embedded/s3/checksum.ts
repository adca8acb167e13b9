import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { S3Error } from "./errors.js";

/** The additional checksums this store computes; S3's others (CRC32C, CRC64NVME, …) are answered with 501. */
export type ChecksumAlgorithm = "CRC32" | "SHA1" | "SHA256";
/** Of the whole object, or of the digests of its parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export type ChecksumType = "FULL_OBJECT" | "COMPOSITE";

/** A checksum as kept with an object or part. */
export interface StoredChecksum {
  algorithm: ChecksumAlgorithm;
  type: ChecksumType;
  /** Base64, and for a composite `-N` after it. */
  value: string;
}

/** What a request says about the checksum of its body. */
export interface ChecksumClaim {
  algorithm: ChecksumAlgorithm;
  /** Base64; undefined when it follows in a trailer. */
  expected: string | undefined;
}

/** A checksum under computation. */
export interface Digester {
  update(data: Buffer): void;
  digest(): Buffer;
}

const DIGEST_BYTES: Record<ChecksumAlgorithm, number> = { CRC32: 4, SHA1: 20, SHA256: 32 };
const UNSUPPORTED = ["CRC32C", "CRC64NVME", "SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"];
const HEADER_PREFIX = "x-amz-checksum-";
/** Headers of the same prefix that are no checksum. */
const NOT_A_CHECKSUM = new Set(["x-amz-checksum-mode", "x-amz-checksum-algorithm", "x-amz-checksum-type"]);

/** `x-amz-checksum-sha256` for SHA256, and so on. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return HEADER_PREFIX + algorithm.toLowerCase();
}

/** `ChecksumSHA256` for SHA256: the element's name in S3's documents. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`;
}

/**
 * Reads an algorithm's name.
 * @throws S3Error `InvalidRequest` for one that S3 does not know, `NotImplemented` for one that only this store lacks
 */
export function parseChecksumAlgorithm(name: string): ChecksumAlgorithm {
  const upper = name.toUpperCase();
  if (upper in DIGEST_BYTES) return upper as ChecksumAlgorithm;
  if (UNSUPPORTED.includes(upper))
    throw new S3Error("NotImplemented", { message: `This store does not compute ${upper} checksums` });
  throw new S3Error("InvalidRequest", {
    message:
      "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, SHA1, SHA256]",
  });
}

/**
 * Reads which checksum a request declares for its body, in a header or in a promised trailer.
 * @throws S3Error `InvalidRequest` for several checksums, a value that is none, or a named algorithm without its value
 */
export function readChecksumClaim(headers: ReadonlyMap<string, string>): ChecksumClaim | undefined {
  const names = [...headers.keys()].filter((name) => name.startsWith(HEADER_PREFIX) && !NOT_A_CHECKSUM.has(name));
  const trailer = headers.get("x-amz-trailer")?.trim().toLowerCase();
  const trailerName = trailer?.startsWith(HEADER_PREFIX) ? trailer : undefined;
  if (trailer !== undefined && trailerName === undefined)
    throw new S3Error("InvalidRequest", {
      message: "The value specified in the x-amz-trailer header is not supported",
    });
  if (names.length + (trailerName ? 1 : 0) > 1)
    throw new S3Error("InvalidRequest", {
      message: "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    });
  const name = names[0] ?? trailerName;
  const announced = headers.get("x-amz-sdk-checksum-algorithm");
  if (name === undefined) {
    if (announced === undefined) return undefined;
    throw new S3Error("InvalidRequest", {
      message:
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    });
  }
  const algorithm = parseChecksumAlgorithm(name.slice(HEADER_PREFIX.length));
  if (announced !== undefined && announced.toUpperCase() !== algorithm)
    throw new S3Error("InvalidRequest", { message: "Value for x-amz-sdk-checksum-algorithm header is invalid." });
  const value = names[0] === undefined ? undefined : headers.get(names[0]);
  if (value !== undefined) requireChecksumValue(algorithm, value);
  return { algorithm, expected: value };
}

/** @throws S3Error `InvalidRequest` when `value` is not the base64 of a digest of `algorithm` */
export function requireChecksumValue(algorithm: ChecksumAlgorithm, value: string): void {
  if (!isDigest(value, DIGEST_BYTES[algorithm]))
    throw new S3Error("InvalidRequest", { message: `Value for ${checksumHeader(algorithm)} header is invalid.` });
}

/**
 * Reads Content-MD5.
 * @throws S3Error `InvalidDigest` when it is not the base64 of 16 bytes
 */
export function readContentMd5(headers: ReadonlyMap<string, string>): string | undefined {
  const value = headers.get("content-md5");
  if (value !== undefined && !isDigest(value, 16))
    throw new S3Error("InvalidDigest", { details: { "Content-MD5": value } });
  return value;
}

/** A fresh digester. */
export function createDigester(algorithm: ChecksumAlgorithm): Digester {
  if (algorithm !== "CRC32") {
    const hash = createHash(algorithm.toLowerCase());
    return { update: (data) => void hash.update(data), digest: () => hash.digest() };
  }
  let value = 0;
  return {
    update(data) {
      value = crc32(data, value);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

/** The checksum of checksums of a multipart object: base64 of the digest over the parts' digests, and their number. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, partChecksums: readonly string[]): StoredChecksum {
  const digester = createDigester(algorithm);
  for (const value of partChecksums) digester.update(Buffer.from(value, "base64"));
  return { algorithm, type: "COMPOSITE", value: `${digester.digest().toString("base64")}-${partChecksums.length}` };
}

/** `BadDigest` as S3 words it for an additional checksum. */
export function checksumMismatch(algorithm: ChecksumAlgorithm): S3Error {
  return new S3Error("BadDigest", { message: `The ${algorithm} you specified did not match the calculated checksum.` });
}

function isDigest(value: string, sizeBytes: number): boolean {
  const bytes = Buffer.from(value, "base64");
  return bytes.length === sizeBytes && bytes.toString("base64") === value;
}
