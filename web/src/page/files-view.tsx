import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";
import type { Account, FileRow } from "../api/file-calls.js";
import { ConfirmDialog } from "./confirm-dialog.js";
import { FileList, Paging } from "./file-list.js";
import { rowsOf } from "./file-pages.js";
import { formatCount } from "./format.js";
import { Icon } from "./icon.js";
import { ListBar } from "./list-bar.js";
import type { ListKey } from "./list-keys.js";
import { EVERYTHING, isBare } from "./list-view.js";
import type { ListView } from "./list-view.js";
import { messages } from "./messages.js";
import { PreviewDialog } from "./preview-dialog.js";
import { useContinueUpload } from "./resume-elsewhere.js";
import type { RowCommands } from "./row-commands.js";
import { focusBeside, focusRow } from "./row-focus.js";
import { everyOne, extended, NO_SELECTION, stillThere, toggled } from "./selection.js";
import { SelectionBar } from "./selection-bar.js";
import type { ToastContent } from "./toast.js";
import type { FileActions } from "./use-file-actions.js";
import type { useFiles } from "./use-files.js";

/** More than this many are deleted only after a question. */
const ASK_ABOVE = 10;

interface FilesViewProps {
  readonly list: ReturnType<typeof useFiles>;
  readonly view: ListView;
  readonly onView: (change: Partial<ListView>) => void;
  readonly actions: FileActions;
  readonly showToast: (toast: ToastContent) => void;
  /** Files that the upload panel shows. */
  readonly hiddenIds: ReadonlySet<string>;
  readonly account: Account | undefined;
}

/** What is there: search, filter and order, rows, selection, preview, trash. */
export function FilesView(props: FilesViewProps): ReactNode {
  const { list, view, onView, actions, showToast, hiddenIds, account } = props;
  const { data, isError, isFetchingNextPage, hasNextPage, fetchNextPage, refetch } = list;
  const loaded = rowsOf(data);
  const rows = useMemo(() => loaded.filter((row) => !hiddenIds.has(row.id)), [loaded, hiddenIds]);
  const ids = useMemo(() => rows.map((row) => row.id), [rows]);
  const counted = data?.pages.at(-1)?.totalCount;
  const total = typeof counted === "number" ? counted - (loaded.length - rows.length) : undefined;
  const inTrash = view.filter === "deleted";

  const [selection, setSelection] = useState(NO_SELECTION);
  const [renamingId, setRenamingId] = useState<string | undefined>();
  const [previewId, setPreviewId] = useState<string | undefined>();
  const [asked, setAsked] = useState<readonly FileRow[] | undefined>();
  const continueUpload = useContinueUpload(showToast);
  useEffect(() => setSelection((selected) => stillThere(selected, ids)), [ids]);
  useEffect(() => setSelection(NO_SELECTION), [view]);

  const rowsWith = (wanted: ReadonlySet<string>): FileRow[] => rows.filter((row) => wanted.has(row.id));
  const leave = (leaving: readonly FileRow[], act: (rows: readonly FileRow[]) => Promise<void>): void => {
    // Rows take the focus with them.
    focusBeside(new Set(leaving.map((row) => row.id)));
    setSelection(NO_SELECTION);
    void act(leaving);
  };
  const remove = (leaving: readonly FileRow[]): void => {
    if (leaving.length === 0) return;
    if (inTrash || leaving.length > ASK_ABOVE) setAsked(leaving);
    else leave(leaving, actions.remove);
  };

  const onKey = (key: ListKey, id: string): void => {
    const row = rows.find((candidate) => candidate.id === id);
    switch (key.does) {
      case "MOVE": {
        const at = ids.indexOf(id);
        const to = key.to === "HOME" ? 0 : key.to === "END" ? ids.length - 1 : at + key.to;
        const target = ids[to];
        if (target === undefined) return;
        if (key.extending) {
          setSelection((selected) => extended(selected.ids.has(id) ? selected : toggled(selected, id), target, ids));
        }
        focusRow(target);
        break;
      }
      case "PREVIEW":
        if (row?.status === "READY") setPreviewId(id);
        break;
      case "RENAME":
        if (row?.status === "READY") setRenamingId(id);
        break;
      case "DELETE":
        remove(selection.ids.has(id) ? rowsWith(selection.ids) : rowsWith(new Set([id])));
        break;
      case "SELECT_ALL":
        setSelection(everyOne(ids));
        break;
      case "CLEAR":
        setSelection(NO_SELECTION);
        break;
    }
  };

  // Rows keep the same object, or each of them would be drawn again with every change of one.
  const now = useRef({ rows, ids, remove, leave, continueUpload });
  now.current = { rows, ids, remove, leave, continueUpload };
  const commands = useMemo((): RowCommands => {
    const only = (id: string): FileRow[] => now.current.rows.filter((row) => row.id === id);
    return {
      actions,
      pick: (id, extending) =>
        setSelection((selected) => (extending ? extended(selected, id, now.current.ids) : toggled(selected, id))),
      preview: setPreviewId,
      beginRename: setRenamingId,
      endRename(id, focus) {
        setRenamingId(undefined);
        if (focus) focusRow(id);
      },
      remove: (id) => now.current.remove(only(id)),
      restore: (id) => now.current.leave(only(id), actions.restore),
      continueUpload: (id) => only(id).forEach(now.current.continueUpload),
    };
  }, [actions]);

  const onMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const showAll = (): void => onView({ ...EVERYTHING, order: view.order });
  const previewed = rows.find((row) => row.id === previewId);
  const neighbour = (by: -1 | 1): FileRow | undefined => {
    const ready = rows.filter((row) => row.status === "READY");
    return ready[ready.findIndex((row) => row.id === previewId) + by];
  };

  return (
    <section className="files" aria-labelledby="files-title" aria-busy={list.isPending}>
      <h2 id="files-title" tabIndex={-1}>
        {`${inTrash ? messages.trash.heading : messages.list.heading} `}
        {total !== undefined && <span className="muted">{formatCount(total)}</span>}
      </h2>
      <ListBar view={view} onChange={onView} />
      {inTrash && (
        <p className="muted">
          {messages.trash.words(account?.viewer.usage.trashBytes)}{" "}
          <button type="button" className="plain" onClick={showAll}>
            {messages.list.showAll}
          </button>
        </p>
      )}
      {selection.ids.size > 0 && (
        <SelectionBar
          count={selection.ids.size}
          inTrash={inTrash}
          onDelete={() => remove(rowsWith(selection.ids))}
          onRestore={() =>
            leave(
              rowsWith(selection.ids).filter((row) => row.purgeAt),
              actions.restore,
            )
          }
          onClear={() => setSelection(NO_SELECTION)}
        />
      )}
      {isError && (
        <div className="notice" role="alert" data-tone="bad">
          <Icon name="warn" />
          <p className="notice-words">{messages.list.failed}</p>
          <button className="small" type="button" onClick={() => void refetch()}>
            {messages.list.tryAgain}
          </button>
        </div>
      )}
      {list.isPending && !isError && <Placeholder />}
      {data && rows.length === 0 && <NoRows view={view} onShowAll={showAll} />}
      {rows.length > 0 && (
        <FileList
          rows={rows}
          commands={commands}
          selectedIds={selection.ids}
          renamingId={renamingId}
          stale={list.isPlaceholderData}
          onKey={onKey}
        />
      )}
      {rows.length > 0 && hasNextPage && (
        <Paging
          shown={rows.length}
          total={total}
          pages={data?.pages.length ?? 0}
          loading={isFetchingNextPage}
          onMore={onMore}
        />
      )}
      {previewed && (
        <PreviewDialog
          row={previewed}
          onStep={(by) => setPreviewId((id) => neighbour(by)?.id ?? id)}
          canStep={(by) => neighbour(by) !== undefined}
          onClose={() => setPreviewId(undefined)}
        />
      )}
      {asked && (
        <ConfirmDialog
          title={
            inTrash
              ? messages.trash.foreverTitle(asked.map((row) => row.filename))
              : messages.trash.manyTitle(asked.length)
          }
          words={inTrash ? messages.trash.foreverWords : messages.trash.manyWords(account?.limits.trashTtlSeconds)}
          confirm={inTrash ? messages.trash.forever : messages.list.delete}
          tone="bad"
          onConfirm={() => leave(asked, inTrash ? actions.destroy : actions.remove)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </section>
  );
}

function NoRows({ view, onShowAll }: { readonly view: ListView; readonly onShowAll: () => void }): ReactNode {
  if (isBare(view)) return null;
  return (
    <div className="card no-match" role="status">
      <p>{view.search ? messages.list.noMatch(view.search) : messages.list.noneHere(view.filter)}</p>
      <button type="button" className="small" onClick={onShowAll}>
        {messages.list.showAll}
      </button>
    </div>
  );
}

function Placeholder(): ReactNode {
  return (
    <p className="card placeholder" role="status">
      <span className="visually-hidden">{messages.list.loading}</span>
    </p>
  );
}
