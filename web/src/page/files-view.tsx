import { useCallback, useLayoutEffect, useMemo, useRef } from "react";
import type { ReactNode } from "react";
import type { Account, FileRow } from "../api/file-calls.js";
import { ConfirmDialog } from "./confirm-dialog.js";
import { focusChoose } from "./drop-card.js";
import { FileList, Paging } from "./file-list.js";
import { rowsOf } from "./file-pages.js";
import { formatCount } from "./format.js";
import { Icon } from "./icon.js";
import { ListBar } from "./list-bar.js";
import { EVERYTHING, isBare } from "./list-view.js";
import type { ListView } from "./list-view.js";
import { messages } from "./messages.js";
import { PreviewDialog } from "./preview-dialog.js";
import { focusRowAtWhenThere } from "./row-focus.js";
import { SelectionBar } from "./selection-bar.js";
import type { ToastContent } from "./toast.js";
import type { FileActions } from "./use-file-actions.js";
import type { useFiles } from "./use-files.js";
import { useListCommands } from "./use-list-commands.js";

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
  const loaded = useMemo(() => rowsOf(data), [data]);
  const rows = useMemo(() => loaded.filter((row) => !hiddenIds.has(row.id)), [loaded, hiddenIds]);
  const counted = data?.pages.at(-1)?.totalCount;
  const total = typeof counted === "number" ? counted - (loaded.length - rows.length) : undefined;
  const inTrash = view.filter === "deleted";

  const stale = list.isPlaceholderData;
  const inHand = useListCommands({ rows, view, actions, showToast, stale });
  const { commands, selectedIds, asked, clearSelection } = inHand;

  const onMore = useCallback(() => void fetchNextPage({ cancelRefetch: false }), [fetchNextPage]);
  const shown = rows.length;
  // Like what it brings, the button may be gone afterwards.
  const onAsked = useCallback(() => {
    const { activeElement } = document;
    void fetchNextPage().then(({ isError: failed }) => failed || focusRowAtWhenThere(shown, activeElement));
  }, [fetchNextPage, shown]);
  const section = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const { current } = section;
    // The last file takes the list with it.
    return () => {
      if (current?.contains(document.activeElement)) requestAnimationFrame(focusChoose);
    };
  }, []);
  const showAll = (): void => onView({ ...EVERYTHING, order: view.order });
  const previewed = rows.find((row) => row.id === inHand.previewId);

  return (
    <section ref={section} className="files" aria-labelledby="files-title" aria-busy={list.isPending}>
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
      {selectedIds.size > 0 && (
        <SelectionBar
          count={selectedIds.size}
          inTrash={inTrash}
          onDelete={inHand.removeSelected}
          onRestore={inHand.restoreSelected}
          onClear={clearSelection}
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
      {data && rows.length === 0 && !hasNextPage && <NoRows view={view} onShowAll={showAll} />}
      {rows.length > 0 && (
        <FileList
          rows={rows}
          commands={commands}
          selectedIds={selectedIds}
          renamingId={inHand.renamingId}
          stale={stale}
          onKey={inHand.onKey}
        />
      )}
      {hasNextPage && (
        <Paging
          shown={shown}
          total={total}
          pages={data?.pages.length ?? 0}
          loading={isFetchingNextPage}
          failed={isError}
          onMore={onMore}
          onAsked={onAsked}
        />
      )}
      {previewed && (
        <PreviewDialog
          row={previewed}
          onStep={inHand.stepPreview}
          canStep={inHand.canStepPreview}
          onClose={inHand.closePreview}
        />
      )}
      {asked && (
        <DeleteQuestion
          files={asked}
          inTrash={inTrash}
          account={account}
          onDelete={inHand.removeAsked}
          onClose={inHand.closeQuestion}
        />
      )}
    </section>
  );
}

interface DeleteQuestionProps {
  readonly files: readonly FileRow[];
  readonly inTrash: boolean;
  readonly account: Account | undefined;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}

/** Many at once can be brought back; from the trash none can. */
function DeleteQuestion({ files, inTrash, account, onDelete, onClose }: DeleteQuestionProps): ReactNode {
  const { foreverTitle, foreverWords, manyTitle, manyWords, forever } = messages.trash;
  return (
    <ConfirmDialog
      title={inTrash ? foreverTitle(files.map((file) => file.filename)) : manyTitle(files.length)}
      words={inTrash ? foreverWords : manyWords(account?.limits.trashTtlSeconds)}
      confirm={inTrash ? forever : messages.list.delete}
      tone="bad"
      onConfirm={onDelete}
      onClose={onClose}
    />
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
