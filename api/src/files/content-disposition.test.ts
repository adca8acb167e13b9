import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { contentDisposition } from "./content-disposition.js";

/** A reader by the grammar of RFC 6266 and RFC 8187, written from the grammar and from nothing else. */
function read(header: string): { type: string; fallback: string; filename: string } {
  const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  const quoted = String.raw`"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*)"`;
  const extended = String.raw`UTF-8''((?:%[0-9A-F]{2}|[A-Za-z0-9!#$&+.^_\x60|~-])*)`;
  const match = new RegExp(`^(${token}); filename=${quoted}; filename\\*=${extended}$`).exec(header);
  if (match === null) throw new Error(`not by the grammar: ${header}`);
  const bytes = match[3]!.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return {
    type: match[1]!,
    fallback: match[2]!.replaceAll(/\\(.)/g, "$1"),
    filename: new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(bytes, "latin1")),
  };
}

describe("contentDisposition", () => {
  test.each([
    ["INLINE", "cat.png", `inline; filename="cat.png"; filename*=UTF-8''cat.png`],
    [
      "ATTACHMENT",
      "naïve café.txt",
      `attachment; filename="na_ve caf_.txt"; filename*=UTF-8''na%C3%AFve%20caf%C3%A9.txt`,
    ],
    ["ATTACHMENT", `a"b\\c%41.txt`, `attachment; filename="a_b_c_41.txt"; filename*=UTF-8''a%22b%5Cc%2541.txt`],
    ["ATTACHMENT", "it's (1)*.txt", `attachment; filename="it's (1)*.txt"; filename*=UTF-8''it%27s%20%281%29%2A.txt`],
    ["INLINE", "👍.png", `inline; filename="_.png"; filename*=UTF-8''%F0%9F%91%8D.png`],
  ] as const)("%s %j", (disposition, filename, header) => {
    expect(contentDisposition(disposition, filename)).toBe(header);
  });

  test("any text at all reads back as itself, on one line of printable ASCII", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(..."\r\n\"\\%;='*()\0\x7f\u0085\u2028é猫👍\u202e") }),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("INLINE", "ATTACHMENT"), (filename, disposition) => {
        const header = contentDisposition(disposition, filename);
        expect(header).toMatch(/^[\x20-\x7e]+$/);
        const parsed = read(header);
        expect(parsed.type).toBe(disposition.toLowerCase());
        expect(parsed.filename).toBe(filename);
        expect([...parsed.fallback]).toHaveLength([...filename].length);
      }),
      { numRuns: 2000 },
    );
  });

  test("a lone surrogate does not throw", () => {
    expect(read(contentDisposition("INLINE", "a\ud800b")).filename).toBe("a\ufffdb");
  });
});
