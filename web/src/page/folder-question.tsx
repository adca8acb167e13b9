import type { ReactNode } from "react";
import { ConfirmDialog } from "./confirm-dialog.js";
import { messages } from "./messages.js";
import type { FolderQuestion } from "./use-adding.js";

/** Asks before a folder with very many files is sent. */
export function FolderQuestionDialog({ question }: { readonly question: FolderQuestion }): ReactNode {
  const { count, bytes, folders, answer } = question;
  return (
    <ConfirmDialog
      title={messages.folder.ask(count, bytes, folders)}
      words={messages.folder.why}
      confirm={messages.folder.yes}
      onConfirm={() => answer(true)}
      onClose={() => answer(false)}
    />
  );
}
