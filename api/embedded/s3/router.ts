import type { Bucket, BucketFiles } from "./bucket-files.js";
import {
  deleteCors,
  deleteLifecycle,
  getCors,
  getLifecycle,
  getObjectLock,
  getPublicAccessBlock,
  getReplication,
  getVersioning,
  putCors,
  putLifecycle,
  putPublicAccessBlock,
} from "./bucket-config-operations.js";
import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from "./bucket-operations.js";
import { completeMultipartUpload } from "./complete-upload.js";
import { S3Error } from "./errors.js";
import { listMultipartUploads, listObjects } from "./list-operations.js";
import { abortMultipartUpload, createMultipartUpload, listParts, uploadPart } from "./multipart-operations.js";
import { readObject } from "./object-read.js";
import { deleteObject, deleteObjects, putObject } from "./object-write.js";
import type { S3Reply, S3Request } from "./request.js";
import { abortStaleUploads } from "./stale-uploads.js";

/** What operations work on. */
export interface RouteContext {
  store: BucketFiles;
  region: string;
}

type BucketOperation = (context: RouteContext, bucket: Bucket, request: S3Request) => Promise<S3Reply>;
type ObjectOperation = (context: RouteContext, bucket: Bucket, request: S3Request, key: string) => Promise<S3Reply>;

/** Query parameters that choose an operation: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html */
const SELECTORS = new Set(
  (
    "abac accelerate acl analytics append attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle list-type " +
    "location logging metadataConfiguration metadataTable metrics notification object-lock ownershipControls partNumber policy " +
    "policyStatus publicAccessBlock renameObject replication requestPayment restore retention select select-type session tagging torrent " +
    "uploadId uploads versionId versioning versions website"
  ).split(" "),
);

/** Headers beginning with x-amz- whose meaning this store honours or that need none; any other is answered with 501 rather than ignored. */
const KNOWN_HEADER =
  /^x-amz-(acl|content-sha256|date|decoded-content-length|mp-object-size|request-payer|sdk-checksum-algorithm|storage-class|trailer|user-agent|checksum-[a-z0-9]+|meta-.*)$/;

const BUCKET_OPERATIONS: Record<string, BucketOperation> = {
  "HEAD ": ({ region }, _bucket, request) => headBucket(request, region),
  "DELETE ": ({ store }, bucket, request) => deleteBucket(store, bucket, request),
  "GET list-type": (_context, bucket, request) => listObjects(bucket, request),
  "GET location": ({ region }, _bucket, request) => getBucketLocation(request, region),
  "GET uploads": async (_context, bucket, request) => {
    await abortStaleUploads(bucket, Date.now());
    return listMultipartUploads(bucket, request);
  },
  "POST delete": (_context, bucket, request) => deleteObjects(bucket, request),
  "PUT cors": ({ store }, bucket, request) => putCors(store, bucket, request),
  "GET cors": ({ store }, bucket, request) => getCors(store, bucket, request),
  "DELETE cors": ({ store }, bucket, request) => deleteCors(store, bucket, request),
  "PUT lifecycle": ({ store }, bucket, request) => putLifecycle(store, bucket, request),
  "GET lifecycle": ({ store }, bucket, request) => getLifecycle(store, bucket, request),
  "DELETE lifecycle": ({ store }, bucket, request) => deleteLifecycle(store, bucket, request),
  "PUT publicAccessBlock": ({ store }, bucket, request) => putPublicAccessBlock(store, bucket, request),
  "GET publicAccessBlock": ({ store }, bucket, request) => getPublicAccessBlock(store, bucket, request),
  "GET versioning": ({ store }, bucket, request) => getVersioning(store, bucket, request),
  "GET object-lock": ({ store }, bucket, request) => getObjectLock(store, bucket, request),
  "GET replication": ({ store }, bucket, request) => getReplication(store, bucket, request),
};

const OBJECT_OPERATIONS: Record<string, ObjectOperation> = {
  "GET ": ({ store }, bucket, request, key) => readObject(store, bucket, request, key),
  "HEAD ": ({ store }, bucket, request, key) => readObject(store, bucket, request, key),
  "PUT ": ({ store }, bucket, request, key) => putObject(store, bucket, request, key),
  "DELETE ": (_context, bucket, request, key) => deleteObject(bucket, request, key),
  "POST uploads": (_context, bucket, request, key) => createMultipartUpload(bucket, request, key),
  "PUT partNumber&uploadId": ({ store }, bucket, request, key) => uploadPart(store, bucket, request, key),
  "GET uploadId": (_context, bucket, request, key) => listParts(bucket, request, key),
  "POST uploadId": (_context, bucket, request, key) => completeMultipartUpload(bucket, request, key),
  "DELETE uploadId": (_context, bucket, request, key) => abortMultipartUpload(bucket, request, key),
};

/**
 * Carries out an authenticated request.
 * @throws S3Error `NotImplemented` for whatever is outside this store's scope, and what the operations refuse with
 */
export async function route(context: RouteContext, request: S3Request): Promise<S3Reply> {
  refuseUnknownHeaders(request.headers);
  const { bucket: bucketName, key, parameters } = request.target;
  const selected = [...new Set(parameters.map(([name]) => name).filter((name) => SELECTORS.has(name)))].sort();
  const operation = `${request.method} ${selected.join("&")}`;
  if (bucketName === undefined) {
    if (operation === "GET ") return listBuckets(context.store, request);
    throw notImplemented(operation);
  }
  if (key === undefined) {
    if (operation === "PUT ") return createBucket(context.store, request, bucketName, context.region);
    const handler = BUCKET_OPERATIONS[operation];
    if (!handler || (selected[0] === "list-type" && !isVersion2(request))) throw notImplemented(operation);
    return handler(context, context.store.find(bucketName), request);
  }
  const handler = OBJECT_OPERATIONS[operation];
  if (!handler) throw notImplemented(operation);
  return handler(context, context.store.find(bucketName), request, key);
}

function isVersion2(request: S3Request): boolean {
  return request.target.parameters.some(([name, value]) => name === "list-type" && value === "2");
}

function refuseUnknownHeaders(headers: ReadonlyMap<string, string>): void {
  for (const name of headers.keys())
    if (name.startsWith("x-amz-") && !KNOWN_HEADER.test(name))
      throw new S3Error("NotImplemented", {
        message: "A header you provided implies functionality that is not implemented",
        details: { Header: name },
      });
}

function notImplemented(operation: string): S3Error {
  return new S3Error("NotImplemented", { message: `This store does not implement ${operation.trim()}` });
}
