import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createPolicies, normaliseMediaType, typeAllowed } from "./upload-policy.js";

test("the default policy allows every type up to the largest file", () => {
  const policies = createPolicies({ maxFileSizeBytes: 5 });
  expect(policies).toEqual([{ name: "default", maxSizeBytes: 5, allowedTypes: ["*/*"] }]);
  expect(typeAllowed(policies[0]!, "application/x-anything")).toBe(true);
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
