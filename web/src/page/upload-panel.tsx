import { useEffect } from "react";
import type { ReactNode } from "react";
import type { FileRow } from "../api/file-calls.js";
import { useUploadQueue } from "../react/use-upload-queue.js";
import type { UploadItem } from "../upload/index.js";
import { Facts } from "./facts.js";
import { percentOf } from "./format.js";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";
import { UploadRow } from "./upload-row.js";

const FOLD_AFTER_MS = 4_000;

/** All uploads of this tab: what needs a person first, then what moves, waits, is done. Folds away when all went well. */
export function UploadPanel({ onChoose }: { readonly onChoose: (replacedId: string) => void }): ReactNode {
  const { queue } = usePageDeps();
  const snapshot = useUploadQueue(queue);
  const { items, activeCount, doneCount, sentBytes, totalBytes, bytesPerSecond } = snapshot;

  useEffect(() => {
    if (activeCount > 0 || doneCount === 0) return undefined;
    const timer = setTimeout(queue.clearDone, FOLD_AFTER_MS);
    return () => clearTimeout(timer);
  }, [queue, activeCount, doneCount]);

  if (items.length === 0) return null;
  const sorted = [...items].sort((a, b) => rank(a) - rank(b));
  return (
    <section className="card uploads" aria-labelledby="uploads-title">
      <div className="uploads-head">
        <h2 id="uploads-title">{messages.uploads.title(snapshot)}</h2>
        {activeCount > 0 && <Facts facts={messages.uploads.facts(sentBytes, totalBytes, bytesPerSecond)} />}
      </div>
      {activeCount > 0 && (
        <progress
          className="total"
          max={100}
          value={percentOf(sentBytes, totalBytes)}
          aria-label={messages.uploads.total}
        />
      )}
      <ul className="upload-rows">
        {sorted.map((item) => (
          <UploadRow key={item.id} item={item} queue={queue} onChoose={onChoose} />
        ))}
      </ul>
    </section>
  );
}

/** Failing, moving, queued, done. */
function rank({ phase }: UploadItem<FileRow>): number {
  return phase === "failed" ? 0 : phase === "done" ? 3 : phase === "queued" ? 2 : 1;
}
