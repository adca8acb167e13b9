import { memo, useEffect, useState } from "react";
import type { ReactNode } from "react";
import type { FileRow } from "../api/file-calls.js";
import type { UploadItem, UploadQueue } from "../upload/index.js";
import { folderOf } from "./chosen-file.js";
import { Facts } from "./facts.js";
import { percentOf } from "./format.js";
import { IconButton } from "./icon-button.js";
import { messages, uploadTrouble, waitingWords } from "./messages.js";
import type { Trouble } from "./messages.js";
import { RichText } from "./rich-text.js";
import { Thumbnail } from "./thumbnail.js";
import { QUIET_MS } from "./upload-head.js";
import { Mend, TroubleDetails } from "./upload-trouble.js";
import { useHeldFor } from "./use-held-for.js";

/** Hashing that takes longer than this is told. */
const PREPARING_SHOWN_AFTER_MS = 2_000;

interface UploadRowProps {
  readonly item: UploadItem<FileRow>;
  readonly queue: UploadQueue<Blob, FileRow>;
  /** The person wants to choose the file once more, in place of this one. */
  readonly onChoose: (replacedId: string) => void;
}

/** One file on its way. Drawn again only when it changed. */
export const UploadRow = memo(function UploadRow({ item, queue, onChoose }: UploadRowProps): ReactNode {
  const percent = percentOf(item.sentBytes, item.totalBytes);
  const over = item.phase === "done" || item.phase === "failed";
  const trouble = item.phase === "failed" ? uploadTrouble(item) : undefined;
  const { file, folder } = chosenOf(queue, item.id);
  return (
    <li className="upload-row" data-phase={item.phase}>
      <Thumbnail name={item.name} file={file} />
      <div className="upload-body">
        <p className="file-name" title={item.name}>
          <bdi>{item.name}</bdi>
        </p>
        {folder && (
          <p className="facts-line folder">
            <bdi>{folder}</bdi>
          </p>
        )}
        <progress
          max={100}
          value={item.phase === "done" || item.phase === "confirming" ? 100 : percent}
          aria-label={item.name}
          aria-valuetext={messages.uploads.valueText(item, percent)}
          data-tone={toneOf(item)}
        />
        <div className="upload-state">
          <State item={item} percent={percent} trouble={trouble} />
        </div>
        {item.phase === "failed" && <TroubleDetails item={item} />}
      </div>
      <div className="row-actions">
        {trouble && <Mend trouble={trouble} item={item} queue={queue} onChoose={onChoose} />}
        {!over && item.phase !== "confirming" && <PauseButton item={item} queue={queue} />}
        <IconButton
          icon="close"
          label={over ? messages.uploads.dismiss(item.name) : messages.uploads.cancel(item.name)}
          onClick={() => queue.cancel(item.id)}
        />
      </div>
    </li>
  );
});

/** One button for both ways: it stays where it is, and so does the focus. */
function PauseButton({ item, queue }: Pick<UploadRowProps, "item" | "queue">): ReactNode {
  const paused = item.phase === "paused";
  return (
    <IconButton
      icon={paused ? "play" : "pause"}
      label={paused ? messages.uploads.resume(item.name) : messages.uploads.pause(item.name)}
      onClick={() => (paused ? queue.resume(item.id) : queue.pause(item.id))}
    />
  );
}

interface StateProps {
  readonly item: UploadItem<FileRow>;
  readonly percent: number;
  readonly trouble: Trouble | undefined;
}

function State({ item, percent, trouble }: StateProps): ReactNode {
  const { phase, sentBytes, totalBytes, bytesPerSecond } = item;
  const preparing = useHeldFor(phase === "preparing", PREPARING_SHOWN_AFTER_MS);
  const quiet = useHeldFor(phase === "sending", QUIET_MS, sentBytes);
  switch (phase) {
    case "queued":
      return <span>{messages.uploads.queued}</span>;
    case "preparing":
      return <span>{preparing ? messages.uploads.preparing(item) : messages.uploads.size(totalBytes)}</span>;
    case "sending": {
      const facts = messages.uploads.facts(sentBytes, totalBytes, quiet ? "QUIET" : bytesPerSecond);
      return <Facts facts={[messages.uploads.percent(percent), ...facts]} />;
    }
    case "waiting":
      return <Waiting reason={item.reason} retryAtMs={item.retryAtMs} />;
    case "paused":
      return (
        <span className="facts">
          <strong>{messages.uploads.paused(percent)}</strong>
          <Facts facts={messages.uploads.facts(sentBytes, totalBytes)} />
        </span>
      );
    case "confirming":
      return <strong>{messages.uploads.confirming}</strong>;
    case "done":
      return <strong className="ok">{messages.uploads.done}</strong>;
    case "failed":
      return <span className="bad">{trouble && <RichText words={trouble.words} />}</span>;
  }
}

/** Why nothing moves, counting down where it is known when it will. */
function Waiting({
  reason,
  retryAtMs,
}: Pick<Extract<UploadItem<FileRow>, { phase: "waiting" }>, "reason" | "retryAtMs">): ReactNode {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    if (retryAtMs === undefined) return undefined;
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [retryAtMs]);
  const seconds = retryAtMs === undefined ? undefined : Math.max(1, Math.ceil((retryAtMs - nowMs) / 1_000));
  return <strong className="warn">{waitingWords(reason, seconds)}</strong>;
}

/** The file behind a row, and the folder that it was chosen in. */
function chosenOf(queue: UploadQueue<Blob, FileRow>, id: string): { file: File | undefined; folder: string } {
  const source = queue.sourceOf(id);
  const file = source && "file" in source && source.file instanceof File ? source.file : undefined;
  const path = source && "path" in source && typeof source.path === "string" ? source.path : "";
  return { file, folder: folderOf(path) };
}

function toneOf({ phase }: UploadItem<FileRow>): "active" | "still" | "warn" | "bad" | "ok" {
  switch (phase) {
    case "paused":
      return "still";
    case "waiting":
      return "warn";
    case "failed":
      return "bad";
    case "confirming":
    case "done":
      return "ok";
    default:
      return "active";
  }
}
