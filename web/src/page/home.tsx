import { useCallback, useMemo, useState } from "react";
import type { ReactNode } from "react";
import type { Account, FileRow } from "../api/file-calls.js";
import { useUploadQueueValue } from "../react/use-upload-queue.js";
import type { QueueSnapshot, UploadItem } from "../upload/index.js";
import { Announcer } from "./announcer.js";
import { isUploadOf } from "./apply-file-change.js";
import { chooseFiles } from "./choose-files.js";
import { DropCard, DropOverlay } from "./drop-card.js";
import { rowsOf } from "./file-pages.js";
import { FilesView } from "./files-view.js";
import { FolderQuestionDialog } from "./folder-question.js";
import { InterruptedNotice } from "./interrupted-notice.js";
import { useInterrupted } from "./interrupted-query.js";
import { useLeaveGuard } from "./leave-guard.js";
import { isBare } from "./list-view.js";
import { messages } from "./messages.js";
import { NotAddedNotice, ReadingNotice } from "./refused-notice.js";
import { usePageDeps } from "./page-deps.js";
import { usePaste } from "./paste-files.js";
import { Toast } from "./toast.js";
import type { ToastContent } from "./toast.js";
import { UploadPanel } from "./upload-panel.js";
import { useAdding } from "./use-adding.js";
import { useFileActions } from "./use-file-actions.js";
import { useFiles } from "./use-files.js";
import { useListView } from "./use-list-view.js";
import { useUploadTitle } from "./use-upload-title.js";
import { useWakeLock } from "./use-wake-lock.js";
import { useWindowDrop } from "./use-window-drop.js";

/** The main view: the way in, what is on its way, what is there. */
export function Home({ account }: { readonly account: Account | undefined }): ReactNode {
  const { queue } = usePageDeps();
  const [view, changeView] = useListView();
  const [toast, showToast] = useState<ToastContent | undefined>();
  const hideToast = useCallback(() => showToast(undefined), []);
  const actions = useFileActions(showToast);

  const { add, drop, reading, question, notAdded, dismiss } = useAdding(account);
  const heldCount = useWindowDrop(drop);
  usePaste(add);
  useUploadTitle();
  const chooseAgain = useCallback(
    (replacedId: string) =>
      chooseFiles("one", (files) => {
        queue.cancel(replacedId);
        add(files);
      }),
    [queue, add],
  );
  const active = useUploadQueueValue(queue, (snapshot) => snapshot.activeCount > 0);
  useLeaveGuard(active);
  useWakeLock(active);
  const interrupted = useInterrupted(account?.viewer.id);

  const uploadCount = useUploadQueueValue(queue, (snapshot) => snapshot.items.length);
  const hiddenIds = useUploadQueueValue(queue, idsInPanel);
  const hidden = useMemo(
    () => new Set([...hiddenIds.split(" "), ...interrupted.stopped.map(({ record }) => record.fileId)]),
    [hiddenIds, interrupted.stopped],
  );
  const list = useFiles(view, hidden);
  const openingCount = useUploadQueueValue(queue, (snapshot) => openingHere(snapshot).length);
  const notListed = useMemo(() => {
    // A list can tell of a file before the call that opened it is answered.
    const opening = openingCount > 0 ? openingHere(queue.getSnapshot()) : [];
    const early = rowsOf(list.data).filter(
      (row) => row.status === "PENDING" && opening.some((item) => isUploadOf(item, row)),
    );
    return early.length > 0 ? new Set([...hidden, ...early.map((row) => row.id)]) : hidden;
  }, [queue, openingCount, hidden, list.data]);
  const nothing = isBare(view) && list.data?.pages[0]?.nodes.length === 0 && uploadCount === 0;

  return (
    <main>
      <DropCard account={account} empty={nothing} onFiles={add} />
      {reading && <ReadingNotice reading={reading} />}
      {notAdded && <NotAddedNotice notAdded={notAdded} onClose={dismiss} />}
      <InterruptedNotice found={interrupted} onFiles={add} />
      <UploadPanel onChoose={chooseAgain} />
      {nothing ? (
        <p className="nothing-yet">
          {messages.drop.nothingYet(account?.limits.downloadUrlTtlSeconds)}{" "}
          {account && account.viewer.usage.trashBytes > 0 && (
            <button type="button" className="plain" onClick={() => changeView({ filter: "deleted" })}>
              {messages.list.filters.deleted}
            </button>
          )}
        </p>
      ) : (
        <FilesView
          list={list}
          view={view}
          onView={changeView}
          actions={actions}
          showToast={showToast}
          hiddenIds={notListed}
          account={account}
        />
      )}
      <Toast toast={toast} onHide={hideToast} />
      <Announcer />
      {question && <FolderQuestionDialog question={question} />}
      {heldCount !== undefined && <DropOverlay count={heldCount} account={account} />}
    </main>
  );
}

/** Uploads that the server may know already, and this page not yet by which id. */
function openingHere({ items }: QueueSnapshot<FileRow>): UploadItem<FileRow>[] {
  return items.filter(({ fileId, phase }) => !fileId && phase !== "queued" && phase !== "failed" && phase !== "done");
}

/** The server lists open uploads too; those that the panel shows would stand there twice. */
function idsInPanel({ items }: QueueSnapshot<FileRow>): string {
  const shownThere = items.filter(
    (item) => item.phase !== "done" && !(item.phase === "failed" && item.error.code === "REJECTED"),
  );
  return shownThere.flatMap((item) => item.fileId ?? []).join(" ");
}
