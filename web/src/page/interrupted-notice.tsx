import { useCallback, useEffect, useRef } from "react";
import type { ReactNode, RefObject } from "react";
import type { ChosenFile } from "./chosen-file.js";
import { useInterruptedActions } from "./interrupted-actions.js";
import type { Interrupted } from "./interrupted-query.js";
import { InterruptedRow } from "./interrupted-row.js";
import { messages } from "./messages.js";
import { RichText } from "./rich-text.js";

interface InterruptedNoticeProps {
  readonly found: Interrupted;
  /** Files that are to be uploaded as new ones. */
  readonly onFiles: (files: readonly ChosenFile[]) => void;
}

const words = messages.interrupted;

/** Uploads that an earlier session did not end, and the ways to go on with them. */
export function InterruptedNotice({ found, onFiles }: InterruptedNoticeProps): ReactNode {
  const { stopped, elsewhere, remove } = found;
  const section = useRef<HTMLElement>(null);
  const onPress = useFocusAfter(section, stopped.length);
  const { actions, troubles, strangers } = useInterruptedActions(onPress, remove);

  const any = stopped.length + elsewhere.length > 0;
  const title = stopped.length > 0 ? words.title(stopped.length) : words.elsewhereTitle;
  return (
    <>
      {/* There before its words, or screen readers do not notice them. */}
      <p className="visually-hidden" role="status">
        {any && title}
      </p>
      {any && (
        <section ref={section} className="card interrupted" aria-labelledby="interrupted-title">
          <div className="interrupted-head">
            <h2 id="interrupted-title" tabIndex={-1}>
              {title}
            </h2>
            {stopped.length > 1 && (
              <>
                <p>{words.chooseSameMany}</p>
                <button type="button" className="small" onClick={() => actions.chooseMany(stopped)}>
                  {words.chooseFiles}
                  <span className="visually-hidden">{words.toGoOn}</span>
                </button>
              </>
            )}
            <p className="bad" role="alert">
              {strangers && words.notAmong(strangers.count, strangers.outOf)}
            </p>
          </div>
          {stopped.length > 0 && (
            <ul role="list">
              {stopped.map((upload) => (
                <InterruptedRow
                  key={upload.record.fileId}
                  upload={upload}
                  alone={stopped.length === 1}
                  trouble={troubles.get(upload.record.fileId)}
                  actions={actions}
                  onStartNew={(chosen) => {
                    // Its button leaves with what it answered.
                    document.getElementById("interrupted-title")?.focus();
                    onFiles([chosen]);
                    actions.replaced(upload);
                  }}
                />
              ))}
            </ul>
          )}
          {elsewhere.map(({ record }) => (
            <p key={record.fileId} className="interrupted-elsewhere">
              <RichText words={words.elsewhere(record.name)} />
            </p>
          ))}
        </section>
      )}
    </>
  );
}

/**
 * The focus goes to the notice's title when the button that had it leaves with its row, and to what comes next on the page
 * when the notice leaves. Call the result when a button is pressed.
 */
function useFocusAfter(section: RefObject<HTMLElement | null>, count: number): () => void {
  const due = useRef(false);
  useEffect(() => {
    // Who is elsewhere on the page by now stays there.
    if (!due.current || document.activeElement !== document.body) return;
    due.current = false;
    const next =
      section.current?.querySelector<HTMLElement>("h2") ??
      document.querySelector<HTMLElement>("#uploads-title, #files-title") ??
      document.getElementById("drop-title");
    next?.setAttribute("tabindex", "-1");
    next?.focus();
  }, [section, count]);
  return useCallback(() => {
    due.current = true;
  }, []);
}
