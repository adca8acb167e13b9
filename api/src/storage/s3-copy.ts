/** Small texts, and what passes through this process in a stream: whole objects, and copies of them. */

import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { GetObjectCommand, PutObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import type { ObjectStorage } from "./object-storage.js";
import { StorageError } from "./object-storage.js";
import { answer, chunksOf, unreadable, untilEither } from "./s3-answer.js";
import type { S3Line } from "./s3-client.js";
import { httpStatusOf, toStorageError } from "./s3-errors.js";

const MAX_TEXT_BYTES = 1024;
/** A store that sends no byte of a whole object for so long has stopped; nobody else's turn waits for it. */
const READ_SILENCE_MS = 15_000;
/** What a browser would get is signed into each download; nothing here may ever be shown inline by itself. */
const CONTENT_TYPE = { ContentType: "application/octet-stream" };

type Multipart = Pick<
  ObjectStorage,
  "createMultipartUpload" | "uploadEmptyPart" | "listParts" | "completeMultipartUpload" | "abortMultipartUpload"
>;

export function copyCalls(
  line: S3Line,
  copyLine: S3Line,
  bucket: string,
  multipart: Multipart,
): Pick<ObjectStorage, "readText" | "createText" | "readObject" | "copyObject"> {
  const { client, untilStopped } = line;
  const readText: ObjectStorage["readText"] = async ({ key }) => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), untilStopped);
      const chunks: Uint8Array[] = [];
      let sizeBytes = 0;
      for await (const chunk of chunksOf(Body)) {
        chunks.push(chunk);
        sizeBytes += chunk.length;
        if (sizeBytes > MAX_TEXT_BYTES) break; // leaving the loop destroys the stream
      }
      return Buffer.concat(chunks).subarray(0, MAX_TEXT_BYTES).toString("utf8");
    } catch (error) {
      const failure = toStorageError("GetObject", error);
      if (failure.s3Code === "NoSuchKey" || failure.s3Code === "NotFound") return null;
      throw failure;
    }
  };

  return {
    readText,

    async createText({ key, text }) {
      const put = (condition: { IfNoneMatch?: string }) =>
        client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ...condition }), untilStopped);
      try {
        await put({ IfNoneMatch: "*" });
        return true;
      } catch (error) {
        const status = httpStatusOf(error);
        if (status === 412) return false;
        // It knows no conditional writes: look, then write.
        if (status !== 501) throw toStorageError("PutObject", error);
        if ((await readText({ key })) !== null) return false;
        await answer("PutObject", () => put({}));
        return true;
      }
    },

    readObject: (input) => readObject(copyLine, bucket, input),

    copyObject: (input) =>
      untilEither(copyLine.untilStopped.abortSignal, input.signal, (abortSignal) => copyObject(input, abortSignal)),
  };

  async function copyObject(
    { fromKey, etag, toKey, partSizeBytes }: Parameters<ObjectStorage["copyObject"]>[0],
    abortSignal: AbortSignal,
  ): ReturnType<ObjectStorage["copyObject"]> {
    const source = new GetObjectCommand({ Bucket: bucket, Key: fromKey, IfMatch: etag });
    const opened = await answer("GetObject", () => copyLine.client.send(source, { abortSignal }));
    const reader = openReader(opened);
    try {
      if (partSizeBytes === null) await putWhole();
      else await putParts(partSizeBytes);
    } finally {
      await reader.close();
    }
    return { sizeBytes: reader.sizeBytes, sha256: reader.sha256() };

    async function putWhole(): Promise<void> {
      // The SDK takes a stream of length 0 for one of unknown length.
      const body = reader.sizeBytes === 0 ? new Uint8Array(0) : reader.take(reader.sizeBytes);
      const command = new PutObjectCommand({
        ...{ Bucket: bucket, Key: toKey, ...CONTENT_TYPE, Body: body, ContentLength: reader.sizeBytes },
      });
      await answer("PutObject", () => copyLine.client.send(command, { abortSignal }));
    }

    async function putParts(size: number): Promise<void> {
      const { uploadId } = await multipart.createMultipartUpload({ key: toKey, checksum: "NONE" });
      const upload = { key: toKey, uploadId };
      let undecided = false;
      try {
        if (reader.sizeBytes === 0) await multipart.uploadEmptyPart({ ...upload, checksum: "NONE" });
        for (let sent = 0, number = 1; sent < reader.sizeBytes; sent += size, number += 1) {
          const partBytes = Math.min(size, reader.sizeBytes - sent);
          const command = new UploadPartCommand({
            ...{ Bucket: bucket, Key: toKey, UploadId: uploadId, PartNumber: number },
            ...{ Body: reader.take(partBytes), ContentLength: partBytes },
          });
          await answer("UploadPart", () => copyLine.client.send(command, { abortSignal }));
        }
        const parts = await multipart.listParts(upload);
        undecided = true;
        await multipart.completeMultipartUpload({ ...upload, parts });
      } catch (error) {
        // An Abort that overlaps a Complete can destroy what that one seals: an upload without an answer is left.
        const open = !undecided || (error instanceof StorageError && error.kind !== "UNAVAILABLE");
        if (open) await multipart.abortMultipartUpload(upload).catch(() => undefined);
        throw error;
      }
    }
  }
}

/** The whole of an object, in pieces, as fast as they are taken. */
async function* readObject(
  copyLine: S3Line,
  bucket: string,
  { key, etag, signal }: Parameters<ObjectStorage["readObject"]>[0],
): AsyncGenerator<Uint8Array> {
  const own = new AbortController();
  const parents = [copyLine.untilStopped.abortSignal, ...(signal === undefined ? [] : [signal])];
  const abort = (): void => own.abort();
  // Only while the store is waited for: whoever reads may take their time.
  let silence = setTimeout(abort, READ_SILENCE_MS);
  for (const parent of parents) parent.addEventListener("abort", abort);
  if (parents.some(({ aborted }) => aborted)) abort();
  const command = new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag });
  let whole = false;
  try {
    const { Body, ContentLength } = await copyLine.client.send(command, { abortSignal: own.signal });
    let sizeBytes = 0;
    for await (const chunk of chunksOf(Body)) {
      clearTimeout(silence);
      sizeBytes += chunk.length;
      yield chunk;
      silence = setTimeout(abort, READ_SILENCE_MS);
    }
    if (sizeBytes !== ContentLength) throw unreadable("GetObject", `${sizeBytes} of ${ContentLength} bytes`);
    whole = true;
  } catch (error) {
    throw toStorageError("GetObject", error);
  } finally {
    clearTimeout(silence);
    for (const parent of parents) parent.removeEventListener("abort", abort);
    // Whoever stops reading early leaves a connection in the middle of a body.
    if (!whole) own.abort();
  }
}

/** A body that is read in pieces of given length, and hashed on the way. */
function openReader({ Body, ContentLength }: GetObjectCommandOutput) {
  if (ContentLength === undefined) throw unreadable("GetObject", "no length");
  const chunks = chunksOf(Body)[Symbol.asyncIterator]();
  const hash = createHash("sha256");
  let left: Uint8Array = new Uint8Array(0);
  return {
    sizeBytes: ContentLength,
    sha256: () => hash.digest("hex"),
    /** The next `byteCount` bytes. @throws UNAVAILABLE, through the stream, when there are fewer */
    take: (byteCount: number): Readable => Readable.from(pieces(byteCount), { objectMode: false }),
    close: async (): Promise<void> => void (await chunks.return?.()),
  };

  async function* pieces(byteCount: number): AsyncGenerator<Uint8Array> {
    for (let missing = byteCount; missing > 0;) {
      if (left.length === 0) {
        const chunk = await chunks.next();
        if (chunk.done === true) throw unreadable("GetObject", `ended ${missing} bytes early`);
        left = chunk.value;
      }
      const piece = left.subarray(0, missing);
      left = left.subarray(piece.length);
      missing -= piece.length;
      hash.update(piece);
      yield piece;
    }
  }
}
