import type { Bucket } from "./bucket-files.js";
import { uriEncode } from "./canonical-request.js";
import { S3Error } from "./errors.js";
import type { Upload } from "./multipart-files.js";
import { OWNER } from "./owner.js";
import { queryValue } from "./request-target.js";
import { integerQuery, xmlReply, type S3Reply, type S3Request } from "./request.js";
import { compareKeys, type SortedKeys } from "./sorted-keys.js";
import { renderXml } from "./xml.js";

const MAX_LISTED = 1000;

interface KeyPage {
  keys: string[];
  commonPrefixes: string[];
  /** Where the next page starts; undefined on the last one. */
  next: Position | undefined;
}

/** Behind a key, or behind everything that starts with a common prefix. */
interface Position {
  kind: "key" | "prefix";
  value: string;
}

/**
 * ListObjectsV2.
 * @throws S3Error `InvalidArgument`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export async function listObjects(bucket: Bucket, request: S3Request): Promise<S3Reply> {
  await request.body.ignore();
  const query = (name: string): string | undefined => queryValue(request.target.parameters, name) || undefined;
  const encode = keyEncoder(request);
  const maxKeys = Math.min(integerQuery(request, "max-keys", MAX_LISTED), MAX_LISTED);
  const [prefix, delimiter, startAfter, token] = [
    query("prefix") ?? "",
    query("delimiter"),
    query("start-after"),
    queryValue(request.target.parameters, "continuation-token"),
  ];
  const position: Position | undefined =
    token !== undefined ? parseToken(token) : startAfter ? { kind: "key", value: startAfter } : undefined;
  const page = pageOfKeys(bucket.objects.keys, { prefix, delimiter, position, maxKeys });
  const withOwner = query("fetch-owner") === "true";
  return xmlReply(
    renderXml("ListBucketResult", {
      Name: bucket.record.name,
      Prefix: encode(prefix),
      Delimiter: delimiter && encode(delimiter),
      StartAfter: startAfter && encode(startAfter),
      ContinuationToken: token,
      NextContinuationToken: page.next && renderToken(page.next),
      KeyCount: page.keys.length + page.commonPrefixes.length,
      MaxKeys: maxKeys,
      EncodingType: query("encoding-type"),
      IsTruncated: page.next !== undefined,
      Contents: page.keys.flatMap((key) => {
        const object = bucket.objects.get(key);
        if (!object) return [];
        return {
          Key: encode(key),
          LastModified: new Date(object.lastModifiedMs).toISOString(),
          ETag: `"${object.etag}"`,
          ChecksumAlgorithm: object.checksum?.algorithm,
          ChecksumType: object.checksum?.type,
          Size: object.sizeBytes,
          Owner: withOwner ? OWNER : undefined,
          StorageClass: "STANDARD",
        };
      }),
      CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
    }),
  );
}

function pageOfKeys(
  keys: SortedKeys,
  options: { prefix: string; delimiter: string | undefined; position: Position | undefined; maxKeys: number },
): KeyPage {
  const { prefix, delimiter, position, maxKeys } = options;
  const page: KeyPage = { keys: [], commonPrefixes: [], next: undefined };
  if (maxKeys === 0) return page;
  let index = Math.max(keys.indexFrom(prefix, { after: false }), position ? indexAt(keys, position) : 0);
  let last: Position | undefined;
  for (;;) {
    const key = keys.at(index);
    if (key === undefined || !key.startsWith(prefix)) return page;
    if (page.keys.length + page.commonPrefixes.length === maxKeys) return { ...page, next: last };
    const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
    if (delimiter === undefined || cut < 0) {
      page.keys.push(key);
      last = { kind: "key", value: key };
      index++;
    } else {
      const common = key.slice(0, cut + delimiter.length);
      page.commonPrefixes.push(common);
      last = { kind: "prefix", value: common };
      index = keys.indexBehindPrefix(common);
    }
  }
}

function indexAt(keys: SortedKeys, position: Position): number {
  return position.kind === "key"
    ? keys.indexFrom(position.value, { after: true })
    : keys.indexBehindPrefix(position.value);
}

/** Opaque to clients, and bound to nothing: a token from another listing merely starts elsewhere. */
function renderToken({ kind, value }: Position): string {
  return Buffer.from(`${kind}:${value}`).toString("base64url");
}

function parseToken(token: string): Position {
  const text = Buffer.from(token, "base64url").toString("utf8");
  const match = /^(key|prefix):(.+)$/s.exec(text);
  if (!match?.[2])
    throw new S3Error("InvalidArgument", {
      message: "The continuation token provided is incorrect",
      details: { ArgumentName: "continuation-token" },
    });
  return { kind: match[1] as Position["kind"], value: match[2] };
}

function keyEncoder(request: S3Request): (key: string) => string {
  const encoding = queryValue(request.target.parameters, "encoding-type");
  if (encoding === undefined || encoding === "") return (key) => key;
  if (encoding === "url") return (key) => key.split("/").map(uriEncode).join("/");
  throw new S3Error("InvalidArgument", {
    message: "Invalid Encoding Method specified in Request",
    details: { ArgumentName: "encoding-type", ArgumentValue: encoding },
  });
}

/**
 * ListMultipartUploads.
 * @throws S3Error `InvalidArgument`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
export async function listMultipartUploads(bucket: Bucket, request: S3Request): Promise<S3Reply> {
  await request.body.ignore();
  const query = (name: string): string => queryValue(request.target.parameters, name) ?? "";
  if (query("delimiter") !== "")
    throw new S3Error("NotImplemented", { message: "This store lists uploads without a delimiter" });
  const encode = keyEncoder(request);
  const maxUploads = Math.min(integerQuery(request, "max-uploads", MAX_LISTED), MAX_LISTED);
  const [prefix, keyMarker, uploadIdMarker] = [query("prefix"), query("key-marker"), query("upload-id-marker")];
  const following = bucket.uploads.list(prefix).filter(({ record }) => isBehind(record, keyMarker, uploadIdMarker));
  const page = following.slice(0, maxUploads);
  const last = page.at(-1)?.record;
  const isTruncated = page.length < following.length && last !== undefined;
  return xmlReply(
    renderXml("ListMultipartUploadsResult", {
      Bucket: bucket.record.name,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: uploadIdMarker,
      NextKeyMarker: isTruncated ? encode(last.key) : undefined,
      NextUploadIdMarker: isTruncated ? last.uploadId : undefined,
      Prefix: encode(prefix),
      EncodingType: query("encoding-type") || undefined,
      MaxUploads: maxUploads,
      IsTruncated: isTruncated,
      Upload: page.map(({ record }) => ({
        Key: encode(record.key),
        UploadId: record.uploadId,
        Initiator: OWNER,
        Owner: OWNER,
        StorageClass: "STANDARD",
        Initiated: new Date(record.initiatedMs).toISOString(),
        ChecksumAlgorithm: record.checksum?.algorithm,
        ChecksumType: record.checksum?.type,
      })),
    }),
  );
}

function isBehind(record: Upload["record"], keyMarker: string, uploadIdMarker: string): boolean {
  if (keyMarker === "") return true;
  const order = compareKeys(record.key, keyMarker);
  return order > 0 || (order === 0 && uploadIdMarker !== "" && record.uploadId > uploadIdMarker);
}
