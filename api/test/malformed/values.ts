import { encodeCursor } from "../../src/files/list-cursor.js";
import type { CursorPosition, CursorScope } from "../../src/files/list-cursor.js";
import type { Draw } from "./draw.js";

/** Values that are well-formed JSON and nothing that anybody should send. PURE. */

const FILE_UUID = "01890000-0000-7000-8000-000000000001";

/** A cursor that the service would have to have made, of a row that cannot be. */
function forgedCursor(field: CursorScope["orderBy"]["field"], position: CursorPosition): string {
  return encodeCursor({ orderBy: { field, direction: "DESC" }, filter: null }, position);
}

export const HOSTILE_TEXTS: readonly string[] = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "a\udc00b",
  "\udbff\udfff",
  "\u202egpj.exe",
  "\ufeff",
  "\r\nSet-Cookie: a=b",
  "../../etc/passwd",
  "..\\..\\windows",
  ".",
  "..",
  "%00",
  "%2e%2e%2f",
  "%ff%fe",
  "'; drop table files; --",
  "' or 1=1 --",
  "$1",
  "%",
  "_",
  "\\",
  "${jndi:ldap://127.0.0.1/a}",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "a".repeat(255),
  "a".repeat(256),
  "é".repeat(127),
  "a".repeat(10_000),
  "e\u0301".repeat(200),
  "👩‍👩‍👧".repeat(30),
  "file_",
  `file_${FILE_UUID}`,
  `file_${FILE_UUID.toUpperCase()}`,
  "file_00000000-0000-0000-0000-000000000000",
  "file_ffffffff-ffff-ffff-ffff-ffffffffffff",
  "file_' or true",
  "viewer_",
  "viewer_01890000",
  "key_",
  FILE_UUID,
  "null",
  "undefined",
  "NaN",
  "1e400",
  "-1",
  "true",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "text/plain",
  "TEXT/PLAIN; charset=x",
  "image/*",
  "*/*",
  "a/b/c",
  "/",
  "application/octet-stream",
  "default",
  "image",
  "0".repeat(64),
  "f".repeat(64),
  "g".repeat(64),
  "0001-01-01T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999999999Z",
  "2026-02-30T00:00:00Z",
  "2026-01-01T00:00:00+99:99",
  "2026-01-01T00:00:00-23:59",
  "+275760-09-13T00:00:00.000Z",
  "2026-01-01",
  "http://127.0.0.1:1/canary",
  "file:///etc/passwd",
  "eyJhbGciOiJub25lIn0.e30.",
  Buffer.from("[1,2,3]").toString("base64url"),
  Buffer.from('[1,"CREATED_AT","DESC","",null,null]').toString("base64url"),
  forgedCursor("CREATED_AT", { value: String(Number.MAX_SAFE_INTEGER), id: FILE_UUID }),
  forgedCursor("CREATED_AT", { value: "0", id: FILE_UUID }),
  forgedCursor("SIZE", { value: String(Number.MAX_SAFE_INTEGER), id: FILE_UUID }),
  forgedCursor("FILENAME", { value: "%_\\'", id: FILE_UUID }),
];

const HOSTILE_NUMBERS: readonly number[] = [
  ...[0, -0, 1, -1, 0.5, 1e-320, 1e308, 1e21, 99, 100, 101, 255, 256, 10_000, 10_001],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63, -(2 ** 63)],
  ...[5 * 2 ** 30, 5 * 2 ** 30 + 1, 5 * 2 ** 40, 5 * 2 ** 40 + 1],
];

/** Any JSON value; `depth` bounds how far it nests. */
export function hostileValue(draw: Draw, depth = 0): unknown {
  switch (draw.below(depth > 3 ? 6 : 9)) {
    case 0:
      return null;
    case 1:
      return draw.chance(0.5);
    case 2:
      return draw.of(HOSTILE_NUMBERS);
    case 6:
      return draw.times(draw.below(4), () => hostileValue(draw, depth + 1));
    case 7:
      return Object.fromEntries(
        draw.times(draw.below(4), () => [
          draw.of(["id", "__proto__", "toString", "size", ""]),
          hostileValue(draw, depth + 1),
        ]),
      );
    case 8:
      return deep(draw.below(200), draw.chance(0.5));
    default:
      return draw.of(HOSTILE_TEXTS);
  }
}

function deep(levels: number, lists: boolean): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = lists ? [value] : { a: value };
  return value;
}

export const hostileNumber = (draw: Draw): number => draw.of(HOSTILE_NUMBERS);
