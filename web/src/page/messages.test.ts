import { describe, expect, test } from "@jest/globals";
import { UploadError } from "../upload/index.js";
import type { QueueSnapshot, UploadErrorCode, UploadItem, UploadProblem } from "../upload/index.js";
import { kindsAllowed, messages, refusedOnAdd, rejectionWords, uploadTrouble, waitingWords } from "./messages.js";

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
  return { words: bare(words), action };
}

const bare = (words: string): string => words.replace(/[\u2068\u2069]/g, "");

const problem = (code: string, facts: Partial<UploadProblem> = {}): UploadProblem => ({
  code,
  message: "for developers",
  retryable: false,
  ...facts,
});

/** Every sentence of the error table but those of the list and of interrupted uploads, word by word. */
describe("an upload that stopped says why and what to do", () => {
  test.each<[UploadErrorCode, string, string]>([
    ["STORAGE", "Stopped: storage did not answer. 33% is kept.", "RETRY"],
    ["STALLED", "Stopped: storage did not answer. 33% is kept.", "RETRY"],
    ["NETWORK", "Stopped: storage did not answer. 33% is kept.", "RETRY"],
    ["API", "Stopped: the server did not answer. 33% is kept.", "RETRY"],
    ["FILE_UNREADABLE", "crowd.bin can't be read any more. It may have been moved or deleted.", "CHOOSE"],
    ["GONE", "This upload was left for too long and has been cleaned up. Start it again.", "AGAIN"],
    ["SIGNED_OUT", "You have been signed out. Sign in to go on; finished parts are kept.", "SIGN_IN"],
    ["CHECKSUM", "Some bytes kept arriving damaged, so nothing was saved from this part.", "RETRY"],
    ["ELSEWHERE", "crowd.bin is already uploading in another tab.", "RETRY"],
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

  test.each<[UploadErrorCode, number | undefined, string]>([
    ["OFFLINE", undefined, "Connection lost – will go on by itself."],
    ["CHECKSUM", 2, "Some bytes arrived damaged, so nothing was saved from this part. Trying it again."],
    ["API", 12, "The server is busy. Going on in 12 s."],
    ["API", undefined, "The server is busy. Going on in a moment."],
    ["STORAGE", 2, "Storage did not answer – trying again."],
  ])("waiting after %s", (reason, seconds, words) => {
    expect(waitingWords(reason, seconds)).toBe(words);
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
      action: "RETRY",
    });
    expect(trouble("REFUSED", problem("A_CODE_OF_TOMORROW"))).toEqual({
      words: "The server did not accept this file.",
      action: "NONE",
    });
  });

  test("refused before anything is sent", () => {
    expect(bare(refusedOnAdd.tooLarge("backup.iso", 7_200_000_000, 5_000_000_000))).toBe(
      "backup.iso is 7.2 GB. The limit is 5 GB per file.",
    );
    expect(bare(refusedOnAdd.type("setup.exe", ["image/*", "video/*", "application/pdf"]))).toBe(
      "setup.exe – this file type is not allowed here. Allowed: images, video, PDF.",
    );
    expect(bare(refusedOnAdd.noRoom("crowd.bin", 30_000_000, 40_000_000))).toBe(
      "There is room for 30 MB more. crowd.bin needs 40 MB. Delete some files and try again.",
    );
    expect(bare(refusedOnAdd.unreadable("Photos/a.jpg"))).toBe(
      "Photos/a.jpg can't be read any more. It may have been moved or deleted.",
    );
  });

  test("rejected content", () => {
    const verdict = problem("CONTENT_MISMATCH", { declaredType: "image/png", detectedType: "application/zip" });
    expect(trouble("REJECTED", verdict)).toEqual({
      words: "Not accepted: the content is application/zip, but the name says image/png. The file was deleted.",
      action: "NONE",
    });
    expect(rejectionWords({ ...verdict, detectedType: null })).toContain("of no known type");
    expect(trouble("REJECTED", problem("MALWARE_FOUND", { signature: "Win.Test.EICAR_HDB-1" }))).toEqual({
      words: "Not accepted: malware was found (Win.Test.EICAR_HDB-1). The file was deleted.",
      action: "NONE",
    });
    expect(rejectionWords({ code: "MALWARE_FOUND" })).toBe("Not accepted: malware was found. The file was deleted.");
    expect(rejectionWords({ code: "A_VERDICT_OF_TOMORROW" })).toBe("Not accepted. The file was deleted.");
  });
});

test("the panel's title counts", () => {
  const title = (all: number, activeCount: number, failedCount: number, pausedCount = 0): string => {
    const items = Array.from({ length: all }) as QueueSnapshot<unknown>["items"];
    const doneCount = all - activeCount - failedCount - pausedCount;
    return messages.uploads.title({
      items,
      activeCount,
      pausedCount,
      failedCount,
      doneCount,
      sentBytes: 0,
      totalBytes: 0,
      bytesPerSecond: undefined,
    });
  };
  expect(title(5, 2, 1)).toBe("Uploading 2 of 5 files");
  expect(title(5, 2, 0, 1)).toBe("Uploading 2 of 5 files");
  expect(title(5, 0, 1, 3)).toBe("Paused 3 of 5 files");
  expect(title(5, 0, 1)).toBe("1 of 5 files was not uploaded");
  expect(title(5, 0, 2)).toBe("2 of 5 files were not uploaded");
  expect(title(1, 0, 1)).toBe("1 file was not uploaded");
  expect(title(1, 0, 0)).toBe("1 file uploaded");
  expect(title(1_200, 0, 0)).toBe("All 1,200 files uploaded");
});

test("how far, how fast, how long", () => {
  const { facts } = messages.uploads;
  expect(facts(1_900_000_000, 4_600_000_000)).toEqual(["1.9 GB of 4.6 GB"]);
  expect(facts(1_900_000_000, 4_600_000_000, 11_800_000)).toEqual([
    "1.9 GB of 4.6 GB",
    "11.8 MB/s",
    "about 4 min left",
  ]);
  // What is paused is not waited for.
  expect(facts(1_900_000_000, 4_600_000_000, 11_800_000, 100_000_000).at(-1)).toBe("a few seconds left");
  expect(facts(1_900_000_000, 4_600_000_000, "QUIET")).toEqual(["1.9 GB of 4.6 GB", "waiting for the network"]);
});

test("what a bar says when it is asked", () => {
  const item = {
    id: "upload-1",
    name: "a.bin",
    type: "",
    totalBytes: 100,
    sentBytes: 62,
    fileId: undefined,
    bytesPerSecond: 0.3,
  };
  const { valueText } = messages.uploads;
  expect(valueText({ ...item, phase: "sending" }, 62)).toBe("62 percent, about 2 minutes left");
  expect(valueText({ ...item, bytesPerSecond: undefined, phase: "sending" }, 62)).toBe("62 percent");
  expect(valueText({ ...item, bytesPerSecond: undefined, phase: "paused" }, 62)).toBe("62 percent, paused");
  expect(valueText({ ...item, phase: "done", file: undefined }, 100)).toBe("uploaded");
});

test("limits, and the room that is left where it is short", () => {
  const { limits } = messages.drop;
  expect(limits(5_000_000_000, ["image/*"], undefined)).toBe("Up to 5 GB each · images");
  expect(limits(5_000_000_000, ["*/*"], 3_000_000_000)).toBe("Up to 5 GB each · room for 3 GB more");
  expect(limits(5_000_000_000, [], 0)).toBe("Up to 5 GB each · no room left");
});

test("a folder with very many files is asked about in one sentence", () => {
  expect(messages.folder.ask(1_312, 18_000_000_000, ["Photos"])).toBe("Upload 1,312 files (18 GB) from Photos?");
  expect(messages.folder.ask(300, 3_000, ["a", "b"])).toBe("Upload 300 files (3 kB) from 2 folders?");
});

test("kinds of files as people call them; everything needs no word", () => {
  expect(kindsAllowed(["image/*", "text/csv"])).toBe("images, text/csv");
  expect(kindsAllowed(["*/*"])).toBeUndefined();
  expect(kindsAllowed([])).toBeUndefined();
});
