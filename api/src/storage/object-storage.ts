/**
 * The port to the object store and its promises. `s3-storage.ts` keeps them over any S3; `object-storage.contract.ts`
 * is the same list as a test. Use cases import only these types.
 *
 * Every call throws {@link StorageError} and nothing else. Names are S3's:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */

/** What a failed call means for the caller. */
export type StorageErrorKind =
  /** No answer, a time-out, 5xx or throttling: nothing is known; the call may have had its effect. */
  | "UNAVAILABLE"
  /** 404 for the multipart upload (also radosgw's NoSuchKey after an abort). */
  | "NO_SUCH_UPLOAD"
  /** Complete named a part that is missing or whose ETag or checksum is not the stored one. */
  | "INVALID_PART"
  /** Any other 4xx: this request, as it stands, will not succeed. */
  | "REFUSED";

export class StorageError extends Error {
  readonly kind: StorageErrorKind;
  /** S3's error code, e.g. `AccessDenied`; for logs, never for clients. */
  readonly s3Code: string | null;
  /** The store has surely not heard of the call: it was not reached, or known to be away. Then it had no effect. */
  readonly unsent: boolean;

  constructor(
    kind: StorageErrorKind,
    operation: string,
    s3Code: string | null,
    options?: { cause?: unknown; unsent?: boolean },
  ) {
    super(`${operation}: ${kind}${s3Code === null ? "" : ` (${s3Code})`}`, options);
    this.name = "StorageError";
    this.kind = kind;
    this.s3Code = s3Code;
    this.unsent = options?.unsent ?? false;
  }
}

/** One part as the store holds it. */
export interface ListedPart {
  readonly number: number;
  readonly sizeBytes: number;
  readonly etag: string;
  /** Hex; null when the store keeps none. */
  readonly sha256: string | null;
}

/** A sealed object as HEAD with checksum mode shows it. */
export interface ObjectHead {
  readonly sizeBytes: number;
  readonly etag: string;
  /** The store's own text: base64, with `-N` when it is a composite of N part digests. Null when it keeps none. */
  readonly checksumSha256: string | null;
}

/** An object as a listing shows it. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
  /** The store's clock. Of a sealed object it may be the time at which its upload was opened. */
  readonly lastModified: Date;
}

/** An open multipart upload as a listing shows it. */
export interface ListedUpload {
  readonly key: string;
  readonly uploadId: string;
  /** The store's clock. */
  readonly initiatedAt: Date;
}

/** What a store does beyond what every store must: found out by the doctor, and what tickets promise follows it. */
export interface StoreCapabilities {
  /** Bytes are refused whose SHA-256 is not the one that was signed. */
  readonly enforcesPartSha256: boolean;
}

export interface SignedRequest {
  readonly url: string;
  /** What the client must send besides Host and Content-Length. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** The instant that the store itself applies (process clock), never later than the credentials' own end. */
  readonly expiresAt: Date;
}

export interface ObjectStorage {
  /**
   * Opens a multipart upload with the server's own headers. Not idempotent: a repeat opens another one.
   * `mayHaveTwin`: an earlier try of this call was not answered, and may have opened one too.
   */
  createMultipartUpload(input: {
    key: string;
    checksum: "NONE" | "SHA256";
  }): Promise<{ uploadId: string; mayHaveTwin?: boolean }>;
  /** Uploads one part from the server: only ever the empty part that seals an empty file. */
  uploadEmptyPart(input: { key: string; uploadId: string; checksum: "NONE" | "SHA256" }): Promise<void>;
  /** Every part, ascending, all pages. @throws NO_SUCH_UPLOAD when the upload is sealed, aborted or never was. */
  listParts(input: { key: string; uploadId: string }): Promise<ListedPart[]>;
  /**
   * Seals: a compare-and-swap on the ETags given. One try, no retries: whether a lost reply sealed is asked by HEAD.
   * @throws INVALID_PART, NO_SUCH_UPLOAD, REFUSED (definite) or UNAVAILABLE (may have sealed, unless `unsent`)
   */
  completeMultipartUpload(input: { key: string; uploadId: string; parts: readonly ListedPart[] }): Promise<void>;
  /** Idempotent: an unknown upload is not an error. */
  abortMultipartUpload(input: { key: string; uploadId: string }): Promise<void>;
  /** Open uploads of exactly this key. */
  listMultipartUploads(input: { key: string }): Promise<{ uploadId: string }[]>;
  /** Null when there is no such object. */
  headObject(input: { key: string }): Promise<ObjectHead | null>;
  /** The first `byteCount` bytes, or fewer when the object ends. Never for an empty object (416). */
  readStart(input: { key: string; etag: string; byteCount: number }): Promise<Uint8Array>;
  /** SHA-256 (hex) of the whole object, read back in a stream. */
  hashObject(input: { key: string; etag: string; signal?: AbortSignal }): Promise<string>;
  /**
   * The whole object, piece by piece, no faster than it is taken. Nothing is asked before the first piece is.
   * @throws StorageError, from the iteration; UNAVAILABLE too when fewer bytes came than were announced
   */
  readObject(input: { key: string; etag: string; signal?: AbortSignal }): AsyncIterable<Uint8Array>;
  /** Idempotent. */
  deleteObject(input: { key: string }): Promise<void>;
  /**
   * Every object below a prefix, page after page, in the order of the keys' UTF-8 bytes.
   * The walk fails with StorageError rather than end early: what it has not listed would count as lost.
   */
  listObjects(input: { prefix: string }): AsyncIterable<readonly ListedObject[]>;
  /** Every open multipart upload below a prefix, likewise; several of one key stand side by side. */
  listOpenUploads(input: { prefix: string }): AsyncIterable<readonly ListedUpload[]>;
  /** A short text (UTF-8, up to 1 KiB). Null when there is no such object. */
  readText(input: { key: string }): Promise<string | null>;
  /** Writes a short text where no object is; false when one is there. Not atomic on stores without If-None-Match. */
  createText(input: { key: string; text: string }): Promise<boolean>;
  /**
   * Copies an object, streamed through this process: not every store has CopyObject, and none for all sizes.
   * Replaces what is at `toKey`: the caller has looked before. A copy that fails leaves nothing there.
   * @param input.etag the version to copy; any other is REFUSED
   * @param input.partSizeBytes of every part but the last; null: one PUT. The same parts give the same ETag.
   * @returns what was copied: SHA-256 in hex
   */
  copyObject(input: {
    fromKey: string;
    etag: string;
    toKey: string;
    partSizeBytes: number | null;
    signal?: AbortSignal;
  }): Promise<{ sizeBytes: number; sha256: string }>;
  /** Answers when the bucket can be reached. @throws StorageError */
  checkBucket(): Promise<void>;
}

/** Signs URLs without I/O (but for refreshing credentials). */
export interface UrlSigner {
  /**
   * One PUT of exactly `sizeBytes` bytes to one part; the object does not change by it.
   * @param input.sizeBytes 1..5 GiB @param input.ttlSeconds 1..604 800
   * @param input.sha256 hex; when given the store refuses other bytes
   */
  signPart(input: {
    key: string;
    uploadId: string;
    partNumber: number;
    sizeBytes: number;
    contentType: string;
    sha256: string | null;
    ttlSeconds: number;
  }): Promise<SignedRequest>;
  /**
   * A GET with all three response-* overrides signed. `signedAt` is floored by the caller to its window. At once, unless
   * credentials have to be fetched first: a list signs a URL a row.
   */
  signDownload(input: {
    key: string;
    contentType: string;
    contentDisposition: string;
    cacheControl: string;
    signedAt: Date;
    ttlSeconds: number;
  }): SignedRequest | Promise<SignedRequest>;
  /** Origins of the URLs that it signs, for CSP. */
  origins(): readonly string[];
}
