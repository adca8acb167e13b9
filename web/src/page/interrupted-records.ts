import type { BrowserSource, UploadRecord, UploadRecords } from "../upload/browser.js";
import type { QueueSnapshot, UploadSource } from "../upload/index.js";

/** Smaller uploads are over before anything can interrupt them; hundreds of them would be hundreds of writes. */
const WORTH_KEEPING_BYTES = 1_048_576;

/** Writes down what this tab uploads, for the next one. None of its methods rejects. */
export interface RecordKeeper {
  /** The server has a row, or this tab goes on with one that it had. */
  begun(fileId: string, source: UploadSource<Blob>): void;
  /** It is a file now, or given up: there is nothing to go on with. */
  over(fileId: string): void;
  /** True while this tab has it in its hands. */
  isHere(fileId: string): boolean;
  /** What another session has begun of this very file. */
  earlier(source: UploadSource<Blob>): Promise<string | undefined>;
  /** To be told of every change: which uploads a person holds, so that none of them goes on by itself later. */
  follow(snapshot: QueueSnapshot<unknown>): void;
}

/** @param owner who uploads, as the server names them; asked for again after it rejects */
export function createRecordKeeper(records: UploadRecords, owner: () => Promise<string>): RecordKeeper {
  /** What this tab is about; undefined while, and when, it is not written down. */
  const here = new Map<string, UploadRecord | undefined>();
  /** Wanted here, but another tab was faster, or it was begun with another file. */
  let othersIds: readonly string[] = [];

  const write = async (fileId: string, source: BrowserSource): Promise<void> => {
    const { name, path, type, sizeBytes, file, handle } = source;
    const record: UploadRecord = {
      fileId,
      owner: await owner(),
      name,
      path,
      type,
      sizeBytes,
      lastModified: file.lastModified,
      fingerprint: await source.fingerprint(),
      startedAtMs: Date.now(),
      paused: false,
      handle,
    };
    // Meanwhile it may be over.
    if (!here.has(fileId)) return;
    here.set(fileId, record);
    await records.put(record);
  };

  return {
    begun(fileId, source) {
      here.set(fileId, here.get(fileId));
      if (!isChosen(source) || source.sizeBytes <= WORTH_KEEPING_BYTES) return;
      // Not written down: a reload begins anew, as it would without all this.
      write(fileId, source).catch(() => undefined);
    },

    over(fileId) {
      const record = here.get(fileId);
      here.delete(fileId);
      if (record) void records.remove(fileId);
    },

    isHere: (fileId) => here.has(fileId),

    async earlier(source) {
      if (!isChosen(source) || source.sizeBytes <= WORTH_KEEPING_BYTES) return undefined;
      const candidates = (await records.list()).filter(
        (record) => !here.has(record.fileId) && record.sizeBytes === source.sizeBytes && record.path === source.path,
      );
      if (candidates.length === 0) return undefined;
      try {
        const [fingerprint, me] = await Promise.all([source.fingerprint(), owner()]);
        return candidates.find((record) => record.fingerprint === fingerprint && record.owner === me)?.fileId;
      } catch {
        return undefined;
      }
    },

    follow({ items }) {
      // Taken out of the queue they are not this tab's any more; their records stay.
      const left = othersIds.filter((id) => !items.some((item) => item.fileId === id));
      for (const id of left) here.delete(id);
      othersIds = items.flatMap((item) =>
        item.phase === "failed" && /^(ELSEWHERE|DIFFERENT_FILE)$/.test(item.error.code) ? (item.fileId ?? []) : [],
      );
      for (const { fileId = "", phase } of items) {
        const record = here.get(fileId);
        const paused = phase === "paused";
        if (!record || record.paused === paused) continue;
        const changed = { ...record, paused };
        here.set(fileId, changed);
        void records.put(changed);
      }
    },
  };
}

/** The page's own sources all are. */
function isChosen(source: UploadSource<Blob>): source is BrowserSource {
  return "file" in source && "path" in source;
}
