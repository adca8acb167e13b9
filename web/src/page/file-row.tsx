import { memo } from "react";
import type { MouseEvent, ReactNode } from "react";
import type { FileRow as Row } from "../api/file-calls.js";
import { FileMenu } from "./file-menu.js";
import { FileTile } from "./file-tile.js";
import { formatBytes, formatWhen } from "./format.js";
import { Icon } from "./icon.js";
import type { IconName } from "./icon.js";
import { IconButton } from "./icon-button.js";
import { messages, rejectionWords } from "./messages.js";
import { openPath } from "./open-path.js";
import { RenameField } from "./rename-field.js";
import type { RowCommands } from "./row-commands.js";

/** How each status looks; statuses of tomorrow get a plain badge. */
const LOOKS: Readonly<Record<string, readonly [tone: string, icon: IconName]>> = {
  PENDING: ["plain", "upload"],
  VERIFYING: ["warn", "clock"],
  READY: ["ok", "check"],
  REJECTED: ["bad", "warn"],
};

interface FileRowProps {
  readonly row: Row;
  readonly commands: RowCommands;
  readonly selected: boolean;
  readonly renaming: boolean;
}

/** One file of the list. Drawn again only when it changed. */
export const FileRow = memo(function FileRow({ row, commands, selected, renaming }: FileRowProps): ReactNode {
  const ready = row.status === "READY";
  return (
    <li className="file-row" data-id={row.id} data-selected={selected || undefined}>
      <label className="pick">
        <input
          type="checkbox"
          checked={selected}
          aria-label={messages.selection.pick(row.filename)}
          onClick={(event: MouseEvent<HTMLInputElement>) =>
            commands.pick(row.id, event.shiftKey, event.currentTarget.checked)
          }
          // The click has said it all; the shift key is not in a change.
          onChange={() => undefined}
        />
      </label>
      <FileTile row={row} onOpen={ready ? () => commands.preview(row.id) : undefined} />
      <div className="file-words">
        {renaming ? (
          <RenameField
            filename={row.filename}
            onRename={(filename) => commands.actions.rename(row, filename)}
            onUnseen={commands.tell}
            onClose={(byKey) => commands.endRename(row.id, byKey)}
          />
        ) : (
          <p className="file-name" title={row.filename}>
            {ready ? (
              <a href={openPath(row.id)} target="_blank" rel="opener">
                <bdi>{row.filename}</bdi>
              </a>
            ) : (
              <bdi>{row.filename}</bdi>
            )}
          </p>
        )}
        <p className="facts-line">{factsOf(row, new Date())}</p>
        {row.rejection && <p className="facts-line bad">{rejectionWords(row.rejection)}</p>}
      </div>
      {row.status === "DELETED" ? <Restore row={row} commands={commands} /> : <Badge status={row.status} />}
      <div className="row-actions">
        {ready && (
          <>
            <IconButton
              icon="link"
              label={messages.list.copyLinkNamed(row.filename)}
              onClick={() => void commands.actions.copyLink(row)}
              wideOnly
            />
            <IconButton
              icon="download"
              label={messages.list.downloadNamed(row.filename)}
              onClick={() => void commands.actions.download(row)}
              wideOnly
            />
          </>
        )}
        <FileMenu row={row} commands={commands} />
      </div>
    </li>
  );
});

function factsOf(row: Row, now: Date): string {
  const size = formatBytes(row.size);
  if (row.status !== "DELETED") return `${size} · ${formatWhen(row.createdAt, now)}`;
  const facts = [size, messages.trash.deleted(formatWhen(row.deletedAt ?? row.createdAt, now))];
  if (row.purgeAt) facts.push(messages.trash.purged((Date.parse(row.purgeAt) - now.getTime()) / 1000));
  return facts.join(" · ");
}

function Badge({ status }: { readonly status: string }): ReactNode {
  const [tone, icon] = LOOKS[status] ?? ["plain", "clock"];
  return (
    <span className="badge" data-tone={tone}>
      <Icon name={icon} />
      {messages.list.status(status)}
    </span>
  );
}

/** Files without bytes are in the trash only until the next sweep: there is nothing to bring back. */
function Restore({ row, commands }: Pick<FileRowProps, "row" | "commands">): ReactNode {
  if (!row.purgeAt) return <span />;
  return (
    <button
      type="button"
      className="small"
      aria-label={messages.trash.restoreNamed(row.filename)}
      onClick={() => commands.restore(row.id)}
    >
      {messages.trash.restore}
    </button>
  );
}
