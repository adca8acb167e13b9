import assert from "node:assert/strict";
import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { DOC, type Check } from "./check.js";
import { md5Hex } from "./content.js";
import { exists, expectBytes, Multipart, putFresh } from "./objects.js";
import { expectError, expectRefusal, expectStatus, type Subject } from "./subject.js";

const body = Buffer.from("conditional body");
const etag = `"${md5Hex(body)}"`;
const second = Buffer.from("second body");
const HOUR_MS = 3_600_000;

const put = (subject: Subject, Key: string, Body: Buffer, extra: { IfMatch?: string; IfNoneMatch?: string }) =>
  subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key, Body, ...extra }));

/** GETs or HEADs an object of `body` under these conditions. */
async function read(subject: Subject, headers: Record<string, string>, method = "GET") {
  const key = await putFresh(subject, body);
  return subject.signed({ method, path: subject.path(key), headers });
}

const ago = (ms: number): string => new Date(Date.now() - ms).toUTCString();

/** Conditional writes and reads. */
export const conditionalChecks: Check[] = [
  {
    id: "conditional.put-if-none-match",
    title: "PUT with If-None-Match: * stores where nothing is, and is 412 PreconditionFailed where something is",
    source: DOC.conditionalWrites,
    async run(subject) {
      const key = subject.key();
      await put(subject, key, body, { IfNoneMatch: "*" });
      await expectRefusal(put(subject, key, second, { IfNoneMatch: "*" }), 412, "PreconditionFailed");
      await expectBytes(subject, key, body);
    },
  },
  {
    id: "conditional.put-race",
    title: "of 16 simultaneous PUTs with If-None-Match: * exactly one stores",
    source: DOC.conditionalWrites,
    async run(subject) {
      const key = subject.key();
      const results = await Promise.allSettled(
        Array.from({ length: 16 }, (_, index) =>
          put(subject, key, Buffer.from(`writer ${index}`), { IfNoneMatch: "*" }),
        ),
      );
      const winners = results.flatMap((result, index) => (result.status === "fulfilled" ? [index] : []));
      assert.equal(winners.length, 1, `${winners.length} writers were told that they stored`);
      for (const result of results)
        if (result.status === "rejected") {
          const status = (result.reason as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
          assert.ok([409, 412].includes(status), `a loser got ${status}`);
        }
      await expectBytes(subject, key, Buffer.from(`writer ${winners[0]}`));
    },
  },
  {
    id: "conditional.put-if-match",
    title: "PUT with If-Match replaces exactly the object of that ETag",
    source: DOC.conditionalWrites,
    async run(subject) {
      const key = await putFresh(subject, body);
      await put(subject, key, second, { IfMatch: etag });
      await expectBytes(subject, key, second);
    },
  },
  {
    id: "conditional.put-if-match-other",
    title: "PUT with the If-Match of another ETag is 412 PreconditionFailed and changes nothing",
    source: DOC.conditionalWrites,
    async run(subject) {
      const key = await putFresh(subject, body);
      await expectRefusal(put(subject, key, second, { IfMatch: `"${md5Hex(second)}"` }), 412, "PreconditionFailed");
      await expectBytes(subject, key, body);
    },
  },
  {
    id: "conditional.put-if-match-missing",
    title: "PUT with If-Match where nothing is, is 404 NoSuchKey",
    source: DOC.conditionalWrites,
    async run(subject) {
      const key = subject.key();
      await expectRefusal(put(subject, key, body, { IfMatch: etag }), 404, "NoSuchKey");
      assert.equal(await exists(subject, key), false);
    },
  },
  {
    id: "conditional.put-if-none-match-etag",
    title: "PUT with an If-None-Match other than * is 501 NotImplemented",
    source: DOC.putObject,
    run: (subject) => expectRefusal(put(subject, subject.key(), body, { IfNoneMatch: etag }), 501, "NotImplemented"),
  },
  {
    id: "conditional.complete-if-none-match",
    title:
      "Complete with If-None-Match: * is 412 over an existing object; without the header the same upload completes",
    source: DOC.conditionalWrites,
    async run(subject) {
      const key = await putFresh(subject, body);
      const upload = await Multipart.begin(subject, {}, key);
      const part = await upload.part(1, second);
      await expectRefusal(upload.complete([part], { IfNoneMatch: "*" }), 412, "PreconditionFailed");
      await expectBytes(subject, key, body);
      await upload.complete([part]);
      await expectBytes(subject, key, second);
    },
  },
  {
    id: "conditional.complete-if-none-match-new",
    title: "Complete with If-None-Match: * creates where nothing is",
    source: DOC.conditionalWrites,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      await upload.complete([await upload.part(1, body)], { IfNoneMatch: "*" });
      await expectBytes(subject, upload.key, body);
    },
  },
  {
    id: "conditional.complete-if-match",
    title: "Complete with If-Match is 412 for another ETag, and replaces for the right one",
    source: DOC.conditionalWrites,
    async run(subject) {
      const key = await putFresh(subject, body);
      const upload = await Multipart.begin(subject, {}, key);
      const part = await upload.part(1, second);
      await expectRefusal(upload.complete([part], { IfMatch: `"${md5Hex(second)}"` }), 412, "PreconditionFailed");
      await upload.complete([part], { IfMatch: etag });
      await expectBytes(subject, key, second);
    },
  },
  {
    id: "conditional.get-if-match",
    title: "GET with the object's If-Match answers it, with another 412 PreconditionFailed",
    source: DOC.conditionalReads,
    async run(subject) {
      expectStatus(await read(subject, { "if-match": etag }), 200);
      expectError(await read(subject, { "if-match": '"00000000000000000000000000000000"' }), 412, "PreconditionFailed");
    },
  },
  {
    id: "conditional.get-if-none-match",
    title: "GET with the object's If-None-Match is 304 without a body but with the ETag, with another 200",
    source: DOC.conditionalReads,
    async run(subject) {
      const unchanged = await read(subject, { "if-none-match": etag });
      expectStatus(unchanged, 304);
      assert.equal(unchanged.body.length, 0);
      assert.equal(unchanged.headers.etag, etag);
      expectStatus(await read(subject, { "if-none-match": '"00000000000000000000000000000000"' }), 200);
    },
  },
  {
    id: "conditional.get-if-modified-since",
    title: "GET with If-Modified-Since after the last change is 304, before it 200",
    source: DOC.conditionalReads,
    async run(subject) {
      expectStatus(await read(subject, { "if-modified-since": new Date(Date.now() + 2_000).toUTCString() }), 304);
      expectStatus(await read(subject, { "if-modified-since": ago(HOUR_MS) }), 200);
    },
  },
  {
    id: "conditional.get-if-unmodified-since",
    title: "GET with If-Unmodified-Since before the last change is 412, after it 200",
    source: DOC.conditionalReads,
    async run(subject) {
      expectError(await read(subject, { "if-unmodified-since": ago(HOUR_MS) }), 412, "PreconditionFailed");
      expectStatus(await read(subject, { "if-unmodified-since": new Date(Date.now() + HOUR_MS).toUTCString() }), 200);
    },
  },
  {
    id: "conditional.get-match-wins",
    title: "a true If-Match outweighs a false If-Unmodified-Since: 200",
    source: DOC.getObject,
    async run(subject) {
      expectStatus(await read(subject, { "if-match": etag, "if-unmodified-since": ago(HOUR_MS) }), 200);
    },
  },
  {
    id: "conditional.get-none-match-wins",
    title: "a false If-None-Match outweighs a true If-Modified-Since: 304",
    source: DOC.getObject,
    async run(subject) {
      expectStatus(await read(subject, { "if-none-match": etag, "if-modified-since": ago(HOUR_MS) }), 304);
    },
  },
  {
    id: "conditional.head",
    title: "HEAD keeps the same conditions: 304 and 412, without a body",
    source: DOC.headObject,
    async run(subject) {
      expectStatus(await read(subject, { "if-none-match": etag }, "HEAD"), 304);
      expectStatus(await read(subject, { "if-match": '"0"' }, "HEAD"), 412);
      const key = await putFresh(subject, body);
      await subject.s3.send(new HeadObjectCommand({ Bucket: subject.bucket, Key: key, IfMatch: etag }));
    },
  },
];
