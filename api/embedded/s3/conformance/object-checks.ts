import assert from "node:assert/strict";
import { DeleteObjectCommand, DeleteObjectsCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { DOC, type Check } from "./check.js";
import { bytes, md5Hex, MIN_PART_BYTES } from "./content.js";
import { exists, expectBytes, putFresh, readAll } from "./objects.js";
import { expectError, expectRefusal, expectStatus } from "./subject.js";

/** PutObject, DeleteObject, DeleteObjects. */
export const objectChecks: Check[] = [
  ...[0, 1, 65_536, MIN_PART_BYTES - 1, MIN_PART_BYTES, MIN_PART_BYTES + 1, 17 * 2 ** 20 + 3].map(
    (sizeBytes): Check => ({
      id: `object.size-${sizeBytes}`,
      title: `${sizeBytes} bytes come back as they were, under the ETag of their MD5`,
      source: DOC.putObject,
      async run(subject) {
        const content = bytes(sizeBytes, sizeBytes);
        const Key = subject.key();
        const { ETag } = await subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key, Body: content }));
        assert.equal(ETag, `"${md5Hex(content)}"`);
        await expectBytes(subject, Key, content);
      },
    }),
  ),
  {
    id: "object.overwrite",
    title: "a later PUT replaces bytes, type and metadata as a whole",
    source: DOC.putObject,
    async run(subject) {
      const Key = await putFresh(subject, "first", { ContentType: "text/plain", Metadata: { a: "1" } });
      await subject.s3.send(
        new PutObjectCommand({ Bucket: subject.bucket, Key, Body: "2nd", ContentType: "text/css" }),
      );
      const head = await subject.s3.send(new HeadObjectCommand({ Bucket: subject.bucket, Key }));
      assert.deepEqual([head.ContentLength, head.ContentType, head.Metadata], [3, "text/css", {}]);
    },
  },
  {
    id: "object.headers",
    title: "type, cache control, disposition, encoding, language and expiry are kept",
    source: DOC.putObject,
    async run(subject) {
      const headers = {
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "max-age=1",
        "content-disposition": "inline",
        "content-encoding": "gzip",
        "content-language": "en",
        expires: "Thu, 01 Dec 2033 16:00:00 GMT",
      };
      const key = subject.key();
      const body = Buffer.from("x");
      expectStatus(await subject.signed({ method: "PUT", path: subject.path(key), headers, body }), 200);
      const answer = await subject.signed({ method: "HEAD", path: subject.path(key) });
      for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers[name], value, name);
    },
  },
  {
    id: "object.metadata-size",
    title: "more than 2 KB of user metadata is 400 MetadataTooLarge",
    source: DOC.metadata,
    async run(subject) {
      const answer = await subject.signed({
        method: "PUT",
        path: subject.path(subject.key()),
        headers: { "x-amz-meta-a": "a".repeat(2049) },
        body: Buffer.from("x"),
      });
      expectError(answer, 400, "MetadataTooLarge");
    },
  },
  {
    id: "object.delete",
    title: "DELETE is 204, the object is gone, and DELETE again is 204",
    source: DOC.deleteObject,
    async run(subject) {
      const key = await putFresh(subject, "x");
      expectStatus(await subject.signed({ method: "DELETE", path: subject.path(key) }), 204);
      assert.equal(await exists(subject, key), false);
      expectStatus(await subject.signed({ method: "DELETE", path: subject.path(key) }), 204);
    },
  },
  {
    id: "object.delete-many",
    title: "DeleteObjects removes what is there and reports every key, there or not",
    source: DOC.deleteObjects,
    async run(subject) {
      const there = [await putFresh(subject, "a"), await putFresh(subject, "b")];
      const keys = [...there, subject.key("never")];
      const { Deleted, Errors } = await subject.s3.send(
        new DeleteObjectsCommand({ Bucket: subject.bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
      );
      assert.deepEqual(Deleted?.map(({ Key }) => Key).sort(), [...keys].sort());
      assert.equal(Errors?.length ?? 0, 0);
      for (const key of there) assert.equal(await exists(subject, key), false);
    },
  },
  {
    id: "object.delete-many-quiet",
    title: "DeleteObjects in quiet mode reports nothing that went well",
    source: DOC.deleteObjects,
    async run(subject) {
      const Key = await putFresh(subject, "a");
      const { Deleted } = await subject.s3.send(
        new DeleteObjectsCommand({ Bucket: subject.bucket, Delete: { Objects: [{ Key }], Quiet: true } }),
      );
      assert.equal(Deleted?.length ?? 0, 0);
      assert.equal(await exists(subject, Key), false);
    },
  },
  {
    id: "object.delete-many-characters",
    title: "DeleteObjects takes keys with characters that XML must escape",
    source: DOC.deleteObjects,
    async run(subject) {
      const Key = `${subject.key()}/<&>"' ü😀`;
      await subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key, Body: "x" }));
      await subject.s3.send(new DeleteObjectsCommand({ Bucket: subject.bucket, Delete: { Objects: [{ Key }] } }));
      assert.equal(await exists(subject, Key), false);
    },
  },
  {
    id: "object.delete-too-many",
    title: "DeleteObjects of more than 1000 keys is 400 MalformedXML and removes nothing",
    source: DOC.deleteObjects,
    async run(subject) {
      const Key = await putFresh(subject, "kept");
      const Objects = [{ Key }, ...Array.from({ length: 1000 }, (_, index) => ({ Key: `${Key}/${index}` }))];
      await expectRefusal(
        subject.s3.send(new DeleteObjectsCommand({ Bucket: subject.bucket, Delete: { Objects } })),
        400,
        "MalformedXML",
      );
      assert.equal(await exists(subject, Key), true);
    },
  },
  {
    id: "object.delete-many-no-digest",
    title: "DeleteObjects without Content-MD5 or a checksum is 400 InvalidRequest",
    source: DOC.deleteObjects,
    async run(subject) {
      const key = await putFresh(subject, "kept");
      const answer = await subject.signed({
        method: "POST",
        path: `/${subject.bucket}`,
        query: { delete: "" },
        body: Buffer.from(`<Delete><Object><Key>${key}</Key></Object></Delete>`),
      });
      expectError(answer, 400, "InvalidRequest");
      assert.equal(await exists(subject, key), true);
    },
  },
  {
    id: "object.key-1024",
    title: "a key of 1024 bytes is stored",
    source: DOC.keys,
    async run(subject) {
      const key = subject.key().padEnd(1024, "k");
      expectStatus(await subject.signed({ method: "PUT", path: subject.path(key), body: Buffer.from("x") }), 200);
      await expectBytes(subject, key, Buffer.from("x"));
    },
  },
  {
    id: "object.key-1025",
    title: "a key of 1025 bytes is 400 KeyTooLongError",
    source: DOC.keys,
    async run(subject) {
      const path = subject.path(subject.key().padEnd(1025, "k"));
      expectError(await subject.signed({ method: "PUT", path, body: Buffer.from("x") }), 400, "KeyTooLongError");
    },
  },
  {
    id: "object.key-and-prefix",
    title: "a key and a key below it do not clash",
    source: DOC.keys,
    async run(subject) {
      const key = await putFresh(subject, "outer");
      const below = `${key}/below`;
      await subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key: below, Body: "inner" }));
      await expectBytes(subject, key, Buffer.from("outer"));
      await subject.s3.send(new DeleteObjectCommand({ Bucket: subject.bucket, Key: key }));
      await expectBytes(subject, below, Buffer.from("inner"));
    },
  },
  {
    id: "object.read-after-write",
    title: "every PUT is seen by the next GET, and every DELETE by the next HEAD",
    source: DOC.consistency,
    async run(subject) {
      const Key = subject.key();
      for (let round = 0; round < 10; round++) {
        await subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key, Body: `round ${round}` }));
        assert.equal((await readAll(subject, Key)).toString(), `round ${round}`);
      }
      await subject.s3.send(new DeleteObjectCommand({ Bucket: subject.bucket, Key }));
      assert.equal(await exists(subject, Key), false);
    },
  },
  {
    id: "object.concurrent-writers",
    title: "simultaneous writers of one key never mix: every GET meanwhile and after is one of them, whole",
    source: DOC.consistency,
    async run(subject) {
      const contents = [21, 22, 23, 24].map((seed) => bytes(300_000, seed));
      const Key = await putFresh(subject, contents[0] as Buffer);
      const writers = contents.map((Body) =>
        subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key, Body })),
      );
      const readers = Array.from({ length: 8 }, () => readAll(subject, Key));
      for (const found of [
        ...(await Promise.all(readers)),
        await Promise.all(writers).then(() => readAll(subject, Key)),
      ])
        assert.ok(
          contents.some((content) => content.equals(found)),
          "a mixture was read",
        );
    },
  },
  {
    id: "object.acl-refused",
    title: "public-read on a bucket of today, whose ACLs are off, is 400 AccessControlListNotSupported",
    source: DOC.acl,
    async run(subject) {
      const key = subject.key();
      const answer = await subject.signed({
        method: "PUT",
        path: subject.path(key),
        headers: { "x-amz-acl": "public-read" },
        body: Buffer.from("x"),
      });
      expectError(answer, 400, "AccessControlListNotSupported");
    },
  },
];
