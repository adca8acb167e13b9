import type { ReactNode } from "react";
import { IconButton } from "./icon-button.js";
import { messages } from "./messages.js";

interface SelectionBarProps {
  readonly count: number;
  /** The selected files are in the trash. */
  readonly inTrash: boolean;
  readonly onDelete: () => void;
  readonly onRestore: () => void;
  readonly onClear: () => void;
}

/** What can be done with all selected files; sticks to the top while the list is scrolled. */
export function SelectionBar({ count, inTrash, onDelete, onRestore, onClear }: SelectionBarProps): ReactNode {
  return (
    <div className="card selection-bar" role="group" aria-label={messages.selection.count(count)}>
      <p className="strong" role="status">
        {messages.selection.count(count)}
      </p>
      {inTrash && (
        <button type="button" className="small" onClick={onRestore}>
          {messages.trash.restore}
        </button>
      )}
      <button type="button" className="small bad" onClick={onDelete}>
        {inTrash ? messages.trash.forever : messages.list.delete}
      </button>
      <IconButton icon="close" label={messages.selection.clear} onClick={onClear} />
    </div>
  );
}
