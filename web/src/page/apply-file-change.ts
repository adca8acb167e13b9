import type { QueryClient } from "@tanstack/react-query";
import type { FileRow } from "../api/file-calls.js";
import type { FileChange } from "../api/live-files.js";
import type { UploadItem, UploadQueue } from "../upload/index.js";
import { rowsOf } from "./file-pages.js";
import type { FilePages } from "./file-pages.js";
import { ACCOUNT_KEY } from "./use-account.js";
import { dropFile, FILES_KEY, patchFile } from "./use-files.js";

/** Many files change at once when somebody uploads a folder: what has to be asked for is asked for once for all of them. */
const ASK_AFTER_MS = 1_000;
/** While this tab uploads, usage changes all the time. */
const ASK_WHILE_UPLOADING_MS = 5_000;

export interface FileChangeSink {
  /** Brings the loaded lists up to date, and usage a moment later. */
  apply(change: FileChange): void;
  /**
   * The verdict on an upload of this tab, which its panel does not show as over yet. What the server pushes of it is left to
   * this: it may come before and after.
   */
  done(file: FileRow): void;
  /** Everything that is loaded is asked for again: changes may have been missed. */
  refresh(): void;
}

/** What the page makes of changes that the server pushes. */
export function createFileChangeSink(
  client: QueryClient,
  queue: Pick<UploadQueue<Blob, FileRow>, "getSnapshot">,
): FileChangeSink {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asksForLists = false;

  const lists = (): FilePages[] =>
    client.getQueriesData<FilePages>({ queryKey: FILES_KEY }).flatMap(([, data]) => data ?? []);

  /** A list was asked for: it may have been read before a change that is here by now, and would undo it. */
  const isUnderWay = (): boolean => client.isFetching({ queryKey: FILES_KEY }) > 0;

  const askLater = (forLists: boolean): void => {
    asksForLists ||= forLists;
    const afterMs = queue.getSnapshot().activeCount > 1 ? ASK_WHILE_UPLOADING_MS : ASK_AFTER_MS;
    timer ??= setTimeout(() => {
      timer = undefined;
      // Not interrupted, or a slow one would never come while files change. This one may be older than the change.
      if (asksForLists && isUnderWay()) return askLater(true);
      if (asksForLists) void client.invalidateQueries({ queryKey: FILES_KEY });
      asksForLists = false;
      void client.invalidateQueries({ queryKey: ACCOUNT_KEY });
    }, afterMs);
  };

  /** The panel shows it, and tells the lists how it ended. */
  const isOnItsWayHere = (row: FileRow): boolean => queue.getSnapshot().items.some((item) => isUploadOf(item, row));

  /** Read before an answer that is here by now: no file becomes open again once there was a verdict. */
  const isOutdated = ({ id, status }: FileRow): boolean =>
    (status === "PENDING" || status === "VERIFYING") &&
    lists().some((data) =>
      rowsOf(data).some((row) => row.id === id && (row.status === "READY" || row.status === "REJECTED")),
    );

  /** It may be new, or stand on a page that is not loaded, and then it is counted already. */
  const isPlaceUnknown = ({ fileId, file }: FileChange): boolean =>
    file?.status !== "PENDING" &&
    lists().some((data) => data.pages.at(-1)?.pageInfo.hasNextPage === true) &&
    !lists().some((data) => rowsOf(data).some((row) => row.id === fileId));

  return {
    apply(change) {
      const { fileId, file } = change;
      if (file && (isOnItsWayHere(file) || isOutdated(file))) return askLater(false);
      if (isPlaceUnknown(change)) return askLater(true);
      if (file) patchFile(client, file);
      else dropFile(client, fileId);
      askLater(isUnderWay());
    },
    done(file) {
      patchFile(client, file);
      // A list that was read before the verdict would take the file back.
      askLater(isUnderWay());
    },
    refresh() {
      if (isUnderWay()) return askLater(true);
      void client.invalidateQueries({ queryKey: FILES_KEY });
      void client.invalidateQueries({ queryKey: ACCOUNT_KEY });
    },
  };
}

/** The server tells of a file before it has answered the call that opened it: then name and size have to do. */
export function isUploadOf(item: UploadItem<FileRow>, { id, filename, size }: FileRow): boolean {
  if (item.phase === "done" || item.phase === "failed" || item.phase === "paused") return false;
  return item.fileId ? item.fileId === id : item.totalBytes === size && item.name.normalize() === filename;
}
