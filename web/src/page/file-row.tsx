import { memo, useId, useRef } from "react";
import type { MouseEvent, ReactNode } from "react";
import type { FileRow as Row } from "../api/file-calls.js";
import { formatBytes, formatWhen, kindOf } from "./format.js";
import { Icon } from "./icon.js";
import type { IconName } from "./icon.js";
import { IconButton } from "./icon-button.js";
import { messages, rejectionWords } from "./messages.js";
import type { FileActions } from "./use-file-actions.js";

/** How each status looks; statuses of tomorrow get a plain badge. */
const LOOKS: Readonly<Record<string, readonly [tone: string, icon: IconName]>> = {
  PENDING: ["plain", "upload"],
  VERIFYING: ["warn", "clock"],
  READY: ["ok", "check"],
  REJECTED: ["bad", "warn"],
};

/** One file of the list. */
export const FileRow = memo(function FileRow({
  row,
  actions,
}: {
  readonly row: Row;
  readonly actions: FileActions;
}): ReactNode {
  const ready = row.status === "READY";
  return (
    <li className="file-row">
      <span className="tile" aria-hidden="true">
        {kindOf(row.filename)}
      </span>
      <div className="file-words">
        <p className="file-name" title={row.filename}>
          {ready ? (
            <a href={openPath(row)} target="_blank" rel="opener">
              <bdi>{row.filename}</bdi>
            </a>
          ) : (
            <bdi>{row.filename}</bdi>
          )}
        </p>
        <p className="facts-line">
          {formatBytes(row.size)} · {formatWhen(row.createdAt, new Date())}
        </p>
        {row.rejection && <p className="facts-line bad">{rejectionWords(row.rejection)}</p>}
      </div>
      <Badge status={row.status} />
      <div className="row-actions">
        {ready && (
          <>
            <IconButton
              icon="link"
              label={messages.list.copyLinkNamed(row.filename)}
              onClick={() => void actions.copyLink(row)}
              wideOnly
            />
            <IconButton
              icon="download"
              label={messages.list.downloadNamed(row.filename)}
              onClick={() => void actions.download(row)}
              wideOnly
            />
          </>
        )}
        <Menu row={row} actions={actions} />
      </div>
    </li>
  );
});

function Badge({ status }: { readonly status: string }): ReactNode {
  const [tone, icon] = LOOKS[status] ?? ["plain", "clock"];
  return (
    <span className="badge" data-tone={tone}>
      <Icon name={icon} />
      {messages.list.status(status)}
    </span>
  );
}

/** All actions of a row, in the browser's own popover: Esc, clicks outside and the focus are its business. */
function Menu({ row, actions }: { readonly row: Row; readonly actions: FileActions }): ReactNode {
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const ready = row.status === "READY";

  const run = (action: (row: Row) => Promise<void>) => (): void => {
    menu.current?.hidePopover();
    void action(row);
  };
  const remove = (event: MouseEvent<HTMLElement>): void => {
    const item = event.currentTarget.closest("li");
    const neighbour = item?.nextElementSibling ?? item?.previousElementSibling;
    menu.current?.hidePopover();
    // The row takes the focus with it: the next one gets it, or the search box.
    const next = neighbour?.querySelector<HTMLElement>("[popovertarget]") ?? document.getElementById("search");
    next?.focus();
    void actions.remove(row);
  };

  return (
    <>
      <IconButton icon="more" label={messages.list.actions(row.filename)} popoverTarget={id} />
      <div ref={menu} id={id} className="menu" popover="auto">
        {ready && (
          <>
            <a href={openPath(row)} target="_blank" rel="opener" onClick={() => menu.current?.hidePopover()}>
              {messages.list.open}
            </a>
            <button type="button" onClick={run(actions.download)}>
              {messages.list.download}
            </button>
            <button type="button" onClick={run(actions.copyLink)}>
              {messages.list.copyLink}
            </button>
          </>
        )}
        <button type="button" className="bad" onClick={remove}>
          {messages.list.delete}
        </button>
      </div>
    </>
  );
}

/**
 * The permalink on this page's own origin. `rel=opener` lets the new tab share this tab's token; it cuts the tie before
 * it goes on to the file.
 */
function openPath(row: Row): string {
  return `/files/${row.id}`;
}
