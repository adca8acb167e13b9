import { useEffect } from "react";
import type { ReactNode } from "react";
import { focusChoose } from "./drop-card.js";
import { Icon } from "./icon.js";
import { IconButton } from "./icon-button.js";
import { messages } from "./messages.js";
import { RichText } from "./rich-text.js";
import type { NotAdded, Reading } from "./use-adding.js";

const SHOWN = 5;

interface NotAddedNoticeProps {
  readonly notAdded: NotAdded;
  readonly onClose: () => void;
}

/** Says which files were not added and why; files that systems keep for themselves are only counted. */
export function NotAddedNotice({ notAdded, onClose }: NotAddedNoticeProps): ReactNode {
  const { reasons, outOf, leftOut, trashBytes, retry } = notAdded;
  const wrong = reasons.length > 0;
  useEffect(
    () => () => {
      // A notice takes the focus with it, whether it was closed or another try went well.
      requestAnimationFrame(() => document.activeElement === document.body && focusChoose());
    },
    [],
  );
  return (
    <div className="notice" role={wrong ? "alert" : "status"} data-tone={wrong ? "bad" : "plain"}>
      <Icon name={wrong ? "warn" : "check"} />
      {/* New words are a new element: a screen reader says them again, also when they are the same. */}
      <div className="notice-words" key={notAdded.number}>
        {wrong && outOf > 0 && <p className="strong">{messages.refusedOnAdd.title(reasons.length, outOf)}</p>}
        <ul>
          {reasons.slice(0, SHOWN).map((words, index) => (
            // The reasons of one go never change.
            <li key={index}>
              <RichText words={words} />
            </li>
          ))}
          {reasons.length > SHOWN && <li>{messages.refusedOnAdd.more(reasons.length - SHOWN)}</li>}
          {trashBytes > 0 && <li>{messages.refusedOnAdd.trash(trashBytes)}</li>}
          {leftOut > 0 && <li>{messages.refusedOnAdd.leftOut(leftOut)}</li>}
        </ul>
      </div>
      {retry && (
        <button type="button" className="small" onClick={retry}>
          {messages.uploads.retry}
        </button>
      )}
      <IconButton icon="close" label={messages.close} onClick={onClose} />
    </div>
  );
}

/** A folder is being read: that it is, how far, and a way out. */
export function ReadingNotice({ reading }: { readonly reading: Reading }): ReactNode {
  return (
    <div className="notice" data-tone="plain">
      <Icon name="clock" />
      <p className="notice-words">
        {/* The count is for the eye: said each time it would drown everything else. */}
        <span role="status">{messages.folder.reading}</span> {messages.folder.found(reading.count)}
      </p>
      <button type="button" className="small" onClick={reading.stop}>
        {messages.folder.stop}
      </button>
    </div>
  );
}
