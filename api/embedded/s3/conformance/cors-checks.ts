import assert from "node:assert/strict";
import {
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
  type CORSRule,
} from "@aws-sdk/client-s3";
import { DOC, type Check } from "./check.js";
import type { RawAnswer } from "./raw-http.js";
import { expectError, expectRefusal, expectStatus, type Subject } from "./subject.js";

const ORIGIN = "https://app.example.com";
const RULE: CORSRule = {
  AllowedOrigins: [ORIGIN, "https://*.example.org"],
  AllowedMethods: ["GET", "PUT"],
  AllowedHeaders: ["content-type", "x-amz-checksum-sha256"],
  ExposeHeaders: ["ETag", "x-amz-checksum-sha256"],
  MaxAgeSeconds: 600,
};

const putCors = (subject: Subject, Bucket: string, CORSRules: CORSRule[]) =>
  subject.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));

function preflight(
  subject: Subject,
  bucket: string,
  question: { origin?: string; method?: string; headers?: string },
): Promise<RawAnswer> {
  const headers: Record<string, string> = {};
  if (question.origin) headers.origin = question.origin;
  if (question.method) headers["access-control-request-method"] = question.method;
  if (question.headers) headers["access-control-request-headers"] = question.headers;
  return subject.send({ method: "OPTIONS", target: `/${bucket}/key`, headers });
}

/** A check within a bucket that has these rules. */
function withRules(
  id: string,
  title: string,
  run: (subject: Subject, bucket: string) => Promise<void>,
  rules: CORSRule[] = [RULE],
): Check {
  return {
    id: `cors.${id}`,
    title,
    source: DOC.cors,
    run: (subject) =>
      subject.withBucket(async (bucket) => {
        await putCors(subject, bucket, rules);
        await run(subject, bucket);
      }),
  };
}

const listed = (value: string | undefined): string[] => (value ?? "").split(",").map((one) => one.trim().toLowerCase());

/** Cross-origin rules: kept, asked and applied. */
export const corsChecks: Check[] = [
  withRules("round-trip", "rules are kept as given", async (subject, bucket) => {
    const { CORSRules } = await subject.s3.send(new GetBucketCorsCommand({ Bucket: bucket }));
    const sorted = (rule: CORSRule | undefined) => [
      [...(rule?.AllowedOrigins ?? [])].sort(),
      [...(rule?.AllowedMethods ?? [])].sort(),
      [...(rule?.AllowedHeaders ?? [])].sort(),
      [...(rule?.ExposeHeaders ?? [])].sort(),
      rule?.MaxAgeSeconds,
    ];
    assert.deepEqual(CORSRules?.map(sorted), [sorted(RULE)]);
  }),
  withRules("delete", "after DeleteBucketCors there are none: 404 NoSuchCORSConfiguration", async (subject, bucket) => {
    await subject.s3.send(new DeleteBucketCorsCommand({ Bucket: bucket }));
    await expectRefusal(subject.s3.send(new GetBucketCorsCommand({ Bucket: bucket })), 404, "NoSuchCORSConfiguration");
  }),
  withRules(
    "preflight",
    "a preflight that a rule allows names origin, method, headers and age",
    async (subject, bucket) => {
      const answer = await preflight(subject, bucket, {
        origin: ORIGIN,
        method: "PUT",
        headers: "content-type, x-amz-checksum-sha256",
      });
      expectStatus(answer, 200);
      assert.equal(answer.headers["access-control-allow-origin"], ORIGIN);
      assert.ok(listed(answer.headers["access-control-allow-methods"]).includes("put"));
      assert.deepEqual(listed(answer.headers["access-control-allow-headers"]), [
        "content-type",
        "x-amz-checksum-sha256",
      ]);
      assert.equal(answer.headers["access-control-max-age"], "600");
    },
  ),
  withRules("preflight-case", "header names in a preflight match in any case", async (subject, bucket) => {
    const question = { origin: ORIGIN, method: "PUT", headers: "Content-Type,X-Amz-Checksum-SHA256" };
    expectStatus(await preflight(subject, bucket, question), 200);
  }),
  withRules(
    "preflight-wildcard-origin",
    "one * in an origin stands for any run of characters",
    async (subject, bucket) => {
      const answer = await preflight(subject, bucket, { origin: "https://a.b.example.org", method: "GET" });
      expectStatus(answer, 200);
      assert.equal(answer.headers["access-control-allow-origin"], "https://a.b.example.org");
    },
  ),
  withRules("preflight-other-origin", "a preflight from another origin is 403", async (subject, bucket) => {
    expectStatus(await preflight(subject, bucket, { origin: "https://evil.example.com", method: "PUT" }), 403);
  }),
  withRules(
    "preflight-other-method",
    "a preflight for a method that no rule allows is 403",
    async (subject, bucket) => {
      expectStatus(await preflight(subject, bucket, { origin: ORIGIN, method: "DELETE" }), 403);
    },
  ),
  withRules(
    "preflight-other-header",
    "a preflight for a header that no rule allows is 403",
    async (subject, bucket) => {
      const question = { origin: ORIGIN, method: "PUT", headers: "content-type, x-amz-acl" };
      expectStatus(await preflight(subject, bucket, question), 403);
    },
  ),
  withRules("preflight-no-origin", "a preflight without Origin is 400", async (subject, bucket) => {
    expectStatus(await preflight(subject, bucket, { method: "PUT" }), 400);
  }),
  withRules("preflight-no-method", "a preflight without a method is 400", async (subject, bucket) => {
    expectStatus(await preflight(subject, bucket, { origin: ORIGIN }), 400);
  }),
  withRules(
    "preflight-wildcard-header",
    "AllowedHeader * allows every header, x-amz-* those with the prefix",
    async (subject, bucket) => {
      const question = { origin: ORIGIN, method: "PUT", headers: "x-amz-meta-a,x-amz-checksum-crc32" };
      expectStatus(await preflight(subject, bucket, question), 200);
      expectStatus(await preflight(subject, bucket, { ...question, headers: "x-custom" }), 403);
      expectStatus(await preflight(subject, bucket, { ...question, method: "GET", headers: "x-custom" }), 200);
    },
    [
      { AllowedOrigins: ["*"], AllowedMethods: ["PUT"], AllowedHeaders: ["x-amz-*"] },
      { AllowedOrigins: ["*"], AllowedMethods: ["GET"], AllowedHeaders: ["*"] },
    ],
  ),
  {
    id: "cors.preflight-without-rules",
    title: "a preflight in a bucket without rules is 403",
    source: DOC.cors,
    run: (subject) =>
      subject.withBucket(async (bucket) =>
        expectStatus(await preflight(subject, bucket, { origin: ORIGIN, method: "GET" }), 403),
      ),
  },
  withRules(
    "actual",
    "an actual request from an allowed origin is answered with origin and exposed headers",
    async (subject, bucket) => {
      const answer = await subject.signed({
        method: "PUT",
        path: `/${bucket}/key`,
        headers: { origin: ORIGIN },
        body: Buffer.from("x"),
      });
      expectStatus(answer, 200);
      assert.equal(answer.headers["access-control-allow-origin"], ORIGIN);
      assert.ok(listed(answer.headers["access-control-expose-headers"]).includes("etag"));
    },
  ),
  withRules(
    "actual-any-origin",
    "with AllowedOrigin *, the answer names *",
    async (subject, bucket) => {
      await subject.s3.send(new PutObjectCommand({ Bucket: bucket, Key: "key", Body: "x" }));
      const answer = await subject.signed({ method: "GET", path: `/${bucket}/key`, headers: { origin: ORIGIN } });
      assert.equal(answer.headers["access-control-allow-origin"], "*");
    },
    [{ AllowedOrigins: ["*"], AllowedMethods: ["GET"] }],
  ),
  withRules(
    "actual-other-origin",
    "an actual request from another origin is answered without CORS headers",
    async (subject, bucket) => {
      const answer = await subject.signed({
        method: "PUT",
        path: `/${bucket}/key`,
        headers: { origin: "https://evil.example.com" },
        body: Buffer.from("x"),
      });
      assert.equal(answer.headers["access-control-allow-origin"], undefined);
    },
  ),
  withRules("error", "a 404 is answered with CORS headers, too", async (subject, bucket) => {
    const answer = await subject.signed({ method: "GET", path: `/${bucket}/none`, headers: { origin: ORIGIN } });
    expectError(answer, 404, "NoSuchKey");
    assert.equal(answer.headers["access-control-allow-origin"], ORIGIN);
  }),
  withRules("error-unsigned", "a 403 is answered with CORS headers, too", async (subject, bucket) => {
    const answer = await subject.send({ method: "GET", target: `/${bucket}/none`, headers: { origin: ORIGIN } });
    expectError(answer, 403, "AccessDenied");
    assert.equal(answer.headers["access-control-allow-origin"], ORIGIN);
  }),
  {
    id: "cors.invalid-method",
    title: "a rule with a method that S3 does not know is 400 InvalidRequest",
    source: DOC.putCors,
    run: (subject) =>
      subject.withBucket((bucket) =>
        expectRefusal(putCors(subject, bucket, [{ ...RULE, AllowedMethods: ["PATCH"] }]), 400, "InvalidRequest"),
      ),
  },
  {
    id: "cors.two-wildcards",
    title: "a rule with two * in an origin is 400 InvalidRequest",
    source: DOC.putCors,
    run: (subject) =>
      subject.withBucket((bucket) =>
        expectRefusal(putCors(subject, bucket, [{ ...RULE, AllowedOrigins: ["https://*.*"] }]), 400, "InvalidRequest"),
      ),
  },
  {
    id: "cors.no-digest",
    title: "PutBucketCors without Content-MD5 or a checksum is 400 InvalidRequest",
    source: DOC.putCors,
    run: (subject) =>
      subject.withBucket(async (bucket) => {
        const document =
          "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>";
        const answer = await subject.signed({
          method: "PUT",
          path: `/${bucket}`,
          query: { cors: "" },
          body: Buffer.from(document),
        });
        expectError(answer, 400, "InvalidRequest");
      }),
  },
];
