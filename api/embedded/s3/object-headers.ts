import type { StoredChecksum } from "./checksum.js";
import { checksumHeader } from "./checksum.js";
import { S3Error } from "./errors.js";
import type { ObjectRecord } from "./object-files.js";
import { queryValue } from "./request-target.js";
import type { S3Request } from "./request.js";

/** Headers of a write that come back with every read. */
const KEPT = ["cache-control", "content-disposition", "content-language", "content-type", "expires"];
const META_PREFIX = "x-amz-meta-";
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const MAX_METADATA_BYTES = 2048;
/** What S3 says of an object that nobody described. */
const DEFAULT_CONTENT_TYPE = "binary/octet-stream";

/** Overrides that a signed GET may ask for, and the headers they replace: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
const OVERRIDES: Record<string, string> = {
  "response-cache-control": "cache-control",
  "response-content-disposition": "content-disposition",
  "response-content-encoding": "content-encoding",
  "response-content-language": "content-language",
  "response-content-type": "content-type",
  "response-expires": "expires",
};

/**
 * Collects the headers that PutObject and CreateMultipartUpload keep with the object.
 * @throws S3Error `MetadataTooLarge`, `AccessControlListNotSupported`, `InvalidStorageClass`, `InvalidArgument`
 */
export function readObjectHeaders(headers: ReadonlyMap<string, string>): Record<string, string> {
  const acl = headers.get("x-amz-acl");
  // As a bucket of today, whose owner owns everything: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
  if (acl !== undefined && acl !== "bucket-owner-full-control") throw new S3Error("AccessControlListNotSupported");
  const storageClass = headers.get("x-amz-storage-class");
  if (storageClass !== undefined && storageClass !== "STANDARD") throw new S3Error("InvalidStorageClass");
  const kept: Record<string, string> = { "content-type": DEFAULT_CONTENT_TYPE };
  for (const name of KEPT) {
    const value = headers.get(name);
    if (value) kept[name] = value;
  }
  // aws-chunked is how the body travelled, not how the object is encoded.
  const encoding = (headers.get("content-encoding") ?? "")
    .split(",")
    .map((token) => token.trim())
    .filter((token) => token !== "" && token !== "aws-chunked")
    .join(",");
  if (encoding !== "") kept["content-encoding"] = encoding;
  let metadataBytes = 0;
  for (const [name, value] of headers) {
    if (!name.startsWith(META_PREFIX)) continue;
    if (name === META_PREFIX) throw new S3Error("InvalidArgument", { details: { ArgumentName: name } });
    metadataBytes += name.length - META_PREFIX.length + value.length;
    kept[name] = value;
  }
  if (metadataBytes > MAX_METADATA_BYTES)
    throw new S3Error("MetadataTooLarge", { details: { Size: metadataBytes, MaxSizeAllowed: MAX_METADATA_BYTES } });
  return kept;
}

/**
 * Headers that describe an object in an answer to GET or HEAD, without length and range.
 * @throws S3Error `InvalidArgument` for an override that no header can hold
 */
export function describeObject(request: S3Request, object: ObjectRecord): Record<string, string> {
  const headers: Record<string, string> = {
    ...object.headers,
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.lastModifiedMs).toUTCString(),
    "accept-ranges": "bytes",
  };
  for (const [parameter, name] of Object.entries(OVERRIDES)) {
    const value = queryValue(request.target.parameters, parameter);
    if (value === undefined || value === "") continue;
    if (!/^[\t\x20-\x7e\xa0-\xff]*$/.test(value))
      throw new S3Error("InvalidArgument", {
        message: "Header value cannot be represented using ISO-8859-1.",
        details: { ArgumentName: parameter, ArgumentValue: value },
      });
    headers[name] = value;
  }
  return headers;
}

/** True when the request carries any `response-*` override. */
export function hasOverrides(parameters: S3Request["target"]["parameters"]): boolean {
  return parameters.some(([name]) => name in OVERRIDES);
}

/** Headers of a stored checksum. */
export function checksumHeaders(checksum: StoredChecksum | undefined): Record<string, string> {
  if (!checksum) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, "x-amz-checksum-type": checksum.type };
}
