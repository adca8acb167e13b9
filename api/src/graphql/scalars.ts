import { GraphQLError, GraphQLScalarType, Kind } from "graphql";
import type { ValueNode } from "graphql";

/**
 * The scalars. Input that does not fit is a GraphQLError, which the executor turns into BAD_USER_INPUT; an internal value
 * that does not fit is a TypeError, which format-error.ts masks: that is our fault and not the caller's.
 */

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i;

/** RFC 3339 with an offset; February 30 is refused, which `new Date` would turn into March 1. */
function parseInstant(text: string): Date {
  const match = INSTANT.exec(text);
  const [year, month, day] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
  const instant = new Date(text);
  const dayExists = match !== null && new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  if (!dayExists || Number.isNaN(instant.getTime())) {
    throw new GraphQLError("DateTime must be an ISO 8601 instant with an offset, such as 2026-01-31T12:00:00.000Z.");
  }
  return instant;
}

function stringLiteral(node: ValueNode, scalar: string): string {
  if (node.kind !== Kind.STRING) throw new GraphQLError(`${scalar} must be a string.`, { nodes: node });
  return node.value;
}

function stringValue(value: unknown, scalar: string): string {
  if (typeof value !== "string") throw new GraphQLError(`${scalar} must be a string.`);
  return value;
}

/** An instant, answered in UTC with milliseconds. Input: RFC 3339 with any offset. */
export const DateTime = new GraphQLScalarType<Date, string>({
  name: "DateTime",
  description:
    "ISO 8601, UTC, milliseconds. Database clock, except *ExpiresAt: the instant that the store itself applies. As input any offset is accepted.",
  specifiedByURL: "https://scalars.graphql.org/andimarek/date-time.html",
  serialize(value) {
    if (!(value instanceof Date)) throw new TypeError("DateTime: not a Date");
    return value.toISOString();
  },
  parseValue: (value) => parseInstant(stringValue(value, "DateTime")),
  parseLiteral: (node) => parseInstant(stringLiteral(node, "DateTime")),
});

function parseUrl(text: string): string {
  if (!URL.canParse(text)) throw new GraphQLError("URL must be absolute.");
  return text;
}

/** An absolute URL, handed on letter by letter: a presigned one breaks when it is normalised. */
export const Url = new GraphQLScalarType<string, string>({
  name: "URL",
  description: "Absolute URL. Use it letter by letter: a signed URL breaks when it is decoded and encoded again.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc3986",
  serialize(value) {
    if (typeof value !== "string") throw new TypeError("URL: not a string");
    return value;
  },
  parseValue: (value) => parseUrl(stringValue(value, "URL")),
  parseLiteral: (node) => parseUrl(stringLiteral(node, "URL")),
});

function parseSha256(text: string): string {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new GraphQLError("Sha256 must be 64 hex digits.");
  return text.toLowerCase();
}

/** SHA-256 in hex; input in either case. */
export const Sha256 = new GraphQLScalarType<string, string>({
  name: "Sha256",
  description:
    "SHA-256, 64 hex digits, answered in lower case. As input either case is accepted. What `sha256sum` prints, not the base64 of S3's headers.",
  serialize(value) {
    if (typeof value !== "string") throw new TypeError("Sha256: not a string");
    return value.toLowerCase();
  },
  parseValue: (value) => parseSha256(stringValue(value, "Sha256")),
  parseLiteral: (node) => parseSha256(stringLiteral(node, "Sha256")),
});

function parseByteCount(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new GraphQLError("ByteCount must be a whole JSON number from 0 to 9007199254740991.");
  }
  return value + 0; // -0 becomes 0
}

/**
 * A number of bytes, 0..2^53 - 1. An exponent in a literal is refused; in JSON variables `1e3` and `1000` are the same
 * number once parsed (RFC 8259 section 6), so there it cannot be told apart.
 */
export const ByteCount = new GraphQLScalarType<number, number>({
  name: "ByteCount",
  description:
    "Whole number of bytes, 0 to 2^53 - 1, as a JSON number (Int stops at 2 GiB). Strings, fractions and exponents are refused.",
  serialize(value) {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      throw new TypeError("ByteCount: not a byte count");
    }
    return value;
  },
  parseValue: parseByteCount,
  parseLiteral: (node) => parseByteCount(node.kind === Kind.INT ? Number(node.value) : Number.NaN),
});
