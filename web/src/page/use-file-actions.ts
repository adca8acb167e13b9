import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { FileRow } from "../api/file-calls.js";
import { copyText } from "./copy-text.js";
import { eachAtMost } from "./each-at-most.js";
import { startDownload } from "./leave-guard.js";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";
import { focusBeside, focusRowWhenThere } from "./row-focus.js";
import type { ToastContent } from "./toast.js";
import { ACCOUNT_KEY } from "./use-account.js";
import { dropFile, FILES_KEY, holdBack, patchFile } from "./use-files.js";

/** What can be done with files in the list. None of them rejects: outcomes are told by toasts. */
export interface FileActions {
  download(row: FileRow): Promise<void>;
  copyLink(row: FileRow): Promise<void>;
  /** Answers why the name was not taken, in words; undefined when it was. */
  rename(row: FileRow, filename: string): Promise<string | undefined>;
  /** Gone from the list at once; READY files can be brought back. */
  remove(rows: readonly FileRow[]): Promise<void>;
  /** Bytes and all, also from the trash; nothing brings them back. */
  destroy(rows: readonly FileRow[]): Promise<void>;
  /** Back from the trash. */
  restore(rows: readonly FileRow[]): Promise<void>;
}

/** Calls of one action at a time; browsers have six connections, uploads want some of them. */
const AT_ONCE = 4;

const namesOf = (rows: readonly FileRow[]): string[] => rows.map((row) => row.filename);

/** The actions; presigned links are fetched at the click and never kept. */
export function useFileActions(show: (toast: ToastContent) => void): FileActions {
  const { files } = usePageDeps();
  const client = useQueryClient();

  return useMemo(() => {
    /** After a doubt the server says what is there, and in which order. */
    const refresh = (): void => {
      void client.invalidateQueries({ queryKey: FILES_KEY });
      void client.invalidateQueries({ queryKey: ACCOUNT_KEY });
    };
    /** Out of the loaded lists, before any answer. @returns how to end it: lists may bring them again */
    const leave = (rows: readonly FileRow[]): (() => void) => {
      const ids = rows.map(({ id }) => id);
      for (const id of ids) dropFile(client, id);
      return holdBack(client, ids);
    };
    /** Answers the code of the refusal; undefined when it is done, or was done already. */
    const removeOne = async ({ id }: FileRow, permanently: boolean): Promise<string | undefined> => {
      const answer = await files.remove(id, { permanently }).catch(() => undefined);
      const code = answer?.ok ? undefined : (answer?.problem.code ?? "INTERNAL");
      return code === "FILE_NOT_FOUND" ? undefined : code;
    };
    /** Answers those that are gone. */
    const removeAll = async (rows: readonly FileRow[], permanently: boolean): Promise<readonly FileRow[]> => {
      const letGo = leave(rows);
      const codes = await eachAtMost(AT_ONCE, rows, (row) => removeOne(row, permanently));
      const failed = rows.filter((_, index) => codes[index] !== undefined);
      letGo();
      const gone = rows.filter((row) => !failed.includes(row));
      const [first] = failed;
      if (first) {
        const busy = failed.length === 1 && codes.includes("FILE_BUSY");
        show({
          words: busy ? messages.toast.busy(first.filename) : messages.toast.notDeleted(namesOf(failed), rows.length),
          undo: permanently ? undefined : undoOf(gone, Promise.resolve(gone)),
        });
      }
      refresh();
      return gone;
    };
    const isReady = (row: FileRow): boolean => row.status === "READY";
    /** Brings back what has gone of these, once that is known. */
    const undoOf = (rows: readonly FileRow[], removal: Promise<readonly FileRow[]>): (() => void) | undefined =>
      rows.some(isReady) ? () => void removal.then((gone) => actions.restore(gone.filter(isReady))) : undefined;

    const actions: FileActions = {
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

      async rename(row, filename) {
        const answer = await files.rename(row.id, filename).catch(() => undefined);
        if (answer?.ok) {
          patchFile(client, answer.value);
          const undo = async (): Promise<void> => {
            const refusal = await actions.rename(answer.value, row.filename);
            if (refusal !== undefined) show({ words: refusal });
            focusRowWhenThere(row.id);
          };
          show({ words: messages.toast.renamed(answer.value.filename), undo: () => void undo() });
          return undefined;
        }
        switch (answer?.problem.code) {
          case "FILENAME_INVALID":
            return messages.rename.invalid;
          case "FILE_STATE_CONFLICT":
            return messages.rename.conflict;
          case "FILE_NOT_FOUND":
            focusBeside(new Set([row.id]));
            dropFile(client, row.id);
            show({ words: messages.rename.gone });
            refresh();
            return undefined;
          default:
            return messages.rename.failed;
        }
      },

      async remove(rows) {
        const removal = removeAll(rows, false);
        show({ words: messages.toast.deleted(namesOf(rows)), undo: undoOf(rows, removal) });
        await removal;
      },

      async destroy(rows) {
        const removal = removeAll(rows, true);
        show({ words: messages.toast.deletedForever(namesOf(rows)) });
        await removal;
      },

      async restore(rows) {
        if (rows.length === 0) return;
        const answers = await eachAtMost(AT_ONCE, rows, (row) => files.restore(row.id).catch(() => undefined));
        const failed = rows.filter((_, index) => !answers[index]?.ok);
        for (const answer of answers) if (answer?.ok) patchFile(client, answer.value);
        const [back] = rows.filter((_, index) => answers[index]?.ok);
        // The button that asked for it is gone with its message.
        if (back) focusRowWhenThere(back.id);
        show({
          words:
            failed.length > 0
              ? messages.toast.notRestored(namesOf(failed), rows.length)
              : messages.toast.restored(namesOf(rows)),
        });
        refresh();
      },
    };
    return actions;
  }, [files, client, show]);
}
