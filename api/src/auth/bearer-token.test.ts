import { expect, test } from "@jest/globals";
import { bearerToken } from "./bearer-token.js";

test.each([
  ["Bearer abc.DEF-_~+/123==", "abc.DEF-_~+/123=="],
  ["bearer abc", "abc"],
  ["BEARER   abc ", "abc"],
])("%p carries %p", (header, token) => {
  expect(bearerToken(header)).toBe(token);
});

test.each([
  undefined,
  "",
  "Bearer",
  "Bearer ",
  "abc",
  "Basic abc",
  "Bearer a b",
  "Bearer a,b",
  "Bearerabc",
  "Bearer a\nb",
  "x Bearer abc",
])("%p carries none", (header) => {
  expect(bearerToken(header)).toBeNull();
});
