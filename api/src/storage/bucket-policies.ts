/** The least that each principal needs, as AWS writes policies. PURE. https://docs.aws.amazon.com/AmazonS3/latest/API/ */

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** One of the three who have keys to the bucket. */
export interface Principal {
  readonly name: "upload signer" | "download signer" | "janitor";
  /** Where its key is told to the service. */
  readonly setting: string;
  readonly why: string;
  readonly policy: { readonly Version: "2012-10-17"; readonly Statement: readonly PolicyStatement[] };
}

/** Where objects live: files, the marker of the deployment, and what reconcile took out of the way. */
const FILES = "f/*";
const OWN = "signet/*";
const QUARANTINE = "quarantine/*";

/** What each S3 operation of s3-storage.ts needs to be allowed. HEAD and part listings go by their object's rights. */
export const ACTION_OF: Readonly<Record<string, string>> = {
  CreateMultipartUpload: "s3:PutObject",
  UploadPart: "s3:PutObject",
  CompleteMultipartUpload: "s3:PutObject",
  PutObject: "s3:PutObject",
  GetObject: "s3:GetObject",
  HeadObject: "s3:GetObject",
  DeleteObject: "s3:DeleteObject",
  AbortMultipartUpload: "s3:AbortMultipartUpload",
  ListParts: "s3:ListMultipartUploadParts",
  ListMultipartUploads: "s3:ListBucketMultipartUploads",
  ListObjectsV2: "s3:ListBucket",
  HeadBucket: "s3:ListBucket",
};

/** What the doctor reads of the bucket itself: whether it keeps what is deleted, or ends uploads too early. */
export const DOCTOR_ACTION_OF: Readonly<Record<string, string>> = {
  GetBucketVersioning: "s3:GetBucketVersioning",
  GetObjectLockConfiguration: "s3:GetBucketObjectLockConfiguration",
  GetBucketReplication: "s3:GetReplicationConfiguration",
  GetBucketLifecycleConfiguration: "s3:GetLifecycleConfiguration",
};

/** @param bucket its name */
export function leastPrivileges(bucket: string): readonly Principal[] {
  const arn = `arn:aws:s3:::${bucket}`;
  const below = (...prefixes: string[]): string[] => prefixes.map((prefix) => `${arn}/${prefix}`);
  const allow = (Sid: string, Action: string[], Resource: string[]): PolicyStatement => ({
    ...{ Sid, Effect: "Allow", Action, Resource },
  });
  const policy = (...Statement: PolicyStatement[]): Principal["policy"] => ({ Version: "2012-10-17", Statement });
  return [
    {
      name: "upload signer",
      setting: "S3_UPLOAD_ACCESS_KEY_ID, S3_UPLOAD_SECRET_ACCESS_KEY",
      why: "signs the URLs of parts. It cannot read, so no header can make it copy anything",
      policy: policy(allow("WriteFiles", ["s3:PutObject"], below(FILES))),
    },
    {
      name: "download signer",
      setting: "none of its own: the janitor signs downloads; for whoever splits them",
      why: "signs the URLs of downloads",
      policy: policy(allow("ReadFiles", ["s3:GetObject"], below(FILES))),
    },
    {
      name: "janitor",
      setting: "AWS_ACCESS_KEY_ID, … (the service itself)",
      why: "opens, seals, verifies, deletes, lists",
      policy: policy(
        allow("ListBucket", ["s3:ListBucket", "s3:ListBucketMultipartUploads"], [arn]),
        allow("ReadSettings", Object.values(DOCTOR_ACTION_OF), [arn]),
        allow("ReadAndWrite", ["s3:GetObject", "s3:PutObject"], below(FILES, OWN, QUARANTINE)),
        allow(
          "EndUploadsAndFiles",
          ["s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
          below(FILES, QUARANTINE),
        ),
      ),
    },
  ];
}
