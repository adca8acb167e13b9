import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import {
  getIntrospectionQuery,
  getOperationAST,
  parse,
  print,
  separateOperations,
  specifiedRules,
  validate,
} from "graphql";
import { EXAMPLE_OPERATIONS } from "../http/example-operations.js";
import { createSchema } from "../schema.js";
import { documentFault, DOCUMENT_LIMITS, rootFieldNames, variablesFault } from "./document-limits.js";
import { documentRules, MAX_DOCUMENT_LENGTH, PARSE_OPTIONS } from "./document-rules.js";

const schema = createSchema([]);
const MAX_ITEMS = 100;
const faultOf = (query: string): string | null => documentFault(parse(query), MAX_ITEMS)?.message ?? null;
const times = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => of(index)).join(" ");

/** Pairs of a document that is as large as a limit allows, and one that is larger by one. */
const AT_THE_LIMIT: readonly [limit: string, of: (count: number) => string, allowed: number, message: string][] = [
  ["root fields", (count) => `{ ${times(count, () => "serverTime")} }`, 10, "11 root fields; at most 10"],
  [
    "root fields by way of fragments",
    (count) => `{ ...A ... { ...A } } fragment A on Query { ${times(count / 2, (n) => `a${n}: serverTime`)} }`,
    10,
    "12 root fields; at most 10",
  ],
  ["aliases", (count) => `{ viewer { ${times(count, (n) => `a${n}: id`)} } }`, 30, "31 aliases; at most 30"],
  [
    "aliases, a fragment counted as often as it is spread",
    (count) =>
      `{ a: viewer { ...A } b: viewer { ...A } } fragment A on Viewer { ${times((count - 2) / 2, (n) => `x${n}: id`)} }`,
    30,
    "32 aliases; at most 30",
  ],
  [
    "levels",
    (count) => `{ ${"a { ".repeat(count - 1)} id ${"}".repeat(count - 1)} }`,
    12,
    "13 levels deep; at most 12",
  ],
  ["directives at one place", (count) => `{ serverTime ${times(count, () => "@a")} }`, 4, "5 directives; at most 4"],
  ["directives of an operation", (count) => `query ${times(count, () => "@a")} { a }`, 4, "5 directives"],
  ["directives of a variable", (count) => `query ($v: ID ${times(count, () => "@a")}) { a }`, 4, "5 directives"],
  [
    "directives of a fragment",
    (count) => `{ ...A } fragment A on Query ${times(count, () => "@a")} { a }`,
    4,
    "5 directives",
  ],
  [
    "directives of a spread",
    (count) => `{ ...A ${times(count, () => "@a")} } fragment A on Query { a }`,
    4,
    "5 directives",
  ],
  ["directives of an inline fragment", (count) => `{ ... ${times(count, () => "@a")} { a } }`, 4, "5 directives"],
  ["fields in one place", (count) => `{ viewer { ${times(count, () => "id")} } }`, 60, "61 fields; at most 60"],
  [
    "fields of an operation",
    (count) => `{ ${times(10, () => `a { ${times(count / 10 - 1, () => "b")} }`)} }`,
    500,
    "510 fields; at most 500",
  ],
  ["definitions", (count) => times(count, (n) => `query Q${n} { serverTime }`), 50, "51 definitions; at most 50"],
  [
    "levels of a value",
    (count) => `{ a(b: ${"[".repeat(count)}${"]".repeat(count)}) }`,
    10,
    "more than 10 levels deep",
  ],
  [
    "levels of a default",
    (count) => `query ($v: X = ${"{a: ".repeat(count)}1${"}".repeat(count)}) { a }`,
    10,
    "more than 10 levels",
  ],
  [
    "levels in a directive",
    (count) => `{ a @b(c: ${"[".repeat(count)}${"]".repeat(count)}) }`,
    10,
    "more than 10 levels",
  ],
  ["items", (count) => `{ a(b: [${times(count, () => "1")}]) }`, 100, "101 items; at most 100"],
];

describe("a document", () => {
  test.each(AT_THE_LIMIT)("may have so many %s and no more", (_limit, of, allowed, message) => {
    expect(faultOf(of(allowed))).toBeNull();
    const above = message.startsWith("510")
      ? allowed + 10
      : /^(12 root|32 al)/.test(message)
        ? allowed + 2
        : allowed + 1;
    expect(faultOf(of(above))).toContain(message);
  });

  test("may ask for the whole schema", () => {
    expect(faultOf(getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true, oneOf: true }))).toBeNull();
  });

  test("may be what explorers open with", () => {
    expect(faultOf(EXAMPLE_OPERATIONS)).toBeNull();
    expect(EXAMPLE_OPERATIONS.length).toBeLessThan(MAX_DOCUMENT_LENGTH / 5);
  });

  test("may be any of the page's, with room for three times as much", async () => {
    const folder = fileURLToPath(new URL("../../../../web/src", import.meta.url));
    const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith(".graphql"));
    const texts = await Promise.all(paths.map((path) => readFile(`${folder}/${path}`, "utf8")));
    const operations = Object.values(separateOperations(parse(texts.join("\n"))));
    expect(operations.length).toBeGreaterThan(10);
    for (const operation of operations) {
      const text = print(operation);
      expect(text.length).toBeLessThan(MAX_DOCUMENT_LENGTH / 3);
      expect(validate(schema, parse(text, PARSE_OPTIONS), [...specifiedRules, ...documentRules(MAX_ITEMS)])).toEqual(
        [],
      );
      expect(rootFieldNames(operation, getOperationAST(operation)!).length).toBeLessThan(
        DOCUMENT_LIMITS.rootFields / 3,
      );
    }
  });

  test("does not hang on fragments that spread themselves, or on bombs", () => {
    expect(faultOf("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A serverTime }")).toBeNull();
    const levels = times(48, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`);
    const bomb = `{ ...F0 } ${levels} fragment F48 on Query { serverTime }`;
    expect(faultOf(bomb)).toContain("more than a million root fields");
  });

  test("that passes a limit is refused before GraphQL's own rules look at it", () => {
    const query = `{ ${times(11, (n) => `nope${n}`)} }`;
    const errors = validate(schema, parse(query), [...specifiedRules, ...documentRules(MAX_ITEMS)]);
    expect(errors.map(({ message, extensions }) => [message, extensions])).toEqual([
      ["This operation has 11 root fields; at most 10 are allowed.", { code: "BAD_USER_INPUT" }],
    ]);
  });
});

test.each([
  "subscription { filesChanged @skip(if: 1) { at } }",
  "subscription { ... @include(if: false) { filesChanged { at } } }",
  "subscription { ...A } fragment A on Subscription { ...A ... { filesChanged @include(if: true) { at } } }",
])("conditions at the root of a subscription are refused, and not thrown about: %s", (query) => {
  expect(faultOf(query)).toMatch(/@skip and @include/);
});

test("root fields are counted under their own names, through aliases and fragments", () => {
  const document = parse(
    "{ a: serverTime ...F ... on Query { limits { batchSize } } } fragment F on Query { b: viewer { id } }",
  );
  expect(rootFieldNames(document, getOperationAST(document)!)).toEqual(["serverTime", "viewer", "limits"]);
});

describe("variables", () => {
  test("may be a full batch of the largest inputs", () => {
    const input = {
      filename: "a",
      contentType: "b",
      size: 1,
      sha256: "",
      policy: "",
      idempotencyKey: "",
      transfer: "AUTO",
    };
    expect(variablesFault({ inputs: Array.from({ length: 100 }, () => input) }, MAX_ITEMS)).toBeNull();
    expect(variablesFault({}, MAX_ITEMS)).toBeNull();
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ["a list that is too long", { a: { b: Array.from({ length: 101 }, () => 1) } }, /101 items; at most 100/],
    ["lists in lists", { a: [[[[[[[[[[[]]]]]]]]]]] }, /more than 10 levels/],
    [
      "too many values",
      Object.fromEntries(Array.from({ length: 5_001 }, (_, n) => [`v${n}`, n])),
      /more than 5000 values/,
    ],
    [
      "too many values in lists of lists",
      { a: Array.from({ length: 100 }, () => Array.from({ length: 60 }, () => 0)) },
      /more than 5000/,
    ],
  ])("may not be %s", (_name, variables, message) => {
    expect(variablesFault(variables, MAX_ITEMS)).toMatch(message);
  });
});
