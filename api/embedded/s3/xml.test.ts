import { describe, expect, test } from "@jest/globals";
import { S3Error } from "./errors.js";
import { childrenOf, escapeXml, parseXml, renderXml, textOf } from "./xml.js";

describe("parseXml", () => {
  test("resolves the entities of XML and keeps blanks", () => {
    const root = parseXml(
      '<?xml version="1.0"?><Delete xmlns="x"><Object><Key> a&amp;&lt;&#xD;é </Key></Object></Delete>',
      "Delete",
    );
    expect(childrenOf(root, "Object")[0]?.children[0]?.text).toBe(" a&<\ré ");
    expect(textOf(childrenOf(root, "Object")[0] ?? root, "Key")).toBe("a&<\ré");
  });

  test("takes a Complete of 10,000 parts with quoted ETags and checksums", () => {
    const part = (number: number): string =>
      `<Part><ETag>&quot;${"0".repeat(32)}&quot;</ETag><ChecksumSHA256>${"A".repeat(43)}=</ChecksumSHA256><PartNumber>${number}</PartNumber></Part>`;
    const parts = Array.from({ length: 10_000 }, (_, index) => part(index + 1)).join("");
    const root = parseXml(`<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`, "CompleteMultipartUpload");
    const found = childrenOf(root, "Part");
    expect(found).toHaveLength(10_000);
    expect(textOf(found[9_999] ?? root, "ETag")).toBe(`"${"0".repeat(32)}"`);
  });

  test.each([
    ["", "nothing"],
    ["text", "no element"],
    ["<a/>", "another root"],
    ["<Delete/><Delete/>", "two roots"],
    ["<Delete>", "an open end"],
    ["<Delete><a></Delete></a>", "crossed ends"],
    ["<!DOCTYPE Delete><Delete/>", "a document type"],
    [`${"<Delete>".repeat(50)}${"</Delete>".repeat(50)}`, "deep nesting"],
    ["<Delete><__proto__/></Delete>", "a reserved name"],
  ])("%s is MalformedXML: %s", (text) => {
    expect(() => parseXml(text, "Delete")).toThrow(S3Error);
  });
});

test("what renderXml writes, parseXml reads", () => {
  const nasty = "<&>\"' \t\u0001é😀";
  const document = renderXml("Root", { A: nasty, B: [{ C: 1 }, { C: 2 }], D: undefined, E: "" });
  expect(document).toContain(escapeXml(nasty));
  const root = parseXml(document.replace("&#x1;", ""), "Root");
  expect(childrenOf(root, "A")[0]?.text).toBe(nasty.replace("\u0001", ""));
  expect(childrenOf(root, "B").map((one) => textOf(one, "C"))).toEqual(["1", "2"]);
  expect(childrenOf(root, "D")).toHaveLength(0);
});
