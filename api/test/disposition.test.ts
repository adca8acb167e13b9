import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { contentDisposition } from "../src/files/content-disposition.js";
import { checkFilename } from "../src/files/filename.js";
import { expectMember, readFile, renameFile, upload } from "./operations.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** Names that are trouble in a header, through the service, the signature and the store, and back out of its answer. */

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const NAMES: readonly string[] = [
  "plain.txt",
  'a"b.txt',
  "a\\b".replace("\\", "%5C"),
  "100%.txt",
  "%22%0d%0aSet-Cookie: a=b",
  "a;b=c.txt",
  "it's (1)*.txt",
  "a, b.txt",
  "filename=evil.exe",
  "=?utf-8?B?ZXZpbA==?=",
  "UTF-8''evil.exe",
  "...",
  "CON",
  "NUL.txt",
  "aux.",
  "trailing dot.",
  "trailing space ",
  " leading",
  "-rf",
  "~",
  "$(id)",
  "`id`",
  "<script>.html",
  "a&b+c d.txt",
  "é".repeat(127),
  "a".repeat(255),
  "naïve café – “quotes”.txt",
  "日本語の名前.pdf",
  "שלום.txt",
  "👩‍👩‍👧.jpg",
  "\u00a0x",
];

/** RFC 6266 with RFC 8187, by the grammar: type, the two names. */
function parsed(header: string): { type: string; fallback: string; filename: string } {
  const match =
    /^([a-z]+); filename="([\x20\x21\x23-\x5b\x5d-\x7e]*)"; filename\*=UTF-8''((?:%[0-9A-F]{2}|[A-Za-z0-9!#$&+.^_`|~-])*)$/.exec(
      header,
    );
  if (match === null) throw new Error(`not by the grammar: ${header}`);
  return { type: match[1]!, fallback: match[2]!, filename: decodeURIComponent(match[3]!) };
}

test("every name comes out of the store's own answer as it went in", async () => {
  const file = await upload(app, "ann", "hello", { filename: "first.txt", contentType: "text/plain" });
  for (const filename of NAMES) {
    expectMember("RenamedFile", await renameFile(app, "ann", file.id, filename));
    for (const [disposition, type] of [
      ["INLINE", "inline"],
      ["ATTACHMENT", "attachment"],
    ] as const) {
      const { data } = await app.call<{ file: { url: string } }>(
        "ann",
        `query ($id: ID!) { file(id: $id) { url(disposition: ${disposition}) } }`,
        { id: file.id },
      );
      const answer = await fetch(data.file.url);
      expect([filename, answer.status, await answer.text()]).toEqual([filename, 200, "hello"]);
      const header = answer.headers.get("content-disposition")!;
      expect(header).toBe(contentDisposition(disposition, filename.normalize("NFC")));
      expect(parsed(header)).toMatchObject({ type, filename: filename.normalize("NFC") });
      expect(answer.headers.has("set-cookie")).toBe(false);
    }
  }
  expect((await readFile(app, "ann", file.id))?.filename).toBe(NAMES.at(-1));
});

test("whatever the rule about names lets in stands in the header as itself", () => {
  const piece = fc.oneof(
    fc.constantFrom(..."\r\n\t\"\\%;='*()<>:|?.~ \0\x7f\u0085\u2028\u202e\u2066é\u0301猫\ud800\udc00"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 2 }),
    fc.constantFrom("CON", "..", "👍", "\u200d", "\ufeff", "%0d%0a", "UTF-8''"),
  );
  let kept = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 120 }), fc.constantFrom("INLINE", "ATTACHMENT"), (pieces, disposition) => {
      const checked = checkFilename(pieces.join(""));
      if (!checked.ok) return;
      kept += 1;
      const header = contentDisposition(disposition, checked.filename);
      expect(header).toMatch(/^[\x20-\x7e]+$/);
      // A name of 255 bytes, each of them escaped, and its fallback.
      expect(header.length).toBeLessThan(1_100);
      expect(parsed(header).filename).toBe(checked.filename);
    }),
    { numRuns: 10_000 },
  );
  expect(kept).toBeGreaterThan(500);
});
