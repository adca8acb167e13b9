import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { FileRow } from "../api/file-calls.js";
import { copyText } from "./copy-text.js";
import { startDownload } from "./leave-guard.js";
import { messages } from "./messages.js";
import { useServices } from "./services.js";
import type { ToastContent } from "./toast.js";
import { ACCOUNT_KEY } from "./use-account.js";
import { dropFile, FILES_KEY, patchFile } from "./use-files.js";

/** What can be done with a file in the list. None of them rejects: outcomes are told by toasts. */
export interface FileActions {
  download(row: FileRow): Promise<void>;
  copyLink(row: FileRow): Promise<void>;
  /** Gone from the list at once; READY files can be brought back. */
  remove(row: FileRow): Promise<void>;
}

/** The actions; presigned links are fetched at the click and never kept. */
export function useFileActions(show: (toast: ToastContent) => void): FileActions {
  const { files } = useServices();
  const client = useQueryClient();

  return useMemo(() => {
    const refreshAccount = (): void => void client.invalidateQueries({ queryKey: ACCOUNT_KEY });
    const putBack = (row: FileRow): void => {
      patchFile(client, row);
      void client.invalidateQueries({ queryKey: FILES_KEY });
    };

    const restore = async (row: FileRow): Promise<void> => {
      patchFile(client, row);
      try {
        const answer = await files.restore(row.id);
        if (!answer.ok) throw new Error(answer.problem.message);
        patchFile(client, answer.value);
        show({ words: messages.toast.restored(row.filename) });
      } catch {
        dropFile(client, row.id);
        show({ words: messages.toast.notRestored(row.filename) });
      }
      refreshAccount();
    };

    return {
      async download(row) {
        const link = await files.link(row.id, "ATTACHMENT").catch(() => undefined);
        if (link) startDownload(link.url);
        else show({ words: messages.toast.noLink(row.filename) });
      },

      async copyLink(row) {
        const copied = await copyText(row.permalink);
        if (copied) show({ words: [messages.toast.linkCopied] });
        else show({ words: [messages.toast.linkNotCopied], text: row.permalink });
      },

      async remove(row) {
        dropFile(client, row.id);
        const undo = row.status === "READY" ? () => void restore(row) : undefined;
        show({ words: messages.toast.deleted(row.filename), undo });
        try {
          const answer = await files.remove(row.id);
          // Gone already: that is what was wanted.
          if (!answer.ok && answer.problem.code !== "FILE_NOT_FOUND") {
            putBack(row);
            const busy = answer.problem.code === "FILE_BUSY";
            show({ words: busy ? messages.toast.busy(row.filename) : messages.toast.notDeleted(row.filename) });
          }
        } catch {
          putBack(row);
          show({ words: messages.toast.notDeleted(row.filename) });
        }
        refreshAccount();
      },
    };
  }, [files, client, show]);
}
