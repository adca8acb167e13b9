import { timingSafeEqual } from "node:crypto";
import {
  ALGORITHM,
  canonicalRequest,
  scopeText,
  signingKey,
  signText,
  stringToSign,
  type CredentialScope,
} from "./canonical-request.js";
import { S3Error, type S3ErrorCode } from "./errors.js";
import { queryValue, type QueryParameters } from "./request-target.js";

/** Who may sign. */
export interface Principal {
  accessKeyId: string;
  secretAccessKey: string;
}

/** The part of a request that authentication reads: no byte of the body. */
export interface UnauthenticatedRequest {
  method: string;
  path: string;
  parameters: QueryParameters;
  /** All values of a header as received, by lower-case name. */
  headerValues: (name: string) => readonly string[];
  /** Lower-case names of every header present. */
  headerNames: readonly string[];
}

/** What the signature says about the body. */
export type PayloadPromise =
  | { kind: "unsigned" }
  | { kind: "digest"; sha256Hex: string }
  | { kind: "chunked"; signed: boolean; trailer: boolean };

/** A request whose signature holds. */
export interface Authenticated {
  principal: Principal;
  mode: "header" | "query";
  payload: PayloadPromise;
  /** Seeds the chain of chunk signatures. */
  chunkSeed: { signature: string; key: Buffer; timestamp: string; scope: string };
}

/** What a store accepts. */
export interface SignatureRules {
  region: string;
  /** Looks an access key up; undefined is `InvalidAccessKeyId`. */
  findPrincipal: (accessKeyId: string) => Principal | undefined;
  /** Milliseconds since 1970. */
  nowMs: () => number;
}

const MAX_EXPIRES_SECONDS = 604_800;
const MAX_SKEW_MS = 15 * 60_000;
const AUTH_PARAMETERS = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  "X-Amz-Signature",
] as const;

interface Claim {
  accessKeyId: string;
  scope: CredentialScope;
  signedHeaders: string[];
  signature: string;
  timestamp: string;
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
  if (authorization !== undefined) return verify("header", readHeaderClaim(authorization, request, rules), request, rules);
  if (inQuery) return verify("query", readQueryClaim(request, rules), request, rules);
  if (queryValue(request.parameters, "Signature") !== undefined) throw unsupportedMechanism();
  throw new S3Error("AccessDenied");
}

function verify(mode: "header" | "query", claim: Claim, request: UnauthenticatedRequest, rules: SignatureRules): Authenticated {
  if (request.headerNames.includes("x-amz-security-token") || hasParameter(request, "X-Amz-Security-Token"))
    throw new S3Error("InvalidToken");
  const principal = rules.findPrincipal(claim.accessKeyId);
  if (!principal) throw new S3Error("InvalidAccessKeyId", { details: { AWSAccessKeyId: claim.accessKeyId } });
  const payloadHash = readPayloadHash(mode, request);
  const canonical = canonicalRequest({
    method: request.method,
    path: request.path,
    parameters: mode === "query" ? request.parameters.filter(([name]) => name !== "X-Amz-Signature") : request.parameters,
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

function readHeaderClaim(authorization: string, request: UnauthenticatedRequest, rules: SignatureRules): Claim {
  const malformed = (message: string): S3Error =>
    new S3Error("AuthorizationHeaderMalformed", { message: `The authorization header is malformed; ${message}` });
  const [algorithm = "", ...rest] = authorization.trim().split(/\s+/);
  if (algorithm !== ALGORITHM) throw unsupportedMechanism();
  const fields = new Map<string, string>();
  for (const field of rest.join("").split(",")) {
    const equals = field.indexOf("=");
    if (equals > 0) fields.set(field.slice(0, equals), field.slice(equals + 1));
  }
  const [credential, signedHeaders, signature] = ["Credential", "SignedHeaders", "Signature"].map((name) => {
    const value = fields.get(name);
    if (!value) throw malformed(`missing ${name}.`);
    return value;
  }) as [string, string, string];
  const timestamp = request.headerValues("x-amz-date")[0] ?? fromHttpDate(request.headerValues("date")[0]);
  const signedAtMs = timestamp === undefined ? undefined : parseTimestamp(timestamp);
  if (timestamp === undefined || signedAtMs === undefined)
    throw new S3Error("AccessDenied", { message: "AWS authentication requires a valid Date or x-amz-date header" });
  const { accessKeyId, scope } = parseCredential(credential, timestamp, rules.region, "AuthorizationHeaderMalformed");
  if (Math.abs(rules.nowMs() - signedAtMs) > MAX_SKEW_MS)
    throw new S3Error("RequestTimeTooSkewed", {
      details: {
        RequestTime: timestamp,
        ServerTime: new Date(rules.nowMs()).toISOString(),
        MaxAllowedSkewMilliseconds: MAX_SKEW_MS,
      },
    });
  return { accessKeyId, scope, signedHeaders: splitSignedHeaders(signedHeaders), signature, timestamp };
}

function readQueryClaim(request: UnauthenticatedRequest, rules: SignatureRules): Claim {
  const refuse = (message: string): S3Error => new S3Error("AuthorizationQueryParametersError", { message });
  const [algorithm, credential, timestamp, expires, signedHeaders, signature] = AUTH_PARAMETERS.map((name) => {
    const values = request.parameters.filter(([candidate]) => candidate === name);
    // A parameter given twice could be read one way here and another way by a proxy in front.
    if (values.length !== 1 || !values[0]?.[1])
      throw refuse(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
      );
    return values[0][1];
  }) as [string, string, string, string, string, string];
  if (algorithm !== ALGORITHM) throw refuse('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  const signedAtMs = parseTimestamp(timestamp);
  if (signedAtMs === undefined)
    throw refuse('X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd\'T\'HHmmss\'Z\'"');
  if (!/^-?\d{1,12}$/.test(expires)) throw refuse("X-Amz-Expires should be a number");
  const expiresSeconds = Number(expires);
  if (expiresSeconds < 0) throw refuse("X-Amz-Expires must be non-negative");
  if (expiresSeconds > MAX_EXPIRES_SECONDS)
    throw refuse(
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
    );
  const { accessKeyId, scope } = parseCredential(
    credential,
    timestamp,
    rules.region,
    "AuthorizationQueryParametersError",
  );
  const nowMs = rules.nowMs();
  const serverTime = new Date(nowMs).toISOString();
  if (signedAtMs - nowMs > MAX_SKEW_MS)
    throw new S3Error("AccessDenied", {
      message: "Request is not valid yet",
      details: { "X-Amz-Date": timestamp, ServerTime: serverTime },
    });
  if (nowMs > signedAtMs + expiresSeconds * 1000)
    throw new S3Error("AccessDenied", {
      message: "Request has expired",
      details: {
        "X-Amz-Expires": expires,
        Expires: new Date(signedAtMs + expiresSeconds * 1000).toISOString(),
        ServerTime: serverTime,
      },
    });
  return { accessKeyId, scope, signedHeaders: splitSignedHeaders(signedHeaders), signature, timestamp };
}

function parseCredential(
  credential: string,
  timestamp: string,
  region: string,
  code: S3ErrorCode,
): { accessKeyId: string; scope: CredentialScope } {
  // An access key may itself hold slashes on some stores, so the scope is read from the right.
  const parts = credential.split("/");
  const [date, scopeRegion, service, terminator] = parts.slice(-4);
  const accessKeyId = parts.slice(0, -4).join("/");
  const refuse = (message: string, details: Record<string, string> = {}): S3Error =>
    new S3Error(code, { message, details });
  if (!accessKeyId || !date || scopeRegion === undefined || !service || !terminator)
    throw refuse(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  if (terminator !== "aws4_request") throw refuse(`incorrect terminal "${terminator}". This endpoint uses "aws4_request".`);
  if (service !== "s3") throw refuse(`incorrect service "${service}". This endpoint belongs to "s3".`);
  if (scopeRegion !== region)
    throw refuse(`the region '${scopeRegion}' is wrong; expecting '${region}'`, { Region: region });
  if (date !== timestamp.slice(0, 8))
    throw refuse(`Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`);
  return { accessKeyId, scope: { date, region: scopeRegion, service } };
}

/**
 * Refuses headers that a signature must cover: `host`, and every `x-amz-*` that is there. Without this, whoever holds a presigned URL could add
 * an ACL, metadata or a copy source to it: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 */
function refuseUnsignedHeaders(claim: Claim, request: UnauthenticatedRequest): void {
  const unsigned = request.headerNames.filter(
    (name) => (name === "host" || name.startsWith("x-amz-")) && !claim.signedHeaders.includes(name),
  );
  if (unsigned.length > 0)
    throw new S3Error("AccessDenied", {
      message: "There were headers present in the request which were not signed",
      details: { HeadersNotSigned: [...new Set(unsigned)].join(", ") },
    });
  if (!claim.signedHeaders.includes("host")) throw new S3Error("AccessDenied", { details: { HeadersNotSigned: "host" } });
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

function splitSignedHeaders(text: string): string[] {
  return text.toLowerCase().split(";");
}

function hasParameter(request: UnauthenticatedRequest, name: string): boolean {
  return queryValue(request.parameters, name) !== undefined;
}

function unsupportedMechanism(): S3Error {
  return new S3Error("InvalidRequest", {
    message: "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
  });
}

/** Milliseconds since 1970 of `YYYYMMDDTHHMMSSZ`, or undefined. */
function parseTimestamp(timestamp: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(timestamp);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const milliseconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

function fromHttpDate(date: string | undefined): string | undefined {
  const milliseconds = Date.parse(date ?? "");
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString().replace(/[-:]|\.\d{3}/g, "");
}
