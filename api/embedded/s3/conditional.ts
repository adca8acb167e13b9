import { S3Error } from "./errors.js";
import type { ObjectRecord, Precondition } from "./object-files.js";

type Headers = ReadonlyMap<string, string>;

/**
 * Decides on a conditional read, in the order of RFC 9110 section 13.2.2.
 * @returns "modified" to answer the object, "not modified" to answer 304
 * @throws S3Error `PreconditionFailed`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html
 */
export function evaluateRead(headers: Headers, object: ObjectRecord): "modified" | "not modified" {
  const lastModifiedSeconds = Math.floor(object.lastModifiedMs / 1000);
  const ifMatch = headers.get("if-match");
  const unmodifiedSince = seconds(headers.get("if-unmodified-since"));
  if (ifMatch !== undefined) {
    if (!listsEtag(ifMatch, object.etag)) throw failed("If-Match");
  } else if (unmodifiedSince !== undefined && lastModifiedSeconds > unmodifiedSince)
    throw failed("If-Unmodified-Since");
  const ifNoneMatch = headers.get("if-none-match");
  const modifiedSince = seconds(headers.get("if-modified-since"));
  if (ifNoneMatch !== undefined) return listsEtag(ifNoneMatch, object.etag) ? "not modified" : "modified";
  return modifiedSince !== undefined && lastModifiedSeconds <= modifiedSince ? "not modified" : "modified";
}

/** True when If-Range lets the Range header count: it names this very version, or there is none. */
export function rangeApplies(headers: Headers, object: ObjectRecord): boolean {
  const ifRange = headers.get("if-range")?.trim();
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"')) return ifRange === `"${object.etag}"`;
  return seconds(ifRange) === Math.floor(object.lastModifiedMs / 1000);
}

/**
 * Reads the conditions of a write. Call it before the body is read, with the object as it is then: what can be refused at once is; the result is
 * evaluated again under the key's lock.
 * @throws S3Error `PreconditionFailed`, `NoSuchKey` (If-Match without an object), `NotImplemented` (If-None-Match other than `*`)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function readWriteConditions(headers: Headers, atStart: ObjectRecord | undefined): Precondition {
  const ifMatch = headers.get("if-match")?.trim();
  const ifNoneMatch = headers.get("if-none-match")?.trim();
  for (const name of ["if-modified-since", "if-unmodified-since"])
    if (headers.has(name)) throw new S3Error("NotImplemented", { details: { Header: name } });
  if ((ifNoneMatch !== undefined && ifNoneMatch !== "*") || ifMatch === "*" || (ifMatch && ifNoneMatch))
    throw new S3Error("NotImplemented", {
      message: "A header you provided implies functionality that is not implemented",
      details: { Header: ifNoneMatch === undefined ? "If-Match" : "If-None-Match" },
    });
  const evaluate: Precondition = (current) => {
    if (ifNoneMatch !== undefined && current) throw failed("If-None-Match");
    if (ifMatch === undefined) return;
    if (!current)
      throw new S3Error(atStart ? "ConditionalRequestConflict" : "NoSuchKey", { details: { Condition: "If-Match" } });
    if (ifMatch.replace(/^"(.*)"$/, "$1") !== current.etag) throw failed("If-Match");
  };
  evaluate(atStart);
  return evaluate;
}

function failed(condition: string): S3Error {
  return new S3Error("PreconditionFailed", { details: { Condition: condition } });
}

function listsEtag(header: string, etag: string): boolean {
  return header
    .split(",")
    .map((one) =>
      one
        .trim()
        .replace(/^W\//, "")
        .replace(/^"(.*)"$/, "$1"),
    )
    .some((one) => one === "*" || one === etag);
}

function seconds(date: string | undefined): number | undefined {
  const milliseconds = Date.parse(date ?? "");
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}
