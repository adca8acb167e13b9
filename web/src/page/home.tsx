import { useCallback, useMemo, useState } from "react";
import type { ReactNode } from "react";
import type { Account, FileRow } from "../api/file-calls.js";
import { useUploadQueueValue } from "../react/use-upload-queue.js";
import { fileSource } from "../upload/index.js";
import type { QueueSnapshot } from "../upload/index.js";
import { Announcer } from "./announcer.js";
import { checkFiles } from "./check-files.js";
import { chooseFiles } from "./choose-files.js";
import { DropCard, DropOverlay } from "./drop-card.js";
import { FileList } from "./file-list.js";
import { useLeaveGuard } from "./leave-guard.js";
import { messages } from "./messages.js";
import { RefusedNotice } from "./refused-notice.js";
import type { Refused } from "./refused-notice.js";
import { usePageDeps } from "./page-deps.js";
import { Toast } from "./toast.js";
import type { ToastContent } from "./toast.js";
import { UploadPanel } from "./upload-panel.js";
import { defaultPolicy } from "./use-account.js";
import { useFileActions } from "./use-file-actions.js";
import { useFiles } from "./use-files.js";
import { useWindowDrop } from "./use-window-drop.js";

/** The main view: the way in, what is on its way, what is there. */
export function Home({ account }: { readonly account: Account | undefined }): ReactNode {
  const { queue } = usePageDeps();
  const [search, setSearch] = useState("");
  const [refused, setRefused] = useState<Refused | undefined>();
  const [toast, showToast] = useState<ToastContent | undefined>();
  const hideToast = useCallback(() => showToast(undefined), []);
  const actions = useFileActions(showToast);
  const policy = defaultPolicy(account);

  const addFiles = useCallback(
    (files: readonly File[]) => {
      if (files.length === 0) return;
      const { accepted, reasons } = checkFiles(files, policy);
      setRefused(reasons.length > 0 ? { reasons, outOf: files.length } : undefined);
      queue.add(accepted.map(fileSource));
    },
    [policy, queue],
  );
  const heldCount = useWindowDrop(addFiles);
  const chooseAgain = useCallback(
    (replacedId: string) =>
      chooseFiles("one", (files) => {
        queue.cancel(replacedId);
        addFiles(files);
      }),
    [queue, addFiles],
  );
  useLeaveGuard(useUploadQueueValue(queue, (snapshot) => snapshot.activeCount > 0));

  const uploadCount = useUploadQueueValue(queue, (snapshot) => snapshot.items.length);
  const hiddenIds = useUploadQueueValue(queue, idsInPanel);
  const hidden = useMemo(() => new Set(hiddenIds.split(" ")), [hiddenIds]);
  const list = useFiles(search, hidden);
  const nothing = list.data?.pages[0]?.nodes.length === 0 && search === "" && uploadCount === 0;

  return (
    <main>
      <DropCard account={account} empty={nothing} onFiles={addFiles} />
      {refused && <RefusedNotice refused={refused} onClose={() => setRefused(undefined)} />}
      <UploadPanel onChoose={chooseAgain} />
      {nothing ? (
        <p className="nothing-yet">{messages.drop.nothingYet(account?.limits.downloadUrlTtlSeconds)}</p>
      ) : (
        <FileList list={list} search={search} onSearch={setSearch} actions={actions} hiddenIds={hidden} />
      )}
      <Toast toast={toast} onHide={hideToast} />
      <Announcer />
      {heldCount !== undefined && <DropOverlay count={heldCount} account={account} />}
    </main>
  );
}

/** The server lists open uploads too; those that the panel shows would stand there twice. */
function idsInPanel({ items }: QueueSnapshot<FileRow>): string {
  const shownThere = items.filter(
    (item) => item.phase !== "done" && !(item.phase === "failed" && item.error.code === "REJECTED"),
  );
  return shownThere.flatMap((item) => item.fileId ?? []).join(" ");
}
