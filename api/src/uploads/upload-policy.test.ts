import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { POLICIES } from "./policies.js";
import { createPolicies, normaliseMediaType, policyOf, sharedPolicies, typeAllowed } from "./upload-policy.js";
import type { PolicyDeclaration } from "./upload-policy.js";

const MIB = 1024 ** 2;
const limits = { maxFileSizeBytes: 5 * 1024 * MIB };
const declaration = (changes: Partial<PolicyDeclaration> = {}): PolicyDeclaration => ({
  name: "default",
  description: "Any.",
  maxSizeBytes: null,
  allowedTypes: ["*/*"],
  visibility: "OWNER",
  ...changes,
});

describe("the declared policies", () => {
  const policies = createPolicies(POLICIES, limits);

  test("are three, with their sizes, and everybody's own", () => {
    expect(policies.map(({ name, maxSizeBytes, visibility }) => [name, maxSizeBytes, visibility])).toEqual([
      ["default", limits.maxFileSizeBytes, "OWNER"],
      ["image", 25 * MIB, "OWNER"],
      ["document", 100 * MIB, "OWNER"],
    ]);
    expect(sharedPolicies(policies)).toEqual([]);
  });

  test("never allow more than the service does", () => {
    expect(createPolicies(POLICIES, { maxFileSizeBytes: 5 }).map(({ maxSizeBytes }) => maxSizeBytes)).toEqual([
      5, 5, 5,
    ]);
  });

  test.each([
    ["default", "application/x-anything", true],
    ["image", "image/webp", true],
    ["image", "image/svg+xml", false],
    ["image", "application/octet-stream", false],
    ["document", "text/csv", true],
    ["document", "text/html", false],
    ["document", "application/zip", false],
    ["document", "application/vnd.ms-word.document.macroenabled.12", false],
  ])("%s and %s: %s", (name, mediaType, allowed) => {
    expect(typeAllowed(policyOf(policies, name), mediaType)).toBe(allowed);
  });

  test("a name that is gone is judged as default", () => {
    expect(policyOf(policies, "of last year").name).toBe("default");
  });
});

describe("a declaration that cannot be used is told by name", () => {
  test.each<[string, readonly PolicyDeclaration[], string]>([
    ["nothing at all", [], 'none is named "default"'],
    ["no default", [declaration({ name: "image" })], 'none is named "default"'],
    ["a name twice", [declaration(), declaration()], '"default" is declared twice'],
    ["a malformed name", [declaration(), declaration({ name: "A b" })], '"A b" is no name'],
    ["a size of 0", [declaration({ maxSizeBytes: 0 })], "maxSizeBytes of 0"],
    ["a negative size", [declaration({ maxSizeBytes: -1 })], "maxSizeBytes of -1"],
    ["half a byte", [declaration({ maxSizeBytes: 0.5 })], "maxSizeBytes of 0.5"],
    ["a size that is no number", [declaration({ maxSizeBytes: NaN })], "maxSizeBytes of NaN"],
    ["no type", [declaration({ allowedTypes: [] })], "allows no type"],
    ["capital letters", [declaration({ allowedTypes: ["image/PNG"] })], '"image/PNG"'],
    ["parameters", [declaration({ allowedTypes: ["text/plain; charset=utf-8"] })], "charset"],
    ["no subtype", [declaration({ allowedTypes: ["image"] })], '"image"'],
    ["a range of half a subtype", [declaration({ allowedTypes: ["image/p*"] })], '"image/p*"'],
    ["a range of types", [declaration({ allowedTypes: ["*/png"] })], '"*/png"'],
  ])("%s", (_what, declared, told) => {
    expect(() => createPolicies(declared, limits)).toThrow(told);
  });

  test("all faults at once", () => {
    const declared = [declaration({ allowedTypes: ["x"], maxSizeBytes: 0 }), declaration()];
    expect(() => createPolicies(declared, limits)).toThrow(/maxSizeBytes of 0; .*"x".*; "default" is declared twice/);
  });

  test("a shared one is found by its visibility", () => {
    const declared = [declaration(), declaration({ name: "open", visibility: "SIGNED_IN", allowedTypes: ["image/*"] })];
    expect(sharedPolicies(createPolicies(declared, limits))).toEqual(["open"]);
  });
});

test.each([
  [["image/*"], "image/png", true],
  [["image/*"], "image/svg+xml", true],
  [["image/*"], "imagex/png", false],
  [["image/*"], "video/png", false],
  [["image/png"], "image/png", true],
  [["image/png"], "image/pn", false],
  [["image/png"], "image/pngx", false],
  [["image/png", "video/*"], "video/mp4", true],
  [[], "image/png", false],
])("%j and %s: %s", (allowedTypes, mediaType, allowed) => {
  expect(typeAllowed({ allowedTypes }, mediaType)).toBe(allowed);
});

describe("normaliseMediaType", () => {
  test.each([
    ["image/png", "image/png"],
    ["Image/PNG", "image/png"],
    ["application/vnd.ms-excel.sheet.macroEnabled.12", "application/vnd.ms-excel.sheet.macroenabled.12"],
    ["image/svg+xml", "image/svg+xml"],
    [`${"a".repeat(127)}/${"b".repeat(127)}`, `${"a".repeat(127)}/${"b".repeat(127)}`],
  ])("%s", (text, normalised) => {
    expect(normaliseMediaType(text)).toBe(normalised);
  });

  test.each([
    "",
    "image",
    "image/",
    "/png",
    "image/png/x",
    "image /png",
    " image/png",
    "image/png\n",
    "image/png\r\nx-evil: 1",
    "text/plain; charset=utf-8",
    "text/plain;",
    "*/*",
    "image/*",
    "image/p'ng",
    "image/`id`",
    'image/"png"',
    "image/pñg",
    "image/\u212aelvin",
    `${"a".repeat(128)}/b`,
    `a/${"b".repeat(128)}`,
  ])("refuses %j", (text) => {
    expect(normaliseMediaType(text)).toBeNull();
  });

  test("what it answers is safe in a header and in single quotes, and is answered again", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.string(), fc.string()).map((halves) => halves.join("/")),
        ),
        (text) => {
          const mediaType = normaliseMediaType(text);
          if (mediaType === null) return;
          expect(mediaType).toMatch(/^(?:(?!['"`\\;])[!-~])+$/);
          expect(normaliseMediaType(mediaType)).toBe(mediaType);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
