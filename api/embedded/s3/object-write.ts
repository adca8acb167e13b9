import type { Bucket, BucketFiles } from "./bucket-files.js";
import { readWriteConditions } from "./conditional.js";
import type { DataFileWriter } from "./data-files.js";
import { S3Error } from "./errors.js";
import { checksumHeaders, readObjectHeaders } from "./object-headers.js";
import type { ObjectRecord } from "./object-files.js";
import type { ReceivedBody } from "./request-body.js";
import { xmlReply, type S3Reply, type S3Request } from "./request.js";
import { childrenOf, parseXml, renderXml, textOf } from "./xml.js";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const MAX_DELETED_KEYS = 1000;

/**
 * Reads a body into a fresh data file and hands both to `commit`. Whatever fails, no file is left.
 * @throws what the body or `commit` refuse with
 */
export async function receiveDataFile<T>(
  store: BucketFiles,
  request: S3Request,
  commit: (body: ReceivedBody, file: string) => Promise<T>,
): Promise<T> {
  request.body.requireLength();
  const writer: DataFileWriter = await store.data.create();
  try {
    const body = await request.body.receive((data) => writer.write(data));
    await writer.finish();
    return await commit(body, writer.file);
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/**
 * PutObject.
 * @throws S3Error of the body, `PreconditionFailed`, `ConditionalRequestConflict`, `NoSuchKey`, `MetadataTooLarge`, …
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export async function putObject(store: BucketFiles, bucket: Bucket, request: S3Request, key: string): Promise<S3Reply> {
  const headers = readObjectHeaders(request.headers);
  const precondition = readWriteConditions(request.headers, bucket.objects.get(key));
  return receiveDataFile(store, request, async (body, file) => {
    const object: ObjectRecord = {
      key,
      sizeBytes: body.sizeBytes,
      etag: body.md5Hex,
      lastModifiedMs: Date.now(),
      headers,
      checksum: body.checksum && { ...body.checksum, type: "FULL_OBJECT" },
      segments: [{ file, sizeBytes: body.sizeBytes }],
    };
    await bucket.objects.put(object, precondition);
    return { status: 200, headers: { etag: `"${object.etag}"`, ...checksumHeaders(object.checksum) } };
  });
}

/**
 * DeleteObject: 204 whether or not there was one.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 */
export async function deleteObject(bucket: Bucket, request: S3Request, key: string): Promise<S3Reply> {
  for (const name of ["if-match", "x-amz-if-match-size", "x-amz-if-match-last-modified-time"])
    if (request.headers.has(name)) throw new S3Error("NotImplemented", { details: { Header: name } });
  await request.body.ignore();
  await bucket.objects.delete(key);
  return { status: 204 };
}

/**
 * DeleteObjects.
 * @throws S3Error `MalformedXML`, also for more than 1000 keys; `InvalidRequest` without a digest of the document
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
export async function deleteObjects(bucket: Bucket, request: S3Request): Promise<S3Reply> {
  const root = parseXml(await request.body.digestedDocument(), "Delete");
  const objects = childrenOf(root, "Object");
  if (objects.length === 0 || objects.length > MAX_DELETED_KEYS) throw new S3Error("MalformedXML");
  const quiet = textOf(root, "Quiet") === "true";
  const entries = objects.map((object) => {
    // Not trimmed: a key may begin or end with a blank.
    const key = childrenOf(object, "Key")[0]?.text;
    if (!key) throw new S3Error("MalformedXML");
    return { key, versionId: textOf(object, "VersionId"), conditional: childrenOf(object, "ETag").length > 0 };
  });
  const errors: { Key: string; Code: string; Message: string }[] = [];
  const deleted: { Key: string }[] = [];
  for (const { key, versionId, conditional } of entries) {
    if ((versionId && versionId !== "null") || conditional) {
      errors.push({
        Key: key,
        Code: "NotImplemented",
        Message: "This store keeps no versions and deletes unconditionally",
      });
      continue;
    }
    await bucket.objects.delete(key);
    deleted.push({ Key: key });
  }
  return xmlReply(renderXml("DeleteResult", { Deleted: quiet ? [] : deleted, Error: errors }));
}
