import type { FileActions } from "./use-file-actions.js";

/** What a row of the list can ask for. The same object as long as the list is there. */
export interface RowCommands {
  readonly actions: FileActions;
  /** The row into the selection or out of it, as `on` says. @param extending with all rows since the last one */
  pick(id: string, extending: boolean, on?: boolean): void;
  preview(id: string): void;
  beginRename(id: string): void;
  /** @param focusRow the focus goes back to the row */
  endRename(id: string, focusRow: boolean): void;
  /** Says something whose place is gone. */
  tell(words: string): void;
  /** Deletes the row; in the trash it asks first, because that is for good. */
  remove(id: string): void;
  restore(id: string): void;
  /** Goes on with an upload that another device began. */
  continueUpload(id: string): void;
}
