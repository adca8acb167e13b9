import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { FileRow } from "../api/file-calls.js";
import { copyText } from "./copy-text.js";
import { startDownload } from "./leave-guard.js";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";
import type { ToastContent } from "./toast.js";
import { ACCOUNT_KEY } from "./use-account.js";
import { dropFile, FILES_KEY } from "./use-files.js";

/** What can be done with a file in the list. None of them rejects: outcomes are told by toasts. */
export interface FileActions {
  download(row: FileRow): Promise<void>;
  copyLink(row: FileRow): Promise<void>;
  /** Gone from the list at once; READY files can be brought back. */
  remove(row: FileRow): Promise<void>;
}

/** The actions; presigned links are fetched at the click and never kept. */
export function useFileActions(show: (toast: ToastContent) => void): FileActions {
  const { files } = usePageDeps();
  const client = useQueryClient();

  return useMemo(() => {
    const refreshUsage = (): void => void client.invalidateQueries({ queryKey: ACCOUNT_KEY });
    /** After a doubt the server says what is there, and in which order. */
    const refreshList = (): void => void client.invalidateQueries({ queryKey: FILES_KEY });

    const restore = async (row: FileRow): Promise<void> => {
      const answer = await files.restore(row.id).catch(() => undefined);
      show({ words: answer?.ok ? messages.toast.restored(row.filename) : messages.toast.notRestored(row.filename) });
      refreshList();
      refreshUsage();
    };

    return {
      async download(row) {
        const link = await files.link(row.id, "ATTACHMENT").catch(() => undefined);
        if (link) startDownload(link.url);
        else show({ words: messages.toast.noLink(row.filename) });
      },

      async copyLink(row) {
        const copied = await copyText(row.permalink);
        if (copied) show({ words: messages.toast.linkCopied });
        else show({ words: messages.toast.linkNotCopied, text: row.permalink });
      },

      async remove(row) {
        // A list that is under way would bring the row back.
        await client.cancelQueries({ queryKey: FILES_KEY });
        dropFile(client, row.id);
        const removal = files.remove(row.id).catch(() => undefined);
        const undo = row.status === "READY" ? () => void removal.then(() => restore(row)) : undefined;
        show({ words: messages.toast.deleted(row.filename), undo });
        const answer = await removal;
        const code = answer?.ok ? undefined : (answer?.problem.code ?? "INTERNAL");
        // Gone already: that is what was wanted.
        if (code && code !== "FILE_NOT_FOUND") {
          show({
            words: code === "FILE_BUSY" ? messages.toast.busy(row.filename) : messages.toast.notDeleted(row.filename),
          });
          refreshList();
        }
        refreshUsage();
      },
    };
  }, [files, client, show]);
}
