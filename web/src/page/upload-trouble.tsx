import { useRef, useState } from "react";
import type { ReactNode } from "react";
import type { FileRow } from "../api/file-calls.js";
import type { UploadItem, UploadQueue } from "../upload/index.js";
import { copyText } from "./copy-text.js";
import { Icon } from "./icon.js";
import { messages } from "./messages.js";
import type { Trouble } from "./messages.js";
import { usePageDeps } from "./page-deps.js";

type Failed = Extract<UploadItem<FileRow>, { phase: "failed" }>;

interface MendProps {
  readonly trouble: Trouble;
  readonly item: UploadItem<FileRow>;
  readonly queue: UploadQueue<Blob, FileRow>;
  readonly onChoose: (replacedId: string) => void;
}

/** The one thing that helps, if anything does. */
export function Mend({ trouble, item, queue, onChoose }: MendProps): ReactNode {
  const { session } = usePageDeps();
  const signIn = async (): Promise<void> => {
    // The token was refused after all: without it the next call asks for another one, and the upload waits for that.
    session.reject(await session.token());
    queue.retry(item.id);
  };
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
    case "SIGN_IN":
      return (
        <button type="button" className="small" onClick={() => void signIn()}>
          {messages.signIn.submit}
        </button>
      );
    case "NONE":
      return null;
  }
}

/** For whoever is asked for help: codes that the main line leaves out. */
export function TroubleDetails({ item }: { readonly item: Failed }): ReactNode {
  const { code, status, problem, requestId } = item.error;
  const [copied, setCopied] = useState(false);
  const shown = useRef<HTMLElement>(null);
  const facts = [code, problem?.code, status && `HTTP ${status}`, requestId, item.fileId].filter(Boolean).join(" · ");
  const copy = async (): Promise<void> => {
    if (await copyText(facts)) setCopied(true);
    // By hand, then: it lies ready.
    else if (shown.current) getSelection()?.selectAllChildren(shown.current);
  };
  return (
    <details className="details">
      <summary>{messages.uploads.details}</summary>
      <code ref={shown}>{facts}</code>{" "}
      <button type="button" className="small" onClick={() => void copy()}>
        {copied ? messages.uploads.detailsCopied : messages.uploads.copyDetails}
      </button>
    </details>
  );
}
