import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { exchangeBytes } from "./conformance/raw-http.js";
import { expectBytes, putFresh } from "./conformance/objects.js";
import { Subject } from "./conformance/subject.js";
import { startEmbeddedS3, type EmbeddedS3 } from "./server.js";

let dataDir: string;
let store: EmbeddedS3;
let subject: Subject;
const warnings: Error[] = [];
const onWarning = (warning: Error): number => warnings.push(warning);

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "s3-fuzz-"));
  const keys = { accessKeyId: "access", secretAccessKey: "secret" };
  store = await startEmbeddedS3({ dataDir, port: 0, ...keys, durable: false, buckets: ["bucket"] });
  subject = new Subject({ ...store, bucket: "bucket" });
  // A DeleteBucket among the nonsense would be in the right if the bucket were empty.
  await putFresh(subject, "keeps the bucket");
  process.on("warning", onWarning);
});

afterAll(async () => {
  process.off("warning", onWarning);
  await store.stop();
  await rm(dataDir, { recursive: true });
});

const selector = fc.constantFrom(
  "uploads", "uploadId", "partNumber", "delete", "cors", "lifecycle", "publicAccessBlock", "list-type", "prefix", "delimiter", "max-keys",
  "continuation-token", "encoding-type", "max-parts", "part-number-marker", "key-marker", "acl", "tagging", "versionId", "response-content-type", "x-id",
); // prettier-ignore
const value = fc.oneof(
  fc.constantFrom("", "0", "1", "2", "-1", "url", "10001", "key:\ud7ff"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const header = fc.constantFrom(
  "range", "if-match", "if-none-match", "if-modified-since", "content-md5", "content-encoding", "content-type", "expect", "origin",
  "x-amz-checksum-sha256", "x-amz-checksum-crc32", "x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-sdk-checksum-algorithm", "x-amz-trailer",
  "x-amz-decoded-content-length", "x-amz-mp-object-size", "x-amz-acl", "x-amz-storage-class", "x-amz-meta-a", "x-amz-copy-source", "x-amz-unknown",
); // prettier-ignore
const headerValue = fc.oneof(
  fc.constantFrom("*", "bytes=0-1", "AAAAAA==", "SHA256", "CRC32", "FULL_OBJECT", "x-amz-checksum-crc32", "0", "5"),
  fc.stringMatching(/^[\x21-\x7e]{1,20}$/),
);
const payload = fc.constantFrom(
  undefined, "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
); // prettier-ignore
const body = fc.oneof(
  fc.constantFrom(
    "",
    "0\r\n\r\n",
    "5\r\nhello\r\n0\r\n\r\n",
    "<CompleteMultipartUpload/>",
    "<Delete><Object><Key>k</Key></Object></Delete>",
  ),
  fc.stringMatching(/^(<[a-zA-Z]{1,8}>|<\/[a-zA-Z]{1,8}>|&[a-z]{1,4};|[ -~]){0,30}$/),
);

test("rightly signed nonsense is never answered with 500 and never stops the store", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"),
      fc.constantFrom("/", "/bucket", "/bucket/key", "/bucket/a//../b", "/none/key", "/Bad_Name"),
      fc.dictionary(selector, value, { maxKeys: 3 }),
      fc.dictionary(header, headerValue, { maxKeys: 3 }),
      payload,
      body,
      async (method, path, query, headers, contentHash, text) => {
        const { expect: expectation, ...rest } = headers;
        const signed = await subject.sign({
          method,
          path,
          query,
          headers: contentHash ? { ...rest, "x-amz-content-sha256": contentHash } : rest,
          body: Buffer.from(text),
        });
        if (expectation) signed.headers.expect = "100-continue";
        const answer = await subject.send(signed);
        expect([200, 204, 206, 304, 400, 403, 404, 405, 409, 411, 412, 416, 501]).toContain(answer.status);
      },
    ),
    { numRuns: 1500 },
  );
  const key = await putFresh(subject, "still well");
  await expectBytes(subject, key, Buffer.from("still well"));
  expect(warnings.filter(({ name }) => name !== "NodeVersionSupportWarning").map(String)).toEqual([]);
}, 60_000);

test("bytes that are hardly HTTP never stop the store", async () => {
  const line = fc.oneof(
    fc.constantFrom(
      "GET / HTTP/1.1",
      "PUT /bucket/k HTTP/1.1",
      "host: x",
      "content-length: 5",
      "content-length: x",
      "transfer-encoding: chunked",
      "expect: 100-continue",
      "",
    ),
    fc.string({ maxLength: 30 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (lines) => {
      const answer = await exchangeBytes(subject.endpoint, `${lines.join("\r\n")}\r\n\r\n`, { hangUp: true });
      if (answer !== "") expect(answer).toMatch(/^HTTP\/1\.1 [1245]/);
    }),
    { numRuns: 60 },
  );
  const key = await putFresh(subject, "still well");
  await expectBytes(subject, key, Buffer.from("still well"));
}, 60_000);
