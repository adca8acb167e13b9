import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import { sendRaw, type RawAnswer, type RawRequest } from "./raw-http.js";

/** Where a store is and who may use it. */
export interface StoreTarget {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Created, and removed at the end, when it is not there. */
  bucket: string;
}

/** A request before the SDK has signed it. */
export interface PlainRequest {
  method: string;
  /** Encoded path, without query. */
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Buffer;
}

/** How it is to be signed, where that departs from the ordinary. */
export interface Signing {
  atMs?: number;
  expiresSeconds?: number;
  region?: string;
  service?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  /** Headers that are to stay out of the signature. */
  unsigned?: string[];
  /** For presigning: keep these as headers (lower case), signed. */
  asHeaders?: string[];
}

/** The store under test: SDK clients, raw requests signed by the SDK's own signer, and unique names. */
export class Subject {
  readonly endpoint: URL;
  readonly bucket: string;
  /** The SDK as this product uses it: checksums only where an operation demands one. */
  readonly s3: S3Client;
  /** The SDK as it comes: a CRC32 trailer on everything. */
  readonly defaultS3: S3Client;
  private readonly run = randomBytes(4).toString("hex");
  private names = 0;
  private createdBucket = false;

  constructor(readonly target: StoreTarget) {
    this.endpoint = new URL(target.endpoint);
    this.bucket = target.bucket;
    this.s3 = this.client({ requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" });
    this.defaultS3 = this.client({});
  }

  /** A further SDK client of the same store. */
  client(config: S3ClientConfig): S3Client {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.target;
    const credentials = { accessKeyId, secretAccessKey };
    return new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1, ...config });
  }

  /** Makes sure that the bucket is there. */
  async open(): Promise<void> {
    const missing = await this.s3.send(new HeadBucketCommand({ Bucket: this.bucket })).then(
      () => false,
      () => true,
    );
    if (!missing) return;
    await this.s3.send(new CreateBucketCommand({ Bucket: this.bucket }));
    this.createdBucket = true;
  }

  /** Removes everything this run has left, and the bucket when it was created by `open`. */
  async close(): Promise<void> {
    await this.empty(this.bucket, this.prefix);
    if (this.createdBucket) await this.s3.send(new DeleteBucketCommand({ Bucket: this.bucket }));
    this.s3.destroy();
    this.defaultS3.destroy();
  }

  /** Below this, keys belong to this run. */
  get prefix(): string {
    return `conformance-${this.run}/`;
  }

  /** A key that nothing else uses. */
  key(label = "key"): string {
    return `${this.prefix}${String(++this.names).padStart(4, "0")}-${label}`;
  }

  /** `/bucket/key`, encoded. */
  path(key: string, bucket = this.bucket): string {
    return `/${bucket}/${key.split("/").map(encodeSegment).join("/")}`;
  }

  /** Runs `use` with a bucket of its own, and removes it. */
  async withBucket(use: (bucket: string) => Promise<void>): Promise<void> {
    const bucket = `conformance-${this.run}-${++this.names}`;
    await this.s3.send(new CreateBucketCommand({ Bucket: bucket }));
    try {
      await use(bucket);
    } finally {
      await this.empty(bucket, "");
      await this.s3.send(new DeleteBucketCommand({ Bucket: bucket })).catch(() => undefined);
    }
  }

  /** Sends a request exactly as given, unsigned. */
  send(raw: RawRequest): Promise<RawAnswer> {
    return sendRaw(this.endpoint, raw);
  }

  /** Signs by Authorization header and returns the request without sending it, so that a check can spoil it. */
  async sign(plain: PlainRequest, signing: Signing = {}): Promise<RawRequest & { headers: Record<string, string> }> {
    const config = this.signingClient(signing).config;
    const signer = await config.signer({
      name: "sigv4",
      signingName: signing.service ?? "s3",
      signingRegion: signing.region ?? this.target.region,
      properties: {},
    });
    const signed = await signer.sign(this.toHttpRequest(plain), {
      signingDate: new Date(signing.atMs ?? Date.now()),
      signingRegion: signing.region ?? this.target.region,
      signingService: signing.service ?? "s3",
      unsignableHeaders: new Set(signing.unsigned ?? []),
    });
    return { method: plain.method, target: targetOf(plain), headers: signed.headers, body: plain.body };
  }

  /** Signs by header and sends. */
  async signed(plain: PlainRequest, signing: Signing = {}): Promise<RawAnswer> {
    return this.send(await this.sign(plain, signing));
  }

  /** Presigns with the SDK's presigner: the target with its query, and the headers that must go with it. */
  async presign(
    plain: PlainRequest,
    signing: Signing = {},
  ): Promise<{ method: string; target: string; headers: Record<string, string> }> {
    const presigner = new S3RequestPresigner({ ...this.signingClient(signing).config });
    const asHeaders = new Set(signing.asHeaders ?? []);
    const signed = await presigner.presign(this.toHttpRequest(plain), {
      expiresIn: signing.expiresSeconds ?? 300,
      signingDate: new Date(signing.atMs ?? Date.now()),
      signingRegion: signing.region ?? this.target.region,
      signingService: signing.service ?? "s3",
      unhoistableHeaders: asHeaders,
      // The SDK leaves Content-Type out unless it is named here.
      signableHeaders: new Set(["content-type"]),
      unsignableHeaders: new Set(signing.unsigned ?? []),
    });
    const { host: _host, ...headers } = signed.headers;
    return {
      method: plain.method,
      target: targetOf({ ...plain, query: signed.query as Record<string, string> }),
      headers,
    };
  }

  private signingClient(signing: Signing): S3Client {
    const accessKeyId = signing.accessKeyId ?? this.target.accessKeyId;
    const secretAccessKey = signing.secretAccessKey ?? this.target.secretAccessKey;
    if (accessKeyId === this.target.accessKeyId && secretAccessKey === this.target.secretAccessKey) return this.s3;
    return this.client({ credentials: { accessKeyId, secretAccessKey } });
  }

  private toHttpRequest(plain: PlainRequest) {
    return {
      method: plain.method,
      protocol: "http:",
      hostname: this.endpoint.hostname,
      port: Number(this.endpoint.port),
      path: plain.path,
      query: plain.query ?? {},
      headers: { host: this.endpoint.host, ...plain.headers },
      body: plain.body,
    };
  }

  private async empty(bucket: string, prefix: string): Promise<void> {
    for (;;) {
      const { Contents } = await this.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
      if (!Contents?.length) break;
      for (const { Key } of Contents) await this.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    }
    const { Uploads } = await this.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }));
    for (const { Key, UploadId } of Uploads ?? [])
      await this.s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })).catch(() => undefined);
  }
}

function targetOf({ path, query }: { path: string; query?: Record<string, string> }): string {
  const pairs = Object.entries(query ?? {}).map(([name, value]) => `${encodeSegment(name)}=${encodeSegment(value)}`);
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Asserts an error answer with its status and code; several codes where AWS's own pages differ. */
export function expectError(answer: RawAnswer, status: number, ...codes: string[]): void {
  const found = `${answer.status} ${answer.code}`;
  assert.equal(answer.status, status, `expected ${status} ${codes.join(" or ")}, got ${found}: ${answer.message}`);
  if (codes.length > 0)
    assert.ok(codes.includes(answer.code), `expected ${status} ${codes.join(" or ")}, got ${found}`);
}

/** Asserts a status, with the error's code in the message when it differs. */
export function expectStatus(answer: RawAnswer, status: number): void {
  assert.equal(answer.status, status, `expected ${status}, got ${answer.status} ${answer.code}: ${answer.message}`);
}

/** Asserts that an SDK call is refused with this status and, unless empty, one of these codes. */
export async function expectRefusal(call: Promise<unknown>, status: number, ...codes: string[]): Promise<void> {
  let refused: { name?: string; Code?: string; $metadata?: { httpStatusCode?: number } } | undefined;
  try {
    await call;
  } catch (error) {
    refused = error as typeof refused;
  }
  assert.ok(refused, `expected ${status} ${codes.join(" or ")}, but it was done`);
  const found = refused.$metadata?.httpStatusCode;
  assert.equal(found, status, `expected ${status} ${codes.join(" or ")}, got ${found} ${refused.name}`);
  if (codes.length > 0)
    assert.ok(codes.includes(refused.name ?? ""), `expected ${codes.join(" or ")}, got ${refused.name}`);
}
