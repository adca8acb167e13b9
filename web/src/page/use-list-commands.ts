import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { FileRow } from "../api/file-calls.js";
import type { ListKey } from "./list-keys.js";
import type { ListView } from "./list-view.js";
import { useContinueUpload } from "./resume-elsewhere.js";
import { messages } from "./messages.js";
import type { RowCommands } from "./row-commands.js";
import { focusBeside, focusRow } from "./row-focus.js";
import { everyOne, extended, NO_SELECTION, stillThere, toggled } from "./selection.js";
import type { ToastContent } from "./toast.js";
import type { FileActions } from "./use-file-actions.js";
import { useRowFocusKept } from "./use-row-focus-kept.js";

/** More than this many are deleted only after a question. */
const ASK_ABOVE = 10;

interface ListCommandsOptions {
  readonly rows: readonly FileRow[];
  /** A selection belongs to its view; in the trash deleting is for good. */
  readonly view: ListView;
  readonly actions: FileActions;
  readonly showToast: (toast: ToastContent) => void;
  /** The rows are still those of the view before: nothing is deleted or brought back by what this view would do. */
  readonly stale: boolean;
}

/** What people do with the rows, by keyboard, mouse and touch, and what is under way because of it. */
export interface ListCommands {
  readonly commands: RowCommands;
  readonly selectedIds: ReadonlySet<string>;
  readonly renamingId: string | undefined;
  readonly previewId: string | undefined;
  /** Files whose deletion waits for an answer. */
  readonly asked: readonly FileRow[] | undefined;
  readonly onKey: (key: ListKey, id: string) => void;
  readonly removeSelected: () => void;
  readonly restoreSelected: () => void;
  readonly clearSelection: () => void;
  /** The answer to the question about {@link asked}. */
  readonly removeAsked: () => void;
  readonly closeQuestion: () => void;
  readonly closePreview: () => void;
  /** To the next file that can be shown, or the one before. */
  readonly stepPreview: (by: -1 | 1) => void;
  readonly canStepPreview: (by: -1 | 1) => boolean;
}

export function useListCommands({ rows, view, actions, showToast, stale }: ListCommandsOptions): ListCommands {
  const ids = useMemo(() => rows.map((row) => row.id), [rows]);
  const [selection, setSelection] = useState(NO_SELECTION);
  const [renamingId, setRenamingId] = useState<string | undefined>();
  const [previewId, setPreviewId] = useState<string | undefined>();
  const [asked, setAsked] = useState<readonly FileRow[] | undefined>();
  const continueUpload = useContinueUpload(showToast);
  const inTrash = view.filter === "deleted";
  useEffect(() => {
    setSelection((selected) => stillThere(selected, ids));
    // A row that comes back must not open a field that nobody asked for.
    setRenamingId((id) => (id !== undefined && ids.includes(id) ? id : undefined));
  }, [ids]);
  useEffect(() => {
    setSelection(NO_SELECTION);
    setAsked(undefined);
    setPreviewId(undefined);
  }, [view]);
  useRowFocusKept(ids);

  const shown = useRef<FileRow | undefined>(undefined);
  useEffect(() => {
    if (previewId === undefined) return;
    const row = rows.find(({ id }) => id === previewId);
    if (row) shown.current = row;
    else {
      setPreviewId(undefined);
      showToast({ words: messages.preview.left(shown.current?.filename ?? "") });
    }
  }, [rows, previewId, showToast]);

  const rowsWith = (wanted: ReadonlySet<string>): FileRow[] => rows.filter((row) => wanted.has(row.id));
  const leave = (leaving: readonly FileRow[], act: (rows: readonly FileRow[]) => Promise<void>): void => {
    if (leaving.length === 0 || stale) return;
    // Rows take the focus with them.
    focusBeside(new Set(leaving.map((row) => row.id)));
    setSelection(NO_SELECTION);
    void act(leaving);
  };
  const remove = (leaving: readonly FileRow[]): void => {
    if (leaving.length === 0 || stale) return;
    if (inTrash || leaving.length > ASK_ABOVE) setAsked(leaving);
    else leave(leaving, actions.remove);
  };
  const move = ({ to, extending }: Extract<ListKey, { does: "MOVE" }>, id: string): void => {
    const target = ids[to === "HOME" ? 0 : to === "END" ? ids.length - 1 : ids.indexOf(id) + to];
    if (target === undefined) return;
    if (extending) {
      setSelection((selected) => extended(selected.ids.has(id) ? selected : toggled(selected, id), target, ids));
    }
    focusRow(target);
  };

  const onKey = (key: ListKey, id: string): void => {
    const isReady = rows.some((row) => row.id === id && row.status === "READY");
    switch (key.does) {
      case "MOVE":
        return move(key, id);
      case "PREVIEW":
        return isReady ? setPreviewId(id) : undefined;
      case "RENAME":
        return isReady ? setRenamingId(id) : undefined;
      case "DELETE":
        return remove(rowsWith(selection.ids.has(id) ? selection.ids : new Set([id])));
      case "SELECT_ALL":
        return setSelection(everyOne(ids));
      case "CLEAR":
        return setSelection(NO_SELECTION);
    }
  };

  // Rows keep the same object, or each of them would be drawn again with every change of one.
  const now = useRef({ rows, ids, remove, leave, continueUpload });
  useLayoutEffect(() => {
    now.current = { rows, ids, remove, leave, continueUpload };
  });
  const commands = useMemo((): RowCommands => {
    const only = (id: string): FileRow[] => now.current.rows.filter((row) => row.id === id);
    return {
      actions,
      pick: (id, extending, on) =>
        setSelection((selected) => (extending ? extended(selected, id, now.current.ids, on) : toggled(selected, id))),
      preview: setPreviewId,
      beginRename: setRenamingId,
      endRename(id, focus) {
        // Its answer may come when another name is being changed already.
        setRenamingId((renaming) => (renaming === id ? undefined : renaming));
        if (focus) focusRow(id);
      },
      tell: (words) => showToast({ words }),
      remove: (id) => now.current.remove(only(id)),
      restore: (id) => now.current.leave(only(id), actions.restore),
      continueUpload: (id) => only(id).forEach(now.current.continueUpload),
    };
  }, [actions, showToast]);

  const clearSelection = (): void => {
    // The button that does it goes with the selection.
    const first = ids.find((id) => selection.ids.has(id));
    if (first !== undefined) focusRow(first);
    setSelection(NO_SELECTION);
  };

  /** The next file that can be shown, or the one before. */
  const beside = (by: -1 | 1): FileRow | undefined => {
    const ready = rows.filter((row) => row.status === "READY");
    return ready[ready.findIndex((row) => row.id === previewId) + by];
  };

  return {
    commands,
    selectedIds: selection.ids,
    renamingId,
    previewId,
    asked,
    onKey,
    removeSelected: () => remove(rowsWith(selection.ids)),
    restoreSelected: () =>
      leave(
        rowsWith(selection.ids).filter((row) => row.purgeAt),
        actions.restore,
      ),
    clearSelection,
    removeAsked: () => asked && leave(asked, inTrash ? actions.destroy : actions.remove),
    closeQuestion: () => setAsked(undefined),
    closePreview: () => setPreviewId(undefined),
    stepPreview(by) {
      const next = beside(by);
      if (next) setPreviewId(next.id);
    },
    canStepPreview: (by) => beside(by) !== undefined,
  };
}
