import { useEffect, useId, useRef, useState } from "react";
import type { ReactNode } from "react";
import { useUploadQueue } from "../react/use-upload-queue.js";
import { focusChoose } from "./drop-card.js";
import { percentOf } from "./format.js";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";
import { UploadHead } from "./upload-head.js";
import { drawnUploads } from "./upload-order.js";
import { UploadRow } from "./upload-row.js";
import { useKeptFocus } from "./use-kept-focus.js";

const FOLD_AFTER_MS = 4_000;
const COLLAPSED_KEY = "signet-uploads-collapsed";

/** All uploads of this tab: what needs a person first, then what moves, waits, is done. Folds away when all went well. */
export function UploadPanel({ onChoose }: { readonly onChoose: (replacedId: string) => void }): ReactNode {
  const { queue } = usePageDeps();
  const snapshot = useUploadQueue(queue);
  const { items, activeCount, pausedCount, doneCount, sentBytes, totalBytes } = snapshot;
  const [collapsed, setCollapsed] = useState(() => sessionStorage.getItem(COLLAPSED_KEY) === "yes");
  const box = useRef<HTMLElement>(null);
  const rowsId = useId();
  useKeptFocus(box, focusChoose);

  useEffect(() => {
    if (activeCount > 0 || doneCount === 0) return undefined;
    const timer = setTimeout(queue.clearDone, FOLD_AFTER_MS);
    return () => clearTimeout(timer);
  }, [queue, activeCount, doneCount]);

  if (items.length === 0) return null;
  const { rows, more } = drawnUploads(items);
  const toggle = (): void => {
    sessionStorage.setItem(COLLAPSED_KEY, collapsed ? "no" : "yes");
    setCollapsed(!collapsed);
  };
  return (
    <section ref={box} className="card uploads" aria-labelledby="uploads-title" data-collapsed={collapsed || undefined}>
      <div className="uploads-head">
        <UploadHead snapshot={snapshot} collapsed={collapsed} rowsId={rowsId} onToggle={toggle} />
        {activeCount + pausedCount > 0 && (
          <progress
            className="total"
            max={100}
            value={percentOf(sentBytes, totalBytes)}
            aria-label={messages.uploads.total}
            data-tone={activeCount > 0 ? "active" : "still"}
          />
        )}
      </div>
      <div id={rowsId} className="upload-rows" hidden={collapsed}>
        {/* Without bullets Safari forgets that it is a list. */}
        <ul role="list">
          {rows.map((item) => (
            <UploadRow key={item.id} item={item} queue={queue} onChoose={onChoose} />
          ))}
        </ul>
        {more > 0 && <p className="more">{messages.uploads.more(more, doneCount)}</p>}
      </div>
    </section>
  );
}
