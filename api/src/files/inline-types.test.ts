import { expect, test } from "@jest/globals";
import { isInlineType, servedType } from "./inline-types.js";

test.each([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "video/mp4",
  "video/webm",
  "audio/mpeg",
  "audio/ogg",
  "audio/wav",
  "text/plain",
])("%s may be shown", (type) => {
  expect(isInlineType(type)).toBe(true);
});

test.each([
  "text/html",
  "application/xhtml+xml",
  "image/svg+xml",
  "application/xml",
  "text/xml",
  "application/pdf",
  "text/javascript",
  "text/css",
  "application/octet-stream",
  "multipart/related",
  "image/x-icon",
  "IMAGE/PNG",
  "image/png; charset=x",
  "",
])("%j is always an attachment", (type) => {
  expect(isInlineType(type)).toBe(false);
});

test("text says its encoding, nothing else is changed", () => {
  expect(servedType("text/plain")).toBe("text/plain; charset=utf-8");
  expect(servedType("text/html")).toBe("text/html");
  expect(servedType("image/png")).toBe("image/png");
});
