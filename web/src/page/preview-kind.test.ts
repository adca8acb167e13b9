import { describe, expect, test } from "@jest/globals";
import { hasThumbnail, previewKind, renewAfterMs } from "./preview-kind.js";
import { typeWords } from "./type-words.js";

const ready = (contentType: string, inlineAllowed: boolean, size = 10_000) =>
  ({ status: "READY", contentType, inlineAllowed, size }) as const;

describe("how a file is shown", () => {
  test.each([
    ["image/png", true, "IMAGE"],
    ["image/gif", true, "IMAGE"],
    ["image/svg+xml", false, "NONE"],
    ["video/mp4", true, "VIDEO"],
    ["video/quicktime", false, "NONE"],
    ["audio/mpeg", true, "AUDIO"],
    ["text/plain", true, "TEXT"],
    ["text/csv", false, "TEXT"],
    ["text/markdown", false, "TEXT"],
    ["application/json", false, "TEXT"],
    ["text/html", false, "NONE"],
    ["application/pdf", false, "NONE"],
    ["application/octet-stream", false, "NONE"],
  ])("%s, inline allowed %s: %s", (contentType, inlineAllowed, kind) => {
    expect(previewKind(ready(contentType, inlineAllowed))).toBe(kind);
  });

  test("what is not there yet, not any more, or empty has only its facts", () => {
    expect(previewKind({ ...ready("image/png", true), status: "VERIFYING" })).toBe("NONE");
    expect(previewKind({ ...ready("text/plain", true), status: "DELETED" })).toBe("NONE");
    expect(previewKind(ready("text/plain", true, 0))).toBe("NONE");
  });

  test("pictures up to 50 MB, films of any size", () => {
    expect(previewKind(ready("image/png", true, 50_000_000))).toBe("IMAGE");
    expect(previewKind(ready("image/png", true, 50_000_001))).toBe("NONE");
    expect(previewKind(ready("video/mp4", true, 5e9))).toBe("VIDEO");
  });
});

describe("which rows show a picture", () => {
  test.each([
    ["a small picture", ready("image/png", true, 2_000_000), true],
    ["one byte more", ready("image/png", true, 2_000_001), false],
    ["one that moves", ready("image/gif", true), false],
    ["one that may run", ready("image/svg+xml", false), false],
    ["no picture", ready("text/plain", true), false],
    ["one that is being checked", { ...ready("image/png", true), status: "VERIFYING" } as const, false],
  ])("%s", (_, row, expected) => {
    expect(hasThumbnail(row)).toBe(expected);
  });
});

describe("when a link is renewed", () => {
  test("a minute before its end", () => {
    expect(renewAfterMs(3_600_000, 20_000)).toBe(3_540_000);
    expect(renewAfterMs(80_001, 20_000)).toBe(20_001);
  });
  test("links that hardly live are not asked for all the time", () => {
    expect(renewAfterMs(2_000, 5_000)).toBe(5_000);
    expect(renewAfterMs(0, 20_000)).toBe(20_000);
  });
});

describe("types in words", () => {
  test.each([
    ["image/png", "PNG image"],
    ["image/jpeg", "JPEG image"],
    ["image/webp", "WebP image"],
    ["image/svg+xml", "SVG image"],
    ["video/mp4", "MP4 video"],
    ["video/webm", "WebM video"],
    ["video/quicktime", "QuickTime video"],
    ["audio/mpeg", "MP3 audio"],
    ["audio/x-wav", "WAV audio"],
    ["text/plain", "Plain text"],
    ["application/pdf", "PDF document"],
    ["application/octet-stream", "Unknown"],
    ["image/vnd.ms-photo", "image/vnd.ms-photo"],
    ["model/stl", "model/stl"],
  ])("%s: %s", (type, words) => {
    expect(typeWords(type)).toBe(words);
  });
});
