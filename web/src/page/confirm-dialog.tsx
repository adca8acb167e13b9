import { useEffect, useId, useRef } from "react";
import type { ReactNode } from "react";
import { messages } from "./messages.js";

interface ConfirmDialogProps {
  readonly title: string;
  readonly words: string;
  /** What the button says that does it. */
  readonly confirm: string;
  readonly tone?: "bad";
  readonly onConfirm: () => void;
  /** Called however it closes, after `onConfirm` if that was chosen. */
  readonly onClose: () => void;
}

/** Asks before something that cannot be undone, in the browser's own dialog: it keeps the focus in and gives it back. */
export function ConfirmDialog({ title, words, confirm, tone, onConfirm, onClose }: ConfirmDialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      // What was confirmed may have moved it on.
      if (before instanceof HTMLElement && document.activeElement === document.body) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      <p>{words}</p>
      <div className="dialog-buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          {messages.dialog.cancel}
        </button>
        <button
          type="button"
          className={tone === "bad" ? "primary danger" : "primary"}
          onClick={() => {
            // First, for while it is open nothing else can have the focus.
            dialog.current?.close();
            onConfirm();
          }}
        >
          {confirm}
        </button>
      </div>
    </dialog>
  );
}
