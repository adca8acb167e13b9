import type { IncomingMessage } from "node:http";
import { S3Error } from "./errors.js";
import type { RequestBody } from "./request-body.js";
import { queryValue, type QueryParameters, type RequestTarget } from "./request-target.js";
import type { Authenticated } from "./sigv4.js";

/** An authenticated request as operations see it. */
export interface S3Request {
  method: string;
  target: RequestTarget;
  /** Single header values by lower-case name; for presigned requests also the `x-amz-*` that travel in the query. */
  headers: ReadonlyMap<string, string>;
  body: RequestBody;
  requestId: string;
}

/** What an operation answers. */
export interface S3Reply {
  status: number;
  headers?: Record<string, string>;
  /** A document, or the bytes of an object with their number. */
  body?: string | { sizeBytes: number; chunks: AsyncGenerator<Buffer, void, undefined> };
}

/** A reply of 200 with an XML document. */
export function xmlReply(document: string, headers: Record<string, string> = {}): S3Reply {
  return { status: 200, headers: { "content-type": "application/xml", ...headers }, body: document };
}

/** All values of every header, by lower-case name, in the order received. */
export function collectHeaders(rawHeaders: readonly string[]): Map<string, string[]> {
  const collected = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    const values = collected.get(name);
    if (values) values.push(rawHeaders[index + 1] as string);
    else collected.set(name, [rawHeaders[index + 1] as string]);
  }
  return collected;
}

/** `x-amz-*` query parameters that describe the signature, or checksums: S3 enforces the latter only as headers. */
const NOT_HOISTED =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|sdk-checksum-algorithm|checksum-(crc32|crc32c|crc64nvme|sha1|sha256))$/;

/**
 * The headers that operations read. A presigned URL may carry `x-amz-*` headers in its query (the SDK puts them there); they count as if sent as
 * headers, and where both are present, the header does.
 * @throws S3Error `InvalidArgument` for a parameter that no header could be
 */
export function effectiveHeaders(
  received: ReadonlyMap<string, readonly string[]>,
  parameters: QueryParameters,
  mode: Authenticated["mode"],
): Map<string, string> {
  const headers = new Map<string, string>();
  if (mode === "query")
    for (const [name, value] of parameters) {
      const lower = name.toLowerCase();
      if (!lower.startsWith("x-amz-") || NOT_HOISTED.test(lower)) continue;
      // As a header it could not have been sent, and could not be answered.
      if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lower) || !/^[\t\x20-\x7e\xa0-\xff]*$/.test(value))
        throw new S3Error("InvalidArgument", {
          message: "Header value cannot be represented using ISO-8859-1.",
          details: { ArgumentName: name },
        });
      headers.set(lower, value);
    }
  for (const [name, values] of received) headers.set(name, values.join(","));
  return headers;
}

/** A required query parameter. @throws S3Error `InvalidArgument` when it is missing */
export function requireQuery(request: S3Request, name: string): string {
  const value = queryValue(request.target.parameters, name);
  if (!value)
    throw new S3Error("InvalidArgument", {
      message: `This operation does not accept a request without ${name}`,
      details: { ArgumentName: name },
    });
  return value;
}

/**
 * An optional whole number in the query.
 * @throws S3Error `InvalidArgument` when it is not one, or outside `minimum..2147483647`
 */
export function integerQuery(request: S3Request, name: string, fallback: number, minimum = 0): number {
  const value = queryValue(request.target.parameters, name);
  if (value === undefined || value === "") return fallback;
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= minimum && number <= 2_147_483_647))
    throw new S3Error("InvalidArgument", {
      message: `Provided ${name} not an integer or within integer range`,
      details: { ArgumentName: name, ArgumentValue: value },
    });
  return number;
}

/** True when the request announces a body: by its length or by chunked transfer. */
export function announcesBody(message: IncomingMessage): boolean {
  return message.headers["transfer-encoding"] !== undefined || Number(message.headers["content-length"] ?? 0) > 0;
}
