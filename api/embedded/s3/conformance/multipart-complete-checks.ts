import assert from "node:assert/strict";
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
} from "@aws-sdk/client-s3";
import { DOC, type Check } from "./check.js";
import { bytes, md5Hex, MIN_PART_BYTES, multipartEtag } from "./content.js";
import { exists, expectBytes, Multipart, putFresh } from "./objects.js";
import { expectError, expectRefusal, type Subject } from "./subject.js";

const small = Buffer.from("the last part may be small");
const big = bytes(MIN_PART_BYTES, 7);

/** Posts a document to Complete as it stands. */
async function completeRaw(subject: Subject, upload: Multipart, document: string) {
  return subject.signed({
    method: "POST",
    path: subject.path(upload.key),
    query: { uploadId: upload.uploadId },
    body: Buffer.from(document),
  });
}

async function listAllParts(upload: Multipart): Promise<number[]> {
  const { Parts } = await upload.subject.s3.send(new ListPartsCommand(upload.name));
  return (Parts ?? []).map(({ PartNumber }) => PartNumber ?? 0);
}

/** CompleteMultipartUpload: what it takes, refuses, and leaves behind. */
export const multipartCompleteChecks: Check[] = [
  {
    id: "multipart.round-trip",
    title: "parts become the object of their bytes in order, with the documented ETag",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const contents = [big, bytes(MIN_PART_BYTES + 1, 8), small];
      const parts = [];
      for (const [index, content] of contents.entries()) parts.push(await upload.part(index + 1, content));
      assert.equal(parts[2]?.ETag, `"${md5Hex(small)}"`);
      const completed = await upload.complete(parts);
      assert.equal(completed.Key, upload.key);
      assert.equal(completed.ETag, multipartEtag(contents));
      await expectBytes(subject, upload.key, Buffer.concat(contents));
    },
  },
  {
    id: "multipart.head-etag",
    title: "HEAD of a completed upload answers its size and multipart ETag",
    source: DOC.headObject,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      await upload.complete([await upload.part(1, small)]);
      const head = await subject.s3.send(new HeadObjectCommand({ Bucket: subject.bucket, Key: upload.key }));
      assert.equal(head.ContentLength, small.length);
      assert.equal(head.ETag, multipartEtag([small]));
    },
  },
  {
    id: "multipart.replace-object",
    title: "Complete replaces an older object",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject, {}, await putFresh(subject, "old"));
      await upload.complete([await upload.part(1, small)]);
      await expectBytes(subject, upload.key, small);
    },
  },
  {
    id: "multipart.stale-etag",
    title: "Complete with the ETag of a replaced part is 400 InvalidPart: a compare-and-swap",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const stale = await upload.part(1, Buffer.from("first"));
      const fresh = await upload.part(1, small);
      await expectRefusal(upload.complete([stale]), 400, "InvalidPart");
      assert.equal(await exists(subject, upload.key), false);
      await upload.complete([fresh]);
      await expectBytes(subject, upload.key, small);
    },
  },
  {
    id: "multipart.missing-part",
    title: "Complete with a part that was never uploaded is 400 InvalidPart",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const part = await upload.part(1, big);
      await expectRefusal(upload.complete([part, { PartNumber: 2, ETag: part.ETag }]), 400, "InvalidPart");
      assert.equal(await exists(subject, upload.key), false);
    },
  },
  {
    id: "multipart.order",
    title: "Complete with parts out of order is 400 InvalidPartOrder",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const parts = [await upload.part(1, big), await upload.part(2, big)];
      await expectRefusal(upload.complete(parts.reverse()), 400, "InvalidPartOrder");
      assert.equal(await exists(subject, upload.key), false);
    },
  },
  {
    id: "multipart.repeated-part",
    title: "Complete that names a part twice is 400",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const part = await upload.part(1, big);
      await expectRefusal(upload.complete([part, part]), 400, "InvalidPartOrder", "InvalidPart");
    },
  },
  {
    id: "multipart.too-small",
    title: "a part below 5 MiB that is not the last is 400 EntityTooSmall at Complete",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const parts = [await upload.part(1, bytes(MIN_PART_BYTES - 1)), await upload.part(2, small)];
      await expectRefusal(upload.complete(parts), 400, "EntityTooSmall");
      assert.equal(await exists(subject, upload.key), false);
    },
  },
  {
    id: "multipart.numbers-with-gaps",
    title: "part numbers need not be consecutive; 10000 is the highest",
    source: DOC.limits,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const parts = [await upload.part(3, big), await upload.part(10_000, small)];
      await upload.complete(parts);
      await expectBytes(subject, upload.key, Buffer.concat([big, small]));
    },
  },
  {
    id: "multipart.subset",
    title: "Complete may leave parts out; they are dropped",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const part = await upload.part(1, small);
      await upload.part(2, big);
      await upload.complete([part]);
      await expectBytes(subject, upload.key, small);
    },
  },
  {
    id: "multipart.empty-part",
    title: "one part of no bytes completes to an empty object",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      await upload.complete([await upload.part(1, Buffer.alloc(0))]);
      const head = await subject.s3.send(new HeadObjectCommand({ Bucket: subject.bucket, Key: upload.key }));
      assert.equal(head.ContentLength, 0);
    },
  },
  {
    id: "multipart.bare-etag",
    title: "Complete takes ETags with and without quotes",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const part = await upload.part(1, small);
      await upload.complete([{ ...part, ETag: part.ETag?.replaceAll('"', "") }]);
      await expectBytes(subject, upload.key, small);
    },
  },
  {
    id: "multipart.repeatable",
    title: "the same Complete again answers the same, and leaves the object as it is",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const part = await upload.part(1, small);
      const first = await upload.complete([part]);
      const again = await upload.complete([part]);
      assert.equal(again.ETag, first.ETag);
      await expectBytes(subject, upload.key, small);
    },
  },
  {
    id: "multipart.repeat-after-delete",
    title: "once the object is deleted, its Complete brings nothing back: 404 NoSuchUpload",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const part = await upload.part(1, small);
      await upload.complete([part]);
      await subject.s3.send(new DeleteObjectCommand({ Bucket: subject.bucket, Key: upload.key }));
      await expectRefusal(upload.complete([part]), 404, "NoSuchUpload");
      assert.equal(await exists(subject, upload.key), false);
    },
  },
  {
    id: "multipart.concurrent-complete",
    title: "8 simultaneous Completes of one upload make one object, and nobody is told of anything else",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const part = await upload.part(1, small);
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => upload.complete([part])));
      assert.ok(results.some(({ status }) => status === "fulfilled"));
      for (const result of results) if (result.status === "fulfilled") assert.equal(result.value.Key, upload.key);
      await expectBytes(subject, upload.key, small);
    },
  },
  {
    id: "multipart.complete-ends-upload",
    title: "after Complete the upload is gone: ListParts and Abort are 404 NoSuchUpload",
    source: DOC.errors,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      await upload.complete([await upload.part(1, small)]);
      await expectRefusal(subject.s3.send(new ListPartsCommand(upload.name)), 404, "NoSuchUpload");
      await expectRefusal(subject.s3.send(new AbortMultipartUploadCommand(upload.name)), 404, "NoSuchUpload");
      await expectBytes(subject, upload.key, small);
    },
  },
  {
    id: "multipart.object-size",
    title: "x-amz-mp-object-size that does not fit is 400; one that fits is accepted",
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const part = await upload.part(1, small);
      await expectRefusal(upload.complete([part], { MpuObjectSize: small.length + 1 }), 400, "InvalidRequest");
      assert.equal(await exists(subject, upload.key), false);
      await upload.complete([part], { MpuObjectSize: small.length });
    },
  },
  ...(
    [
      ["no-parts", "<CompleteMultipartUpload></CompleteMultipartUpload>"],
      ["not-xml", "certainly not XML"],
      ["unclosed", "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"],
      ["no-etag", "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>"],
      ["empty", ""],
    ] as const
  ).map(([what, document]): Check => ({
    id: `multipart.complete-${what}`,
    title: `Complete with ${what === "empty" ? "no document" : `a document that is wrong (${what})`} is 400, and the upload stays`,
    source: DOC.complete,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const part = await upload.part(1, small);
      expectError(await completeRaw(subject, upload, document), 400, "MalformedXML", "InvalidRequest");
      assert.deepEqual(await listAllParts(upload), [1]);
      await upload.complete([part]);
    },
  })),
];
