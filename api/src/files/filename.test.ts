import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { checkFilename, MAX_FILENAME_BYTES } from "./filename.js";

describe("keeps", () => {
  test.each([
    "cat.png",
    ".env",
    "...",
    "a b.txt",
    " leading",
    "trailing ",
    "-rf",
    "100%.txt",
    'a"b',
    "it's",
    "猫.png",
    "👩‍👩‍👧.jpg",
    "a;b|c",
  ])("%j", (name) => {
    expect(checkFilename(name)).toEqual({ ok: true, filename: name });
  });

  test("the NFC form", () => {
    expect(checkFilename("re\u0301sume\u0301.pdf")).toEqual({ ok: true, filename: "résumé.pdf" });
  });
});

describe("refuses", () => {
  test.each(["", " ", "\u00a0\u3000", "\t\n", "\ufeff"])("as EMPTY: %j", (name) => {
    expect(checkFilename(name)).toEqual({ ok: false, fault: "EMPTY" });
  });

  test.each([
    ".",
    "..",
    "../x",
    "a\\b",
    "a\0b",
    "a\rb",
    "a\nb",
    "a\x7fb",
    "a\u0085b",
    "a\u2028b",
    "a\u2029b",
    "cod\u202egpj.exe",
    "a\u2066b",
    "a\u200eb",
    "a\u200fb",
    "a\u061cb",
    "a\ud800b",
    "a\udc00",
  ])("as FORBIDDEN_CHARACTER: %j", (name) => {
    expect(checkFilename(name)).toEqual({ ok: false, fault: "FORBIDDEN_CHARACTER" });
  });

  test("every control, bidirectional control and separator there is", () => {
    const ranges = [
      [0, 0x1f],
      [0x7f, 0x9f],
      [0x202a, 0x202e],
      [0x2066, 0x2069],
      [0x2028, 0x2029],
      [0xd800, 0xdfff],
    ] as const;
    for (const [first, last] of ranges) {
      for (let code = first; code <= last; code += 1) {
        expect(checkFilename(`a${String.fromCharCode(code)}b`)).toEqual({ ok: false, fault: "FORBIDDEN_CHARACTER" });
      }
    }
  });

  test("by bytes, not by characters", () => {
    expect(checkFilename("é".repeat(127))).toMatchObject({ ok: true });
    expect(checkFilename("é".repeat(128))).toEqual({ ok: false, fault: "TOO_LONG" });
    expect(checkFilename("a".repeat(255))).toMatchObject({ ok: true });
    expect(checkFilename("a".repeat(256))).toEqual({ ok: false, fault: "TOO_LONG" });
    // 384 bytes as given, 255 once composed
    expect(checkFilename("a" + "e\u0301".repeat(127))).toMatchObject({ ok: true });
  });
});

test("whatever is kept fits, is normalised, survives UTF-8, names no folder, and is kept again", () => {
  const hostile = fc.string({
    unit: fc.oneof(
      fc.constantFrom(..."/\\.\0\r\n\u202e\u2028\ud800é\u0301 "),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
  });
  fc.assert(
    fc.property(hostile, (text) => {
      const checked = checkFilename(text);
      if (!checked.ok) return;
      const { filename } = checked;
      expect(filename.normalize("NFC")).toBe(filename);
      const bytes = Buffer.from(filename, "utf8");
      expect(bytes.length).toBeLessThanOrEqual(MAX_FILENAME_BYTES);
      expect(bytes.toString("utf8")).toBe(filename);
      expect(filename).not.toMatch(/[/\\\r\n\0]/);
      expect(checkFilename(filename)).toEqual(checked);
    }),
    { numRuns: 1000 },
  );
});
