import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { CursorScope } from "./list-cursor.js";
import { decodeCursor, encodeCursor } from "./list-cursor.js";

const id = "019b0c3e-7d4a-7c31-9a2f-0123456789ab";
const scope: CursorScope = {
  orderBy: { field: "FILENAME", direction: "ASC" },
  filter: { statuses: ["READY", "PENDING"], filenameContains: null, createdAfter: new Date(0), minSizeBytes: 0 },
};
const position = { value: "cat.png", id };

describe("a cursor", () => {
  test("reads back under the same ordering and filter", () => {
    expect(decodeCursor(encodeCursor(scope, position), scope)).toEqual(position);
  });

  test("does not mind how the same filter is written", () => {
    const same = { minSizeBytes: 0, createdAfter: new Date(0), statuses: ["PENDING", "READY"], contentTypes: null };
    expect(decodeCursor(encodeCursor(scope, position), { ...scope, filter: same })).toEqual(position);
  });

  test.each<[string, CursorScope]>([
    ["field", { ...scope, orderBy: { field: "SIZE", direction: "ASC" } }],
    ["direction", { ...scope, orderBy: { field: "FILENAME", direction: "DESC" } }],
    ["filter value", { ...scope, filter: { ...(scope.filter as object), minSizeBytes: 1 } }],
    ["filter date", { ...scope, filter: { ...(scope.filter as object), createdAfter: new Date(1) } }],
    ["filter list", { ...scope, filter: { ...(scope.filter as object), statuses: ["READY"] } }],
    ["filter key", { ...scope, filter: { ...(scope.filter as object), maxSizeBytes: 9 } }],
    ["no filter", { ...scope, filter: {} }],
  ])("is none under another %s", (_, other) => {
    expect(decodeCursor(encodeCursor(scope, position), other)).toBeNull();
  });

  test.each([
    ["CREATED_AT", "1763805600123456"],
    ["CREATED_AT", "0"],
    ["SIZE", "0"],
    ["SIZE", "9007199254740991"],
    ["FILENAME", '"'.repeat(255)],
    ["FILENAME", "猫".repeat(85)],
  ] as const)("holds %s %s", (field, value) => {
    const own: CursorScope = { orderBy: { field, direction: "DESC" }, filter: null };
    expect(decodeCursor(encodeCursor(own, { value, id }), own)).toEqual({ value, id });
  });

  test.each([
    ["SIZE", "9007199254740992"],
    ["SIZE", "-1"],
    ["SIZE", "1e3"],
    ["SIZE", "01"],
    ["SIZE", ""],
    ["CREATED_AT", "now()"],
    ["CREATED_AT", "1.5"],
    ["FILENAME", ""],
    ["FILENAME", "a\0b"],
    ["FILENAME", "\ud800"],
    ["FILENAME", "a".repeat(256)],
  ] as const)("cannot hold %s %j, made here or forged", (field, value) => {
    const own: CursorScope = { orderBy: { field, direction: "DESC" }, filter: null };
    expect(() => encodeCursor(own, { value, id })).toThrow(RangeError);
    const genuine = encodeCursor(own, { value: "7", id });
    const fields = JSON.parse(Buffer.from(genuine, "base64url").toString()) as unknown[];
    fields[4] = value;
    expect(decodeCursor(Buffer.from(JSON.stringify(fields)).toString("base64url"), own)).toBeNull();
  });
});

describe("a text that is no cursor", () => {
  const genuine = encodeCursor(scope, position);
  const fields = JSON.parse(Buffer.from(genuine, "base64url").toString()) as unknown[];
  const forge = (change: (copy: unknown[]) => unknown) =>
    Buffer.from(JSON.stringify(change([...fields]) ?? null)).toString("base64url");

  test.each([
    ["empty", ""],
    ["not base64url", "%%%"],
    ["padded", `${genuine}=`],
    ["with a space", `${genuine} `],
    ["too long", "A".repeat(100_000)],
    ["another version", forge((copy) => copy.with(0, 2))],
    ["one field more", forge((copy) => [...copy, 1])],
    ["one field fewer", forge((copy) => copy.slice(0, 5))],
    ["a number for an id", forge((copy) => copy.with(5, 7))],
    ["an id in capitals", forge((copy) => copy.with(5, id.toUpperCase()))],
    ["an object for a value", forge((copy) => copy.with(4, { toString: 1 }))],
    ["null", forge(() => null)],
    ["other JSON spacing", Buffer.from(JSON.stringify(fields, null, 1)).toString("base64url")],
    ["deep nesting", Buffer.from("[".repeat(700)).toString("base64url")],
  ])("%s", (_, text) => {
    expect(decodeCursor(text, scope)).toBeNull();
  });

  test("no text makes it throw, and one changed character never yields another position", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((json) => Buffer.from(json).toString("base64url")),
        ),
        (text) => {
          expect(decodeCursor(text, scope)).toBeNull();
        },
      ),
    );
    fc.assert(
      fc.property(fc.nat({ max: genuine.length - 1 }), fc.constantFrom(..."ABCxyz019-_"), (at, char) => {
        const changed = genuine.slice(0, at) + char + genuine.slice(at + 1);
        const decoded = decodeCursor(changed, scope);
        // the value and the id are no secret: whoever changes them names a place of his own list
        if (decoded !== null) expect(encodeCursor(scope, decoded)).toBe(changed);
      }),
    );
  });
});
