import assert from "node:assert/strict";
import { DOC, type Check } from "./check.js";
import { sha256Base64 } from "./content.js";
import { exists, expectBytes, Multipart } from "./objects.js";
import { body, expectRefused, presignedPut } from "./presigned-put.js";
import { expectError, expectStatus, type Subject } from "./subject.js";

/** Presigned URLs: what the signed headers promise, and presigned parts. */
export const presignHeaderChecks: Check[] = [
  ...(
    [
      ["longer", Buffer.from("presigned body plus")],
      ["shorter", Buffer.from("presigned")],
    ] as const
  ).map(([what, other]): Check => ({
    id: `presign.length-${what}`,
    title: `with Content-Length signed, a ${what} body is 403, and nothing is stored`,
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject, { "content-length": String(body.length) });
      const headers = { ...presigned.headers, "content-length": String(other.length) };
      await expectRefused(subject, key, subject.send({ ...presigned, headers, body: other }));
    },
  })),
  {
    id: "presign.length-exact",
    title: "with Content-Length signed, the signed length is accepted",
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject, { "content-length": String(body.length) });
      expectStatus(await subject.send({ ...presigned, body }), 200);
      await expectBytes(subject, key, body);
    },
  },
  {
    id: "presign.length-chunked",
    title: "with Content-Length signed, chunked transfer coding without a length is refused",
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject, { "content-length": String(body.length) });
      const { "content-length": _length, ...headers } = presigned.headers;
      const answer = await subject.send({ ...presigned, headers, body: one(body) });
      assert.ok(answer.status === 403 || answer.status === 411, `got ${answer.status} ${answer.code}`);
      assert.equal(await exists(subject, key), false);
    },
  },
  {
    id: "presign.no-length",
    title: "a PUT without any length is 411 MissingContentLength",
    source: DOC.putObject,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject);
      expectError(await subject.send({ ...presigned, body: one(body) }), 411, "MissingContentLength");
      assert.equal(await exists(subject, key), false);
    },
  },
  ...(["text/html", undefined] as const).map((sent): Check => ({
    id: `presign.content-type-${sent ? "other" : "none"}`,
    title: `with Content-Type signed, ${sent ? "another" : "no"} Content-Type is 403`,
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject, { "content-type": "image/png" });
      await expectRefused(
        subject,
        key,
        subject.send({ ...presigned, headers: sent ? { "content-type": sent } : {}, body }),
      );
    },
  })),
  {
    id: "presign.content-type-signed",
    title: "with Content-Type signed, the signed one is accepted and kept",
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject, { "content-type": "image/png" });
      expectStatus(await subject.send({ ...presigned, body }), 200);
      const head = await subject.signed({ method: "HEAD", path: subject.path(key) });
      assert.equal(head.headers["content-type"], "image/png");
    },
  },
  {
    id: "presign.content-type-free",
    title: "a Content-Type that is not signed may be anything",
    source: DOC.presigned,
    async run(subject) {
      const { presigned } = await presignedPut(subject);
      expectStatus(await subject.send({ ...presigned, headers: { "content-type": "text/css" }, body }), 200);
    },
  },
  ...(
    [
      ["x-amz-meta-owner", "mallory"],
      ["x-amz-acl", "public-read"],
      ["x-amz-tagging", "a=b"],
      ["x-amz-copy-source", "/somewhere/else"],
      ["x-amz-storage-class", "GLACIER"],
    ] as const
  ).map(([name, value]): Check => ({
    id: `presign.unsigned-${name.slice(6)}`,
    title: `${name} added to a presigned PUT is 403 AccessDenied, and nothing is stored`,
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject);
      expectError(await subject.send({ ...presigned, headers: { [name]: value }, body }), 403, "AccessDenied");
      assert.equal(await exists(subject, key), false, "the refused object was stored");
    },
  })),
  {
    id: "presign.metadata-in-query",
    title: "x-amz-meta-* in the presigned query counts as if sent as a header",
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject, { "x-amz-meta-file-id": "42" });
      assert.match(presigned.target, /x-amz-meta-file-id=42/, "the presigner was to put it into the query");
      expectStatus(await subject.send({ ...presigned, body }), 200);
      const head = await subject.signed({ method: "HEAD", path: subject.path(key) });
      assert.equal(head.headers["x-amz-meta-file-id"], "42");
    },
  },
  {
    id: "presign.checksum-in-query",
    title: "the CRC32 of nothing that SDKs put into the query by default does not refuse the real body",
    source: DOC.presigned,
    async run(subject) {
      const key = subject.key();
      const presigned = await subject.presign({
        method: "PUT",
        path: subject.path(key),
        query: { "x-amz-checksum-crc32": "AAAAAA==", "x-amz-sdk-checksum-algorithm": "CRC32" },
      });
      expectStatus(await subject.send({ ...presigned, body }), 200);
      await expectBytes(subject, key, body);
    },
  },
  {
    id: "presign.checksum-as-header",
    title: "a signed x-amz-checksum-sha256 header refuses other bytes with 400 BadDigest",
    source: DOC.integrity,
    async run(subject) {
      const { key, presigned } = await presignedPut(
        subject,
        { "x-amz-checksum-sha256": sha256Base64(body), "x-amz-sdk-checksum-algorithm": "SHA256" },
        { asHeaders: ["x-amz-checksum-sha256", "x-amz-sdk-checksum-algorithm"] },
      );
      expectError(await subject.send({ ...presigned, body: Buffer.from("PRESIGNED body") }), 400, "BadDigest");
      assert.equal(await exists(subject, key), false);
      expectStatus(await subject.send({ ...presigned, body }), 200);
    },
  },
  {
    id: "presign.checksum-header-changed",
    title: "another value in a signed x-amz-checksum-sha256 header is 403",
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(
        subject,
        { "x-amz-checksum-sha256": sha256Base64(body) },
        { asHeaders: ["x-amz-checksum-sha256"] },
      );
      const other = Buffer.from("other");
      await expectRefused(
        subject,
        key,
        subject.send({ ...presigned, headers: { "x-amz-checksum-sha256": sha256Base64(other) }, body: other }),
      );
    },
  },
  {
    id: "presign.if-none-match",
    title: "a presigned PUT with If-None-Match: * signed stores once; its replay is 412",
    source: DOC.conditionalWrites,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject, { "if-none-match": "*" });
      expectStatus(await subject.send({ ...presigned, body }), 200);
      expectError(await subject.send({ ...presigned, body: Buffer.from("x") }), 412, "PreconditionFailed");
      await expectBytes(subject, key, body);
    },
  },
  {
    id: "presign.host-not-signed",
    title: "a presigned URL whose signature leaves Host out is 403",
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(
        subject,
        { "content-disposition": "inline" },
        { unsigned: ["host"] },
      );
      assert.match(presigned.target, /X-Amz-SignedHeaders=content-disposition&/, "the signature was to leave Host out");
      await expectRefused(subject, key, subject.send({ ...presigned, body }));
    },
  },
  {
    id: "presign.other-host",
    title: "a presigned URL is 403 under another Host",
    source: DOC.presigned,
    async run(subject) {
      const { key, presigned } = await presignedPut(subject);
      await expectRefused(subject, key, subject.send({ ...presigned, headers: { host: "localhost:1" }, body }));
    },
  },
  {
    id: "presign.part",
    title: "a presigned UploadPart takes its part",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const presigned = await presignPart(subject, upload, 1);
      const answer = await subject.send({ ...presigned, body });
      expectStatus(answer, 200);
      await upload.complete([{ PartNumber: 1, ETag: answer.headers.etag }]);
      await expectBytes(subject, upload.key, body);
    },
  },
  {
    id: "presign.part-number-changed",
    title: "a presigned UploadPart is 403 for another part number",
    source: DOC.presigned,
    async run(subject) {
      const presigned = await presignPart(subject, await Multipart.begin(subject), 1);
      const target = presigned.target.replace("partNumber=1", "partNumber=2");
      expectError(await subject.send({ ...presigned, target, body }), 403, "SignatureDoesNotMatch");
    },
  },
  {
    id: "presign.part-as-put",
    title: "a presigned UploadPart without its part number is 403: it cannot write the object",
    source: DOC.presigned,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const presigned = await presignPart(subject, upload, 1);
      const target = presigned.target.replace(/partNumber=1&?/, "").replace(/uploadId=[^&]*&?/, "");
      await expectRefused(subject, upload.key, subject.send({ ...presigned, target, body }));
    },
  },
  {
    id: "presign.part-after-complete",
    title: "a presigned UploadPart is 404 NoSuchUpload once the upload is complete, and changes nothing",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const presigned = await presignPart(subject, upload, 1);
      await upload.complete([await upload.part(1, body)]);
      expectError(await subject.send({ ...presigned, body: Buffer.from("late bytes") }), 404, "NoSuchUpload");
      await expectBytes(subject, upload.key, body);
    },
  },
];

async function presignPart(subject: Subject, upload: Multipart, partNumber: number) {
  return subject.presign({
    method: "PUT",
    path: subject.path(upload.key),
    query: { partNumber: String(partNumber), uploadId: upload.uploadId },
  });
}

async function* one(data: Buffer): AsyncGenerator<Buffer> {
  yield data;
}
