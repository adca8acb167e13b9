import type { ReactNode } from "react";
import type { FileDetails } from "../api/preview-calls.js";
import type { FileRow } from "../api/file-calls.js";
import { formatWhen } from "./format.js";
import { messages } from "./messages.js";
import { openPath } from "./open-path.js";
import { typeWords } from "./type-words.js";

interface PreviewFactsProps {
  readonly row: FileRow;
  readonly details: FileDetails | null | undefined;
  readonly onCopyDigest: (sha256: string) => void;
}

/** What is known about a file, as pairs. */
export function PreviewFacts({ row, details, onCopyDigest }: PreviewFactsProps): ReactNode {
  const { facts } = messages.preview;
  const sha256 = details?.sha256;
  return (
    <dl className="preview-facts">
      <dt>{facts.type}</dt>
      <dd title={row.contentType}>{typeWords(row.contentType)}</dd>
      <dt>{facts.size}</dt>
      <dd>{facts.bytes(row.size)}</dd>
      <dt>{facts.added}</dt>
      <dd>
        <time dateTime={row.createdAt} title={new Date(row.createdAt).toLocaleString("en-GB")}>
          {formatWhen(row.createdAt, new Date())}
        </time>
      </dd>
      {details?.integrity && (
        <>
          <dt>{facts.checked}</dt>
          <dd>{facts.integrity(details.integrity)}</dd>
        </>
      )}
      {sha256 && (
        <>
          <dt>{facts.sha256}</dt>
          <dd>
            <code>{sha256}</code>
            <button type="button" className="small" onClick={() => onCopyDigest(sha256)}>
              {messages.preview.copy}
              <span className="visually-hidden">{messages.preview.theDigest}</span>
            </button>
          </dd>
        </>
      )}
      <dt>{facts.link}</dt>
      <dd>
        <a href={openPath(row.id)} target="_blank" rel="opener">
          {row.permalink}
        </a>
      </dd>
    </dl>
  );
}
