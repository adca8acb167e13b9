import { createHash, randomBytes } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { StorageError } from "../object-storage.js";
import type { ListedPart, SignedRequest, UrlSigner } from "../object-storage.js";
import { s3Identity } from "../s3-client.js";
import type { S3Connection, S3Credentials } from "../s3-client.js";
import { createS3Storage } from "../s3-storage.js";
import type { StoppableStorage } from "../s3-storage.js";
import { createUrlSigner } from "../url-signer.js";
import { sendRaw } from "./send-raw.js";
import type { RawAnswer, RawRequest } from "./send-raw.js";

/** What the doctor is told of a bucket, beside how to reach it. */
export interface PatientOptions {
  readonly connection: S3Connection;
  /** The host that goes into signed URLs; null: the connection's own. */
  readonly publicEndpoint: string | null;
  /** Signs the URLs of parts; null: the connection's own credentials do. */
  readonly uploadSigner: S3Credentials | null;
  /** Whose pages have to get through; exact. */
  readonly corsOrigins: readonly string[];
  readonly uploadTtlSeconds: number;
  /** The id that the bucket's marker has to hold; null: no database was asked. */
  readonly deploymentId: string | null;
  readonly production: boolean;
}

/** An open multipart upload of a probe. */
export interface OpenUpload {
  readonly key: string;
  readonly uploadId: string;
}

/** A bucket under examination, and the hands that examine it. Whatever a probe leaves is removed by {@link Patient.close}. */
export interface Patient extends PatientOptions {
  /** As the service itself works: the janitor's credentials. */
  readonly storage: StoppableStorage;
  readonly signer: UrlSigner;
  /** For what the service never asks: the bucket's settings. */
  readonly client: S3Client;
  /** The same store by the upload signer's own keys; null: there are none. */
  readonly uploadClient: S3Client | null;
  /** A key below this examination's own prefix. */
  key(name: string): string;
  /** The object's address without a signature; `""`: the bucket's. */
  bareUrl(key: string): Promise<string>;
  open(name: string, checksum?: "NONE" | "SHA256"): Promise<OpenUpload>;
  /** Exactly these bytes as part 1; with `sha256`, bound to it. */
  signPart(upload: OpenUpload, sizeBytes: number, sha256?: string | null): Promise<SignedRequest>;
  /** The same below `quarantine/`, where no file is either. */
  keyOutside(name: string): string;
  /**
   * One request as it stands. Where this machine cannot reach the public host (it is a browser's name for the store), it goes
   * to the connection's own endpoint, under the public host's name. @throws StorageError when neither can be reached
   */
  send(request: RawRequest): Promise<RawAnswer>;
  /** An honest PUT of a signed part, once more when the store is busy. @throws StorageError when it stays so */
  put(signed: SignedRequest, body: Uint8Array | string): Promise<RawAnswer>;
  /** Sealed with what the store lists. */
  seal(upload: OpenUpload): Promise<ListedPart[]>;
  /** Opens, sends, seals: an object whose bytes are these. */
  sealed(name: string, body: string): Promise<OpenUpload>;
  /** A plain object, by the service's own credentials. */
  putObject(key: string, body: string, options?: { ifNoneMatch?: boolean }): Promise<void>;
  /** What is there; null: nothing. */
  read(key: string): Promise<string | null>;
  signDownload(key: string): Promise<SignedRequest>;
  /** Removes what this examination has left. Never rejects; answers how much could not be removed. */
  close(): Promise<number>;
}

const PART_TYPE = "application/octet-stream";
const URL_TTL_SECONDS = 300;

export const sha256Hex = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");

/** Answers that are about the moment: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const BUSY: ReadonlySet<number> = new Set([0, 408, 425, 429, 500, 502, 503, 504]);
const AGAIN_MS = 1_000;

/**
 * Begins an examination. Everything is written below `f/doctor-<random>/` and `quarantine/doctor-<random>/`: inside what the
 * least privileges allow, outside of every key that a file can have.
 */
export function admitPatient(options: PatientOptions): Patient {
  const { connection, uploadSigner } = options;
  const prefix = `doctor-${randomBytes(8).toString("hex")}/`;
  const storage = createS3Storage({
    ...connection,
    requestTimeoutMs: 10_000,
    callTimeoutMs: 20_000,
    completeTimeoutMs: 30_000,
  });
  const publicConnection = { ...connection, publicEndpoint: options.publicEndpoint ?? undefined };
  const signer = createUrlSigner({ ...publicConnection, uploadCredentials: uploadSigner ?? undefined });
  const client = new S3Client(s3Identity(connection));
  const uploadClient =
    uploadSigner === null ? null : new S3Client(s3Identity({ ...connection, credentials: uploadSigner }));
  const keys = new Set<string>();
  const uploads: OpenUpload[] = [];

  const patient: Patient = {
    ...options,
    ...{ storage, signer, client, uploadClient },
    key: (name) => keyAt("f/", name),
    keyOutside: (name) => keyAt("quarantine/", name),
    async bareUrl(key) {
      const { url } = await patient.signDownload(key === "" ? "x" : key);
      const address = new URL(url);
      return `${address.origin}${key === "" ? address.pathname.replace(/x$/, "") : address.pathname}`;
    },
    async open(name, checksum = "NONE") {
      const key = patient.key(name);
      const upload = { key, ...(await storage.createMultipartUpload({ key, checksum })) };
      uploads.push(upload);
      return upload;
    },
    signPart: ({ key, uploadId }, sizeBytes, sha256 = null) =>
      signer.signPart({
        ...{ key, uploadId, partNumber: 1, sizeBytes, sha256 },
        contentType: PART_TYPE,
        ttlSeconds: URL_TTL_SECONDS,
      }),
    send,
    async put(signed, body) {
      const request = { method: "PUT", url: signed.url, headers: honestHeaders(signed, body), body };
      const answer = await send(request);
      if (!BUSY.has(answer.status)) return answer;
      await after(AGAIN_MS);
      const second = await send(request);
      if (!BUSY.has(second.status)) return second;
      throw new StorageError("UNAVAILABLE", "UploadPart", null);
    },
    async seal(upload) {
      const parts = await storage.listParts(upload);
      await storage.completeMultipartUpload({ ...upload, parts });
      return parts;
    },
    async sealed(name, body) {
      const upload = await patient.open(name);
      await patient.put(await patient.signPart(upload, Buffer.byteLength(body)), body);
      await patient.seal(upload);
      return upload;
    },
    async putObject(key, body, { ifNoneMatch = false } = {}) {
      const condition = ifNoneMatch ? { IfNoneMatch: "*" } : {};
      await client.send(new PutObjectCommand({ Bucket: connection.bucket, Key: key, Body: body, ...condition }));
    },
    async read(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: connection.bucket, Key: key }));
        return (await Body?.transformToString("latin1")) ?? "";
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    },
    signDownload: async (key) =>
      signer.signDownload({
        ...{ key, contentType: "text/plain; charset=utf-8", contentDisposition: 'attachment; filename="x"' },
        ...{ cacheControl: "private", signedAt: new Date(), ttlSeconds: URL_TTL_SECONDS },
      }),
    async close() {
      let left = 0;
      const attempt = async (work: () => Promise<unknown>): Promise<void> => {
        await work().catch(() => (left += 1));
      };
      // A sealed upload has none left to abort: then this is a 404, which is no fault.
      await Promise.all(uploads.map((upload) => attempt(() => storage.abortMultipartUpload(upload))));
      await Promise.all(
        [...keys].map((Key) => attempt(() => client.send(new DeleteObjectCommand({ Bucket: connection.bucket, Key })))),
      );
      storage.stop();
      client.destroy();
      uploadClient?.destroy();
      return left;
    },
  };
  return patient;

  function keyAt(root: string, name: string): string {
    const key = root + prefix + name;
    keys.add(key);
    return key;
  }

  async function send(request: RawRequest): Promise<RawAnswer> {
    try {
      return await sendRaw(request).catch((error: unknown) => {
        if (connection.endpoint === undefined) throw error;
        return sendRaw(request, connection.endpoint);
      });
    } catch (error) {
      throw new StorageError("UNAVAILABLE", request.method, null, { cause: error, unsent: true });
    }
  }
}

/** What a client sends that does as it was told. */
export function honestHeaders({ headers }: SignedRequest, body: Uint8Array | string): [string, string][] {
  const length: [string, string] = ["Content-Length", String(Buffer.byteLength(body))];
  return [...headers.map(({ name, value }): [string, string] => [name, value]), length];
}

/** The HTTP status in an error of the SDK; null: there was no answer. */
export function statusOf(error: unknown): number | null {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? null;
}
