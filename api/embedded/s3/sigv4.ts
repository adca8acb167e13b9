import { timingSafeEqual } from "node:crypto";
import { canonicalRequest, scopeText, signingKey, signText, stringToSign } from "./canonical-request.js";
import { S3Error } from "./errors.js";
import { queryValue } from "./request-target.js";
import {
  AUTH_PARAMETERS,
  readHeaderClaim,
  readQueryClaim,
  unsupportedMechanism,
  type ClaimCircumstances,
  type SignatureClaim,
  type UnauthenticatedRequest,
} from "./signature-claim.js";

/** Who may sign. */
export interface Principal {
  accessKeyId: string;
  secretAccessKey: string;
}

/** What the signature says about the body. */
export type PayloadPromise =
  { kind: "unsigned" } | { kind: "digest"; sha256Hex: string } | { kind: "chunked"; signed: boolean; trailer: boolean };

/** A request whose signature holds. */
export interface Authenticated {
  principal: Principal;
  mode: "header" | "query";
  payload: PayloadPromise;
  /** Seeds the chain of chunk signatures. */
  chunkSeed: { signature: string; key: Buffer; timestamp: string; scope: string };
}

/** What a store accepts. */
export interface SignatureRules extends ClaimCircumstances {
  /** Looks an access key up; undefined is `InvalidAccessKeyId`. */
  findPrincipal: (accessKeyId: string) => Principal | undefined;
}

/**
 * Verifies the SigV4 signature of a request from its head alone.
 * @throws S3Error with S3's own code: `AccessDenied` (anonymous, expired, unsigned headers), `SignatureDoesNotMatch`, `InvalidAccessKeyId`,
 * `RequestTimeTooSkewed`, `AuthorizationHeaderMalformed`, `AuthorizationQueryParametersError`, `InvalidRequest`, `InvalidArgument`, `InvalidToken`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function authenticate(request: UnauthenticatedRequest, rules: SignatureRules): Authenticated {
  const authorization = request.headerValues("authorization")[0];
  const inQuery = request.parameters.some(([name]) => (AUTH_PARAMETERS as readonly string[]).includes(name));
  if (authorization !== undefined && inQuery)
    throw new S3Error("InvalidArgument", {
      message:
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
      details: { ArgumentName: "Authorization", ArgumentValue: authorization },
    });
  if (authorization !== undefined)
    return verify("header", readHeaderClaim(authorization, request, rules), request, rules);
  if (inQuery) return verify("query", readQueryClaim(request, rules), request, rules);
  if (queryValue(request.parameters, "Signature") !== undefined) throw unsupportedMechanism();
  throw new S3Error("AccessDenied");
}

function verify(
  mode: "header" | "query",
  claim: SignatureClaim,
  request: UnauthenticatedRequest,
  rules: SignatureRules,
): Authenticated {
  if (request.headerNames.includes("x-amz-security-token") || hasParameter(request, "X-Amz-Security-Token"))
    throw new S3Error("InvalidToken");
  const principal = rules.findPrincipal(claim.accessKeyId);
  if (!principal) throw new S3Error("InvalidAccessKeyId", { details: { AWSAccessKeyId: claim.accessKeyId } });
  const payloadHash = readPayloadHash(mode, request);
  const canonical = canonicalRequest({
    method: request.method,
    path: request.path,
    parameters:
      mode === "query" ? request.parameters.filter(([name]) => name !== "X-Amz-Signature") : request.parameters,
    signedHeaders: claim.signedHeaders,
    headerValues: request.headerValues,
    payloadHash,
  });
  const toSign = stringToSign(claim.timestamp, claim.scope, canonical);
  const key = signingKey(principal.secretAccessKey, claim.scope);
  if (!sameSignature(signText(key, toSign), claim.signature))
    throw new S3Error("SignatureDoesNotMatch", {
      details: {
        AWSAccessKeyId: claim.accessKeyId,
        StringToSign: toSign,
        SignatureProvided: claim.signature,
        CanonicalRequest: canonical,
      },
    });
  refuseUnsignedHeaders(claim, request);
  return {
    principal,
    mode,
    payload: parsePayloadHash(payloadHash),
    chunkSeed: { signature: claim.signature, key, timestamp: claim.timestamp, scope: scopeText(claim.scope) },
  };
}

/** True when both are the same 64 hex digits; takes the same time wherever they differ. */
export function sameSignature(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Refuses headers that a signature must cover: `host`, and every `x-amz-*` that is there. Without this, whoever holds a presigned URL could add
 * an ACL, metadata or a copy source to it: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 */
function refuseUnsignedHeaders(claim: SignatureClaim, request: UnauthenticatedRequest): void {
  const unsigned = request.headerNames.filter(
    (name) => (name === "host" || name.startsWith("x-amz-")) && !claim.signedHeaders.includes(name),
  );
  if (unsigned.length > 0)
    throw new S3Error("AccessDenied", {
      message: "There were headers present in the request which were not signed",
      details: { HeadersNotSigned: [...new Set(unsigned)].join(", ") },
    });
  if (!claim.signedHeaders.includes("host"))
    throw new S3Error("AccessDenied", { details: { HeadersNotSigned: "host" } });
}

function readPayloadHash(mode: "header" | "query", request: UnauthenticatedRequest): string {
  const header = request.headerValues("x-amz-content-sha256")[0];
  if (mode === "header" && header === undefined)
    throw new S3Error("InvalidRequest", { message: "Missing required header for this request: x-amz-content-sha256" });
  const value = header ?? queryValue(request.parameters, "X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD";
  parsePayloadHash(value);
  return value;
}

function parsePayloadHash(value: string): PayloadPromise {
  switch (value) {
    case "UNSIGNED-PAYLOAD":
      return { kind: "unsigned" };
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
      return { kind: "chunked", signed: true, trailer: false };
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
      return { kind: "chunked", signed: true, trailer: true };
    case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
      return { kind: "chunked", signed: false, trailer: true };
    default:
      if (/^[0-9a-f]{64}$/.test(value)) return { kind: "digest", sha256Hex: value };
      throw new S3Error("InvalidArgument", {
        message:
          "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
        details: { ArgumentName: "x-amz-content-sha256", ArgumentValue: value },
      });
  }
}

function hasParameter(request: UnauthenticatedRequest, name: string): boolean {
  return queryValue(request.parameters, name) !== undefined;
}
