import type { Bucket, BucketFiles } from "./bucket-files.js";
import { evaluateRead, rangeApplies } from "./conditional.js";
import { S3Error } from "./errors.js";
import { checksumHeaders, describeObject } from "./object-headers.js";
import { parseRange } from "./range.js";
import type { S3Reply, S3Request } from "./request.js";

/** Headers of a 304, as RFC 9110 section 15.4.5 lists them. */
const NOT_MODIFIED_HEADERS = ["etag", "last-modified", "cache-control", "expires"];

/**
 * GetObject and HeadObject.
 * @throws S3Error `NoSuchKey`, `PreconditionFailed`, `InvalidRange`, `InvalidArgument`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
export async function readObject(
  store: BucketFiles,
  bucket: Bucket,
  request: S3Request,
  key: string,
): Promise<S3Reply> {
  await request.body.ignore();
  const object = bucket.objects.get(key);
  if (!object) throw new S3Error("NoSuchKey", { details: { Key: key } });
  const headers = describeObject(request, object);
  if (evaluateRead(request.headers, object) === "not modified")
    return {
      status: 304,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => NOT_MODIFIED_HEADERS.includes(name))),
    };
  const rangeHeader = rangeApplies(request.headers, object) ? request.headers.get("range") : undefined;
  const range = parseRange(rangeHeader, object.sizeBytes);
  if (range.kind === "unsatisfiable")
    throw new S3Error("InvalidRange", {
      details: { RangeRequested: rangeHeader ?? "", ActualObjectSize: object.sizeBytes },
      headers: { "content-range": `bytes */${object.sizeBytes}` },
    });
  const [start, end] = range.kind === "part" ? [range.start, range.end] : [0, object.sizeBytes - 1];
  const sizeBytes = end - start + 1;
  headers["content-length"] = String(sizeBytes);
  if (range.kind === "part") headers["content-range"] = `bytes ${start}-${end}/${object.sizeBytes}`;
  // The stored checksum is that of the whole object: beside a part of it, it would make the SDK report corruption.
  else if (request.headers.get("x-amz-checksum-mode")?.toUpperCase() === "ENABLED")
    Object.assign(headers, checksumHeaders(object.checksum));
  const status = range.kind === "part" ? 206 : 200;
  if (request.method === "HEAD") return { status, headers };
  return { status, headers, body: { sizeBytes, chunks: store.data.read(object.segments, start, end) } };
}
