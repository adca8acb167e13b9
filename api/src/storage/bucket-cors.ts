import { PutBucketCorsCommand, S3Client } from "@aws-sdk/client-s3";
import type { CORSRule } from "@aws-sdk/client-s3";
import { s3Identity } from "./s3-client.js";
import type { S3Connection } from "./s3-client.js";

/** Preflight answers may be kept this long; browsers cap it themselves. */
const PREFLIGHT_SECONDS = 600;

/** Lets exactly these origins PUT and GET from a browser. No ETag is exposed: the server lists the parts itself. PURE. */
export function corsRule(origins: readonly string[]): CORSRule {
  return {
    AllowedOrigins: [...origins],
    AllowedMethods: ["PUT", "GET", "HEAD"],
    AllowedHeaders: ["content-type", "x-amz-checksum-sha256"],
    MaxAgeSeconds: PREFLIGHT_SECONDS,
  };
}

/**
 * Makes {@link corsRule} the bucket's only rule: for the embedded store, whose bucket is nobody else's. Idempotent.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 */
export async function putBucketCors(connection: S3Connection, origins: readonly string[]): Promise<void> {
  const client = new S3Client(s3Identity(connection));
  try {
    const CORSConfiguration = { CORSRules: [corsRule(origins)] };
    await client.send(new PutBucketCorsCommand({ Bucket: connection.bucket, CORSConfiguration }));
  } finally {
    client.destroy();
  }
}
