import assert from "node:assert/strict";
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { DOC, type Check } from "./check.js";
import { bytes, md5Hex, MIN_PART_BYTES, multipartEtag } from "./content.js";
import { exists, expectBytes, Multipart, putFresh } from "./objects.js";
import { expectError, expectRefusal, expectStatus, type Subject } from "./subject.js";

const small = Buffer.from("the last part may be small");
const big = bytes(MIN_PART_BYTES, 7);
const NO_UPLOAD = "00000000000000000000000000000000000000000000";

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

/** Multipart uploads. */
export const multipartChecks: Check[] = [
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
    id: "multipart.invisible",
    title: "before Complete there is no object, and an older one stays as it was",
    source: DOC.createUpload,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      await upload.part(1, small);
      assert.equal(await exists(subject, upload.key), false);
      const key = await putFresh(subject, "old");
      const second = await Multipart.begin(subject, {}, key);
      await second.part(1, small);
      await expectBytes(subject, key, Buffer.from("old"));
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
    id: "multipart.headers",
    title: "type, disposition, cache control and metadata come from Create, not from the parts",
    source: DOC.createUpload,
    async run(subject) {
      const upload = await Multipart.begin(subject, {
        ContentType: "image/png",
        CacheControl: "max-age=60",
        ContentDisposition: 'attachment; filename="a.png"',
        Metadata: { owner: "alice" },
      });
      const part = await subject.signed({
        method: "PUT",
        path: subject.path(upload.key),
        query: { partNumber: "1", uploadId: upload.uploadId },
        headers: { "content-type": "text/html", "x-amz-meta-owner": "mallory", "cache-control": "no-store" },
        body: small,
      });
      expectStatus(part, 200);
      await upload.complete([{ PartNumber: 1, ETag: part.headers.etag }]);
      const head = await subject.s3.send(new HeadObjectCommand({ Bucket: subject.bucket, Key: upload.key }));
      assert.equal(head.ContentType, "image/png");
      assert.equal(head.CacheControl, "max-age=60");
      assert.equal(head.ContentDisposition, 'attachment; filename="a.png"');
      assert.deepEqual(head.Metadata, { owner: "alice" });
    },
  },
  {
    id: "multipart.part-replaced",
    title: "a part uploaded again replaces the one of its number",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      await upload.part(1, Buffer.from("first"));
      const part = await upload.part(1, small);
      const { Parts } = await subject.s3.send(new ListPartsCommand(upload.name));
      assert.equal(Parts?.length, 1);
      assert.equal(Parts[0]?.Size, small.length);
      await upload.complete([part]);
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
  ...["0", "10001", "-1", "one"].map(
    (number): Check => ({
      id: `multipart.part-number-${number}`,
      title: `part number ${number} is 400 InvalidArgument`,
      source: DOC.uploadPart,
      async run(subject) {
        const upload = await Multipart.begin(subject);
        const answer = await subject.signed({
          method: "PUT",
          path: subject.path(upload.key),
          query: { partNumber: number, uploadId: upload.uploadId },
          body: small,
        });
        expectError(answer, 400, "InvalidArgument");
      },
    }),
  ),
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
      for (const result of results)
        if (result.status === "fulfilled") assert.equal(result.value.Key, upload.key);
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
    id: "multipart.abort",
    title: "after Abort there is nothing: parts and Complete are 404 NoSuchUpload, no object, no listed upload",
    source: DOC.abort,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const part = await upload.part(1, small);
      await subject.s3.send(new AbortMultipartUploadCommand(upload.name));
      await expectRefusal(upload.part(2, small), 404, "NoSuchUpload");
      await expectRefusal(upload.complete([part]), 404, "NoSuchUpload");
      assert.equal(await exists(subject, upload.key), false);
      const { Uploads } = await subject.s3.send(
        new ListMultipartUploadsCommand({ Bucket: subject.bucket, Prefix: upload.key }),
      );
      assert.equal(Uploads?.length ?? 0, 0);
    },
  },
  {
    id: "multipart.list-parts-after-abort",
    title: "ListParts after Abort is 404 NoSuchUpload",
    source: DOC.listParts,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      await subject.s3.send(new AbortMultipartUploadCommand(upload.name));
      await expectRefusal(subject.s3.send(new ListPartsCommand(upload.name)), 404, "NoSuchUpload");
    },
  },
  {
    id: "multipart.unknown-upload",
    title: "an unknown upload id is 404 NoSuchUpload for UploadPart, Complete and Abort",
    source: DOC.errors,
    async run(subject) {
      const name = { Bucket: subject.bucket, Key: subject.key(), UploadId: NO_UPLOAD };
      const part = subject.s3.send(new UploadPartCommand({ ...name, PartNumber: 1, Body: small }));
      await expectRefusal(part, 404, "NoSuchUpload");
      await expectRefusal(subject.s3.send(new AbortMultipartUploadCommand(name)), 404, "NoSuchUpload");
      const answer = await subject.signed({
        method: "POST",
        path: subject.path(name.Key),
        query: { uploadId: NO_UPLOAD },
        body: Buffer.from(
          `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"${md5Hex(small)}"</ETag></Part></CompleteMultipartUpload>`,
        ),
      });
      expectError(answer, 404, "NoSuchUpload");
    },
  },
  {
    id: "multipart.other-key",
    title: "an upload id is 404 NoSuchUpload under another key",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const foreign = new UploadPartCommand({ ...upload.name, Key: subject.key(), PartNumber: 1, Body: small });
      await expectRefusal(subject.s3.send(foreign), 404, "NoSuchUpload");
    },
  },
  {
    id: "multipart.two-uploads",
    title: "two uploads of one key do not mix; the later Complete wins",
    source: DOC.createUpload,
    async run(subject) {
      const one = await Multipart.begin(subject);
      const two = await Multipart.begin(subject, {}, one.key);
      assert.notEqual(one.uploadId, two.uploadId);
      const parts = [await one.part(1, Buffer.from("one")), await two.part(1, Buffer.from("two"))] as const;
      await two.complete([parts[1]]);
      await one.complete([parts[0]]);
      await expectBytes(subject, one.key, Buffer.from("one"));
    },
  },
  {
    id: "multipart.list-parts",
    title: "ListParts answers number, size, ETag and time of each part in order of their numbers",
    source: DOC.listParts,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      await upload.part(2, small);
      await upload.part(1, big);
      const { Parts, IsTruncated } = await subject.s3.send(new ListPartsCommand(upload.name));
      assert.equal(IsTruncated, false);
      assert.deepEqual(
        Parts?.map(({ PartNumber, Size, ETag }) => [PartNumber, Size, ETag]),
        [
          [1, big.length, `"${md5Hex(big)}"`],
          [2, small.length, `"${md5Hex(small)}"`],
        ],
      );
      assert.ok(Parts.every(({ LastModified }) => Math.abs((LastModified?.getTime() ?? 0) - Date.now()) < 3_600_000));
    },
  },
  {
    id: "multipart.list-parts-paging",
    title: "ListParts pages by max-parts and part-number-marker without loss or repetition",
    source: DOC.listParts,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      for (const number of [1, 2, 3, 4, 5]) await upload.part(number, small);
      const seen: number[] = [];
      let marker: string | undefined;
      for (let page = 0; page < 5; page++) {
        const answer = await subject.s3.send(
          new ListPartsCommand({ ...upload.name, MaxParts: 2, PartNumberMarker: marker }),
        );
        seen.push(...(answer.Parts ?? []).map(({ PartNumber }) => PartNumber ?? 0));
        if (!answer.IsTruncated) break;
        marker = answer.NextPartNumberMarker;
      }
      assert.deepEqual(seen, [1, 2, 3, 4, 5]);
    },
  },
  {
    id: "multipart.list-uploads",
    title: "ListMultipartUploads answers open uploads by prefix, with key, id and time",
    source: DOC.listUploads,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      await Multipart.begin(subject);
      const { Uploads } = await subject.s3.send(
        new ListMultipartUploadsCommand({ Bucket: subject.bucket, Prefix: upload.key }),
      );
      assert.deepEqual(
        Uploads?.map(({ Key, UploadId }) => [Key, UploadId]),
        [[upload.key, upload.uploadId]],
      );
      assert.ok(Math.abs((Uploads[0]?.Initiated?.getTime() ?? 0) - Date.now()) < 3_600_000);
    },
  },
  {
    id: "multipart.list-uploads-paging",
    title: "ListMultipartUploads pages by both markers without loss or repetition, also within one key",
    source: DOC.listUploads,
    async run(subject) {
      const prefix = subject.key("paging");
      const started: string[] = [];
      for (const name of ["a", "b", "b", "b", "c"])
        started.push((await Multipart.begin(subject, {}, `${prefix}/${name}`)).uploadId);
      const seen: string[] = [];
      let markers: { KeyMarker?: string; UploadIdMarker?: string } = {};
      for (let page = 0; page < 6; page++) {
        const answer = await subject.s3.send(
          new ListMultipartUploadsCommand({ Bucket: subject.bucket, Prefix: prefix, MaxUploads: 2, ...markers }),
        );
        seen.push(...(answer.Uploads ?? []).map(({ UploadId }) => UploadId ?? ""));
        if (!answer.IsTruncated) break;
        markers = { KeyMarker: answer.NextKeyMarker, UploadIdMarker: answer.NextUploadIdMarker };
      }
      assert.deepEqual([...seen].sort(), [...started].sort());
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
  ).map(
    ([what, document]): Check => ({
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
    }),
  ),
];
