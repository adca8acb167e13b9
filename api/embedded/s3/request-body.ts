import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { EMPTY_SHA256 } from "./canonical-request.js";
import {
  checksumHeader,
  checksumMismatch,
  createDigester,
  readChecksumClaim,
  readContentMd5,
  requireChecksumValue,
  type ChecksumClaim,
} from "./checksum.js";
import { decodeChunkedBody } from "./chunked-body.js";
import { S3Error } from "./errors.js";
import type { Authenticated } from "./sigv4.js";

/** What reading a body to its end has proven. */
export interface ReceivedBody {
  sizeBytes: number;
  md5Hex: string;
  /** Base64; present when the request declared one, and then it fits. */
  checksum?: { algorithm: ChecksumClaim["algorithm"]; value: string };
}

/** The largest object or part: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_PUT_BYTES = 5 * 2 ** 30;
/** Documents: a Complete of 10,000 parts with checksums is below 2 MiB. */
const MAX_DOCUMENT_BYTES = 4 * 2 ** 20;

/** A request's body: read at most once, verified against everything the request promised about it. */
export class RequestBody {
  private started = false;

  private readonly headers: ReadonlyMap<string, string>;
  private readonly authenticated: Authenticated;

  constructor(
    private readonly source: {
      message: IncomingMessage;
      headers: ReadonlyMap<string, string>;
      authenticated: Authenticated;
      /** Called before the first byte is read. */
      onStart: () => void;
    },
  ) {
    this.headers = source.headers;
    this.authenticated = source.authenticated;
  }

  /** True once the first byte has been asked for. */
  get isStarted(): boolean {
    return this.started;
  }

  /** What the request declares about the checksum of this body. */
  claim(): ChecksumClaim | undefined {
    return readChecksumClaim(this.headers);
  }

  /**
   * The number of bytes the body will have, after aws-chunked decoding.
   * @throws S3Error `MissingContentLength`, `EntityTooLarge`, `InvalidArgument`
   */
  requireLength(): number {
    const chunked = this.authenticated.payload.kind === "chunked";
    const text = this.headers.get(chunked ? "x-amz-decoded-content-length" : "content-length");
    if (text === undefined) throw new S3Error("MissingContentLength");
    if (!/^\d{1,15}$/.test(text))
      throw new S3Error("InvalidArgument", { details: { ArgumentName: "Content-Length", ArgumentValue: text } });
    const sizeBytes = Number(text);
    if (sizeBytes > MAX_PUT_BYTES)
      throw new S3Error("EntityTooLarge", { details: { ProposedSize: sizeBytes, MaxSizeAllowed: MAX_PUT_BYTES } });
    return sizeBytes;
  }

  /**
   * Reads the body to its end and hands each piece to `write`, which must not keep what it got visible until this returns.
   * @throws S3Error `BadDigest`, `InvalidDigest`, `InvalidRequest`, `XAmzContentSHA256Mismatch`, `IncompleteBody`, `SignatureDoesNotMatch`, …
   */
  async receive(write: (data: Buffer) => Promise<void>): Promise<ReceivedBody> {
    return this.receiveClaimed(this.claim(), write);
  }

  private async receiveClaimed(
    claim: ChecksumClaim | undefined,
    write: (data: Buffer) => Promise<void>,
  ): Promise<ReceivedBody> {
    const { payload } = this.authenticated;
    const declaredBytes = this.requireLength();
    const contentMd5 = readContentMd5(this.headers);
    const md5 = createHash("md5");
    const sha256 = payload.kind === "digest" ? createHash("sha256") : undefined;
    // One pass of SHA-256 serves both promises when both are made.
    const digester = claim && !(claim.algorithm === "SHA256" && sha256) ? createDigester(claim.algorithm) : undefined;
    let sizeBytes = 0;
    const trailers = await this.forEachPiece(async (data) => {
      sizeBytes += data.length;
      if (sizeBytes > declaredBytes) throw new S3Error("IncompleteBody");
      md5.update(data);
      sha256?.update(data);
      digester?.update(data);
      await write(data);
    });
    if (sizeBytes !== declaredBytes) throw new S3Error("IncompleteBody");
    const sha256Digest = sha256?.digest();
    if (payload.kind === "digest" && sha256Digest?.toString("hex") !== payload.sha256Hex)
      throw contentMismatch(payload.sha256Hex, sha256Digest);
    const md5Digest = md5.digest();
    if (contentMd5 !== undefined && md5Digest.toString("base64") !== contentMd5)
      throw new S3Error("BadDigest", {
        details: { ExpectedDigest: contentMd5, CalculatedDigest: md5Digest.toString("base64") },
      });
    const received: ReceivedBody = { sizeBytes, md5Hex: md5Digest.toString("hex") };
    if ([...trailers.keys()].some((name) => !claim || name !== checksumHeader(claim.algorithm)))
      throw new S3Error("MalformedTrailerError");
    if (claim) received.checksum = verifyChecksum(claim, digester?.digest() ?? sha256Digest, trailers);
    return received;
  }

  /**
   * Reads a bounded document.
   * @throws S3Error `MaxMessageLengthExceeded`, and everything `receive` throws
   */
  async document(): Promise<string> {
    return this.documentClaimed(this.claim());
  }

  /** Reads the document of Complete, whose `x-amz-checksum-*` headers speak of the object and not of this body. */
  async documentAboutObject(): Promise<string> {
    return this.documentClaimed(undefined);
  }

  private async documentClaimed(claim: ChecksumClaim | undefined): Promise<string> {
    if (this.requireLength() > MAX_DOCUMENT_BYTES) throw new S3Error("MaxMessageLengthExceeded");
    const pieces: Buffer[] = [];
    await this.receiveClaimed(claim, async (data) => void pieces.push(data));
    return Buffer.concat(pieces).toString("utf8");
  }

  /**
   * Like `document`, for the operations that demand a digest of it.
   * @throws S3Error `InvalidRequest` when neither Content-MD5 nor a checksum is there
   */
  async digestedDocument(): Promise<string> {
    if (!this.headers.has("content-md5") && this.claim() === undefined)
      throw new S3Error("InvalidRequest", { message: "Missing required header for this request: Content-MD5" });
    return this.document();
  }

  /** Reads a body that the operation has no use for, so that the promise about it still counts. */
  async ignore(): Promise<void> {
    const { payload } = this.authenticated;
    const length = this.headers.get("content-length");
    if (length === undefined || length === "0") {
      if (this.headers.has("transfer-encoding")) throw new S3Error("MissingContentLength");
      if (payload.kind === "digest" && payload.sha256Hex !== EMPTY_SHA256) throw contentMismatch(payload.sha256Hex);
      return;
    }
    await this.document();
  }

  private async forEachPiece(take: (data: Buffer) => Promise<void>): Promise<Map<string, string>> {
    this.started = true;
    this.source.onStart();
    const { payload, chunkSeed } = this.authenticated;
    // Without destroyOnReturn: false, a refusal in the middle would destroy the socket before the client reads it.
    const raw = this.source.message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    if (payload.kind !== "chunked") {
      for await (const data of raw) await take(data);
      return new Map();
    }
    const { signed, trailer } = payload;
    const decoded = decodeChunkedBody(raw, { seed: signed ? chunkSeed : undefined, trailer });
    for (let next = await decoded.next(); ; next = await decoded.next()) {
      if (next.done === true) return next.value;
      await take(next.value);
    }
  }
}

function verifyChecksum(
  claim: ChecksumClaim,
  computed: Buffer | undefined,
  trailers: ReadonlyMap<string, string>,
): NonNullable<ReceivedBody["checksum"]> {
  const expected = claim.expected ?? trailers.get(checksumHeader(claim.algorithm));
  if (expected === undefined) throw new S3Error("MalformedTrailerError");
  requireChecksumValue(claim.algorithm, expected);
  if (computed?.toString("base64") !== expected) throw checksumMismatch(claim.algorithm);
  return { algorithm: claim.algorithm, value: expected };
}

function contentMismatch(declared: string, computed?: Buffer): S3Error {
  return new S3Error("XAmzContentSHA256Mismatch", {
    details: {
      ClientComputedContentSHA256: declared,
      S3ComputedContentSHA256: computed?.toString("hex") ?? EMPTY_SHA256,
    },
  });
}
