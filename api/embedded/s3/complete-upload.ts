import type { Bucket } from "./bucket-files.js";
import {
  checksumElement,
  checksumHeader,
  compositeChecksum,
  requireChecksumValue,
  checksumMismatch,
} from "./checksum.js";
import { readWriteConditions } from "./conditional.js";
import { S3Error } from "./errors.js";
import type { PartRecord, Upload } from "./multipart-files.js";
import { multipartEtag } from "./multipart-operations.js";
import type { ObjectRecord } from "./object-files.js";
import { requireQuery, xmlReply, type S3Reply, type S3Request } from "./request.js";
import { childrenOf, parseXml, renderXml, textOf, type XmlElement } from "./xml.js";

const MAX_PARTS = 10_000;
/** Of every part but the last: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART_BYTES = 5 * 2 ** 20;
const CHECKSUMS = ["ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA1", "ChecksumSHA256"];

interface RequestedPart {
  partNumber: number;
  /** Without quotes. */
  etag: string;
  /** By element name, such as `ChecksumSHA256`. */
  checksums: Map<string, string>;
}

/**
 * CompleteMultipartUpload. Repeating it with the same parts answers the same as long as the object is still that upload's.
 * @throws S3Error `MalformedXML`, `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall`, `InvalidRequest`, `BadDigest`, `NoSuchUpload`, `PreconditionFailed`, `ConditionalRequestConflict`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
export async function completeMultipartUpload(bucket: Bucket, request: S3Request, key: string): Promise<S3Reply> {
  const uploadId = requireQuery(request, "uploadId");
  const requested = readRequestedParts(parseXml(await request.body.documentAboutObject(), "CompleteMultipartUpload"));
  const atStart = bucket.objects.get(key);
  const sealed = findSealed(atStart, uploadId, requested);
  if (sealed) return completedReply(bucket, request, sealed);
  bucket.uploads.find(key, uploadId);
  const precondition = readWriteConditions(request.headers, atStart);
  try {
    const object = await bucket.uploads.complete(key, uploadId, (upload) => ({
      object: assemble(upload, requested, request.headers),
      precondition,
    }));
    return completedReply(bucket, request, object);
  } catch (error) {
    // Two equal requests at once: the second finds the upload gone and the object made of exactly its parts.
    const done = findSealed(bucket.objects.get(key), uploadId, requested);
    if (done && error instanceof S3Error && error.code === "NoSuchUpload") return completedReply(bucket, request, done);
    throw error;
  }
}

function readRequestedParts(root: XmlElement): RequestedPart[] {
  const parts = childrenOf(root, "Part").map((part): RequestedPart => {
    const number = textOf(part, "PartNumber") ?? "";
    const etag = textOf(part, "ETag");
    if (!/^\d{1,9}$/.test(number) || etag === undefined) throw new S3Error("MalformedXML");
    const checksums = CHECKSUMS.flatMap((name) => {
      const value = textOf(part, name);
      return value ? [[name, value] as const] : [];
    });
    return { partNumber: Number(number), etag: etag.replace(/^"(.*)"$/, "$1"), checksums: new Map(checksums) };
  });
  if (parts.length === 0 || parts.length > MAX_PARTS) throw new S3Error("MalformedXML");
  parts.forEach((part, index) => {
    const previous = parts[index - 1];
    if (previous && part.partNumber <= previous.partNumber) throw new S3Error("InvalidPartOrder");
  });
  return parts;
}

function assemble(
  upload: Upload,
  requested: readonly RequestedPart[],
  headers: ReadonlyMap<string, string>,
): ObjectRecord {
  const { record } = upload;
  const parts = requested.map((wanted): PartRecord => {
    const part = upload.parts.get(wanted.partNumber);
    if (!part || part.etag !== wanted.etag) throw invalidPart(record.uploadId, wanted);
    return part;
  });
  for (const part of parts.slice(0, -1))
    if (part.sizeBytes < MIN_PART_BYTES)
      throw new S3Error("EntityTooSmall", {
        details: {
          ProposedSize: part.sizeBytes,
          MinSizeAllowed: MIN_PART_BYTES,
          PartNumber: part.partNumber,
          ETag: part.etag,
        },
      });
  requested.forEach((wanted, index) => checkPartChecksums(upload, wanted, parts[index] as PartRecord));
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  checkDeclaredSize(headers.get("x-amz-mp-object-size"), sizeBytes);
  const checksum =
    record.checksum &&
    compositeChecksum(
      record.checksum.algorithm,
      parts.map((part) => part.checksum ?? ""),
    );
  checkDeclaredChecksum(headers, checksum);
  return {
    key: record.key,
    sizeBytes,
    etag: multipartEtag(parts.map((part) => part.etag)),
    lastModifiedMs: Date.now(),
    headers: record.headers,
    checksum,
    segments: parts.map((part) => ({ file: part.file, sizeBytes: part.sizeBytes })),
    sealed: { uploadId: record.uploadId, parts: parts.map(({ partNumber, etag }) => ({ partNumber, etag })) },
  };
}

function checkPartChecksums(upload: Upload, wanted: RequestedPart, part: PartRecord): void {
  const algorithm = upload.record.checksum?.algorithm;
  const own = algorithm && checksumElement(algorithm);
  for (const [name, value] of wanted.checksums)
    if (name !== own || value !== part.checksum) throw invalidPart(upload.record.uploadId, wanted);
  if (algorithm && own && !wanted.checksums.has(own))
    throw new S3Error("InvalidRequest", {
      message: `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${wanted.partNumber} in the request.`,
    });
}

function checkDeclaredSize(declared: string | undefined, sizeBytes: number): void {
  if (declared === undefined) return;
  if (!/^\d{1,16}$/.test(declared))
    throw new S3Error("InvalidRequest", { message: "Value for x-amz-mp-object-size header is invalid." });
  if (Number(declared) !== sizeBytes)
    throw new S3Error("InvalidRequest", {
      message: `The provided 'x-amz-mp-object-size' header value ${declared} does not match what was computed: ${sizeBytes}`,
    });
}

function checkDeclaredChecksum(headers: ReadonlyMap<string, string>, computed: ObjectRecord["checksum"]): void {
  const type = headers.get("x-amz-checksum-type")?.toUpperCase();
  if (type !== undefined && type !== computed?.type)
    throw new S3Error("InvalidRequest", {
      message: `The upload was created using the ${computed?.type ?? "null"} checksum mode. The complete request must use the same checksum mode.`,
    });
  if (!computed) return;
  const declared = headers.get(checksumHeader(computed.algorithm));
  if (declared === undefined) return;
  const [digest = "", count] = declared.split("-");
  requireChecksumValue(computed.algorithm, digest);
  // The count may be left out: what identifies the object is the digest of digests.
  if (digest !== computed.value.split("-")[0] || (count !== undefined && declared !== computed.value))
    throw checksumMismatch(computed.algorithm);
}

function findSealed(
  object: ObjectRecord | undefined,
  uploadId: string,
  requested: readonly RequestedPart[],
): ObjectRecord | undefined {
  const sealed = object?.sealed;
  if (!object || !sealed || sealed.uploadId !== uploadId || sealed.parts.length !== requested.length) return undefined;
  const same = sealed.parts.every(
    (part, index) => part.partNumber === requested[index]?.partNumber && part.etag === requested[index].etag,
  );
  return same ? object : undefined;
}

function completedReply(bucket: Bucket, request: S3Request, object: ObjectRecord): S3Reply {
  const { checksum } = object;
  const host = request.headers.get("host") ?? "";
  return xmlReply(
    renderXml("CompleteMultipartUploadResult", {
      Location: `http://${host}/${bucket.record.name}/${object.key.split("/").map(encodeURIComponent).join("/")}`,
      Bucket: bucket.record.name,
      Key: object.key,
      ETag: `"${object.etag}"`,
      ...(checksum ? { [checksumElement(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type } : {}),
    }),
  );
}

function invalidPart(uploadId: string, part: RequestedPart): S3Error {
  return new S3Error("InvalidPart", {
    details: { UploadId: uploadId, PartNumber: part.partNumber, ETag: part.etag },
  });
}
