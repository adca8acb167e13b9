import { describe, expect, test } from "@jest/globals";
import { parse, validate } from "graphql";
import { MAX_QUERY_COST, queryCost } from "./query-cost.js";
import { createSchema } from "../schema.js";

const schema = createSchema([]);

/** Every field of File that costs no call to the store. */
const CHEAP_FILE = `id filename size status contentType declaredType integrity sha256 url urlExpiresAt inlineAllowed
  permalink createdAt updatedAt readyAt deletedAt purgeAt
  rejection { code message retryable ... on ContentMismatch { declaredType detectedType }
    ... on ChecksumMismatch { declaredSha256 actualSha256 } ... on SizeMismatch { declaredSize actualSize } }`;
const CHEAP_TICKET = `transfer method uploadUrl headers { name value } urlExpiresAt partSize partCount partChecksum
  confirmBy curl`;

function costOf(query: string, variables: Record<string, unknown> = {}): number {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  return queryCost({ schema, document, operationName: null, variables, maxItems: 100 });
}

describe("the cost of an operation", () => {
  test("lets a page of 100 files with everything cheap pass", () => {
    const page = `{ files(first: 100) { edges { cursor } nodes { ${CHEAP_FILE} } totalCount pageInfo { hasNextPage endCursor } } }`;
    expect(costOf(page)).toBeLessThanOrEqual(MAX_QUERY_COST);
    const withTickets = `{ files(first: 100) { nodes { ${CHEAP_FILE} upload { ${CHEAP_TICKET} } } } }`;
    expect(costOf(withTickets)).toBeLessThanOrEqual(MAX_QUERY_COST);
  });

  test("lets full batches with everything cheap pass", () => {
    const create = `mutation ($inputs: [CreateUploadUrlInput!]!) { createUploadUrls(inputs: $inputs) {
      ... on UploadTicket { file { ${CHEAP_FILE} } ${CHEAP_TICKET} } ... on Problem { code message retryable } } }`;
    const inputs = Array.from({ length: 100 }, () => ({ filename: "a", contentType: "a/b", size: 1 }));
    expect(costOf(create, { inputs })).toBeLessThanOrEqual(MAX_QUERY_COST);
    const confirm = `mutation ($fileIds: [ID!]!) { confirmUploads(fileIds: $fileIds) {
      ... on ConfirmedUpload { file { ${CHEAP_FILE} } } ... on FileBusy { file { ${CHEAP_FILE} } }
      ... on Problem { code message retryable } } }`;
    expect(costOf(confirm, { fileIds: inputs.map(() => "file_") })).toBeLessThanOrEqual(MAX_QUERY_COST);
  });

  test("refuses 100 listings of the store, however they are spelled", () => {
    const spellings = [
      "{ files(first: 100) { nodes { upload { receivedParts } } } }",
      "{ files(first: 100) { edges { node { upload { storedParts { number } } } } } }",
      "{ files(first: 100) { nodes { ...A } } } fragment A on File { upload { ...B } } fragment B on UploadTicket { x: receivedParts }",
      "{ files(first: 100) { nodes { ... on File { upload { ... @include(if: true) { receivedParts } } } } } }",
    ];
    for (const spelling of spellings) expect(costOf(spelling)).toBeGreaterThan(MAX_QUERY_COST);
    const byVariable = "query ($n: Int!) { files(first: $n) { nodes { upload { receivedParts } } } }";
    expect(costOf(byVariable, { n: 100 })).toBeGreaterThan(MAX_QUERY_COST);
    expect(costOf(byVariable, { n: 10 })).toBeLessThan(MAX_QUERY_COST);
  });

  test("prices the two fields of one listing once", () => {
    const one = costOf('{ file(id: "x") { upload { receivedParts } } }');
    const both = costOf('{ file(id: "x") { upload { receivedParts storedParts { number } } } }');
    expect(one).toBeGreaterThanOrEqual(50);
    expect(both - one).toBeLessThan(5);
  });

  test("prices a count once a list, not once an item", () => {
    const counted = costOf("{ files(first: 100) { nodes { id } totalCount } }");
    expect(counted - costOf("{ files(first: 100) { nodes { id } } }")).toBe(20);
  });

  test("counts every alias", () => {
    const aliases = Array.from({ length: 60 }, (_, n) => `a${n}: files(first: 100) { nodes { id } }`).join(" ");
    expect(costOf(`{ ${aliases} }`)).toBeGreaterThan(MAX_QUERY_COST);
  });

  test("is not fooled by a negative or a missing count", () => {
    expect(costOf("{ files(first: -5) { nodes { id } } }")).toBeGreaterThan(0);
    expect(costOf("{ files { nodes { id } } }")).toBe(25 * 3);
  });

  test("refuses a fragment bomb quickly", () => {
    const levels = Array.from({ length: 30 }, (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`);
    const bomb = `{ ...F0 } ${levels.join(" ")} fragment F30 on Query { serverTime }`;
    expect(() => costOf(bomb)).toThrow("maximum allowed number of nodes");
  });
});
