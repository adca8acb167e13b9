import { expect, test } from "@jest/globals";
import { parseFileId } from "./file-id.js";

const SERVER = new URL("https://files.example/api/");

test.each([
  ["an id", "file_01a203a7-ece0"],
  ["its permalink", "https://files.example/files/file_01a203a7-ece0"],
  ["its permalink below a path", "https://files.example/api/files/file_01a203a7-ece0/"],
])("%s gives the id", (_, text) => {
  expect(parseFileId(text, SERVER)).toBe("file_01a203a7-ece0");
});

test.each([
  ["a name", "report.pdf", "neither"],
  ["nothing", "", "neither"],
  ["a path", "../secret", "neither"],
  ["another page", "https://files.example/about", "not the permalink"],
  ["a hostile id", "https://files.example/files/..%2Fx", "not the permalink"],
  ["another server's permalink", "https://elsewhere.example/files/file_1", "belongs to https://elsewhere.example"],
])("%s is refused", (_, text, words) => {
  expect(() => parseFileId(text, SERVER)).toThrow(words);
});

test("the names of this machine stand for one another, ports do not", () => {
  const local = new URL("http://127.0.0.1:4000/");
  expect(parseFileId("http://localhost:4000/files/file_1", local)).toBe("file_1");
  expect(() => parseFileId("http://localhost:4001/files/file_1", local)).toThrow("belongs to");
});
