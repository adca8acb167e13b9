import { createHash, type Hash } from "node:crypto";
import { EMPTY_SHA256, signText } from "./canonical-request.js";
import { S3Error } from "./errors.js";
import { sameSignature, type Authenticated } from "./sigv4.js";

/** How an aws-chunked body is to be read. */
export interface ChunkedBodyOptions {
  /** The chain starts from the request's own signature. Undefined: chunks are not signed. */
  seed: Authenticated["chunkSeed"] | undefined;
  /** True when the request promised trailing headers. */
  trailer: boolean;
}

/** Size of a chunk header: hex length, the word `chunk-signature` and 64 digits are well below. */
const MAX_LINE_BYTES = 256;
const MAX_TRAILER_BYTES = 8192;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html: only the last chunk may be smaller. */
const MIN_CHUNK_BYTES = 8192;

/**
 * Decodes an aws-chunked body: yields the data, verifies each chunk's signature when its last byte has come, and returns the trailing headers (lower-case names).
 * Bytes are yielded before their chunk's signature is known, so nothing may be committed before the end.
 * @throws S3Error `SignatureDoesNotMatch`, `IncompleteBody`, `InvalidChunkSizeError`, `MalformedTrailerError`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function* decodeChunkedBody(
  source: AsyncIterable<Buffer>,
  options: ChunkedBodyOptions,
): AsyncGenerator<Buffer, Map<string, string>> {
  const reader = new ByteReader(source);
  const chain = options.seed ? new SignatureChain(options.seed) : undefined;
  let previousSize: number | undefined;
  for (;;) {
    const { size, signature } = parseChunkHeader(await reader.line(), chain !== undefined);
    if (size > 0 && previousSize !== undefined && previousSize < MIN_CHUNK_BYTES)
      throw new S3Error("InvalidChunkSizeError", { details: { BadChunkSize: previousSize } });
    previousSize = size;
    const digest = chain ? createHash("sha256") : undefined;
    for await (const piece of reader.take(size)) {
      digest?.update(piece);
      yield piece;
    }
    if (chain && digest) chain.verifyChunk(digest, signature);
    if (size === 0) break;
    if ((await reader.line()) !== "") throw new S3Error("IncompleteBody");
  }
  return readTrailers(await reader.rest(MAX_TRAILER_BYTES), options.trailer, chain);
}

function parseChunkHeader(line: string, signed: boolean): { size: number; signature: string } {
  const match = /^([0-9a-fA-F]{1,10})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (!match?.[1]) throw new S3Error("IncompleteBody", { message: "The request body is not well-formed aws-chunked" });
  if (signed && match[2] === undefined) throw new S3Error("SignatureDoesNotMatch");
  return { size: Number.parseInt(match[1], 16), signature: match[2] ?? "" };
}

function readTrailers(text: string, promised: boolean, chain: SignatureChain | undefined): Map<string, string> {
  // AWS's own page ends a trailer with "\n" before the "\r\n", and clients differ: empty lines carry no meaning here.
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  if (!promised) {
    if (lines.length > 0) throw new S3Error("IncompleteBody", { message: "Unexpected bytes after the last chunk" });
    return new Map();
  }
  const trailers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (colon <= 0 || trailers.has(name)) throw new S3Error("MalformedTrailerError");
    trailers.set(name, line.slice(colon + 1).trim());
  }
  const signature = trailers.get("x-amz-trailer-signature");
  trailers.delete("x-amz-trailer-signature");
  if (chain) {
    if (signature === undefined) throw new S3Error("MalformedTrailerError");
    chain.verifyTrailers(trailers, signature);
  }
  return trailers;
}

/** Each signature covers the one before it, so chunks can be neither changed, reordered, dropped nor added. */
class SignatureChain {
  private previous: string;

  constructor(private readonly seed: Authenticated["chunkSeed"]) {
    this.previous = seed.signature;
  }

  verifyChunk(digest: Hash, signature: string): void {
    this.verify(["AWS4-HMAC-SHA256-PAYLOAD", EMPTY_SHA256, digest.digest("hex")], signature);
  }

  verifyTrailers(trailers: Map<string, string>, signature: string): void {
    const canonical = [...trailers].map(([name, value]) => `${name}:${value}\n`).join("");
    this.verify(["AWS4-HMAC-SHA256-TRAILER", createHash("sha256").update(canonical).digest("hex")], signature);
  }

  private verify([kind, ...hashes]: [string, ...string[]], signature: string): void {
    const { key, timestamp, scope } = this.seed;
    const expected = signText(key, [kind, timestamp, scope, this.previous, ...hashes].join("\n"));
    if (!sameSignature(expected, signature)) throw new S3Error("SignatureDoesNotMatch");
    this.previous = signature;
  }
}

/** Reads lines and byte counts out of a stream of buffers, without copying data. */
class ByteReader {
  private readonly iterator: AsyncIterator<Buffer>;
  private buffered: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.iterator = source[Symbol.asyncIterator]();
  }

  /** The next line without its CRLF. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.buffered.indexOf("\r\n");
      if (end > MAX_LINE_BYTES || (end < 0 && this.buffered.length > MAX_LINE_BYTES))
        throw new S3Error("IncompleteBody", { message: "The request body is not well-formed aws-chunked" });
      if (end >= 0) {
        const line = this.buffered.toString("latin1", 0, end);
        this.buffered = this.buffered.subarray(end + 2);
        return line;
      }
      const more = await this.next();
      if (!more) throw new S3Error("IncompleteBody");
      this.buffered = this.buffered.length === 0 ? more : Buffer.concat([this.buffered, more]);
    }
  }

  /** Exactly `count` bytes, in pieces. */
  async *take(count: number): AsyncGenerator<Buffer> {
    let left = count;
    while (left > 0) {
      if (this.buffered.length === 0) {
        const more = await this.next();
        if (!more) throw new S3Error("IncompleteBody");
        this.buffered = more;
      }
      const piece = this.buffered.subarray(0, left);
      this.buffered = this.buffered.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }

  /** All that is left, as text. */
  async rest(maxBytes: number): Promise<string> {
    const pieces = [this.buffered];
    let size = this.buffered.length;
    for (let more = await this.next(); more && size <= maxBytes; more = await this.next()) {
      size += more.length;
      pieces.push(more);
    }
    if (size > maxBytes) throw new S3Error("MalformedTrailerError");
    return Buffer.concat(pieces).toString("latin1");
  }

  private async next(): Promise<Buffer | undefined> {
    const result = await this.iterator.next();
    return result.done === true ? undefined : result.value;
  }
}
