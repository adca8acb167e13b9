import type { Bucket, BucketFiles } from "./bucket-files.js";
import { S3Error } from "./errors.js";
import { OWNER } from "./owner.js";
import { xmlReply, type S3Reply, type S3Request } from "./request.js";
import { parseXml, renderXml, textOf } from "./xml.js";

/** ListBuckets. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
export async function listBuckets(store: BucketFiles, request: S3Request): Promise<S3Reply> {
  await request.body.ignore();
  const buckets = store
    .list()
    .map(({ name, createdAtMs }) => ({ Name: name, CreationDate: new Date(createdAtMs).toISOString() }));
  return xmlReply(renderXml("ListAllMyBucketsResult", { Owner: OWNER, Buckets: { Bucket: buckets } }));
}

/**
 * CreateBucket. Creating one's own bucket again answers 200 in us-east-1 and 409 elsewhere, as S3 does.
 * @throws S3Error `InvalidBucketName`, `IllegalLocationConstraintException`, `BucketAlreadyOwnedByYou`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
export async function createBucket(
  store: BucketFiles,
  request: S3Request,
  name: string,
  region: string,
): Promise<S3Reply> {
  requireBucketName(name);
  const text = await request.body.document();
  if (text.trim() !== "") {
    const location = textOf(parseXml(text, "CreateBucketConfiguration"), "LocationConstraint");
    if (location && location !== region)
      throw new S3Error("IllegalLocationConstraintException", {
        message: `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
      });
  }
  const created = await store.create({ name, createdAtMs: Date.now() });
  if (!created && region !== "us-east-1")
    throw new S3Error("BucketAlreadyOwnedByYou", { details: { BucketName: name } });
  return { status: 200, headers: { location: `/${name}` } };
}

/** HeadBucket. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html */
export async function headBucket(request: S3Request, region: string): Promise<S3Reply> {
  await request.body.ignore();
  return { status: 200, headers: { "x-amz-bucket-region": region, "content-type": "application/xml" } };
}

/** DeleteBucket, with its open uploads. @throws S3Error `BucketNotEmpty` @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html */
export async function deleteBucket(store: BucketFiles, bucket: Bucket, request: S3Request): Promise<S3Reply> {
  await request.body.ignore();
  await store.delete(bucket.record.name);
  return { status: 204 };
}

/** GetBucketLocation; us-east-1 is the empty constraint. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html */
export async function getBucketLocation(request: S3Request, region: string): Promise<S3Reply> {
  await request.body.ignore();
  return xmlReply(renderXml("LocationConstraint", region === "us-east-1" ? "" : region));
}

/**
 * Names double as folder names, so this rule is also what keeps them inside the data directory.
 * @throws S3Error `InvalidBucketName`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function requireBucketName(name: string): void {
  const wellFormed = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/\.\.|\.-|-\./.test(name);
  if (!wellFormed || /^\d+\.\d+\.\d+\.\d+$/.test(name))
    throw new S3Error("InvalidBucketName", { details: { BucketName: name } });
}
