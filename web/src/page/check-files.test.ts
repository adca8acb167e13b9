import { describe, expect, test } from "@jest/globals";
import type { UploadItem } from "../upload/index.js";
import { checkFiles, roomAtWorst, roomLeft } from "./check-files.js";

const chosen = (name: string, size: number, type: string) => ({ path: name, file: { name, size, type } });
const plain = (reasons: readonly string[]): string[] => reasons.map((words) => words.replace(/[\u2068\u2069]/g, ""));
const names = (files: readonly { file: { name: string } }[]): string[] => files.map(({ file }) => file.name);

describe("limits", () => {
  test("too large and not allowed are told apart, the rest passes, files of 0 bytes too", () => {
    const policy = { name: "default", maxSize: 1_000_000, allowedTypes: ["image/*", "application/pdf"] };
    const files = [
      chosen("ok.png", 10, "image/png"),
      chosen("ok.pdf", 1_000_000, "application/pdf"),
      chosen("unknown", 10, ""),
      chosen("empty.png", 0, "image/png"),
      chosen("backup.iso", 7_200_000, "image/iso"),
      chosen("setup.exe", 10, "application/x-msdownload"),
    ];
    const { accepted, reasons, noRoom } = checkFiles(files, { policy, roomBytes: undefined });
    expect(names(accepted)).toEqual(["ok.png", "ok.pdf", "unknown", "empty.png"]);
    expect(plain(reasons)).toEqual([
      "backup.iso is 7.2 MB. The limit is 1 MB per file.",
      "setup.exe – this file type is not allowed here. Allowed: images, PDF.",
    ]);
    expect(noRoom).toEqual([]);
  });

  test("without a policy, or with one that allows all, the server decides", () => {
    const files = [chosen("a.exe", 9e15, "application/x-msdownload")];
    expect(checkFiles(files, { policy: undefined, roomBytes: undefined }).accepted).toEqual(files);
    const all = { name: "default", maxSize: 9e15, allowedTypes: ["*/*"] };
    expect(checkFiles(files, { policy: all, roomBytes: undefined }).accepted).toEqual(files);
  });
});

describe("room", () => {
  test("is given in the order of choosing; what finds none is told how much there is, and can be tried again", () => {
    const files = [chosen("a", 60, ""), chosen("b", 50, ""), chosen("c", 40, ""), chosen("d", 0, "")];
    const { accepted, reasons, noRoom } = checkFiles(files, { policy: undefined, roomBytes: 100 });
    expect(names(accepted)).toEqual(["a", "c", "d"]);
    expect(names(noRoom)).toEqual(["b"]);
    expect(plain(reasons)).toEqual([
      "There is room for 40 bytes more. b needs 50 bytes. Delete some files and try again.",
    ]);
  });

  const item = (phase: "queued" | "sending" | "paused", fileId?: string): UploadItem<unknown> => ({
    id: phase,
    name: phase,
    type: "",
    totalBytes: 10,
    sentBytes: 0,
    bytesPerSecond: undefined,
    fileId,
    phase,
  });
  const usage = { quotaBytes: 100, usedBytes: 30, reservedBytes: 20, trashBytes: 0 };

  test("is what is neither used nor reserved, nor queued here where the server does not know of it", () => {
    expect(roomLeft(usage, { items: [] })).toBe(50);
    expect(roomLeft(usage, { items: [item("queued"), item("paused"), item("sending", "file_1")] })).toBe(30);
    expect(roomLeft({ ...usage, usedBytes: 200 }, { items: [] })).toBe(0);
  });

  test("at worst all that is being sent has come since", () => {
    expect(roomAtWorst(usage, { items: [item("queued"), item("sending", "file_1")] })).toBe(30);
    expect(roomAtWorst(usage, { items: [{ ...item("sending", "file_2"), phase: "done", file: undefined }] })).toBe(50);
  });
});
