import { describe, expect, test } from "@jest/globals";
import { UploadError } from "../upload/index.js";
import type { QueueSnapshot, UploadErrorCode, UploadItem, UploadProblem } from "../upload/index.js";
import { kindsAllowed, messages, rejectionWords, uploadTrouble } from "./messages.js";

type Failed = Extract<UploadItem<unknown>, { phase: "failed" }>;

/** What is said of a 40 MB file that stopped at a third; name marks are left out. */
function trouble(code: UploadErrorCode, problem?: UploadProblem): { words: string; action: string } {
  const item: Failed = {
    id: "upload-1",
    name: "crowd.bin",
    type: "",
    totalBytes: 40_000_000,
    sentBytes: 13_500_000,
    fileId: undefined,
    bytesPerSecond: undefined,
    phase: "failed",
    error: new UploadError(code, { problem }),
  };
  const { words, action } = uploadTrouble(item);
  return { words: words.replace(/[\u2068\u2069]/g, ""), action };
}

const problem = (code: string, facts: Partial<UploadProblem> = {}): UploadProblem => ({
  code,
  message: "for developers",
  retryable: false,
  ...facts,
});

describe("an upload that stopped says why and what to do", () => {
  test.each<[UploadErrorCode, string, string]>([
    ["STORAGE", "Stopped: storage did not answer. 33% is kept.", "RETRY"],
    ["STALLED", "Stopped: storage did not answer. 33% is kept.", "RETRY"],
    ["FILE_UNREADABLE", "crowd.bin can't be read any more. It may have been moved or deleted.", "CHOOSE"],
    ["GONE", "This upload was left for too long and has been cleaned up. Start it again.", "AGAIN"],
    ["SIGNED_OUT", "You have been signed out. Sign in to go on; finished parts are kept.", "RETRY"],
    [
      "BLOCKED",
      "The browser was not allowed to reach the storage server. An administrator has to allow this site (CORS).",
      "RETRY",
    ],
    [
      "FILE_CHANGED",
      "crowd.bin changed on your disk while it was uploading. Choose it again to upload the new version.",
      "CHOOSE",
    ],
  ])("%s", (code, words, action) => {
    expect(trouble(code)).toEqual({ words, action });
  });

  test("refusals of the server, with their facts", () => {
    expect(trouble("REFUSED", problem("FILE_TOO_LARGE", { maxSize: 5_000_000 })).words).toBe(
      "crowd.bin is 40 MB. The limit is 5 MB per file.",
    );
    expect(
      trouble("REFUSED", problem("TYPE_NOT_ALLOWED", { allowedTypes: ["image/*", "application/pdf"] })).words,
    ).toBe("crowd.bin – this file type is not allowed here. Allowed: images, PDF.");
    expect(trouble("REFUSED", problem("QUOTA_EXCEEDED", { freeBytes: 30_000_000, neededBytes: 40_000_000 }))).toEqual({
      words: "There is room for 30 MB more. crowd.bin needs 40 MB. Delete some files and try again.",
      action: "AGAIN",
    });
    expect(trouble("REFUSED", problem("A_CODE_OF_TOMORROW"))).toEqual({
      words: "The server did not accept this file.",
      action: "NONE",
    });
  });

  test("rejected content", () => {
    const verdict = problem("CONTENT_MISMATCH", { declaredType: "image/png", detectedType: "application/zip" });
    expect(trouble("REJECTED", verdict)).toEqual({
      words: "Not accepted: the content is application/zip, but the name says image/png. The file was deleted.",
      action: "NONE",
    });
    expect(rejectionWords({ ...verdict, detectedType: null })).toContain("of no known type");
    expect(rejectionWords({ code: "A_VERDICT_OF_TOMORROW" })).toBe("Not accepted. The file was deleted.");
  });
});

test("the panel's title counts", () => {
  const title = (all: number, activeCount: number, failedCount: number): string => {
    const items = Array.from({ length: all }) as QueueSnapshot<unknown>["items"];
    const doneCount = all - activeCount - failedCount;
    return messages.uploads.title({
      items,
      activeCount,
      failedCount,
      doneCount,
      sentBytes: 0,
      totalBytes: 0,
      bytesPerSecond: undefined,
    });
  };
  expect(title(5, 2, 1)).toBe("Uploading 2 of 5 files");
  expect(title(5, 0, 1)).toBe("1 of 5 files was not uploaded");
  expect(title(5, 0, 2)).toBe("2 of 5 files were not uploaded");
  expect(title(1, 0, 1)).toBe("1 file was not uploaded");
  expect(title(1, 0, 0)).toBe("1 file uploaded");
  expect(title(1_200, 0, 0)).toBe("All 1,200 files uploaded");
});

test("kinds of files as people call them; everything needs no word", () => {
  expect(kindsAllowed(["image/*", "text/csv"])).toBe("images, text/csv");
  expect(kindsAllowed(["*/*"])).toBeUndefined();
  expect(kindsAllowed([])).toBeUndefined();
});
