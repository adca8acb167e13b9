import { useEffect, useState } from "react";
import type { ReactNode } from "react";
import { rowsOf } from "./file-pages.js";
import { FileRow } from "./file-row.js";
import { formatCount } from "./format.js";
import { Icon } from "./icon.js";
import { messages } from "./messages.js";
import type { FileActions } from "./use-file-actions.js";
import type { useFiles } from "./use-files.js";

const SEARCH_DELAY_MS = 250;

interface FileListProps {
  readonly list: ReturnType<typeof useFiles>;
  readonly search: string;
  readonly onSearch: (search: string) => void;
  readonly actions: FileActions;
  /** Files that the upload panel shows. */
  readonly hiddenIds: ReadonlySet<string>;
}

/** What is there: search, rows, more. */
export function FileList({ list, search, onSearch, actions, hiddenIds }: FileListProps): ReactNode {
  const { data, isError, isFetchingNextPage, hasNextPage, fetchNextPage, refetch } = list;
  const loaded = rowsOf(data);
  const rows = loaded.filter((row) => !hiddenIds.has(row.id));
  const counted = data?.pages.at(-1)?.totalCount;
  const total = typeof counted === "number" ? counted - (loaded.length - rows.length) : undefined;

  return (
    <section className="files" aria-labelledby="files-title" aria-busy={list.isPending}>
      <h2 id="files-title" tabIndex={-1}>
        {messages.list.heading} {total !== undefined && <span className="muted">{formatCount(total)}</span>}
      </h2>
      <SearchBox search={search} onSearch={onSearch} />
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
      {data && rows.length === 0 && search && (
        <p className="card no-match" role="status">
          {messages.list.noMatch(search)}
        </p>
      )}
      {rows.length > 0 && (
        <div className="card" data-stale={list.isPlaceholderData || undefined}>
          <div className="columns" aria-hidden="true">
            <span>{messages.list.name}</span>
            <span>{messages.list.statusHead}</span>
          </div>
          {/* Without bullets Safari forgets that it is a list. */}
          <ul className="file-rows" role="list">
            {rows.map((row) => (
              <FileRow key={row.id} row={row} actions={actions} />
            ))}
          </ul>
        </div>
      )}
      {rows.length > 0 && hasNextPage && (
        <p className="paging">
          {messages.list.showing(rows.length, total)}
          <button type="button" className="small" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {messages.list.more}
          </button>
        </p>
      )}
    </section>
  );
}

/** Searches when the typing pauses. */
function SearchBox({ search, onSearch }: Pick<FileListProps, "search" | "onSearch">): ReactNode {
  const [text, setText] = useState(search);
  useEffect(() => {
    const timer = setTimeout(() => onSearch(text.trim()), SEARCH_DELAY_MS);
    return () => clearTimeout(timer);
  }, [text, onSearch]);
  return (
    <search>
      <input
        id="search"
        type="search"
        value={text}
        placeholder={messages.list.search}
        aria-label={messages.list.search}
        onChange={(event) => setText(event.target.value)}
      />
    </search>
  );
}

function Placeholder(): ReactNode {
  return (
    <p className="card placeholder" role="status">
      <span className="visually-hidden">{messages.list.loading}</span>
    </p>
  );
}
