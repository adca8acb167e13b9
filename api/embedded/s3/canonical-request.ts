import { createHash, createHmac } from "node:crypto";
import type { QueryParameters } from "./request-target.js";

/** The one algorithm: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html */
export const ALGORITHM = "AWS4-HMAC-SHA256";

/** SHA-256 of nothing, in hex. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** `date/region/service/aws4_request`, the part of a credential that a signing key is bound to. */
export interface CredentialScope {
  /** YYYYMMDD */
  date: string;
  region: string;
  service: string;
}

/** What a signature covers. */
export interface SignedRequest {
  method: string;
  /** Decoded path, as the client wrote it otherwise. */
  path: string;
  /** All parameters but `X-Amz-Signature`. */
  parameters: QueryParameters;
  /** Lower-case names in the order of `SignedHeaders`. */
  signedHeaders: readonly string[];
  /** Every value of a header as received, in order; empty when the request lacks it. */
  headerValues: (name: string) => readonly string[];
  /** Hex digest, `UNSIGNED-PAYLOAD` or one of the `STREAMING-…` words. */
  payloadHash: string;
}

/** Percent-encodes all but RFC 3986's unreserved characters, upper-case hex, as SigV4 demands. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Builds the canonical request. S3 encodes the path once and never normalises it. */
export function canonicalRequest(request: SignedRequest): string {
  const path = request.path.split("/").map(uriEncode).join("/");
  const query = request.parameters
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => compareAscii(nameA, nameB) || compareAscii(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const headers = request.signedHeaders.map(
    (name) =>
      `${name}:${request
        .headerValues(name)
        .map((value) => value.replace(/^[ \t]+|[ \t]+$/g, "").replace(/[ \t]+/g, " "))
        .join(",")}\n`,
  );
  return [request.method, path, query, headers.join(""), request.signedHeaders.join(";"), request.payloadHash].join(
    "\n",
  );
}

/** Builds the string to sign of a request; `timestamp` is `YYYYMMDDTHHMMSSZ`. */
export function stringToSign(timestamp: string, scope: CredentialScope, canonical: string): string {
  // Node hands header bytes over as latin1; hashing them as latin1 gives back the bytes that the client signed.
  return [ALGORITHM, timestamp, scopeText(scope), createHash("sha256").update(canonical, "latin1").digest("hex")].join(
    "\n",
  );
}

/** `20130524/us-east-1/s3/aws4_request` */
export function scopeText(scope: CredentialScope): string {
  return `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
}

/** Derives the key that signs everything of one day, region and service. */
export function signingKey(secretAccessKey: string, scope: CredentialScope): Buffer {
  let key = hmac(`AWS4${secretAccessKey}`, scope.date);
  key = hmac(key, scope.region);
  key = hmac(key, scope.service);
  return hmac(key, "aws4_request");
}

/** HMAC-SHA256 of `text` in lower-case hex. */
export function signText(key: Buffer, text: string): string {
  return hmac(key, text).toString("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function compareAscii(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
