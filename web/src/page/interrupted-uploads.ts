/** Uploads that an earlier session began and did not end: finding them, going on with them, giving them up. */
import type { FileRow } from "../api/file-calls.js";
import type { ResumeApi } from "../api/resume-calls.js";
import { fileSource, heldNames, whenFree } from "../upload/browser.js";
import type { BrowserSource, Locks, UploadRecord, UploadRecords } from "../upload/browser.js";
import type { UploadQueue } from "../upload/index.js";
import type { ChosenFile } from "./chosen-file.js";
import type { RecordKeeper } from "./interrupted-records.js";

/** One of them. */
export interface InterruptedUpload {
  readonly record: UploadRecord;
  /** What the store holds; undefined when it did not answer. */
  readonly storedBytes: number | undefined;
  /** Another tab has it in its hands. */
  readonly elsewhere: boolean;
}

/**
 * What became of going on.
 * - TAKEN: the queue has it
 * - DIFFERENT: `chosen` is another file, or the same one changed since
 * - UNREADABLE: moved, deleted, or not readable for other reasons
 * - FORBIDDEN: the person, or the browser for them, did not allow to open it
 */
export type Resumed =
  | { readonly outcome: "TAKEN" | "UNREADABLE" | "FORBIDDEN" }
  | { readonly outcome: "DIFFERENT"; readonly chosen: ChosenFile };

/** A handle with its permissions: https://wicg.github.io/file-system-access/#api-filesystemhandle */
export type AskingHandle = FileSystemFileHandle &
  Partial<Record<"queryPermission" | "requestPermission", (mode: { mode: "read" }) => Promise<PermissionState>>>;

/** What the page does with uploads of earlier sessions. */
export interface InterruptedUploads {
  /**
   * This viewer's, newest first. Records that have become idle are removed. The first call goes on by itself with those that
   * the browser lets it read without asking, unless a person had paused them. Rejects with ApiError.
   */
  find(owner: string, signal: AbortSignal): Promise<readonly InterruptedUpload[]>;
  /** Goes on with a file that the person has chosen, if it is the same. Never rejects. */
  resumeWith(upload: InterruptedUpload, chosen: ChosenFile): Promise<Resumed>;
  /** Goes on with the file that was kept; to be called in a click, since the browser may ask. Never rejects. */
  resumeKept(upload: InterruptedUpload): Promise<Resumed>;
  /** Goes on with what another device began; what is stored is compared with the file first. */
  adopt(row: FileRow, chosen: ChosenFile): void;
  /** Gives it up at the server. False: that did not work. */
  discard(upload: InterruptedUpload): Promise<boolean>;
  /** Resolves when no tab has it in its hands any more. Rejects with the signal's reason. */
  whenFree(upload: InterruptedUpload, signal: AbortSignal): Promise<void>;
}

/** What they need. */
export interface InterruptedParts {
  readonly records: UploadRecords;
  readonly keeper: RecordKeeper;
  readonly server: ResumeApi;
  readonly queue: Pick<UploadQueue<Blob, FileRow>, "add">;
  readonly locks: Locks | undefined;
}

export function createInterruptedUploads(parts: InterruptedParts): InterruptedUploads {
  const { records, keeper, server, queue, locks } = parts;

  /** Once, however often somebody asks: two would send every part twice, and giving up one ends the other. */
  const take = (fileId: string, source: BrowserSource, sentBytes: number): void => {
    if (keeper.isHere(fileId)) return;
    keeper.begun(fileId, source);
    queue.add([source], { resumeFileId: fileId, sentBytes });
  };

  const resumeWith: InterruptedUploads["resumeWith"] = async ({ record, storedBytes }, chosen) => {
    const { file, handle } = chosen;
    // The path of the first choice, or its lock would have another name.
    const source = fileSource(file, { path: record.path, handle: handle ?? record.handle });
    const different = { outcome: "DIFFERENT", chosen } as const;
    if (!looksLike(record, file)) return different;
    try {
      if ((await source.fingerprint()) !== record.fingerprint) return different;
    } catch {
      return { outcome: "UNREADABLE" };
    }
    take(record.fileId, source, storedBytes ?? 0);
    return { outcome: "TAKEN" };
  };

  const resumeKept: InterruptedUploads["resumeKept"] = async (upload) => {
    const handle: AskingHandle | undefined = upload.record.handle;
    try {
      // Without the method the browser asks, or refuses, by itself.
      const allowed = (await handle?.requestPermission?.({ mode: "read" })) ?? "granted";
      if (!handle || allowed !== "granted") return { outcome: "FORBIDDEN" };
      return await resumeWith(upload, { file: await handle.getFile(), path: upload.record.path, handle });
    } catch (error) {
      const forbidden = error instanceof DOMException && /^(NotAllowed|Security)Error$/.test(error.name);
      return { outcome: forbidden ? "FORBIDDEN" : "UNREADABLE" };
    }
  };

  /** True when it went on without a question. */
  const wentOn = async (upload: InterruptedUpload): Promise<boolean> => {
    const handle: AskingHandle | undefined = upload.record.handle;
    if (upload.record.paused || upload.elsewhere || !handle?.queryPermission) return false;
    const allowed = await handle.queryPermission({ mode: "read" }).catch(() => undefined);
    return allowed === "granted" && (await resumeKept(upload)).outcome === "TAKEN";
  };

  let looked = false;

  return {
    async find(owner, signal) {
      const all = await records.list();
      if (all.length === 0) {
        looked = true;
        return [];
      }
      const mine = all.filter((record) => record.owner === owner && !keeper.isHere(record.fileId));
      const ids = mine.map(({ fileId }) => fileId);
      const [{ uploads, ttlSeconds }, held] = await Promise.all([
        server.standing(ids, signal),
        heldNames(
          locks,
          mine.map((record) => lockName(record)),
        ),
      ]);
      const oldest = Date.now() - ttlSeconds * 1000;
      const idle = all.filter((record) =>
        record.owner === owner ? uploads[ids.indexOf(record.fileId)]?.state === "OVER" : record.startedAtMs < oldest,
      );
      for (const { fileId } of idle) void records.remove(fileId);
      const found = mine.flatMap((record, index): InterruptedUpload[] => {
        const status = uploads[index];
        // Meanwhile this tab may have found it by itself.
        if (status?.state !== "OPEN" || keeper.isHere(record.fileId)) return [];
        return [{ record, storedBytes: status.storedBytes, elsewhere: held.has(lockName(record)) }];
      });
      // Later ones are what another tab has left a moment ago, perhaps on purpose.
      const gone = looked ? [] : await Promise.all(found.map(wentOn));
      looked = true;
      return found.filter((_, index) => !gone[index]);
    },

    resumeWith,

    resumeKept,

    adopt(row, { file, path, handle }) {
      take(row.id, fileSource(file, { path, handle }), 0);
    },

    async discard({ record: { fileId } }) {
      const answer = await server.giveUp(fileId).catch(() => undefined);
      const code = answer?.ok ? undefined : (answer?.problem.code ?? "NO_ANSWER");
      // Over already, one way or the other: that is what was wanted.
      if (code && code !== "FILE_NOT_FOUND" && code !== "UPLOAD_NOT_OPEN") return false;
      await records.remove(fileId);
      return true;
    },

    whenFree: ({ record }, signal) => whenFree(locks, lockName(record), signal),
  };
}

/** What can be told without reading. */
function looksLike(record: UploadRecord, { name, size, lastModified }: File): boolean {
  return record.name === name && record.sizeBytes === size && record.lastModified === lastModified;
}

/** As the engine names it. */
function lockName({ fingerprint }: UploadRecord): string {
  return `upload:${fingerprint}`;
}
