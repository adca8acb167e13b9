import assert from "node:assert/strict";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type LifecycleRule,
} from "@aws-sdk/client-s3";
import { DOC, type Check } from "./check.js";
import { expectError, expectRefusal, expectStatus, type Subject } from "./subject.js";

const STALE: LifecycleRule = {
  ID: "stale-uploads",
  Status: "Enabled",
  Filter: { Prefix: "" },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 8 },
};

const putLifecycle = (subject: Subject, Bucket: string, Rules: LifecycleRule[]) =>
  subject.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));

/** Buckets and their configurations other than CORS. */
export const bucketChecks: Check[] = [
  {
    id: "bucket.create",
    title: "a bucket that was created is there for HEAD and in ListBuckets",
    source: DOC.createBucket,
    run: (subject) =>
      subject.withBucket(async (bucket) => {
        await subject.s3.send(new HeadBucketCommand({ Bucket: bucket }));
        const { Buckets } = await subject.s3.send(new ListBucketsCommand({}));
        assert.ok(Buckets?.some(({ Name }) => Name === bucket));
      }),
  },
  {
    id: "bucket.create-again-keeps",
    title: "creating one's own bucket again harms nothing: 200 or 409 BucketAlreadyOwnedByYou",
    source: DOC.createBucket,
    run: (subject) =>
      subject.withBucket(async (bucket) => {
        await subject.s3.send(new PutObjectCommand({ Bucket: bucket, Key: "kept", Body: "kept" }));
        await subject.s3.send(new CreateBucketCommand({ Bucket: bucket })).catch((error: Error) => {
          if (error.name !== "BucketAlreadyOwnedByYou") throw error;
        });
        const answer = await subject.signed({ method: "GET", path: `/${bucket}/kept` });
        assert.equal(answer.body.toString(), "kept");
      }),
  },
  {
    id: "bucket.head-missing",
    title: "HEAD of a bucket that is not there is 404 without a body",
    source: DOC.headBucket,
    async run(subject) {
      const answer = await subject.signed({ method: "HEAD", path: "/conformance-no-such-bucket" });
      expectStatus(answer, 404);
      assert.equal(answer.body.length, 0);
    },
  },
  {
    id: "bucket.missing",
    title: "reading, writing and listing in a bucket that is not there is 404 NoSuchBucket",
    source: DOC.errors,
    async run(subject) {
      const path = "/conformance-no-such-bucket/key";
      expectError(await subject.signed({ method: "GET", path }), 404, "NoSuchBucket");
      expectError(await subject.signed({ method: "PUT", path, body: Buffer.from("x") }), 404, "NoSuchBucket");
      const list = { method: "GET", path: "/conformance-no-such-bucket", query: { "list-type": "2" } };
      expectError(await subject.signed(list), 404, "NoSuchBucket");
    },
  },
  {
    id: "bucket.delete",
    title: "a deleted bucket is 404 for HEAD",
    source: DOC.deleteBucket,
    run: (subject) =>
      subject.withBucket(async (bucket) => {
        await subject.s3.send(new DeleteBucketCommand({ Bucket: bucket }));
        expectStatus(await subject.signed({ method: "HEAD", path: `/${bucket}` }), 404);
        await subject.s3.send(new CreateBucketCommand({ Bucket: bucket }));
      }),
  },
  {
    id: "bucket.delete-not-empty",
    title: "a bucket with an object in it cannot be deleted: 409 BucketNotEmpty",
    source: DOC.errors,
    run: (subject) =>
      subject.withBucket(async (bucket) => {
        await subject.s3.send(new PutObjectCommand({ Bucket: bucket, Key: "a", Body: "a" }));
        await expectRefusal(subject.s3.send(new DeleteBucketCommand({ Bucket: bucket })), 409, "BucketNotEmpty");
      }),
  },
  ...["ab", "Upper-Case", "under_score", "-hyphen", "192.168.5.4"].map((name): Check => ({
    id: `bucket.name-${name}`,
    title: `a bucket cannot be called «${name}»: 400 InvalidBucketName`,
    source: DOC.bucketNames,
    async run(subject) {
      const answer = await subject.signed({ method: "PUT", path: `/${name}` });
      if (answer.status === 200) await subject.s3.send(new DeleteBucketCommand({ Bucket: name }));
      expectError(answer, 400, "InvalidBucketName");
    },
  })),
  {
    id: "bucket.location",
    title: "GetBucketLocation answers the region, or nothing for us-east-1",
    source: DOC.createBucket,
    async run(subject) {
      const { LocationConstraint } = await subject.s3.send(new GetBucketLocationCommand({ Bucket: subject.bucket }));
      assert.equal(LocationConstraint || "us-east-1", subject.target.region);
    },
  },
  {
    id: "bucket.versioning-never-set",
    title: "a bucket that never had versioning answers no status",
    source: DOC.versioning,
    run: (subject) =>
      subject.withBucket(async (bucket) => {
        const { Status } = await subject.s3.send(new GetBucketVersioningCommand({ Bucket: bucket }));
        assert.equal(Status, undefined);
      }),
  },
  {
    id: "bucket.lifecycle",
    title: "a rule about stale multipart uploads is kept as given, and can be removed",
    source: DOC.lifecycle,
    run: (subject) =>
      subject.withBucket(async (bucket) => {
        await putLifecycle(subject, bucket, [STALE]);
        const { Rules } = await subject.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
        assert.equal(Rules?.length, 1);
        assert.equal(Rules[0]?.ID, "stale-uploads");
        assert.equal(Rules[0].Status, "Enabled");
        assert.equal(Rules[0].AbortIncompleteMultipartUpload?.DaysAfterInitiation, 8);
        await subject.s3.send(new DeleteBucketLifecycleCommand({ Bucket: bucket }));
        await expectRefusal(
          subject.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket })),
          404,
          "NoSuchLifecycleConfiguration",
        );
      }),
  },
  {
    id: "bucket.lifecycle-zero-days",
    title: "zero days after initiation is 400 InvalidArgument",
    source: DOC.lifecycle,
    run: (subject) =>
      subject.withBucket((bucket) =>
        expectRefusal(
          putLifecycle(subject, bucket, [{ ...STALE, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 0 } }]),
          400,
          "InvalidArgument",
        ),
      ),
  },
  {
    id: "bucket.public-access-block",
    title: "the public access block is kept as given",
    source: DOC.publicAccess,
    run: (subject) =>
      subject.withBucket(async (bucket) => {
        const PublicAccessBlockConfiguration = {
          BlockPublicAcls: true,
          IgnorePublicAcls: true,
          BlockPublicPolicy: false,
          RestrictPublicBuckets: true,
        };
        await subject.s3.send(new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration }));
        const answer = await subject.s3.send(new GetPublicAccessBlockCommand({ Bucket: bucket }));
        assert.deepEqual(answer.PublicAccessBlockConfiguration, PublicAccessBlockConfiguration);
      }),
  },
];
