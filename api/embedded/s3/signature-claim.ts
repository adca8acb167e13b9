import { ALGORITHM, type CredentialScope } from "./canonical-request.js";
import { S3Error, type S3ErrorCode } from "./errors.js";
import type { QueryParameters } from "./request-target.js";

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

/** What a claim is held against before any key is looked up. */
export interface ClaimCircumstances {
  region: string;
  /** Milliseconds since 1970. */
  nowMs: () => number;
}

/** What a request says about its signature. */
export interface SignatureClaim {
  accessKeyId: string;
  scope: CredentialScope;
  signedHeaders: string[];
  signature: string;
  timestamp: string;
}

const MAX_EXPIRES_SECONDS = 604_800;
const MAX_SKEW_MS = 15 * 60_000;
/** Query parameters that make a request a presigned one. */
export const AUTH_PARAMETERS = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  "X-Amz-Signature",
] as const;

/**
 * Reads the claim of an Authorization header.
 * @throws S3Error `AuthorizationHeaderMalformed`, `InvalidRequest` (another scheme), `AccessDenied` (no date), `RequestTimeTooSkewed`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function readHeaderClaim(
  authorization: string,
  request: UnauthenticatedRequest,
  circumstances: ClaimCircumstances,
): SignatureClaim {
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
  const { accessKeyId, scope } = parseCredential(
    credential,
    timestamp,
    circumstances.region,
    "AuthorizationHeaderMalformed",
  );
  if (Math.abs(circumstances.nowMs() - signedAtMs) > MAX_SKEW_MS)
    throw new S3Error("RequestTimeTooSkewed", {
      details: {
        RequestTime: timestamp,
        ServerTime: new Date(circumstances.nowMs()).toISOString(),
        MaxAllowedSkewMilliseconds: MAX_SKEW_MS,
      },
    });
  return { accessKeyId, scope, signedHeaders: splitSignedHeaders(signedHeaders), signature, timestamp };
}

/**
 * Reads the claim of a presigned query.
 * @throws S3Error `AuthorizationQueryParametersError`, `AccessDenied` (expired, or not valid yet)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function readQueryClaim(request: UnauthenticatedRequest, circumstances: ClaimCircumstances): SignatureClaim {
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
  if (signedAtMs === undefined) throw refuse("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
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
    circumstances.region,
    "AuthorizationQueryParametersError",
  );
  const nowMs = circumstances.nowMs();
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
    throw refuse('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".');
  if (terminator !== "aws4_request")
    throw refuse(`incorrect terminal "${terminator}". This endpoint uses "aws4_request".`);
  if (service !== "s3") throw refuse(`incorrect service "${service}". This endpoint belongs to "s3".`);
  if (scopeRegion !== region)
    throw refuse(`the region '${scopeRegion}' is wrong; expecting '${region}'`, { Region: region });
  if (date !== timestamp.slice(0, 8))
    throw refuse(
      `Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`,
    );
  return { accessKeyId, scope: { date, region: scopeRegion, service } };
}

function splitSignedHeaders(text: string): string[] {
  return text.toLowerCase().split(";");
}

/** For what is neither anonymous nor Signature Version 4. */
export function unsupportedMechanism(): S3Error {
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
