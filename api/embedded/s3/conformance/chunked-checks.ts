import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { encodeChunks, joinChunks, signTrailer, type ChunkSeed, type EncodedChunk } from "./aws-chunked.js";
import { DOC, type Check } from "./check.js";
import { bytes, crc32Base64, sha256Base64 } from "./content.js";
import { exists, expectBytes } from "./objects.js";
import type { RawAnswer } from "./raw-http.js";
import { expectError, expectStatus, type Subject } from "./subject.js";

const CHUNK_BYTES = 64 * 1024;
const pieces = [bytes(CHUNK_BYTES, 1), bytes(CHUNK_BYTES, 2), bytes(1000, 3)];
const whole = Buffer.concat(pieces);

interface ChunkedPut {
  /** `signed`, `signed-trailer` or `trailer`. */
  kind:
    | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    | "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  headers?: Record<string, string>;
  decodedLength?: number | undefined;
  pieces?: Buffer[];
  trailer?: Record<string, string>;
  /** Changes the chunks after they were signed. */
  spoil?: (chunks: EncodedChunk[]) => EncodedChunk[];
  /** Changes the trailing text after it was signed. */
  spoilTrailer?: (text: string) => string;
}

/** Sends an aws-chunked PUT written from AWS's page. */
async function putChunked(subject: Subject, key: string, put: ChunkedPut): Promise<RawAnswer> {
  const decodedLength = "decodedLength" in put ? put.decodedLength : whole.length;
  const raw = await subject.sign({
    method: "PUT",
    path: subject.path(key),
    headers: {
      "content-encoding": "aws-chunked",
      "x-amz-content-sha256": put.kind,
      ...(decodedLength === undefined ? {} : { "x-amz-decoded-content-length": String(decodedLength) }),
      ...(put.trailer ? { "x-amz-trailer": Object.keys(put.trailer).join(",") } : {}),
      ...put.headers,
    },
  });
  const seed: ChunkSeed = {
    signature: /Signature=([0-9a-f]{64})/.exec(raw.headers.authorization ?? "")?.[1] ?? "",
    timestamp: raw.headers["x-amz-date"] ?? "",
    secretAccessKey: subject.target.secretAccessKey,
    region: subject.target.region,
  };
  const signed = put.kind.startsWith("STREAMING-AWS4");
  const { chunks, lastSignature } = encodeChunks(put.pieces ?? pieces, signed ? seed : undefined);
  let trailer = Object.entries(put.trailer ?? {})
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join("");
  if (signed && put.trailer) trailer += `x-amz-trailer-signature:${signTrailer(put.trailer, lastSignature, seed)}\r\n`;
  const body = joinChunks(put.spoil?.(chunks) ?? chunks, put.spoilTrailer?.(trailer) ?? trailer);
  return subject.send({ ...raw, body });
}

async function expectRefused(
  subject: Subject,
  put: ChunkedPut,
  status: number | number[],
  ...codes: string[]
): Promise<void> {
  const key = subject.key("chunked");
  const answer = await putChunked(subject, key, put);
  const statuses = [status].flat();
  assert.ok(
    statuses.includes(answer.status),
    `expected ${statuses.join(" or ")} ${codes.join(" or ")}, got ${answer.status} ${answer.code}`,
  );
  if (codes.length > 0) expectError(answer, answer.status, ...codes);
  assert.equal(await exists(subject, key), false, "the refused object was stored");
}

async function expectStored(subject: Subject, put: ChunkedPut): Promise<string> {
  const key = subject.key("chunked");
  expectStatus(await putChunked(subject, key, put), 200);
  await expectBytes(subject, key, put.pieces ? Buffer.concat(put.pieces) : whole);
  return key;
}

const SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" as const;
const SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" as const;
const TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER" as const;

/** Bodies in aws-chunked encoding. */
export const chunkedChecks: Check[] = [
  {
    id: "chunked.sdk-stream",
    title: "the SDK's default PUT of a stream (unsigned chunks, CRC32 trailer) stores exactly its bytes",
    source: DOC.chunkedTrailer,
    async run(subject) {
      const Key = subject.key();
      await subject.defaultS3.send(
        new PutObjectCommand({ Bucket: subject.bucket, Key, Body: Readable.from(pieces), ContentLength: whole.length }),
      );
      await expectBytes(subject, Key, whole);
    },
  },
  {
    id: "chunked.signed",
    title: "signed chunks are decoded and stored",
    source: DOC.chunked,
    run: async (subject) => void (await expectStored(subject, { kind: SIGNED })),
  },
  {
    id: "chunked.signed-empty",
    title: "a signed chunked body of no data stores an empty object",
    source: DOC.chunked,
    run: async (subject) => void (await expectStored(subject, { kind: SIGNED, pieces: [], decodedLength: 0 })),
  },
  {
    id: "chunked.signed-data-changed",
    title: "one bit changed in a signed chunk is 403 SignatureDoesNotMatch, and nothing is stored",
    source: DOC.chunked,
    run: (subject) =>
      expectRefused(
        subject,
        {
          kind: SIGNED,
          spoil: (chunks) =>
            chunks.map((chunk, index) => {
              if (index !== 1) return chunk;
              const data = Buffer.from(chunk.data);
              data[5] = (data[5] ?? 0) ^ 1;
              return { ...chunk, data };
            }),
        },
        403,
        "SignatureDoesNotMatch",
      ),
  },
  {
    id: "chunked.signed-reordered",
    title: "signed chunks in another order are 403 SignatureDoesNotMatch",
    source: DOC.chunked,
    run: (subject) =>
      expectRefused(
        subject,
        { kind: SIGNED, spoil: ([first, second, ...rest]) => [second, first, ...rest] as EncodedChunk[] },
        403,
        "SignatureDoesNotMatch",
      ),
  },
  {
    id: "chunked.signed-last-changed",
    title: "a wrong signature on the last, empty chunk is 403 SignatureDoesNotMatch",
    source: DOC.chunked,
    run: (subject) =>
      expectRefused(
        subject,
        {
          kind: SIGNED,
          spoil: (chunks) => [
            ...chunks.slice(0, -1),
            { head: `0;chunk-signature=${"0".repeat(64)}\r\n`, data: Buffer.alloc(0) },
          ],
        },
        403,
        "SignatureDoesNotMatch",
      ),
  },
  {
    id: "chunked.signed-unsigned-chunk",
    title: "a chunk without a signature in a signed body is refused",
    source: DOC.chunked,
    run: (subject) =>
      expectRefused(
        subject,
        {
          kind: SIGNED,
          spoil: (chunks) => chunks.map((chunk) => ({ ...chunk, head: chunk.head.replace(/;.*\r/, "\r") })),
        },
        [400, 403],
      ),
  },
  {
    id: "chunked.signed-truncated",
    title: "a signed body that ends before the last chunk is refused, and nothing is stored",
    source: DOC.chunked,
    run: (subject) => expectRefused(subject, { kind: SIGNED, spoil: (chunks) => chunks.slice(0, -1) }, [400, 403]),
  },
  {
    id: "chunked.decoded-length-short",
    title: "an x-amz-decoded-content-length below what comes is refused",
    source: DOC.chunked,
    run: (subject) => expectRefused(subject, { kind: SIGNED, decodedLength: whole.length - 1 }, [400, 403]),
  },
  {
    id: "chunked.decoded-length-long",
    title: "an x-amz-decoded-content-length above what comes is 400 IncompleteBody",
    source: DOC.chunked,
    run: (subject) => expectRefused(subject, { kind: SIGNED, decodedLength: whole.length + 1 }, 400, "IncompleteBody"),
  },
  {
    id: "chunked.decoded-length-missing",
    title: "without x-amz-decoded-content-length, a chunked upload is 411 MissingContentLength",
    source: DOC.chunked,
    run: (subject) => expectRefused(subject, { kind: SIGNED, decodedLength: undefined }, 411, "MissingContentLength"),
  },
  {
    id: "chunked.small-chunk",
    title: "a chunk below 8 KiB that is not the last is refused",
    source: DOC.chunked,
    run: (subject) =>
      expectRefused(
        subject,
        { kind: SIGNED, pieces: [bytes(100), bytes(9000)], decodedLength: 9100 },
        [400, 403],
        "InvalidChunkSizeError",
      ),
  },
  {
    id: "chunked.trailer",
    title: "unsigned chunks with a fitting SHA-256 trailer are stored, and HEAD answers the checksum",
    source: DOC.chunkedTrailer,
    async run(subject) {
      const trailer = { "x-amz-checksum-sha256": sha256Base64(whole) };
      const Key = await expectStored(subject, { kind: TRAILER, trailer });
      const head = await subject.s3.send(
        new HeadObjectCommand({ Bucket: subject.bucket, Key, ChecksumMode: "ENABLED" }),
      );
      assert.equal(head.ChecksumSHA256, sha256Base64(whole));
    },
  },
  {
    id: "chunked.trailer-wrong",
    title: "a trailing checksum that does not fit is 400 BadDigest, and nothing is stored",
    source: DOC.chunkedTrailer,
    run: (subject) =>
      expectRefused(
        subject,
        { kind: TRAILER, trailer: { "x-amz-checksum-crc32": crc32Base64(Buffer.from("other")) } },
        400,
        "BadDigest",
      ),
  },
  {
    id: "chunked.trailer-missing",
    title: "a promised trailer that does not come is 400 MalformedTrailerError, and nothing is stored",
    source: DOC.chunkedTrailer,
    run: (subject) =>
      expectRefused(
        subject,
        { kind: TRAILER, trailer: { "x-amz-checksum-crc32": crc32Base64(whole) }, spoilTrailer: () => "" },
        400,
        "MalformedTrailerError",
      ),
  },
  {
    id: "chunked.signed-trailer",
    title: "signed chunks with a signed trailer are stored",
    source: DOC.chunkedTrailer,
    run: async (subject) =>
      void (await expectStored(subject, {
        kind: SIGNED_TRAILER,
        trailer: { "x-amz-checksum-sha256": sha256Base64(whole) },
      })),
  },
  {
    id: "chunked.signed-trailer-changed",
    title: "a signed trailer whose value was changed is refused",
    source: DOC.chunkedTrailer,
    run: (subject) =>
      expectRefused(
        subject,
        {
          kind: SIGNED_TRAILER,
          trailer: { "x-amz-checksum-crc32": crc32Base64(whole) },
          spoilTrailer: (text) => text.replace(/crc32:[^\r]*/, `crc32:${crc32Base64(Buffer.from("other"))}`),
        },
        [400, 403],
        "SignatureDoesNotMatch",
        "BadDigest",
      ),
  },
  {
    id: "chunked.encoding-not-kept",
    title: "aws-chunked is not kept as the object's Content-Encoding, what stands beside it is",
    source: DOC.chunked,
    async run(subject) {
      const key = await expectStored(subject, { kind: SIGNED, headers: { "content-encoding": "aws-chunked,gzip" } });
      const head = await subject.signed({ method: "HEAD", path: subject.path(key) });
      assert.equal(head.headers["content-encoding"], "gzip");
    },
  },
];
