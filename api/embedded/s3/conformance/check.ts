import type { Subject } from "./subject.js";

/** One statement about S3 that a store keeps or does not. */
export interface Check {
  /** Stable name, `group.subject`; lists of known differences refer to it. */
  id: string;
  /** The statement itself, as a sentence about what S3 does. */
  title: string;
  /** Where AWS says so. */
  source: string;
  /** Throws when the store does otherwise. */
  run(subject: Subject): Promise<void>;
}

/** A check that a store is known to fail, and why that is so. */
export interface KnownDifference {
  id: string;
  reason: string;
  /** True when it passes at times: passing is then not worth a remark. */
  atTimes?: boolean;
}

/** How one check ended. */
export interface CheckResult {
  check: Check;
  outcome: "ok" | "failed" | "known" | "unexpected pass";
  /** What the store did instead; the reason of a known difference. */
  message: string;
  durationMs: number;
}

const API = "https://docs.aws.amazon.com/AmazonS3/latest/API/";
const GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/";

/** The pages that the checks are read from. */
export const DOC = {
  abort: `${API}API_AbortMultipartUpload.html`,
  acl: `${GUIDE}about-object-ownership.html`,
  bucketNames: `${GUIDE}bucketnamingrules.html`,
  chunked: `${API}sigv4-streaming.html`,
  chunkedTrailer: `${API}sigv4-streaming-trailers.html`,
  complete: `${API}API_CompleteMultipartUpload.html`,
  conditionalReads: `${GUIDE}conditional-reads.html`,
  conditionalWrites: `${GUIDE}conditional-writes.html`,
  consistency: `${GUIDE}Welcome.html#ConsistencyModel`,
  cors: `${GUIDE}cors.html`,
  createBucket: `${API}API_CreateBucket.html`,
  createUpload: `${API}API_CreateMultipartUpload.html`,
  deleteBucket: `${API}API_DeleteBucket.html`,
  deleteObject: `${API}API_DeleteObject.html`,
  deleteObjects: `${API}API_DeleteObjects.html`,
  errors: `${API}ErrorResponses.html`,
  getObject: `${API}API_GetObject.html`,
  headBucket: `${API}API_HeadBucket.html`,
  headObject: `${API}API_HeadObject.html`,
  headerAuth: `${API}sig-v4-header-based-auth.html`,
  integrity: `${GUIDE}checking-object-integrity-upload.html`,
  keys: `${GUIDE}object-keys.html`,
  lifecycle: `${API}API_PutBucketLifecycleConfiguration.html`,
  limits: `${GUIDE}qfacts.html`,
  list: `${API}API_ListObjectsV2.html`,
  listParts: `${API}API_ListParts.html`,
  listUploads: `${API}API_ListMultipartUploads.html`,
  metadata: `${GUIDE}UsingMetadata.html`,
  presigned: `${API}sigv4-query-string-auth.html`,
  publicAccess: `${API}API_PutPublicAccessBlock.html`,
  putCors: `${API}API_PutBucketCors.html`,
  putObject: `${API}API_PutObject.html`,
  requestHeaders: `${API}RESTCommonRequestHeaders.html`,
  responseHeaders: `${API}RESTCommonResponseHeaders.html`,
  uploadPart: `${API}API_UploadPart.html`,
  versioning: `${API}API_GetBucketVersioning.html`,
} as const;
