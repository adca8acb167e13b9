import type { Bucket, BucketFiles } from "./bucket-files.js";
import { corsDocument, parseCorsConfiguration } from "./cors.js";
import { S3Error } from "./errors.js";
import { parseLifecycle } from "./lifecycle-rules.js";
import { xmlReply, type S3Reply, type S3Request } from "./request.js";
import { parseXml, renderXml, textOf, toTree } from "./xml.js";

const PUBLIC_ACCESS_FLAGS = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

/** One operation on one configuration of a bucket. */
export type ConfigOperation = (store: BucketFiles, bucket: Bucket, request: S3Request) => Promise<S3Reply>;

/** PutBucketCors. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html */
export const putCors: ConfigOperation = async (store, bucket, request) => {
  const cors = parseCorsConfiguration(parseXml(await request.body.digestedDocument(), "CORSConfiguration"));
  await store.update(bucket.record.name, (record) => ({ ...record, cors }));
  return { status: 200 };
};

/** GetBucketCors. @throws S3Error `NoSuchCORSConfiguration` */
export const getCors: ConfigOperation = async (_store, { record }, request) => {
  await request.body.ignore();
  if (!record.cors) throw new S3Error("NoSuchCORSConfiguration", { details: { BucketName: record.name } });
  return xmlReply(renderXml("CORSConfiguration", corsDocument(record.cors)));
};

/** DeleteBucketCors: 204 whether or not there was one. */
export const deleteCors: ConfigOperation = async (store, bucket, request) => {
  await request.body.ignore();
  await store.update(bucket.record.name, ({ cors: _cors, ...record }) => record);
  return { status: 204 };
};

/** PutBucketLifecycleConfiguration. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html */
export const putLifecycle: ConfigOperation = async (store, bucket, request) => {
  const root = parseXml(await request.body.digestedDocument(), "LifecycleConfiguration");
  const staleUploads = parseLifecycle(root);
  await store.update(bucket.record.name, (record) => ({
    ...record,
    lifecycle: { document: toTree(root), staleUploads },
  }));
  return { status: 200 };
};

/** GetBucketLifecycleConfiguration. @throws S3Error `NoSuchLifecycleConfiguration` */
export const getLifecycle: ConfigOperation = async (_store, { record }, request) => {
  await request.body.ignore();
  if (!record.lifecycle) throw new S3Error("NoSuchLifecycleConfiguration", { details: { BucketName: record.name } });
  return xmlReply(renderXml("LifecycleConfiguration", record.lifecycle.document));
};

/** DeleteBucketLifecycle: 204 whether or not there was one. */
export const deleteLifecycle: ConfigOperation = async (store, bucket, request) => {
  await request.body.ignore();
  await store.update(bucket.record.name, ({ lifecycle: _lifecycle, ...record }) => record);
  return { status: 204 };
};

/** PutPublicAccessBlock: kept and answered; nothing here is ever public anyway. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html */
export const putPublicAccessBlock: ConfigOperation = async (store, bucket, request) => {
  const root = parseXml(await request.body.digestedDocument(), "PublicAccessBlockConfiguration");
  const flags = PUBLIC_ACCESS_FLAGS.map((name) => {
    const text = textOf(root, name) ?? "false";
    if (!/^(true|false)$/i.test(text)) throw new S3Error("MalformedXML");
    return [name, text.toLowerCase() === "true"] as const;
  });
  await store.update(bucket.record.name, (record) => ({ ...record, publicAccessBlock: Object.fromEntries(flags) }));
  return { status: 200 };
};

/** GetPublicAccessBlock. @throws S3Error `NoSuchPublicAccessBlockConfiguration` */
export const getPublicAccessBlock: ConfigOperation = async (_store, { record }, request) => {
  await request.body.ignore();
  if (!record.publicAccessBlock) throw new S3Error("NoSuchPublicAccessBlockConfiguration");
  return xmlReply(renderXml("PublicAccessBlockConfiguration", record.publicAccessBlock));
};

/** GetBucketVersioning: the empty document of a bucket that never had it, which is the truth here. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html */
export const getVersioning: ConfigOperation = async (_store, _bucket, request) => {
  await request.body.ignore();
  return xmlReply(renderXml("VersioningConfiguration", ""));
};

/** GetObjectLockConfiguration: there is none. */
export const getObjectLock: ConfigOperation = async (_store, { record }, request) => {
  await request.body.ignore();
  throw new S3Error("ObjectLockConfigurationNotFoundError", { details: { BucketName: record.name } });
};

/** GetBucketReplication: there is none. */
export const getReplication: ConfigOperation = async (_store, { record }, request) => {
  await request.body.ignore();
  throw new S3Error("ReplicationConfigurationNotFoundError", { details: { BucketName: record.name } });
};
