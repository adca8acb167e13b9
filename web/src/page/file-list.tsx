import { useEffect, useRef } from "react";
import type { KeyboardEvent, ReactNode } from "react";
import type { FileRow as Row } from "../api/file-calls.js";
import { FileRow } from "./file-row.js";
import { listKeyOf } from "./list-keys.js";
import type { ListKey } from "./list-keys.js";
import { messages } from "./messages.js";
import type { RowCommands } from "./row-commands.js";

interface FileListProps {
  readonly rows: readonly Row[];
  readonly commands: RowCommands;
  readonly selectedIds: ReadonlySet<string>;
  readonly renamingId: string | undefined;
  /** Rows of another view are shown while this one is under way. */
  readonly stale: boolean;
  readonly onKey: (key: ListKey, id: string) => void;
}

/** The rows. Arrow keys go from checkbox to checkbox, all else by Tab as everywhere. */
export function FileList({ rows, commands, selectedIds, renamingId, stale, onKey }: FileListProps): ReactNode {
  const onKeyDown = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    const id = target.closest<HTMLElement>(".file-row")?.dataset["id"];
    // An open menu has keys of its own, and Esc closes it.
    if (id === undefined || document.querySelector(".menu:popover-open")) return;
    const key = listKeyOf(event, target instanceof HTMLInputElement);
    if (!key) return;
    // A key that is held walks through the list, and does nothing else: deleting, least of all.
    if (event.repeat && key.does !== "MOVE") return event.preventDefault();
    event.preventDefault();
    onKey(key, id);
  };
  return (
    <div className="card" data-stale={stale || undefined}>
      <div className="columns" aria-hidden="true">
        <span>{messages.list.name}</span>
        <span>{messages.list.statusHead}</span>
      </div>
      {/* Without bullets Safari forgets that it is a list. The keys are those of the rows' own controls, on their way up. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul className="file-rows" role="list" data-selecting={selectedIds.size > 0 || undefined} onKeyDown={onKeyDown}>
        {rows.map((row) => (
          <FileRow
            key={row.id}
            row={row}
            commands={commands}
            selected={selectedIds.has(row.id)}
            renaming={row.id === renamingId}
          />
        ))}
      </ul>
    </div>
  );
}

/** Pages that come by themselves; after that the page's end has to be reachable. */
const AUTOMATIC_PAGES = 2;

interface PagingProps {
  readonly shown: number;
  readonly total: number | undefined;
  readonly pages: number;
  readonly loading: boolean;
  /** The last answer was none: the next one is up to the person. */
  readonly failed: boolean;
  /** It comes by itself. */
  readonly onMore: () => void;
  /** The person wants it. */
  readonly onAsked: () => void;
}

/** How much is shown, and the way to more of it. */
export function Paging({ shown, total, pages, loading, failed, onMore, onAsked }: PagingProps): ReactNode {
  const end = useRef<HTMLParagraphElement>(null);
  const automatic = pages <= AUTOMATIC_PAGES && !loading && !failed;

  useEffect(() => {
    if (!automatic || !end.current) return undefined;
    const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && onMore(), { rootMargin: "200px" });
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [automatic, onMore]);

  return (
    <p ref={end} className="paging">
      {messages.list.showing(shown, total)}
      <button type="button" className="small" aria-disabled={loading} onClick={() => loading || onAsked()}>
        {messages.list.more}
      </button>
    </p>
  );
}
