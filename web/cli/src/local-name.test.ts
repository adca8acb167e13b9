import { expect, test } from "@jest/globals";
import { localName } from "./local-name.js";

test.each([
  ["report.pdf", "report.pdf"],
  ["../../etc/passwd", "passwd"],
  ["..\\..\\evil.exe", "evil.exe"],
  ["/abs/olute", "olute"],
  ["..", "file_1"],
  ["a/..", "file_1"],
  [".", "file_1"],
  ["/", "file_1"],
  ["", "file_1"],
  [".hidden", ".hidden"],
  ["a\x1b[2Jb\nc", "a\uFFFD[2Jb\uFFFDc"],
])("a file called %j is %j here", (filename, here) => {
  expect(localName(filename, "file_1")).toBe(here);
});
