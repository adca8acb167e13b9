import { useCallback } from "react";
import type { FileRow } from "../api/file-calls.js";
import { chooseFiles } from "./choose-files.js";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";
import type { ToastContent } from "./toast.js";

/**
 * Goes on with an upload that another device began, or this one where it kept nothing: the person chooses the file, and what
 * the store holds is compared with it. Must be called in a click.
 * @param show tells when it is another file
 */
export function useContinueUpload(show: (toast: ToastContent) => void): (row: FileRow) => void {
  const { interrupted } = usePageDeps();
  return useCallback(
    (row) =>
      chooseFiles("one", ([chosen]) => {
        if (!chosen) return;
        if (chosen.file.size === row.size) interrupted.adopt(row, chosen);
        else show({ words: messages.interrupted.otherSize(row.filename, row.size) });
      }),
    [interrupted, show],
  );
}
