import { mkdtemp, rm } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { connect } from "node:net";
import { join } from "node:path";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectAclCommand,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { BucketFiles } from "./bucket-files.js";
import { md5Hex } from "./conformance/content.js";
import { exists, expectBytes, Multipart, putFresh } from "./conformance/objects.js";
import { expectRefusal, Subject } from "./conformance/subject.js";
import { startEmbeddedS3, type EmbeddedS3, type EmbeddedS3Options } from "./server.js";
import { abortStaleUploads } from "./stale-uploads.js";

let dataDir: string;
let store: EmbeddedS3;
let subject: Subject;

const options = (): EmbeddedS3Options => ({
  dataDir,
  port: 0,
  accessKeyId: "access",
  secretAccessKey: "secret",
  durable: false,
  buckets: ["bucket"],
});

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "s3-server-"));
  store = await startEmbeddedS3(options());
  subject = new Subject({ ...store, bucket: "bucket" });
});

afterEach(async () => {
  await store.stop();
  await rm(dataDir, { recursive: true });
});

describe("start and stop", () => {
  test("a taken port is EADDRINUSE, and the data directory is free again", async () => {
    const other = await mkdtemp(join(tmpdir(), "s3-server-"));
    const taken = { ...options(), dataDir: other, port: store.port };
    await expect(startEmbeddedS3(taken)).rejects.toMatchObject({ code: "EADDRINUSE" });
    const second = await startEmbeddedS3({ ...taken, port: 0 });
    await second.stop();
    await rm(other, { recursive: true });
  });

  test("a second store over the same directory is refused, and the first does not notice", async () => {
    await expect(startEmbeddedS3(options())).rejects.toThrow(/in use/);
    await putFresh(subject, "x");
  });

  test("a bucket name that S3 does not allow is refused, and leaves nothing locked", async () => {
    await store.stop();
    await expect(startEmbeddedS3({ ...options(), buckets: ["../up"] })).rejects.toMatchObject({
      code: "InvalidBucketName",
    });
    store = await startEmbeddedS3(options());
  });

  test("stop is repeatable, and the next start has everything", async () => {
    const key = await putFresh(subject, "kept");
    await Promise.all([store.stop(), store.stop()]);
    store = await startEmbeddedS3(options());
    await expectBytes(new Subject({ ...store, bucket: "bucket" }), key, Buffer.from("kept"));
    expect(await exists(new Subject({ ...store, bucket: "bucket" }), key)).toBe(true);
  });

  test("only loopback is bound", async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    expect(store.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:/);
    for (const { address } of outside) {
      const reached = await new Promise<boolean>((resolve) => {
        const socket = connect(store.port, address, () => resolve(true));
        socket.on("error", () => resolve(false));
        socket.on("connect", () => socket.destroy());
      });
      expect(reached).toBe(false);
    }
  });
});

describe("what is outside its scope is 501 NotImplemented, never ignored", () => {
  test("copies: no foreign byte is read", async () => {
    const source = await putFresh(subject, "foreign");
    const CopySource = `bucket/${source}`;
    const Key = subject.key();
    const copy = subject.s3.send(new CopyObjectCommand({ Bucket: "bucket", Key, CopySource }));
    await expectRefusal(copy, 501, "NotImplemented");
    expect(await exists(subject, Key)).toBe(false);
    const upload = await Multipart.begin(subject);
    const partCopy = subject.s3.send(new UploadPartCopyCommand({ ...upload.name, PartNumber: 1, CopySource }));
    await expectRefusal(partCopy, 501, "NotImplemented");
    const { Parts } = await subject.s3.send(new ListPartsCommand(upload.name));
    expect(Parts ?? []).toEqual([]);
  });

  test("sub-resources, encryption, tags, retention and checksums that are not computed", async () => {
    const Key = await putFresh(subject, "x");
    const put = (extra: object) =>
      subject.s3.send(new PutObjectCommand({ Bucket: "bucket", Key, Body: "y", ...extra }));
    const refused = [
      subject.s3.send(new GetObjectAclCommand({ Bucket: "bucket", Key })),
      subject.s3.send(new PutObjectTaggingCommand({ Bucket: "bucket", Key, Tagging: { TagSet: [] } })),
      put({ ServerSideEncryption: "AES256" }),
      put({ Tagging: "a=b" }),
      put({ ObjectLockLegalHoldStatus: "ON" }),
      put({ ChecksumCRC32C: "AAAAAA==" }),
      Multipart.begin(subject, { ChecksumAlgorithm: "CRC64NVME" }),
      Multipart.begin(subject, { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" }),
    ];
    await Promise.all(refused.map((one) => expectRefusal(one, 501, "NotImplemented")));
    await expectBytes(subject, Key, Buffer.from("x"));
    expect(await exists(subject, Key)).toBe(true);
  });
});

test.each([
  ["x-amz-meta-name", "日本"],
  ["x-amz-meta-name", "line\r\nbreak"],
  ["x-amz-meta-a b", "x"],
])("a presigned %s that could not be a header is 400, and nothing is stored", async (name, value) => {
  const key = subject.key();
  const presigned = await subject.presign({ method: "PUT", path: subject.path(key), query: { [name]: value } });
  const answer = await subject.send({ ...presigned, body: Buffer.from("x") });
  expect([answer.status, answer.code]).toEqual([400, "InvalidArgument"]);
  expect(await exists(subject, key)).toBe(false);
});

test("an object deleted while a PUT with If-Match is on its way is 409 ConditionalRequestConflict", async () => {
  const key = await putFresh(subject, "old");
  const body = Buffer.from("new bytes");
  const presigned = await subject.presign({
    method: "PUT",
    path: subject.path(key),
    headers: { "content-length": String(body.length), "if-match": `"${md5Hex(Buffer.from("old"))}"` },
  });
  const answer = await subject.send({
    ...presigned,
    headers: { ...presigned.headers, "if-match": `"${md5Hex(Buffer.from("old"))}"` },
    body: (async function* () {
      yield body.subarray(0, 3);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await subject.s3.send(new DeleteObjectCommand({ Bucket: "bucket", Key: key }));
      yield body.subarray(3);
    })(),
  });
  expect([answer.status, answer.code]).toEqual([409, "ConditionalRequestConflict"]);
  expect(await exists(subject, key)).toBe(false);
});

test("stale uploads are aborted when the rule's days have passed at midnight UTC, others are not", async () => {
  await store.stop();
  const files = await BucketFiles.open(dataDir, false);
  const staleUploads = [{ prefix: "f/", daysAfterInitiation: 2 }];
  await files.update("bucket", (record) => ({ ...record, lifecycle: { document: "", staleUploads } }));
  const bucket = files.find("bucket");
  const initiatedMs = Date.parse("2026-01-10T15:00:00Z");
  const stale = await bucket.uploads.create({ key: "f/a", initiatedMs, headers: {} });
  const other = await bucket.uploads.create({ key: "g/a", initiatedMs, headers: {} });
  const ids = (): string[] => bucket.uploads.list().map(({ record }) => record.uploadId);
  await abortStaleUploads(bucket, Date.parse("2026-01-12T23:59:59Z"));
  expect(ids()).toEqual([stale.uploadId, other.uploadId]);
  await abortStaleUploads(bucket, Date.parse("2026-01-13T00:00:00Z"));
  expect(ids()).toEqual([other.uploadId]);
  store = await startEmbeddedS3(options());
});
