/** The port over any S3. Its promises are those of object-storage.ts; here stands only how S3 keeps them. */

import { createHash } from "node:crypto";
import type { ChecksumAlgorithm, GetObjectCommandOutput, Part } from "@aws-sdk/client-s3";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { ListedPart, ObjectHead, ObjectStorage } from "./object-storage.js";
import { StorageError } from "./object-storage.js";
import { answer, chunksOf, unreadable, untilEither } from "./s3-answer.js";
import type { S3Connection, S3Line } from "./s3-client.js";
import { openS3Line } from "./s3-client.js";
import { copyCalls } from "./s3-copy.js";
import { httpStatusOf, toStorageError } from "./s3-errors.js";
import { listingCalls } from "./s3-listing.js";
import { sha256ToBase64, sha256ToHex } from "./sha256-text.js";
import { createStoreGuard } from "./store-guard.js";
import type { StoreCallFacts } from "./store-guard.js";
import type { StoreChange } from "./store-breaker.js";

export interface S3StorageOptions extends S3Connection {
  /** Told of each call when it has ended. */
  readonly onCall?: (facts: StoreCallFacts) => void;
  /** Default 1000. */
  readonly connectTimeoutMs?: number;
  /** For each try of each call but Complete, five times that for a page of a whole listing. Default 2000. */
  readonly requestTimeoutMs?: number;
  /** All tries of one call together, the same ones. Default 2500: whoever waits is answered within 3 s. */
  readonly callTimeoutMs?: number;
  /** Complete can take minutes on a large object. Default 120 000. */
  readonly completeTimeoutMs?: number;
  /** Reading or writing one part of a copy, which are streamed. Default 3 600 000. */
  readonly copyTimeoutMs?: number;
  /** Tries of each call but Complete and copying. Default 3. */
  readonly maxAttempts?: number;
  /** Calls at one time, and as many again of those that take long; twice as many may wait. Default 64. */
  readonly callsAtOnce?: number;
  /** Told when the store is taken to be away, and when it answers again. */
  readonly onChange?: (change: StoreChange) => void;
}

/** All clients' connections end with {@link StoppableStorage.stop}. */
export interface StoppableStorage extends ObjectStorage {
  /** Closes idle and busy connections; calls under way fail with UNAVAILABLE. Idempotent. */
  stop(): void;
}

const EMPTY_SHA256_HEX = createHash("sha256").digest("hex");

export function createS3Storage(options: S3StorageOptions): StoppableStorage {
  const { connectTimeoutMs = 1000, requestTimeoutMs = 2000, maxAttempts = 3, callsAtOnce = 64 } = options;
  const { bucket } = options;
  const headBucket = new HeadBucketCommand({ Bucket: bucket });
  const guard = createStoreGuard({
    ...{ tryWithinMs: requestTimeoutMs, maxAttempts, callsAtOnce },
    callWithinMs: options.callTimeoutMs ?? 2500,
    onChange: options.onChange ?? (() => undefined),
    ...(options.onCall === undefined ? {} : { onCall: options.onCall }),
    probe: (withinMs) => line.probe(headBucket, withinMs),
  });
  const timing = { connectTimeoutMs, maxSockets: 4 * callsAtOnce };
  const line = openS3Line(options, { ...timing, requestTimeoutMs: 5 * requestTimeoutMs }, guard, "SWIFT");
  // One try: a Complete whose reply was lost may have sealed, and a second one would only blur what is known.
  const completeTimeoutMs = options.completeTimeoutMs ?? 120_000;
  const sealingLine = openS3Line(options, { ...timing, requestTimeoutMs: completeTimeoutMs }, guard, "LONG");
  // A stream cannot be sent twice, and a large part takes as long as it takes.
  const copyTimeoutMs = options.copyTimeoutMs ?? 3_600_000;
  const copyLine = openS3Line(options, { ...timing, requestTimeoutMs: copyTimeoutMs }, guard, "LONG");
  const multipart = multipartCalls(line, sealingLine, bucket);
  return {
    ...multipart,
    ...objectCalls(line, bucket),
    ...listingCalls({ ...line, client: line.patientClient }, bucket),
    ...copyCalls(line, copyLine, bucket, multipart),
    async checkBucket() {
      await answer("HeadBucket", () => line.client.send(headBucket, line.untilStopped));
    },
    stop() {
      guard.stop();
      line.stop();
      sealingLine.stop();
      copyLine.stop();
    },
  };
}

type MultipartCalls = Pick<
  ObjectStorage,
  | "createMultipartUpload"
  | "uploadEmptyPart"
  | "listParts"
  | "completeMultipartUpload"
  | "abortMultipartUpload"
  | "listMultipartUploads"
>;

function multipartCalls(line: S3Line, sealingLine: S3Line, bucket: string): MultipartCalls {
  const { client, untilStopped } = line;
  return {
    async createMultipartUpload({ key, checksum }) {
      const command = new CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        // What a browser gets is signed into each download; nothing here may ever be shown inline by itself.
        ContentType: "application/octet-stream",
        ...(checksum === "SHA256" ? { ChecksumAlgorithm: "SHA256" satisfies ChecksumAlgorithm } : {}),
      });
      const created = await answer("CreateMultipartUpload", () => client.send(command, untilStopped));
      const { UploadId: uploadId, $metadata } = created;
      if (uploadId === undefined || uploadId === "") throw unreadable("CreateMultipartUpload", "no upload id");
      return { uploadId, ...($metadata.attempts === 1 ? {} : { mayHaveTwin: true }) };
    },

    async uploadEmptyPart({ key, uploadId, checksum }) {
      const command = new UploadPartCommand({
        ...{ Bucket: bucket, Key: key, UploadId: uploadId, PartNumber: 1, Body: new Uint8Array(0), ContentLength: 0 },
        ...(checksum === "SHA256" ? { ChecksumSHA256: sha256ToBase64(EMPTY_SHA256_HEX) } : {}),
      });
      await answer("UploadPart", () => client.send(command, untilStopped));
    },

    listParts: ({ key, uploadId }) => listAllParts(line, { Bucket: bucket, Key: key, UploadId: uploadId }),

    async completeMultipartUpload({ key, uploadId, parts }) {
      const Parts = parts.map(({ number, etag, sha256 }) => ({
        PartNumber: number,
        ETag: etag,
        ...(sha256 === null ? {} : { ChecksumSHA256: sha256ToBase64(sha256) }),
      }));
      const command = new CompleteMultipartUploadCommand({
        ...{ Bucket: bucket, Key: key, UploadId: uploadId },
        MultipartUpload: { Parts },
      });
      await answer("CompleteMultipartUpload", () => sealingLine.client.send(command, sealingLine.untilStopped));
    },

    async abortMultipartUpload({ key, uploadId }) {
      const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId });
      try {
        await answer("AbortMultipartUpload", () => client.send(command, untilStopped));
      } catch (error) {
        if (!(error instanceof StorageError) || error.kind !== "NO_SUCH_UPLOAD") throw error;
      }
    },

    listMultipartUploads: ({ key }) => listAllUploads(line, bucket, key),
  };
}

/** Pages are followed while the marker grows: a store that says "truncated" for ever must not hold us for ever. */
async function listAllParts(
  { client, untilStopped }: S3Line,
  upload: { Bucket: string; Key: string; UploadId: string },
): Promise<ListedPart[]> {
  const parts: ListedPart[] = [];
  let marker = 0;
  for (;;) {
    const command = new ListPartsCommand({ ...upload, ...(marker === 0 ? {} : { PartNumberMarker: String(marker) }) });
    const page = await answer("ListParts", () => client.send(command, untilStopped));
    parts.push(...(page.Parts ?? []).map(listedPart));
    const nextMarker = Number(page.NextPartNumberMarker ?? 0);
    if (page.IsTruncated !== true || !(nextMarker > marker)) break;
    marker = nextMarker;
  }
  return parts.sort((a, b) => a.number - b.number);
}

function listedPart({ PartNumber, Size, ETag, ChecksumSHA256 }: Part): ListedPart {
  if (PartNumber === undefined || Size === undefined || ETag === undefined)
    throw unreadable("ListParts", "half a part");
  return { number: PartNumber, sizeBytes: Size, etag: ETag, sha256: sha256ToHex(ChecksumSHA256) };
}

/** The prefix of a listing also matches longer keys, so keys are compared whole; S3 lists them in order, ours first. */
async function listAllUploads(
  { client, untilStopped }: S3Line,
  bucket: string,
  key: string,
): Promise<{ uploadId: string }[]> {
  const uploads: { uploadId: string }[] = [];
  const markers = new Set<string>();
  let next: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key, ...next });
    const page = await answer("ListMultipartUploads", () => client.send(command, untilStopped));
    for (const { Key, UploadId } of page.Uploads ?? []) {
      if (Key === key && UploadId !== undefined) uploads.push({ uploadId: UploadId });
    }
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    const marker = JSON.stringify([KeyMarker, UploadIdMarker]);
    // A marker seen before leads nowhere new, and one beyond the key leads to other keys only.
    if (page.IsTruncated !== true || KeyMarker !== key || markers.has(marker)) return uploads;
    markers.add(marker);
    next = { KeyMarker, ...(UploadIdMarker === undefined ? {} : { UploadIdMarker }) };
  }
}

type ObjectCalls = Pick<ObjectStorage, "headObject" | "readStart" | "hashObject" | "deleteObject">;

function objectCalls({ client, untilStopped }: S3Line, bucket: string): ObjectCalls {
  return {
    async headObject({ key }): Promise<ObjectHead | null> {
      const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: "ENABLED" });
      try {
        const { ContentLength, ETag, ChecksumSHA256 } = await client.send(command, untilStopped);
        if (ContentLength === undefined || ETag === undefined) throw unreadable("HeadObject", "no length or no ETag");
        return { sizeBytes: ContentLength, etag: ETag, checksumSha256: ChecksumSHA256 ?? null };
      } catch (error) {
        // An answer to HEAD has no body, hence no code: the status is all there is.
        if (httpStatusOf(error) === 404) return null;
        throw toStorageError("HeadObject", error);
      }
    },

    async readStart({ key, etag, byteCount }) {
      const range = { Range: `bytes=0-${byteCount - 1}` };
      const command = new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag, ...range });
      return answer("GetObject", async () => firstBytes(await client.send(command, untilStopped), byteCount));
    },

    async hashObject({ key, etag, signal }) {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag });
      return untilEither(untilStopped.abortSignal, signal, (abortSignal) =>
        answer("GetObject", async () => hashBody(await client.send(command, { abortSignal }))),
      );
    },

    async deleteObject({ key }) {
      const command = new DeleteObjectCommand({ Bucket: bucket, Key: key });
      try {
        await client.send(command, untilStopped);
      } catch (error) {
        const refused = toStorageError("DeleteObject", error);
        // AWS answers 204 for a key that is not there; some stores say so.
        if (refused.s3Code !== "NoSuchKey") throw refused;
      }
    },
  };
}

/** A store that takes no ranges sends the whole object: the rest of it is not read. */
async function firstBytes({ Body }: GetObjectCommandOutput, byteCount: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunksOf(Body)) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= byteCount) break; // leaving the loop destroys the stream
  }
  return Buffer.concat(chunks).subarray(0, byteCount);
}

async function hashBody({ Body, ContentLength }: GetObjectCommandOutput): Promise<string> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of chunksOf(Body)) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  if (sizeBytes !== ContentLength) throw unreadable("GetObject", `${sizeBytes} of ${ContentLength} bytes`);
  return hash.digest("hex");
}
