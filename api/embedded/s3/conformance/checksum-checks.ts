import assert from "node:assert/strict";
import {
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
} from "@aws-sdk/client-s3";
import { DOC, type Check } from "./check.js";
import { bytes, compositeSha256, crc32Base64, md5Base64, MIN_PART_BYTES, sha256Base64 } from "./content.js";
import { exists, expectBytes, Multipart } from "./objects.js";
import { expectError, expectRefusal, expectStatus, type Subject } from "./subject.js";

const body = Buffer.from("checked body");
const other = Buffer.from("CHECKED body");

/** A PUT of `body` with these headers, signed; asserts the refusal and that nothing is stored. */
async function expectPutRefused(
  subject: Subject,
  headers: Record<string, string>,
  status: number,
  ...codes: string[]
): Promise<void> {
  const key = subject.key("checksum");
  const answer = await subject.signed({ method: "PUT", path: subject.path(key), headers, body });
  expectError(answer, status, ...codes);
  assert.equal(await exists(subject, key), false, "the refused object was stored");
}

/** Stores `body` with these headers and returns the answer of HEAD in checksum mode. */
async function putAndHead(subject: Subject, headers: Record<string, string>) {
  const key = subject.key("checksum");
  const put = await subject.signed({ method: "PUT", path: subject.path(key), headers, body });
  expectStatus(put, 200);
  const head = await subject.s3.send(
    new HeadObjectCommand({ Bucket: subject.bucket, Key: key, ChecksumMode: "ENABLED" }),
  );
  return { key, put, head };
}

/** Checksums of single objects, and of parts and what is made of them. */
export const checksumChecks: Check[] = [
  {
    id: "checksum.sha256",
    title: "a fitting x-amz-checksum-sha256 is answered by PUT, and by HEAD in checksum mode as FULL_OBJECT",
    source: DOC.integrity,
    async run(subject) {
      const { put, head } = await putAndHead(subject, { "x-amz-checksum-sha256": sha256Base64(body) });
      assert.equal(put.headers["x-amz-checksum-sha256"], sha256Base64(body));
      assert.equal(head.ChecksumSHA256, sha256Base64(body));
      assert.equal(head.ChecksumType, "FULL_OBJECT");
    },
  },
  {
    id: "checksum.crc32",
    title: "a fitting x-amz-checksum-crc32 is answered by HEAD in checksum mode",
    source: DOC.integrity,
    async run(subject) {
      const { head } = await putAndHead(subject, { "x-amz-checksum-crc32": crc32Base64(body) });
      assert.equal(head.ChecksumCRC32, crc32Base64(body));
    },
  },
  {
    id: "checksum.only-when-asked",
    title: "HEAD without checksum mode does not answer the checksum",
    source: DOC.headObject,
    async run(subject) {
      const { key } = await putAndHead(subject, { "x-amz-checksum-sha256": sha256Base64(body) });
      const head = await subject.signed({ method: "HEAD", path: subject.path(key) });
      assert.equal(head.headers["x-amz-checksum-sha256"], undefined);
    },
  },
  {
    id: "checksum.get",
    title: "GET in checksum mode answers the checksum",
    source: DOC.getObject,
    async run(subject) {
      const { key } = await putAndHead(subject, { "x-amz-checksum-sha256": sha256Base64(body) });
      const answer = await subject.signed({
        method: "GET",
        path: subject.path(key),
        headers: { "x-amz-checksum-mode": "ENABLED" },
      });
      assert.equal(answer.headers["x-amz-checksum-sha256"], sha256Base64(body));
    },
  },
  {
    id: "checksum.sha256-wrong",
    title: "an x-amz-checksum-sha256 that does not fit is 400 BadDigest, and nothing is stored",
    source: DOC.integrity,
    run: (subject) => expectPutRefused(subject, { "x-amz-checksum-sha256": sha256Base64(other) }, 400, "BadDigest"),
  },
  {
    id: "checksum.crc32-wrong",
    title: "an x-amz-checksum-crc32 that does not fit is 400 BadDigest, and nothing is stored",
    source: DOC.integrity,
    run: (subject) => expectPutRefused(subject, { "x-amz-checksum-crc32": crc32Base64(other) }, 400, "BadDigest"),
  },
  {
    id: "checksum.malformed",
    title: "an x-amz-checksum-sha256 that is no SHA-256 is 400 InvalidRequest",
    source: DOC.integrity,
    run: (subject) => expectPutRefused(subject, { "x-amz-checksum-sha256": "AAAA" }, 400, "InvalidRequest"),
  },
  {
    id: "checksum.two",
    title: "two checksums at once are 400 InvalidRequest",
    source: DOC.integrity,
    run: (subject) =>
      expectPutRefused(
        subject,
        { "x-amz-checksum-sha256": sha256Base64(body), "x-amz-checksum-crc32": crc32Base64(body) },
        400,
        "InvalidRequest",
      ),
  },
  {
    id: "checksum.announced-only",
    title: "x-amz-sdk-checksum-algorithm without a checksum or trailer is 400 InvalidRequest",
    source: DOC.putObject,
    run: (subject) => expectPutRefused(subject, { "x-amz-sdk-checksum-algorithm": "SHA256" }, 400, "InvalidRequest"),
  },
  {
    id: "checksum.md5",
    title: "a fitting Content-MD5 is accepted",
    source: DOC.putObject,
    async run(subject) {
      const key = subject.key();
      const plain = { method: "PUT", path: subject.path(key), headers: { "content-md5": md5Base64(body) }, body };
      expectStatus(await subject.signed(plain), 200);
    },
  },
  {
    id: "checksum.md5-wrong",
    title: "a Content-MD5 that does not fit is 400 BadDigest, and nothing is stored",
    source: DOC.errors,
    run: (subject) => expectPutRefused(subject, { "content-md5": md5Base64(other) }, 400, "BadDigest"),
  },
  {
    id: "checksum.md5-malformed",
    title: "a Content-MD5 that is no MD5 is 400 InvalidDigest",
    source: DOC.errors,
    run: (subject) => expectPutRefused(subject, { "content-md5": "bm90IGFuIG1kNQ==" }, 400, "InvalidDigest"),
  },
  {
    id: "checksum.overwrite-keeps-old",
    title: "a PUT refused for its checksum leaves the former object as it was",
    source: DOC.integrity,
    async run(subject) {
      const { key } = await putAndHead(subject, {});
      const headers = { "content-md5": md5Base64(body) };
      const answer = await subject.signed({ method: "PUT", path: subject.path(key), headers, body: other });
      expectError(answer, 400, "BadDigest");
      await expectBytes(subject, key, body);
    },
  },
  {
    id: "checksum.sdk-default",
    title: "the SDK's default PUT (a CRC32 of its own) stores, and its default GET verifies",
    source: DOC.integrity,
    async run(subject) {
      const Key = subject.key();
      const put = await subject.defaultS3.send(new PutObjectCommand({ Bucket: subject.bucket, Key, Body: body }));
      assert.equal(put.ChecksumCRC32, crc32Base64(body));
      await expectBytes(subject, Key, body);
    },
  },
  {
    id: "checksum.part-wrong",
    title: "a part whose SHA-256 does not fit is 400 BadDigest and is not listed",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject, { ChecksumAlgorithm: "SHA256" });
      await expectRefusal(upload.part(1, body, { ChecksumSHA256: sha256Base64(other) }), 400, "BadDigest");
      const { Parts } = await subject.s3.send(new ListPartsCommand(upload.name));
      assert.equal(Parts?.length ?? 0, 0);
    },
  },
  {
    id: "checksum.part-md5-wrong",
    title: "a part whose Content-MD5 does not fit is 400 BadDigest",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      await expectRefusal(upload.part(1, body, { ContentMD5: md5Base64(other) }), 400, "BadDigest");
    },
  },
  {
    id: "checksum.part-unasked",
    title: "a part with a digest in an upload that named no algorithm is 400 InvalidRequest",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      await expectRefusal(upload.digested(1, body), 400, "InvalidRequest");
    },
  },
  {
    id: "checksum.part-missing",
    title: "a part without a digest in an upload that named SHA256 is 400 InvalidRequest",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject, { ChecksumAlgorithm: "SHA256" });
      await expectRefusal(upload.part(1, body), 400, "InvalidRequest");
    },
  },
  {
    id: "checksum.part-other-algorithm",
    title: "a part with a CRC32 in an upload that named SHA256 is 400 InvalidRequest",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject, { ChecksumAlgorithm: "SHA256" });
      await expectRefusal(upload.part(1, body, { ChecksumCRC32: crc32Base64(body) }), 400, "InvalidRequest");
    },
  },
  {
    id: "checksum.part-answered",
    title: "UploadPart and ListParts answer a part's SHA-256, and ListParts the algorithm",
    source: DOC.listParts,
    async run(subject) {
      const upload = await Multipart.begin(subject, { ChecksumAlgorithm: "SHA256" });
      assert.equal((await upload.digested(1, body)).ChecksumSHA256, sha256Base64(body));
      const listed = await subject.s3.send(new ListPartsCommand(upload.name));
      assert.equal(listed.ChecksumAlgorithm, "SHA256");
      assert.equal(listed.Parts?.[0]?.ChecksumSHA256, sha256Base64(body));
    },
  },
  {
    id: "checksum.composite",
    title: "Complete and HEAD answer the composite SHA-256: the digest over the parts' digests, and -N",
    source: DOC.integrity,
    async run(subject) {
      const upload = await Multipart.begin(subject, { ChecksumAlgorithm: "SHA256" });
      const contents = [bytes(MIN_PART_BYTES, 1), body];
      const parts = [await upload.digested(1, contents[0] as Buffer), await upload.digested(2, body)];
      const completed = await upload.complete(parts);
      assert.equal(completed.ChecksumSHA256, compositeSha256(contents));
      const head = await subject.s3.send(
        new HeadObjectCommand({ Bucket: subject.bucket, Key: upload.key, ChecksumMode: "ENABLED" }),
      );
      assert.equal(head.ChecksumSHA256, compositeSha256(contents));
      assert.equal(head.ChecksumType, "COMPOSITE");
    },
  },
  {
    id: "checksum.complete-without",
    title: "Complete of a SHA256 upload without a part's checksum is 400 InvalidRequest",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject, { ChecksumAlgorithm: "SHA256" });
      const { ETag } = await upload.digested(1, body);
      await expectRefusal(upload.complete([{ PartNumber: 1, ETag }]), 400, "InvalidRequest");
      assert.equal(await exists(subject, upload.key), false);
    },
  },
  {
    id: "checksum.complete-wrong-part",
    title: "Complete with a part's checksum that is not the part's is 400",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject, { ChecksumAlgorithm: "SHA256" });
      const part: CompletedPart = { ...(await upload.digested(1, body)), ChecksumSHA256: sha256Base64(other) };
      await expectRefusal(upload.complete([part]), 400, "InvalidPart", "BadDigest");
      assert.equal(await exists(subject, upload.key), false);
    },
  },
  {
    id: "checksum.complete-wrong-object",
    title: "Complete with an object checksum that does not fit is 400 BadDigest",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject, { ChecksumAlgorithm: "SHA256" });
      const part = await upload.digested(1, body);
      await expectRefusal(upload.complete([part], { ChecksumSHA256: compositeSha256([other]) }), 400, "BadDigest");
      assert.equal(await exists(subject, upload.key), false);
    },
  },
  {
    id: "checksum.crc32-multipart",
    title: "a CRC32 upload takes CRC32 parts and answers the composite CRC32",
    source: DOC.integrity,
    async run(subject) {
      const upload = await Multipart.begin(subject, { ChecksumAlgorithm: "CRC32" });
      const { ETag } = await upload.part(1, body, { ChecksumCRC32: crc32Base64(body) });
      const completed = await upload.complete([{ PartNumber: 1, ETag, ChecksumCRC32: crc32Base64(body) }]);
      const digest = Buffer.from(crc32Base64(body), "base64");
      assert.equal(completed.ChecksumCRC32, `${crc32Base64(digest)}-1`);
    },
  },
  {
    id: "checksum.full-object-sha256",
    title: "a multipart upload cannot have a FULL_OBJECT SHA256: 400 InvalidRequest",
    source: DOC.integrity,
    run: (subject) =>
      expectRefusal(
        Multipart.begin(subject, { ChecksumAlgorithm: "SHA256", ChecksumType: "FULL_OBJECT" }),
        400,
        "InvalidRequest",
      ),
  },
  {
    id: "checksum.unknown-algorithm",
    title: "an algorithm that S3 does not know is 400 InvalidRequest",
    source: DOC.createUpload,
    run: (subject) =>
      expectRefusal(Multipart.begin(subject, { ChecksumAlgorithm: "ROT13" as "SHA256" }), 400, "InvalidRequest"),
  },
  {
    id: "checksum.sdk-default-part",
    title: "with CRC32 named, the SDK's default UploadPart and Complete go through",
    source: DOC.integrity,
    async run(subject) {
      const upload = await Multipart.begin(subject, { ChecksumAlgorithm: "CRC32" });
      const { ETag, ChecksumCRC32 } = await subject.defaultS3.send(
        new UploadPartCommand({ ...upload.name, PartNumber: 1, Body: body, ChecksumAlgorithm: "CRC32" }),
      );
      await upload.complete([{ PartNumber: 1, ETag, ChecksumCRC32 }]);
      await expectBytes(subject, upload.key, body);
    },
  },
];
