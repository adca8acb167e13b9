import type { ReactNode } from "react";
import { Icon } from "./icon.js";
import { IconButton } from "./icon-button.js";
import { messages } from "./messages.js";
import { RichText } from "./rich-text.js";

/** Files that were not even tried, each with its reason. */
export interface Refused {
  readonly reasons: readonly string[];
  /** Files in the same go. */
  readonly outOf: number;
}

const SHOWN = 5;

/** Says which files were not added and why. */
export function RefusedNotice({
  refused,
  onClose,
}: {
  readonly refused: Refused;
  readonly onClose: () => void;
}): ReactNode {
  const { reasons, outOf } = refused;
  return (
    <div className="notice" role="alert" data-tone="bad">
      <Icon name="warn" />
      <div className="notice-words">
        <p className="strong">{messages.refusedOnAdd.title(reasons.length, outOf)}</p>
        <ul>
          {reasons.slice(0, SHOWN).map((words, index) => (
            // The reasons of one go never change.
            <li key={index}>
              <RichText words={words} />
            </li>
          ))}
          {reasons.length > SHOWN && <li>{messages.refusedOnAdd.more(reasons.length - SHOWN)}</li>}
        </ul>
      </div>
      <IconButton icon="close" label={messages.close} onClick={onClose} />
    </div>
  );
}
