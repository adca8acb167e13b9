import assert from "node:assert/strict";
import {
  AbortMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { DOC, type Check } from "./check.js";
import { bytes, md5Hex, MIN_PART_BYTES } from "./content.js";
import { exists, expectBytes, Multipart, putFresh } from "./objects.js";
import { expectError, expectRefusal, expectStatus } from "./subject.js";

const small = Buffer.from("the last part may be small");
const big = bytes(MIN_PART_BYTES, 7);
const NO_UPLOAD = "00000000000000000000000000000000000000000000";

/** Multipart uploads: parts, listings and their end by Abort. */
export const multipartChecks: Check[] = [
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
  ...["0", "10001", "-1", "one"].map((number): Check => ({
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
  })),
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
];
