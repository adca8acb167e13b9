import type { ReactNode } from "react";
import type { ChosenFile } from "./chosen-file.js";
import { kindOf, percentOf } from "./format.js";
import type { InterruptedActions, InterruptedTrouble } from "./interrupted-actions.js";
import type { InterruptedUpload } from "./interrupted-uploads.js";
import { messages, refusedOnAdd } from "./messages.js";
import { RichText } from "./rich-text.js";

interface InterruptedRowProps {
  readonly upload: InterruptedUpload;
  /** The only one: it says what to do. */
  readonly alone: boolean;
  readonly trouble: InterruptedTrouble | undefined;
  readonly actions: InterruptedActions;
  readonly onStartNew: (chosen: ChosenFile) => void;
}

const words = messages.interrupted;

/** One upload that stopped, and the ways on. */
export function InterruptedRow({ upload, alone, trouble, actions, onStartNew }: InterruptedRowProps): ReactNode {
  const { name, sizeBytes, handle } = upload.record;
  const percent = upload.storedBytes === undefined ? undefined : percentOf(upload.storedBytes, sizeBytes);
  const byHandle = handle !== undefined && (trouble === undefined || trouble.kind === "NOT_DISCARDED");
  const next = byHandle ? words.goOn : words.chooseSame;
  return (
    <li className="interrupted-row">
      <span className="tile" aria-hidden="true">
        {kindOf(name)}
      </span>
      <div className="upload-body">
        <p>
          <RichText words={words.stopped(name, percent)} /> {(alone || byHandle) && next}
        </p>
        <progress max={100} value={percent ?? 0} aria-label={words.kept(name)} data-tone="still" />
        <p className="bad" role="alert">
          {trouble && <RichText words={troubleWords(upload, trouble)} />}
        </p>
      </div>
      <div className="row-actions">
        {/* The same element whatever it does, so that it keeps the focus. */}
        <button
          type="button"
          className="small"
          onClick={() => void (byHandle ? actions.goOn(upload) : actions.choose(upload))}
        >
          {byHandle ? words.continue : words.chooseFile}
          <span className="visually-hidden">{byHandle ? words.ofFile(name) : words.forFile(name)}</span>
        </button>
        {trouble && "chosen" in trouble && (
          <button type="button" className="small" onClick={() => onStartNew(trouble.chosen)}>
            {words.startNew}
            <span className="visually-hidden">{words.ofFile(trouble.chosen.file.name)}</span>
          </button>
        )}
        <button type="button" className="small" onClick={() => void actions.discard(upload)}>
          {words.discard}
          <span className="visually-hidden">{words.ofFile(name)}</span>
        </button>
      </div>
    </li>
  );
}

function troubleWords({ record }: InterruptedUpload, { kind }: InterruptedTrouble): string {
  const { name, sizeBytes, lastModified } = record;
  switch (kind) {
    case "DIFFERENT":
      return words.different(name, sizeBytes, new Date(lastModified));
    case "CHANGED":
      return words.changed(name, sizeBytes, new Date(lastModified));
    case "UNREADABLE":
      return refusedOnAdd.unreadable(name);
    case "FORBIDDEN":
      return words.forbidden(name);
    case "NOT_DISCARDED":
      return words.notDiscarded(name);
  }
}
