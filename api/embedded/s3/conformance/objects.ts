import assert from "node:assert/strict";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type CompleteMultipartUploadCommandInput,
  type CreateMultipartUploadCommandInput,
  type PutObjectCommandInput,
  type UploadPartCommandInput,
} from "@aws-sdk/client-s3";
import { sha256Base64 } from "./content.js";
import type { Subject } from "./subject.js";

/** Stores `body` at a fresh key and returns the key. */
export async function putFresh(
  subject: Subject,
  body: Buffer | string,
  extra: Partial<PutObjectCommandInput> = {},
): Promise<string> {
  const Key = subject.key();
  await subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key, Body: body, ...extra }));
  return Key;
}

/** All bytes of an object. */
export async function readAll(subject: Subject, key: string, bucket = subject.bucket): Promise<Buffer> {
  const { Body } = await subject.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  assert.ok(Body);
  return Buffer.from(await Body.transformToByteArray());
}

/** True when HEAD finds the key; anything but 200 and 404 throws. */
export async function exists(subject: Subject, key: string): Promise<boolean> {
  try {
    await subject.s3.send(new HeadObjectCommand({ Bucket: subject.bucket, Key: key }));
    return true;
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return false;
    throw error;
  }
}

/** Asserts that the object at `key` is exactly `expected`. */
export async function expectBytes(subject: Subject, key: string, expected: Buffer): Promise<void> {
  const found = await readAll(subject, key);
  assert.equal(found.length, expected.length, "size");
  assert.ok(found.equals(expected), "the bytes differ");
}

/** A multipart upload in progress. */
export class Multipart {
  private constructor(
    readonly subject: Subject,
    readonly key: string,
    readonly uploadId: string,
  ) {}

  static async begin(
    subject: Subject,
    extra: Partial<CreateMultipartUploadCommandInput> = {},
    key = subject.key("multipart"),
  ): Promise<Multipart> {
    const { UploadId } = await subject.s3.send(
      new CreateMultipartUploadCommand({ Bucket: subject.bucket, Key: key, ...extra }),
    );
    assert.ok(UploadId, "no upload id");
    return new Multipart(subject, key, UploadId);
  }

  /** What every call about this upload names. */
  get name(): { Bucket: string; Key: string; UploadId: string } {
    return { Bucket: this.subject.bucket, Key: this.key, UploadId: this.uploadId };
  }

  async part(number: number, body: Buffer, extra: Partial<UploadPartCommandInput> = {}): Promise<CompletedPart> {
    const answer = await this.subject.s3.send(
      new UploadPartCommand({ ...this.name, PartNumber: number, Body: body, ...extra }),
    );
    const checksum = answer.ChecksumSHA256 === undefined ? {} : { ChecksumSHA256: answer.ChecksumSHA256 };
    return { PartNumber: number, ETag: answer.ETag, ...checksum };
  }

  /** A part with its SHA-256, for uploads that named the algorithm. */
  digested(number: number, body: Buffer): Promise<CompletedPart> {
    return this.part(number, body, { ChecksumSHA256: sha256Base64(body) });
  }

  complete(parts: CompletedPart[], extra: Partial<CompleteMultipartUploadCommandInput> = {}) {
    return this.subject.s3.send(
      new CompleteMultipartUploadCommand({ ...this.name, MultipartUpload: { Parts: parts }, ...extra }),
    );
  }
}
