import { expect, test } from "@jest/globals";
import { checkFiles } from "./check-files.js";

const file = (name: string, size: number, type: string) => ({ name, size, type });

test("too large and not allowed are told apart, the rest passes", () => {
  const policy = { name: "default", maxSize: 1_000_000, allowedTypes: ["image/*", "application/pdf"] };
  const { accepted, reasons } = checkFiles(
    [
      file("ok.png", 10, "image/png"),
      file("ok.pdf", 1_000_000, "application/pdf"),
      file("unknown", 10, ""),
      file("backup.iso", 7_200_000, "image/iso"),
      file("setup.exe", 10, "application/x-msdownload"),
    ],
    policy,
  );
  expect(accepted.map(({ name }) => name)).toEqual(["ok.png", "ok.pdf", "unknown"]);
  expect(reasons.map((words) => words.replace(/[\u2068\u2069]/g, ""))).toEqual([
    "backup.iso is 7.2 MB. The limit is 1 MB per file.",
    "setup.exe – this file type is not allowed here. Allowed: images, PDF.",
  ]);
});

test("without a policy, or with one that allows all, the server decides", () => {
  const files = [file("a.exe", 9e15, "application/x-msdownload")];
  expect(checkFiles(files, undefined).accepted).toEqual(files);
  expect(checkFiles(files, { name: "default", maxSize: 9e15, allowedTypes: ["*/*"] }).accepted).toEqual(files);
});
