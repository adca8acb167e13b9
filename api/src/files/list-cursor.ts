/** Where a page of a list ended: an opaque text that belongs to one ordering and one filter. PURE. */

import { createHash } from "node:crypto";
import { isUuid } from "./file-id.js";
import { MAX_FILENAME_BYTES } from "./filename.js";

const VERSION = 1;

/** Well above the longest cursor that can be made: a name of 255 bytes, each of them escaped. */
const MAX_CURSOR_LENGTH = 1024;

/** What a cursor belongs to: it is of no use with another ordering or another filter. */
export interface CursorScope {
  readonly orderBy: { readonly field: "CREATED_AT" | "FILENAME" | "SIZE"; readonly direction: "ASC" | "DESC" };
  /** Any data of strings, numbers, null, dates, arrays and plain objects; the order of keys and items is of no account. */
  readonly filter: unknown;
}

/** The last row of a page: the value that it was ordered by, and its id to tell equal values apart. */
export interface CursorPosition {
  /** CREATED_AT: milliseconds since 1970; SIZE: bytes, both in decimal digits up to 2^53 - 1; FILENAME: the name. */
  readonly value: string;
  /** Bare UUID. */
  readonly id: string;
}

const VALUE_RULES: Readonly<Record<CursorScope["orderBy"]["field"], (value: string) => boolean>> = {
  CREATED_AT: isWholeNumber,
  SIZE: isWholeNumber,
  FILENAME: (value) =>
    value !== "" && Buffer.byteLength(value) <= MAX_FILENAME_BYTES && !/[\p{Cc}\p{Surrogate}]/u.test(value),
};

function isWholeNumber(value: string): boolean {
  return /^(0|[1-9]\d{0,15})$/.test(value) && Number(value) <= Number.MAX_SAFE_INTEGER;
}

/** The cursor of a row. @throws RangeError for a position that {@link decodeCursor} would not take back */
export function encodeCursor(scope: CursorScope, position: CursorPosition): string {
  return cursorEncoder(scope)(position);
}

/** {@link encodeCursor} for many rows of one list: their filter is looked at once. */
export function cursorEncoder({ orderBy: { field, direction }, filter }: CursorScope) {
  const digest = digestOf(filter);
  return ({ value, id }: CursorPosition): string => {
    if (!VALUE_RULES[field](value) || !isUuid(id)) throw new RangeError(`no position in ${field}`);
    return Buffer.from(JSON.stringify([VERSION, field, direction, digest, value, id]), "utf8").toString("base64url");
  };
}

/**
 * The position in a cursor, or null for one of another ordering or filter, or anything that this service did not make.
 * A cursor is no secret and no permission: every query names its owner besides.
 */
export function decodeCursor(text: string, expected: CursorScope): CursorPosition | null {
  if (text.length > MAX_CURSOR_LENGTH || !/^[A-Za-z0-9_-]+$/.test(text)) return null;
  const position = positionIn(parseJson(Buffer.from(text, "base64url").toString("utf8")));
  if (position === null || !VALUE_RULES[expected.orderBy.field](position.value) || !isUuid(position.id)) return null;
  // One spelling only: whatever differs, in scope, version or encoding, is not this cursor.
  return encodeCursor(expected, position) === text ? position : null;
}

function positionIn(fields: unknown): CursorPosition | null {
  if (!Array.isArray(fields)) return null;
  const value: unknown = fields[4];
  const id: unknown = fields[5];
  return typeof value === "string" && typeof id === "string" ? { value, id } : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function digestOf(filter: unknown): string {
  return createHash("sha256").update(canonical(filter)).digest("base64url").slice(0, 16);
}

/** JSON with sorted keys and items: filters are sets, so two spellings of one filter share their cursors. */
function canonical(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map(canonical).sort().join(",")}]`;
  if (typeof data !== "object" || data === null || data instanceof Date) return JSON.stringify(data ?? null);
  const entries = Object.entries(data).filter(([, value]) => value !== undefined && value !== null);
  return `{${entries
    .map(([key, value]) => `${JSON.stringify(key)}:${canonical(value)}`)
    .sort()
    .join(",")}}`;
}
