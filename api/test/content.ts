import { createCipheriv, createHash } from "node:crypto";

/** Bytes to send, in pieces, as often as wanted. */
export interface Content {
  readonly sizeBytes: number;
  /** The bytes `fromByte` (in) to `toByte` (out), in chunks of at most 1 MiB. */
  chunks(fromByte?: number, toByte?: number): Iterable<Uint8Array>;
}

const CHUNK_BYTES = 1024 ** 2;
const AES_BLOCK_BYTES = 16;

/** The given bytes. Text is sent as UTF-8. */
export function contentOf(bytes: Uint8Array | string): Content {
  const buffer = Buffer.from(bytes);
  return {
    sizeBytes: buffer.length,
    *chunks(fromByte = 0, toByte = buffer.length) {
      for (let at = fromByte; at < toByte; at += CHUNK_BYTES)
        yield buffer.subarray(at, Math.min(at + CHUNK_BYTES, toByte));
    },
  };
}

/**
 * Noise of any size that is never held: an AES-CTR key stream, which can be entered at any offset. The same seed gives
 * the same bytes, another seed differs in about every byte.
 */
export function noise(sizeBytes: number, seed: string): Content {
  const key = createHash("sha256").update(seed).digest().subarray(0, 16);
  return {
    sizeBytes,
    *chunks(fromByte = 0, toByte = sizeBytes) {
      const skippedBytes = fromByte % AES_BLOCK_BYTES;
      const counter = Buffer.alloc(AES_BLOCK_BYTES);
      counter.writeBigUInt64BE(BigInt((fromByte - skippedBytes) / AES_BLOCK_BYTES), 8);
      const stream = createCipheriv("aes-128-ctr", key, counter);
      stream.update(Buffer.alloc(skippedBytes));
      for (let at = fromByte; at < toByte; at += CHUNK_BYTES)
        yield stream.update(Buffer.alloc(Math.min(CHUNK_BYTES, toByte - at)));
    },
  };
}

/** Hex SHA-256 of a range of the content; of all of it when none is given. */
export function sha256Of(content: Content | Uint8Array | string, fromByte?: number, toByte?: number): string {
  const hash = createHash("sha256");
  for (const chunk of toContent(content).chunks(fromByte, toByte)) hash.update(chunk);
  return hash.digest("hex");
}

export function toContent(content: Content | Uint8Array | string): Content {
  return typeof content === "string" || content instanceof Uint8Array ? contentOf(content) : content;
}

/** The smallest PNG: one pixel. */
export const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
