import { memo } from "react";
import type { ReactNode } from "react";
import type { FileRow } from "../api/file-calls.js";
import type { UploadItem, UploadQueue } from "../upload/index.js";
import { copyText } from "./copy-text.js";
import { Facts } from "./facts.js";
import { kindOf, percentOf } from "./format.js";
import { Icon } from "./icon.js";
import { IconButton } from "./icon-button.js";
import { messages, uploadTrouble, waitingWords } from "./messages.js";
import type { Trouble } from "./messages.js";
import { RichText } from "./rich-text.js";

interface UploadRowProps {
  readonly item: UploadItem<FileRow>;
  readonly queue: UploadQueue<Blob, FileRow>;
  /** The person wants to choose the file once more, in place of this one. */
  readonly onChoose: (replacedId: string) => void;
}

/** One file on its way. Drawn again only when it changed. */
export const UploadRow = memo(function UploadRow({ item, queue, onChoose }: UploadRowProps): ReactNode {
  const percent = percentOf(item.sentBytes, item.totalBytes);
  const facts = messages.uploads.facts(item.sentBytes, item.totalBytes, item.bytesPerSecond);
  const over = item.phase === "done" || item.phase === "failed";
  const trouble = item.phase === "failed" ? uploadTrouble(item) : undefined;
  return (
    <li className="upload-row" data-phase={item.phase}>
      <span className="tile" aria-hidden="true">
        {kindOf(item.name)}
      </span>
      <div className="upload-body">
        <p className="file-name" title={item.name}>
          <bdi>{item.name}</bdi>
        </p>
        <progress
          max={100}
          value={item.phase === "done" || item.phase === "confirming" ? 100 : percent}
          aria-label={item.name}
          aria-valuetext={messages.uploads.valueText(percent, facts)}
          data-tone={toneOf(item)}
        />
        <div className="upload-state">
          <State item={item} percent={percent} facts={facts} trouble={trouble} />
        </div>
        {item.phase === "failed" && <Details item={item} />}
      </div>
      <div className="row-actions">
        {trouble && <Mend trouble={trouble} item={item} queue={queue} onChoose={onChoose} />}
        <IconButton
          icon="close"
          label={over ? messages.uploads.dismiss(item.name) : messages.uploads.cancel(item.name)}
          onClick={() => queue.cancel(item.id)}
        />
      </div>
    </li>
  );
});

function State({
  item,
  percent,
  facts,
  trouble,
}: {
  readonly item: UploadItem<FileRow>;
  readonly percent: number;
  readonly facts: readonly string[];
  readonly trouble: Trouble | undefined;
}): ReactNode {
  switch (item.phase) {
    case "queued":
      return <span>{messages.uploads.queued}</span>;
    case "preparing":
      return <span>{messages.uploads.preparing}</span>;
    case "sending":
      return <Facts facts={[messages.uploads.percent(percent), ...facts]} />;
    case "waiting":
      return <strong className="warn">{waitingWords(item.reason)}</strong>;
    case "confirming":
      return <strong>{messages.uploads.confirming}</strong>;
    case "done":
      return <strong className="ok">{messages.uploads.done}</strong>;
    case "failed":
      return <span className="bad">{trouble && <RichText words={trouble.words} />}</span>;
  }
}

function Mend({ trouble, item, queue, onChoose }: UploadRowProps & { readonly trouble: Trouble }): ReactNode {
  switch (trouble.action) {
    case "RETRY":
    case "AGAIN": {
      const words = trouble.action === "RETRY" ? messages.uploads.retry : messages.uploads.startAgain;
      return (
        <button type="button" className="small" onClick={() => queue.retry(item.id)}>
          <Icon name="retry" />
          {words}
          <span className="visually-hidden"> {item.name}</span>
        </button>
      );
    }
    case "CHOOSE":
      return (
        <button type="button" className="small" onClick={() => onChoose(item.id)}>
          {messages.uploads.chooseFile}
        </button>
      );
    case "NONE":
      return null;
  }
}

/** For whoever is asked for help: codes that the main line leaves out. */
function Details({ item }: { readonly item: Extract<UploadItem<FileRow>, { phase: "failed" }> }): ReactNode {
  const { code, status, problem, requestId } = item.error;
  const facts = [code, problem?.code, status && `HTTP ${status}`, requestId, item.fileId].filter(Boolean).join(" · ");
  return (
    <details className="details">
      <summary>{messages.uploads.details}</summary>
      <code>{facts}</code>{" "}
      <button type="button" className="small" onClick={() => void copyText(facts)}>
        {messages.uploads.copyDetails}
      </button>
    </details>
  );
}

function toneOf(item: UploadItem<FileRow>): "active" | "warn" | "bad" | "ok" {
  switch (item.phase) {
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
