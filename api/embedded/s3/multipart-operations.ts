import { createHash } from "node:crypto";
import type { Bucket, BucketFiles } from "./bucket-files.js";
import { checksumElement, checksumHeader, parseChecksumAlgorithm } from "./checksum.js";
import { S3Error } from "./errors.js";
import type { PartRecord, Upload, UploadRecord } from "./multipart-files.js";
import { readObjectHeaders } from "./object-headers.js";
import { receiveDataFile } from "./object-write.js";
import { OWNER } from "./owner.js";
import { integerQuery, requireQuery, xmlReply, type S3Reply, type S3Request } from "./request.js";
import { renderXml } from "./xml.js";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PART_NUMBER = 10_000;
const MAX_LISTED_PARTS = 1000;

/**
 * CreateMultipartUpload.
 * @throws S3Error `InvalidRequest` for a checksum type that its algorithm cannot have, and those of object headers
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
 */
export async function createMultipartUpload(bucket: Bucket, request: S3Request, key: string): Promise<S3Reply> {
  const headers = readObjectHeaders(request.headers);
  const checksum = readUploadChecksum(request.headers);
  await request.body.ignore();
  const upload = await bucket.uploads.create({ key, initiatedMs: Date.now(), headers, checksum });
  return xmlReply(
    renderXml("InitiateMultipartUploadResult", { Bucket: bucket.record.name, Key: key, UploadId: upload.uploadId }),
    checksum ? { "x-amz-checksum-algorithm": checksum.algorithm, "x-amz-checksum-type": checksum.type } : {},
  );
}

function readUploadChecksum(headers: ReadonlyMap<string, string>): UploadRecord["checksum"] {
  const name = headers.get("x-amz-checksum-algorithm");
  const type = headers.get("x-amz-checksum-type")?.toUpperCase();
  if (name === undefined) {
    if (type === undefined) return undefined;
    throw new S3Error("InvalidRequest", {
      message: "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    });
  }
  const algorithm = parseChecksumAlgorithm(name);
  if (type === undefined || type === "COMPOSITE") return { algorithm, type: "COMPOSITE" };
  if (type !== "FULL_OBJECT")
    throw new S3Error("InvalidRequest", { message: "Value for x-amz-checksum-type header is invalid." });
  // A digest of the whole cannot be had from digests of the parts, except for CRCs.
  if (algorithm !== "CRC32")
    throw new S3Error("InvalidRequest", {
      message: `The FULL_OBJECT checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    });
  throw new S3Error("NotImplemented", { message: "This store computes no FULL_OBJECT checksum of a multipart upload" });
}

/**
 * UploadPart.
 * @throws S3Error `NoSuchUpload`, `InvalidArgument` (part number), `InvalidRequest` (a checksum where the upload has none, none or another where it has one), and those of the body
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
 */
export async function uploadPart(
  store: BucketFiles,
  bucket: Bucket,
  request: S3Request,
  key: string,
): Promise<S3Reply> {
  const partNumber = integerQuery(request, "partNumber", 0);
  if (partNumber < 1 || partNumber > MAX_PART_NUMBER)
    throw new S3Error("InvalidArgument", {
      message: `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`,
      details: { ArgumentName: "partNumber", ArgumentValue: partNumber },
    });
  const uploadId = requireQuery(request, "uploadId");
  const upload = bucket.uploads.find(key, uploadId);
  const expected = upload.record.checksum?.algorithm;
  const actual = request.body.claim()?.algorithm;
  if (expected !== actual)
    throw new S3Error("InvalidRequest", {
      message: `Checksum Type mismatch occurred, expected checksum Type: ${expected?.toLowerCase() ?? "null"}, actual checksum Type: ${actual?.toLowerCase() ?? "null"}`,
    });
  return receiveDataFile(store, request, async (body, file) => {
    const part: PartRecord = {
      uploadId,
      partNumber,
      etag: body.md5Hex,
      sizeBytes: body.sizeBytes,
      lastModifiedMs: Date.now(),
      checksum: body.checksum?.value,
      file,
    };
    await bucket.uploads.putPart(key, part);
    const headers: Record<string, string> = { etag: `"${part.etag}"` };
    if (body.checksum) headers[checksumHeader(body.checksum.algorithm)] = body.checksum.value;
    return { status: 200, headers };
  });
}

/** AbortMultipartUpload. @throws S3Error `NoSuchUpload` @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
export async function abortMultipartUpload(bucket: Bucket, request: S3Request, key: string): Promise<S3Reply> {
  await request.body.ignore();
  await bucket.uploads.abort(key, requireQuery(request, "uploadId"));
  return { status: 204 };
}

/** ListParts, 1000 a page. @throws S3Error `NoSuchUpload` @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export async function listParts(bucket: Bucket, request: S3Request, key: string): Promise<S3Reply> {
  await request.body.ignore();
  const maxParts = Math.min(integerQuery(request, "max-parts", MAX_LISTED_PARTS), MAX_LISTED_PARTS);
  const marker = integerQuery(request, "part-number-marker", 0);
  const { record, parts }: Upload = bucket.uploads.find(key, requireQuery(request, "uploadId"));
  const following = [...parts.values()]
    .filter((part) => part.partNumber > marker)
    .sort((left, right) => left.partNumber - right.partNumber);
  const page = following.slice(0, maxParts);
  const isTruncated = page.length < following.length;
  return xmlReply(
    renderXml("ListPartsResult", {
      Bucket: bucket.record.name,
      Key: key,
      UploadId: record.uploadId,
      Initiator: OWNER,
      Owner: OWNER,
      StorageClass: "STANDARD",
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.partNumber ?? (isTruncated ? marker : 0),
      MaxParts: maxParts,
      IsTruncated: isTruncated,
      ChecksumAlgorithm: record.checksum?.algorithm,
      ChecksumType: record.checksum?.type,
      Part: page.map((part) => ({
        PartNumber: part.partNumber,
        LastModified: new Date(part.lastModifiedMs).toISOString(),
        ETag: `"${part.etag}"`,
        Size: part.sizeBytes,
        ...(record.checksum && part.checksum ? { [checksumElement(record.checksum.algorithm)]: part.checksum } : {}),
      })),
    }),
  );
}

/** ETag of a multipart object: MD5 over the parts' MD5s, and their number. */
export function multipartEtag(partEtags: readonly string[]): string {
  const hash = createHash("md5");
  for (const etag of partEtags) hash.update(etag, "hex");
  return `${hash.digest("hex")}-${partEtags.length}`;
}
