/** Operations that are small to send and large to work on. PURE. */

export interface Bomb {
  readonly name: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

const times = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => of(index)).join(" ");

const FILE = "id filename size status";

/** Each as large as the limits of size let it become, and once within each further limit and just above it. */
export const BOMBS: readonly Bomb[] = [
  { name: "5,000 aliases", query: `{ ${times(5000, (n) => `a${n}: serverTime`)} }` },
  { name: "aliases up to the last token", query: `{ ${times(660, (n) => `a${n}: serverTime`)} }` },
  { name: "one alias of two fields", query: `{ viewer { ${times(600, () => "a: id")} } }` },
  { name: "the same field up to the last token", query: `{ viewer { ${times(1900, () => "id")} } }` },
  { name: "the same object up to the last token", query: `{ ${times(490, () => "viewer { id }")} }` },
  {
    name: "pairs of nested objects",
    query: `{ viewer { ${times(200, (n) => `usage { ${times(4, () => "usedBytes")} a${n}: quotaBytes }`)} } }`,
  },
  {
    name: "a fragment bomb of 400 levels",
    query: `{ ...F0 } ${times(150, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F150 on Query { serverTime }`,
  },
  {
    name: "a fragment bomb of 40 levels",
    query: `{ ...F0 } ${times(40, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F40 on Query { serverTime }`,
  },
  {
    name: "fragments that spread each other",
    query: `{ ...F0 } ${times(40, (n) => `fragment F${n} on Query { ${times(40, (m) => `...F${m}`)} }`)}`,
  },
  {
    name: "many fragments at one place",
    query: `{ ${times(160, (n) => `...F${n}`)} } ${times(160, (n) => `fragment F${n} on Query { viewer { id } }`)}`,
  },
  { name: "inline fragments in a row", query: `{ ${times(330, () => "... { serverTime }")} }` },
  { name: "inline fragments in each other", query: `{ ${"... { ".repeat(600)} serverTime ${"}".repeat(600)} }` },
  { name: "20,000 directives", query: `{ serverTime ${times(20_000, () => "@skip(if: false)")} }` },
  { name: "directives up to the last token", query: `{ serverTime ${times(900, () => "@a")} }` },
  { name: "directives with values", query: `{ serverTime ${times(300, () => "@skip(if: false)")} }` },
  { name: "a list up to the last token", query: `{ nodes(ids: [${times(1900, () => '"a"')}]) { id } }` },
  { name: "20,000 items", query: `{ nodes(ids: [${times(20_000, () => "1")}]) { id } }` },
  { name: "a list of lists", query: `{ nodes(ids: ${"[".repeat(900)}${"]".repeat(900)}) { id } }` },
  {
    name: "an object of objects",
    query: `{ files(filter: ${"{a: ".repeat(600)}1${"}".repeat(600)}) { nodes { id } } }`,
  },
  { name: "fields in each other", query: `{ ${"viewer { ".repeat(600)} id ${"}".repeat(600)} }` },
  { name: "unknown fields up to the last token", query: `{ viewer { ${times(1900, (n) => `idd${n}`)} } }` },
  { name: "unknown types", query: times(300, (n) => `fragment F${n} on Fil${n} { id }`) },
  { name: "operations", query: times(480, (n) => `query Q${n} { serverTime }`) },
  { name: "variables", query: `query (${times(640, (n) => `$v${n}: ID`)}) { serverTime }` },
  { name: "a megabyte of comments", query: `${"#\n".repeat(500_000)} { serverTime }` },
  { name: "a megabyte of commas", query: `{ serverTime ${",".repeat(1_000_000)} }` },
  { name: "a name of a megabyte", query: `{ ${"a".repeat(1_000_000)} }` },
  { name: "a text of a megabyte", query: `{ node(id: "${"a".repeat(1_000_000)}") { id } }` },
  { name: "a block text of a megabyte", query: `{ node(id: """${"\n a".repeat(330_000)}""") { id } }` },
  {
    name: "a list of 100,000 in the variables",
    query: "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
    variables: { ids: Array.from({ length: 100_000 }, () => "a") },
  },
  {
    name: "a list of 200,000 empty objects in the variables",
    query: "mutation ($x: [CreateUploadUrlInput!]!) { createUploadUrls(inputs: $x) { __typename } }",
    variables: { x: Array.from({ length: 200_000 }, () => ({})) },
  },
  {
    name: "a list of 80,000 empty objects in the variables, as much as a body holds",
    query: "mutation ($x: [CreateUploadUrlInput!]!) { createUploadUrls(inputs: $x) { __typename } }",
    variables: { x: Array.from({ length: 80_000 }, () => ({})) },
  },
  {
    name: "20,000 variables that nobody declared, as many as a body holds",
    query: "{ serverTime }",
    variables: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`v${n}`, 0])),
  },
  {
    name: "comments, as many as a document holds",
    query: `${"#\n".repeat(24_900)} { serverTim }`,
  },
  {
    name: "lists in lists in the variables",
    query: "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
    variables: { ids: JSON.parse(`${"[".repeat(1_000)}${"]".repeat(1_000)}`) as unknown },
  },
  {
    name: "100,000 variables that nobody declared",
    query: "{ serverTime }",
    variables: Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`v${n}`, 0])),
  },
  {
    name: "the same fields again and again, just within the limits of number",
    query: `{ ${times(8, () => `viewer { ${times(58, () => "id")} }`)} nope }`,
  },
  {
    name: "fragments of the same fields, just within the limits of number",
    query: `{ ${times(9, () => `viewer { ${times(8, (n) => `...F${n}`)} }`)} nope } ${times(8, (n) => `fragment F${n} on Viewer { ${times(6, () => "id")} }`)}`,
  },
  {
    name: "fragments that differ, just within the limits of number",
    query: `{ ${times(45, (n) => `...F${n}`)} nope } ${times(45, (n) => `fragment F${n} on Query { ... { ... { ... { ... { __typename } } } } }`)}`,
  },
  {
    name: "just above the root fields",
    query: `{ ${times(11, () => "serverTime")} }`,
  },
  { name: "just above the aliases", query: `{ viewer { ${times(31, (n) => `a${n}: id`)} } }` },
  {
    name: "just above the cost",
    query: `{ ${times(10, (n) => `a${n}: files(first: 100) { nodes { ${FILE} upload { receivedParts } } }`)} }`,
  },
];
