import { useId, useRef, useState } from "react";
import type { ReactNode } from "react";
import type { FileRow as Row } from "../api/file-calls.js";
import { IconButton } from "./icon-button.js";
import { messages } from "./messages.js";
import { openPath } from "./open-path.js";
import type { RowCommands } from "./row-commands.js";

interface FileMenuProps {
  readonly row: Row;
  readonly commands: RowCommands;
}

/** All actions of a row, in the browser's own popover: Esc, clicks outside and the focus are its business. */
export function FileMenu({ row, commands }: FileMenuProps): ReactNode {
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  // Thousands of rows have a menu; one of them is open.
  const [open, setOpen] = useState(false);
  const { actions } = commands;
  const { status } = row;
  const hide = (): void => menu.current?.hidePopover();
  const item = (words: string, act: () => unknown, tone?: "bad"): ReactNode => (
    <button
      type="button"
      className={tone}
      onClick={() => {
        hide();
        act();
      }}
    >
      {words}
    </button>
  );

  return (
    <>
      <IconButton icon="more" label={messages.list.actions(row.filename)} popoverTarget={id} />
      <div
        ref={menu}
        id={id}
        className="menu"
        popover="auto"
        onBeforeToggle={(event) => setOpen(event.newState === "open")}
      >
        {open && items()}
      </div>
    </>
  );

  function items(): ReactNode {
    return (
      <>
        {status === "READY" && (
          <>
            <a href={openPath(row.id)} target="_blank" rel="opener" onClick={hide}>
              {messages.list.open}
            </a>
            {item(messages.list.preview, () => commands.preview(row.id))}
            {item(messages.list.download, () => actions.download(row))}
            {item(messages.list.copyLink, () => actions.copyLink(row))}
            {item(messages.list.rename, () => commands.beginRename(row.id))}
          </>
        )}
        {status === "PENDING" && item(messages.list.continueUpload, () => commands.continueUpload(row.id))}
        {status === "DELETED" && row.purgeAt && item(messages.trash.restore, () => commands.restore(row.id))}
        {item(messages.list.select, () => commands.pick(row.id, false))}
        {item(
          status === "DELETED" ? messages.trash.forever : messages.list.delete,
          () => commands.remove(row.id),
          "bad",
        )}
      </>
    );
  }
}
