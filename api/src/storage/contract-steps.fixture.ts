/** The steps of object-storage.contract.ts and signed-url.contract.ts. */

import { createHash, randomUUID } from "node:crypto";
import { request as httpRequest } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "@jest/globals";
import type { ObjectStorage, SignedRequest, UrlSigner } from "./object-storage.js";

/** A storage, a signer for the same bucket, and what the laws need besides. */
export interface StorageUnderTest {
  readonly storage: ObjectStorage;
  readonly signer: UrlSigner;
  /** A signer whose clock stands at another time. */
  signerAt(time: Date): UrlSigner;
  stop(): Promise<void>;
}

export type Checksum = "NONE" | "SHA256";

/** S3's least size of every part but the last. */
export const MIN_PART_BYTES = 5 * 1024 ** 2;

const TEXT = "text/plain";

/** An open upload. */
export interface Upload {
  readonly key: string;
  readonly uploadId: string;
}

type PartToSign = Upload & { partNumber?: number; sizeBytes: number; sha256?: string | null; ttlSeconds?: number };

/** What the laws do again and again. */
export class ContractSteps {
  readonly storage: ObjectStorage;

  constructor(readonly subject: StorageUnderTest) {
    this.storage = subject.storage;
  }

  async openUpload(checksum: Checksum = "NONE"): Promise<Upload> {
    const key = newKey();
    return { key, ...(await this.storage.createMultipartUpload({ key, checksum })) };
  }

  signPart({ partNumber = 1, sha256 = null, ttlSeconds = 600, ...rest }: PartToSign, signer = this.subject.signer) {
    return signer.signPart({ ...rest, partNumber, sha256, ttlSeconds, contentType: TEXT });
  }

  send(request: SignedRequest, body: string | Buffer, method = "PUT"): Promise<Response> {
    const headers = request.headers.map(({ name, value }): [string, string] => [name, value]);
    return fetch(request.url, { method, headers, body });
  }

  /** Sends the head and some bytes, lets the store take them in, and leaves the rest to the caller. */
  async startSlowly(request: SignedRequest, start: string) {
    const sizeBytes = start.length * 2;
    const headers = Object.fromEntries(request.headers.map(({ name, value }) => [name, value]));
    const sending = httpRequest(request.url, { method: "PUT", headers: { ...headers, "content-length": sizeBytes } });
    const status = new Promise<number>((resolve, reject) => {
      sending.once("error", reject);
      sending.once("response", (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
    });
    sending.write(start);
    await delay(100);
    return {
      finish(rest: string): Promise<number> {
        sending.end(rest);
        return status;
      },
    };
  }

  async putPart(part: Omit<PartToSign, "sizeBytes"> & { body: string | Buffer }): Promise<void> {
    const { body, ...rest } = part;
    const response = await this.send(await this.signPart({ ...rest, sizeBytes: Buffer.byteLength(body) }), body);
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  }

  async seal(upload: Upload): Promise<void> {
    await this.storage.completeMultipartUpload({ ...upload, parts: await this.storage.listParts(upload) });
  }

  async sealed(body: string): Promise<string> {
    const upload = await this.openUpload();
    await this.putPart({ ...upload, body });
    await this.seal(upload);
    return upload.key;
  }

  async download(key: string, signedAt = new Date()): Promise<SignedRequest> {
    return this.subject.signer.signDownload({
      key,
      contentType: "text/plain; charset=utf-8",
      contentDisposition: `attachment; filename="a_b.txt"; filename*=UTF-8''a%C3%A9%22b.txt`,
      cacheControl: "private, max-age=1800, immutable",
      signedAt,
      ttlSeconds: 3600,
    });
  }

  async readText(key: string): Promise<string> {
    return (await fetch((await this.download(key)).url)).text();
  }
}

/** A key that nobody has used. */
export function newKey(): string {
  const uuid = randomUUID();
  return `f/${uuid.slice(-2)}/${uuid}`;
}

export function sha256Of(bytes: string | Buffer, encoding: "hex" | "base64" = "hex"): string {
  return createHash("sha256").update(bytes).digest(encoding);
}

export async function expectKind(call: Promise<unknown>, kind: string): Promise<void> {
  await expect(call).rejects.toMatchObject({ name: "StorageError", kind });
}
