import assert from "node:assert/strict";
import { GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { DOC, type Check } from "./check.js";
import { bytes, md5Hex, MIN_PART_BYTES } from "./content.js";
import { Multipart, putFresh } from "./objects.js";
import { expectError, expectStatus, type Subject } from "./subject.js";

const body = Buffer.from("0123456789");

async function readRange(subject: Subject, range: string, content = body, method = "GET") {
  const key = await putFresh(subject, content);
  return subject.signed({ method, path: subject.path(key), headers: { range } });
}

function rangeCheck(id: string, range: string, expected: string, contentRange: string): Check {
  return {
    id: `get.range-${id}`,
    title: `Range: ${range} of ten bytes is 206 with ${contentRange}`,
    source: DOC.getObject,
    async run(subject) {
      const answer = await readRange(subject, range);
      expectStatus(answer, 206);
      assert.equal(answer.body.toString(), expected);
      assert.equal(answer.headers["content-range"], contentRange);
      assert.equal(answer.headers["content-length"], String(expected.length));
    },
  };
}

function unsatisfiable(id: string, range: string, content = body): Check {
  return {
    id: `get.range-${id}`,
    title: `Range: ${range} of ${content.length} bytes is 416 InvalidRange`,
    source: DOC.getObject,
    run: async (subject) => expectError(await readRange(subject, range, content), 416, "InvalidRange"),
  };
}

const OVERRIDES = {
  "response-content-type": ["content-type", "text/plain; charset=utf-8"],
  "response-content-disposition": [
    "content-disposition",
    `attachment; filename="a b.txt"; filename*=UTF-8''%E2%82%AC%20b.txt`,
  ],
  "response-cache-control": ["cache-control", "private, max-age=450, immutable"],
  "response-content-language": ["content-language", "de"],
  "response-content-encoding": ["content-encoding", "x-test"],
  "response-expires": ["expires", "Thu, 01 Dec 2033 16:00:00 GMT"],
} as const;

/** GetObject and HeadObject. */
export const readChecks: Check[] = [
  {
    id: "get.whole",
    title: "GET answers the bytes with length, ETag, time, type, Accept-Ranges and a request id",
    source: DOC.getObject,
    async run(subject) {
      const key = await putFresh(subject, body, { ContentType: "text/plain" });
      const { status, headers, body: found } = await subject.signed({ method: "GET", path: subject.path(key) });
      assert.equal(status, 200);
      assert.ok(found.equals(body));
      assert.equal(headers["content-length"], "10");
      assert.equal(headers.etag, `"${md5Hex(body)}"`);
      assert.equal(headers["content-type"], "text/plain");
      assert.equal(headers["accept-ranges"], "bytes");
      assert.match(headers["last-modified"] ?? "", /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
      assert.ok(headers["x-amz-request-id"]);
      assert.ok(Math.abs(Date.parse(headers.date ?? "") - Date.now()) < 900_000, `Date: ${headers.date}`);
    },
  },
  {
    id: "get.head",
    title: "HEAD answers the same headers without a body",
    source: DOC.headObject,
    async run(subject) {
      const key = await putFresh(subject, body);
      const answer = await subject.signed({ method: "HEAD", path: subject.path(key) });
      expectStatus(answer, 200);
      assert.equal(answer.body.length, 0);
      assert.equal(answer.headers["content-length"], "10");
      assert.equal(answer.headers.etag, `"${md5Hex(body)}"`);
    },
  },
  {
    id: "get.default-type",
    title: "an object stored without a type is binary/octet-stream",
    source: DOC.putObject,
    async run(subject) {
      const key = subject.key();
      await subject.signed({ method: "PUT", path: subject.path(key), body });
      const answer = await subject.signed({ method: "HEAD", path: subject.path(key) });
      assert.equal(answer.headers["content-type"], "binary/octet-stream");
    },
  },
  {
    id: "get.missing",
    title: "GET of a key that is not there is 404 NoSuchKey, as an XML document with Code, Message and RequestId",
    source: DOC.errors,
    async run(subject) {
      const answer = await subject.signed({ method: "GET", path: subject.path(subject.key()) });
      expectError(answer, 404, "NoSuchKey");
      assert.match(answer.headers["content-type"] ?? "", /xml/);
      const text = answer.body.toString();
      assert.match(text, /^<\?xml[^>]*\?>\s*<Error>/);
      assert.match(text, /<RequestId>[^<]+<\/RequestId>/);
    },
  },
  {
    id: "get.head-missing",
    title: "HEAD of a key that is not there is 404 without a body",
    source: DOC.headObject,
    async run(subject) {
      const answer = await subject.signed({ method: "HEAD", path: subject.path(subject.key()) });
      expectStatus(answer, 404);
      assert.equal(answer.body.length, 0);
    },
  },
  rangeCheck("first", "bytes=0-3", "0123", "bytes 0-3/10"),
  rangeCheck("middle", "bytes=4-6", "456", "bytes 4-6/10"),
  rangeCheck("open", "bytes=7-", "789", "bytes 7-9/10"),
  rangeCheck("suffix", "bytes=-2", "89", "bytes 8-9/10"),
  rangeCheck("one-byte", "bytes=9-9", "9", "bytes 9-9/10"),
  rangeCheck("clipped", "bytes=8-100", "89", "bytes 8-9/10"),
  rangeCheck("long-suffix", "bytes=-100", "0123456789", "bytes 0-9/10"),
  unsatisfiable("behind", "bytes=10-12"),
  unsatisfiable("far-behind", "bytes=1000-"),
  unsatisfiable("of-nothing", "bytes=0-0", Buffer.alloc(0)),
  ...(["bytes=5-2", "lines=0-3", "bytes=a-b"] as const).map((range): Check => ({
    id: `get.range-ignored-${range}`,
    title: `Range: ${range} is no range and is ignored: 200 with everything`,
    source: DOC.getObject,
    async run(subject) {
      const answer = await readRange(subject, range);
      expectStatus(answer, 200);
      assert.ok(answer.body.equals(body));
    },
  })),
  {
    id: "get.range-across-parts",
    title: "a range across the border of two parts joins them",
    source: DOC.getObject,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const contents = [bytes(MIN_PART_BYTES, 11), bytes(5000, 12)];
      await upload.complete([await upload.part(1, contents[0] as Buffer), await upload.part(2, contents[1] as Buffer)]);
      const answer = await subject.signed({
        method: "GET",
        path: subject.path(upload.key),
        headers: { range: `bytes=${MIN_PART_BYTES - 10}-${MIN_PART_BYTES + 9}` },
      });
      expectStatus(answer, 206);
      assert.ok(answer.body.equals(Buffer.concat(contents).subarray(MIN_PART_BYTES - 10, MIN_PART_BYTES + 10)));
    },
  },
  {
    id: "get.range-no-checksum",
    title: "the SDK's checksum mode does not break a ranged GET",
    source: DOC.getObject,
    async run(subject) {
      const key = await putFresh(subject, body, { ChecksumAlgorithm: "SHA256" });
      const answer = await subject.defaultS3.send(
        new GetObjectCommand({ Bucket: subject.bucket, Key: key, Range: "bytes=2-4", ChecksumMode: "ENABLED" }),
      );
      assert.equal(await answer.Body?.transformToString(), "234");
    },
  },
  ...Object.entries(OVERRIDES).map(([parameter, [header, value]]): Check => ({
    id: `get.${parameter}`,
    title: `a presigned ${parameter} replaces ${header}`,
    source: DOC.getObject,
    async run(subject) {
      const key = await putFresh(subject, body, { ContentType: "text/html", CacheControl: "no-store" });
      const url = await subject.presign({ method: "GET", path: subject.path(key), query: { [parameter]: value } });
      const answer = await subject.send(url);
      expectStatus(answer, 200);
      assert.equal(answer.headers[header], value);
      assert.ok(answer.body.equals(body));
    },
  })),
  {
    id: "get.override-changed",
    title: "an override changed after presigning is 403",
    source: DOC.presigned,
    async run(subject) {
      const key = await putFresh(subject, body);
      const url = await subject.presign({
        method: "GET",
        path: subject.path(key),
        query: { "response-content-disposition": "attachment" },
      });
      const target = url.target.replace(
        "response-content-disposition=attachment",
        "response-content-disposition=inline",
      );
      assert.notEqual(target, url.target);
      expectError(await subject.send({ ...url, target }), 403, "SignatureDoesNotMatch");
    },
  },
  {
    id: "get.override-unsigned",
    title: "an override on an unsigned request is refused",
    source: DOC.getObject,
    async run(subject) {
      const key = await putFresh(subject, body);
      const answer = await subject.send({
        method: "GET",
        target: `${subject.path(key)}?response-content-type=text%2Fhtml`,
      });
      assert.ok(answer.status === 400 || answer.status === 403, `got ${answer.status}`);
    },
  },
  {
    id: "get.override-line-break",
    title: "an override with a line break cannot add a header to the answer",
    source: DOC.getObject,
    async run(subject) {
      const key = await putFresh(subject, body);
      const value = "text/plain\r\nx-injected: yes";
      const url = await subject.presign({
        method: "GET",
        path: subject.path(key),
        query: { "response-content-type": value },
      });
      const answer = await subject.send(url);
      assert.equal(answer.headers["x-injected"], undefined);
      assert.ok(answer.status < 500, `got ${answer.status}`);
    },
  },
  {
    id: "get.override-range",
    title: "override and range work together",
    source: DOC.getObject,
    async run(subject) {
      const key = await putFresh(subject, body);
      const url = await subject.presign({
        method: "GET",
        path: subject.path(key),
        query: { "response-content-type": "video/mp4" },
      });
      const answer = await subject.send({ ...url, headers: { range: "bytes=1-2" } });
      expectStatus(answer, 206);
      assert.equal(answer.headers["content-type"], "video/mp4");
      assert.equal(answer.body.toString(), "12");
    },
  },
  {
    id: "get.sdk-head",
    title: "the SDK reads length, type and metadata of HEAD",
    source: DOC.headObject,
    async run(subject) {
      const key = await putFresh(subject, body, { ContentType: "image/png", Metadata: { a: "1" } });
      const head = await subject.s3.send(new HeadObjectCommand({ Bucket: subject.bucket, Key: key }));
      assert.deepEqual([head.ContentLength, head.ContentType, head.Metadata], [10, "image/png", { a: "1" }]);
    },
  },
];
