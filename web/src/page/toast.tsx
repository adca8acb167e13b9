import { useEffect, useMemo, useRef } from "react";
import type { FocusEvent, ReactNode } from "react";
import { IconButton } from "./icon-button.js";
import { messages } from "./messages.js";
import { RichText } from "./rich-text.js";

/** A short message about something that just happened. */
export interface ToastContent {
  readonly words: string;
  /** Takes it back. */
  readonly undo?: () => void;
  /** Text to copy by hand, when the clipboard refused. */
  readonly text?: string;
}

const UNDO_MS = 20_000;
const PLAIN_MS = 6_000;
const HELD_MS = 2_000;

/** Shows the message until its time is up; it stays while the pointer or the focus is on it. */
export function Toast({
  toast,
  onHide,
}: {
  readonly toast: ToastContent | undefined;
  readonly onHide: () => void;
}): ReactNode {
  const box = useRef<HTMLElement>(null);
  const takeBack = toast?.undo;
  // Once: a second press would take back what has come back.
  const undo = useMemo(
    () =>
      takeBack &&
      (() => {
        onHide();
        takeBack();
      }),
    [takeBack, onHide],
  );
  const before = useRef<Element | null>(null);
  const close = (): void => {
    onHide();
    if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus();
    else document.getElementById("files-title")?.focus();
  };

  useEffect(() => {
    if (!toast || toast.text !== undefined) return undefined;
    const hide = (): void => {
      // Who is on it is not done with it.
      if (box.current?.matches(":hover, :focus-within")) timer = setTimeout(hide, HELD_MS);
      else onHide();
    };
    let timer = setTimeout(hide, toast.undo ? UNDO_MS : PLAIN_MS);
    return () => clearTimeout(timer);
  }, [toast, onHide]);

  useEffect(() => {
    if (!undo) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
      // Fields have an undo of their own.
      if (!isUndo || isTextField(event.target)) return;
      event.preventDefault();
      undo();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [undo]);

  return (
    <section
      ref={box}
      className={toast && "toast"}
      aria-label={messages.toast.region}
      onFocusCapture={({ relatedTarget }: FocusEvent) => {
        if (!box.current?.contains(relatedTarget)) before.current = relatedTarget;
      }}
    >
      {/* There before its words, or screen readers do not notice them. */}
      <p role="status" key="words">
        {toast && <RichText words={toast.words} />}
      </p>
      {toast && (
        <>
          {toast.text !== undefined && (
            <input
              readOnly
              value={toast.text}
              aria-label={messages.toast.linkNotCopied}
              onFocus={(event) => event.target.select()}
            />
          )}
          {undo && (
            <button type="button" onClick={undo}>
              {messages.toast.undo}
            </button>
          )}
          <IconButton icon="close" label={messages.close} onClick={close} />
        </>
      )}
    </section>
  );
}

function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("textarea, input:not([type=checkbox])");
}
