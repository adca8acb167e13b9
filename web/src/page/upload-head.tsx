import { useState } from "react";
import type { ReactNode } from "react";
import type { FileRow } from "../api/file-calls.js";
import type { QueueSnapshot } from "../upload/index.js";
import { ConfirmDialog } from "./confirm-dialog.js";
import { focusChoose } from "./drop-card.js";
import { Facts } from "./facts.js";
import { Icon } from "./icon.js";
import { IconButton } from "./icon-button.js";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";
import { bytesToGo } from "./upload-order.js";
import { useHeldFor } from "./use-held-for.js";

/** Without a byte for so long the page says what it waits for. */
export const QUIET_MS = 5_000;
/** More files or more sent bytes than this are not thrown away by one click. */
const CANCEL_ASKS_ABOVE_FILES = 10;
const CANCEL_ASKS_ABOVE_BYTES = 1_000_000_000;

interface UploadHeadProps {
  readonly snapshot: QueueSnapshot<FileRow>;
  readonly collapsed: boolean;
  /** The element that collapses. */
  readonly rowsId: string;
  readonly onToggle: () => void;
}

/** The panel's first line: how many, how far, how fast, how long, and what can be done with all of them. */
export function UploadHead({ snapshot, collapsed, rowsId, onToggle }: UploadHeadProps): ReactNode {
  const { queue } = usePageDeps();
  const { items, activeCount, pausedCount, sentBytes, totalBytes, bytesPerSecond } = snapshot;
  const moving = items.some(({ phase }) => phase === "sending");
  const quiet = useHeldFor(moving, QUIET_MS, sentBytes);
  const facts = messages.uploads.facts(sentBytes, totalBytes, quiet ? "QUIET" : bytesPerSecond, bytesToGo(items));
  const retryable = items.filter(({ phase }) => phase === "failed").length > 1;
  return (
    <>
      <h2 id="uploads-title">{messages.uploads.title(snapshot)}</h2>
      {activeCount + pausedCount > 0 && <Facts facts={facts} />}
      <div className="uploads-actions">
        {activeCount + pausedCount > 0 && (
          // One button that changes: it stays where it is, and so does the focus.
          <button type="button" className="small" onClick={activeCount > 0 ? queue.pauseAll : queue.resumeAll}>
            <Icon name={activeCount > 0 ? "pause" : "play"} />
            {activeCount > 0 ? messages.uploads.pauseAll : messages.uploads.resumeAll}
          </button>
        )}
        {retryable && (
          <button type="button" className="small" onClick={queue.retryAll}>
            <Icon name="retry" />
            {messages.uploads.retryAll}
          </button>
        )}
        {items.length > 1 && activeCount + pausedCount > 0 && <CancelAll snapshot={snapshot} />}
        <IconButton
          icon={collapsed ? "down" : "up"}
          label={collapsed ? messages.uploads.expand : messages.uploads.collapse}
          onClick={onToggle}
          aria-expanded={!collapsed}
          aria-controls={rowsId}
        />
      </div>
    </>
  );
}

function CancelAll({ snapshot }: { readonly snapshot: QueueSnapshot<FileRow> }): ReactNode {
  const { queue } = usePageDeps();
  const [asking, setAsking] = useState(false);
  const open = snapshot.items.filter(({ phase }) => phase !== "done");
  const sent = open.reduce((sum, item) => sum + item.sentBytes, 0);
  const cancel = (): void => {
    if (open.length > CANCEL_ASKS_ABOVE_FILES || sent > CANCEL_ASKS_ABOVE_BYTES) setAsking(true);
    else queue.cancelAll();
  };
  const close = (): void => {
    setAsking(false);
    // The dialog gives the focus back to a button that may be gone with all that was cancelled.
    requestAnimationFrame(() => document.activeElement === document.body && focusChoose());
  };
  return (
    <>
      <button type="button" className="small" onClick={cancel}>
        {messages.uploads.cancelAll}
      </button>
      {asking && (
        <ConfirmDialog
          title={messages.uploads.cancelAllTitle(open.length)}
          words={messages.uploads.cancelAllWords(sent)}
          confirm={messages.uploads.cancelAllYes}
          tone="bad"
          onConfirm={queue.cancelAll}
          onClose={close}
        />
      )}
    </>
  );
}
