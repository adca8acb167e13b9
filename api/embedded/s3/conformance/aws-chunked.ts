import { createHash, createHmac } from "node:crypto";

/** What signed chunks hang on. */
export interface ChunkSeed {
  /** Signature of the request itself. */
  signature: string;
  secretAccessKey: string;
  /** YYYYMMDDTHHMMSSZ */
  timestamp: string;
  region: string;
}

/** One chunk of the encoding, still separate so that a check can spoil, swap or drop it. */
export interface EncodedChunk {
  head: string;
  data: Buffer;
}

/**
 * Encodes `pieces` as aws-chunked, each a chunk, the empty last chunk included; signed when there is a seed. Written from AWS's page and kept apart
 * from the store's decoder, so that each can catch the other's misreading.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export function encodeChunks(
  pieces: readonly Buffer[],
  seed?: ChunkSeed,
): { chunks: EncodedChunk[]; lastSignature: string } {
  let lastSignature = seed?.signature ?? "";
  const chunks = [...pieces, Buffer.alloc(0)].map((data) => {
    const size = data.length.toString(16);
    if (!seed) return { head: `${size}\r\n`, data };
    lastSignature = hmacHex(
      seed,
      ["AWS4-HMAC-SHA256-PAYLOAD", seed.timestamp, scope(seed), lastSignature, sha256(""), sha256(data)].join("\n"),
    );
    return { head: `${size};chunk-signature=${lastSignature}\r\n`, data };
  });
  return { chunks, lastSignature };
}

/** Puts chunks on the wire; `trailer` is the text between the last chunk's line and the end. */
export function joinChunks(chunks: readonly EncodedChunk[], trailer = ""): Buffer {
  const parts = chunks.flatMap(({ head, data }) =>
    data.length > 0 ? [Buffer.from(head), data, Buffer.from("\r\n")] : [Buffer.from(head)],
  );
  return Buffer.concat([...parts, Buffer.from(trailer), Buffer.from("\r\n")]);
}

/**
 * Signs trailing headers.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function signTrailer(trailer: Record<string, string>, lastSignature: string, seed: ChunkSeed): string {
  const canonical = Object.entries(trailer)
    .map(([name, value]) => `${name}:${value}\n`)
    .join("");
  return hmacHex(
    seed,
    ["AWS4-HMAC-SHA256-TRAILER", seed.timestamp, scope(seed), lastSignature, sha256(canonical)].join("\n"),
  );
}

const scope = ({ timestamp, region }: ChunkSeed): string => `${timestamp.slice(0, 8)}/${region}/s3/aws4_request`;
const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

function hmacHex(seed: ChunkSeed, text: string): string {
  let key: Buffer = Buffer.from(`AWS4${seed.secretAccessKey}`);
  for (const step of [seed.timestamp.slice(0, 8), seed.region, "s3", "aws4_request"])
    key = createHmac("sha256", key).update(step).digest();
  return createHmac("sha256", key).update(text).digest("hex");
}
