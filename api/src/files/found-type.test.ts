import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { supportedMimeTypes } from "file-type";
import { judgeType } from "./found-type.js";
import { isInlineType } from "./inline-types.js";

const detectable = new Set([...supportedMimeTypes].map((type) => type.toLowerCase().split(";")[0]!));

function judge(declaredType: string, detected: string | null, sizeBytes = 1000) {
  return judgeType({ declaredType, detected, sizeBytes, detectable });
}

describe("accepts", () => {
  test.each<[string, string | null, string]>([
    ["image/png", "image/png", "image/png"],
    // other names of one format
    ["image/jpg", "image/jpeg", "image/jpeg"],
    ["audio/mp3", "audio/mpeg", "audio/mpeg"],
    ["audio/x-wav", "audio/wav", "audio/wav"],
    ["audio/vnd.wave", "audio/wav", "audio/wav"],
    ["application/x-gzip", "application/gzip", "application/gzip"],
    ["application/x-zip-compressed", "application/zip", "application/zip"],
    ["application/vnd.rar", "application/x-rar-compressed", "application/x-rar-compressed"],
    ["audio/x-flac", "audio/flac", "audio/flac"],
    ["audio/mid", "audio/midi", "audio/midi"],
    ["text/rtf", "application/rtf", "application/rtf"],
    ["video/x-msvideo", "video/vnd.avi", "video/vnd.avi"],
    ["video/x-matroska", "video/matroska", "video/matroska"],
    ["image/vnd.microsoft.icon", "image/x-icon", "image/x-icon"],
    // families
    ["image/png", "image/apng", "image/png"],
    ["audio/mp4", "video/mp4", "video/mp4"],
    ["audio/mp4", "audio/x-m4a", "audio/mp4"],
    ["video/quicktime", "video/mp4", "video/mp4"],
    ["video/webm", "video/matroska", "video/matroska"],
    ["audio/webm", "video/webm", "video/webm"],
    ["audio/ogg", "audio/ogg; codecs=opus", "audio/ogg"],
    ["audio/opus", "audio/ogg; codecs=opus", "audio/ogg"],
    ["image/avif", "image/heif", "image/heif"],
    ["image/tiff", "image/x-adobe-dng", "image/x-adobe-dng"],
    ["video/mpeg", "video/MP2P", "video/mp2p"],
    ["font/otf", "font/ttf", "font/ttf"],
    // a container, and what lies in it
    [
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
      "application/zip",
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ],
    [
      "application/zip",
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ],
    ["application/x-zip-compressed", "application/java-archive", "application/java-archive"],
    ["application/epub+zip", "application/zip", "application/epub+zip"],
    ["application/vnd.android.package-archive", "application/zip", "application/vnd.android.package-archive"],
    ["application/msword", "application/x-cfb", "application/msword"],
    ["application/vnd.ms-outlook", "application/x-cfb", "application/vnd.ms-outlook"],
    [
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      "application/x-cfb",
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ],
    ["image/svg+xml", "application/xml", "image/svg+xml"],
    ["text/xml", "application/xml", "application/xml"],
    ["application/postscript", "application/pdf", "application/postscript"],
    // what the detector could not have known
    ["text/plain", null, "text/plain"],
    ["text/html", null, "text/html"],
    ["application/json", null, "application/json"],
    ["application/octet-stream", "image/png", "image/png"],
    ["text/plain", "image/gif", "image/gif"],
    ["text/html", "application/pdf", "application/pdf"],
    // silence that is no evidence
    ["application/xml", null, "application/xml"],
    ["text/xml", null, "text/xml"],
    ["video/mp2t", null, "video/mp2t"],
    ["model/stl", null, "model/stl"],
  ])("declared %s, detected %s: %s", (declared, detected, contentType) => {
    expect(judge(declared, detected)).toEqual({ verdict: "ACCEPT", contentType });
  });
});

describe("refuses", () => {
  test.each<[string, string | null, string | null]>([
    // HTML has no signature that the detector knows
    ["image/png", null, null],
    ["image/jpg", null, null],
    ["audio/mp3", null, null],
    ["audio/webm", null, null],
    ["application/pdf", null, null],
    ["image/png", "image/jpeg", "image/jpeg"],
    ["image/png", "application/x-msdownload", "application/x-msdownload"],
    ["image/gif", "application/zip", "application/zip"],
    ["video/mp4", "image/avif", "image/avif"],
    ["image/avif", "video/mp4", "video/mp4"],
    ["application/xml", "application/x-elf", "application/x-elf"],
    ["application/zip", "application/pdf", "application/pdf"],
    ["application/pdf", "application/zip", "application/zip"],
    [
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
      "application/vnd.ms-word.document.macroenabled.12",
      "application/vnd.ms-word.document.macroenabled.12",
    ],
    ["audio/mpeg", "audio/x-m4a", "audio/mp4"],
  ])("declared %s, detected %s", (declared, detected, detectedType) => {
    expect(judge(declared, detected)).toEqual({ verdict: "MISMATCH", detectedType });
  });
});

test("no answer is no verdict: the type stays unknown", () => {
  for (const declaredType of ["image/png", "text/plain", "text/html"]) {
    expect(judgeType({ declaredType, detected: "TIMEOUT", sizeBytes: 9, detectable })).toEqual({
      verdict: "ACCEPT",
      contentType: "application/octet-stream",
    });
  }
});

test("an empty file is of every type that cannot be known, and of no type that can", () => {
  expect(judge("text/plain", null, 0)).toEqual({ verdict: "ACCEPT", contentType: "text/plain" });
  expect(judge("image/png", null, 0)).toEqual({ verdict: "ACCEPT", contentType: "application/octet-stream" });
  expect(judge("image/jpg", null, 0)).toEqual({ verdict: "ACCEPT", contentType: "application/octet-stream" });
});

const declaredTypes = fc.oneof(
  fc.constantFrom(
    ...detectable,
    "image/jpg",
    "audio/mp3",
    "audio/webm",
    "text/html",
    "image/svg+xml",
    "text/plain",
    "text/xml",
    "application/msword",
  ),
  fc
    .tuple(fc.constantFrom("image", "text", "video", "x"), fc.constantFrom("png", "html", "mp4", "y"))
    .map((halves) => halves.join("/")),
);
const detections = fc.option(fc.constantFrom(...supportedMimeTypes));

test("a type that a browser shows was seen in the bytes; only text/plain is taken on trust", () => {
  fc.assert(
    fc.property(declaredTypes, detections, fc.nat(), (declaredType, detected, sizeBytes) => {
      const verdict = judgeType({ declaredType, detected, sizeBytes, detectable });
      if (verdict.verdict === "MISMATCH" || !isInlineType(verdict.contentType)) return;
      if (verdict.contentType === "text/plain") expect(declaredType).toBe("text/plain");
      else expect(judge(verdict.contentType, detected)).toEqual(verdict);
      if (verdict.contentType !== "text/plain") expect(detected).not.toBeNull();
    }),
    { numRuns: 5000 },
  );
});

test("a found type is lower case and has no parameters, whatever was detected", () => {
  fc.assert(
    fc.property(declaredTypes, detections, (declaredType, detected) => {
      const verdict = judge(declaredType, detected);
      const type = verdict.verdict === "ACCEPT" ? verdict.contentType : verdict.detectedType;
      if (type !== null) expect(type).toMatch(/^[a-z0-9.+_-]+\/[a-z0-9.+_-]+$/);
    }),
    { numRuns: 2000 },
  );
});

test("declaring what was detected is always right", () => {
  for (const type of detectable) expect(judge(type, type).verdict).toBe("ACCEPT");
});
