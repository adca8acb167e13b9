import { beforeEach, describe, expect, test } from "@jest/globals";
import type { FileRow } from "../api/file-calls.js";
import type { ResumeApi } from "../api/resume-calls.js";
import { fileSource } from "../upload/browser.js";
import type { UploadRecord } from "../upload/browser.js";
import { createRecordKeeper } from "./interrupted-records.js";
import type { RecordKeeper } from "./interrupted-records.js";
import { createInterruptedUploads } from "./interrupted-uploads.js";
import type { AskingHandle, InterruptedUpload, InterruptedUploads } from "./interrupted-uploads.js";

const FILE = new File([new Uint8Array(2_000_000)], "film.bin", { lastModified: 1 });
const CHOSEN = { file: FILE, path: "film.bin" };

let stored: UploadRecord[];
let keeper: RecordKeeper;
let added: (string | undefined)[];
let answered: Promise<void>;
let uploads: InterruptedUploads;
let upload: InterruptedUpload;

beforeEach(async () => {
  const { name, size: sizeBytes, type, lastModified } = FILE;
  const handle = {
    queryPermission: () => Promise.resolve("granted"),
    requestPermission: () => Promise.resolve("granted"),
    getFile: () => Promise.resolve(FILE),
  } as unknown as AskingHandle;
  const fingerprint = await fileSource(FILE).fingerprint();
  const record: UploadRecord = {
    ...{ fileId: "file_1", owner: "me", name, path: name, type, sizeBytes, lastModified, fingerprint, handle },
    startedAtMs: Date.now(),
    paused: false,
  };
  upload = { record, storedBytes: 0, elsewhere: false };
  stored = [record];
  added = [];
  answered = Promise.resolve();
  const records = {
    list: () => Promise.resolve(stored),
    put: () => Promise.resolve(),
    remove: (fileId: string) => Promise.resolve(void (stored = stored.filter((kept) => kept.fileId !== fileId))),
  };
  const server: ResumeApi = {
    async standing(fileIds) {
      await answered;
      return { uploads: fileIds.map(() => ({ state: "OPEN", storedBytes: 0 }) as const), ttlSeconds: 60 };
    },
    giveUp: () => Promise.resolve({ ok: true, value: undefined }),
  };
  keeper = createRecordKeeper(records, () => Promise.resolve("me"));
  const queue = {
    add: (_sources: unknown, options: { resumeFileId?: string } = {}) => {
      added.push(options.resumeFileId);
      return [];
    },
  };
  uploads = createInterruptedUploads({ records, keeper, server, queue, locks: undefined });
});

describe("an upload goes on once", () => {
  test("however often the button is pressed", async () => {
    const outcomes = await Promise.all([uploads.resumeKept(upload), uploads.resumeKept(upload)]);
    expect(outcomes).toEqual([{ outcome: "TAKEN" }, { outcome: "TAKEN" }]);
    expect(added).toEqual(["file_1"]);
  });

  test("also when the file is chosen in the list of files, twice", () => {
    const row = { id: "file_2" } as FileRow;
    uploads.adopt(row, CHOSEN);
    uploads.adopt(row, CHOSEN);
    expect(added).toEqual(["file_2"]);
  });

  test("also when the person adds its file while the server is asked how it stands", async () => {
    let answer: () => void = () => undefined;
    answered = new Promise((resolve) => (answer = resolve));
    const found = uploads.find("me", new AbortController().signal);
    await new Promise((resolve) => setImmediate(resolve));
    // The queue has found it by itself.
    keeper.begun("file_1", fileSource(FILE));
    answer();
    expect(await found).toEqual([]);
    expect(added).toEqual([]);
  });
});
