import { expect, test } from "@jest/globals";
import { folderOf, rootFolders, withoutSystemFiles } from "./chosen-file.js";
import { pastedName } from "./paste-files.js";

const at = (path: string) => ({ path });

test("the folder of a path, and the folders that were pointed at", () => {
  expect(folderOf("Photos/2026/a.jpg")).toBe("Photos/2026");
  expect(folderOf("a.jpg")).toBe("");
  expect(rootFolders([at("Photos/2026/a.jpg"), at("Photos/b.jpg"), at("c.jpg"), at("Texts/d.txt")])).toEqual([
    "Photos",
    "Texts",
  ]);
});

test("what systems leave in folders is left out; who chooses such a file by itself means it", () => {
  const files = ["P/.DS_Store", "P/x/Thumbs.db", "P/Desktop.ini", "P/._a.jpg", "P/a.jpg", ".DS_Store"].map(at);
  const { kept, leftOut } = withoutSystemFiles(files);
  expect(kept.map(({ path }) => path)).toEqual(["P/a.jpg", ".DS_Store"]);
  expect(leftOut).toBe(4);
});

test("a picture from the clipboard gets a telling name, a file keeps its own", () => {
  const now = new Date(2026, 10, 22, 14, 5);
  expect(pastedName("image.png", now)).toBe("Pasted image 2026-11-22 14.05.png");
  expect(pastedName("image.jpeg", now)).toBe("Pasted image 2026-11-22 14.05.jpeg");
  expect(pastedName("my image.png", now)).toBe("my image.png");
  expect(pastedName("report.pdf", now)).toBe("report.pdf");
});
