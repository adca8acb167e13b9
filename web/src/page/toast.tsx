import { useCallback, useEffect, useState } from "react";
import type { ReactNode } from "react";
import { IconButton } from "./icon-button.js";
import { messages } from "./messages.js";
import type { Words } from "./messages.js";
import { RichText } from "./rich-text.js";

/** A short message about something that just happened. */
export interface ToastContent {
  readonly words: Words;
  /** Takes it back. */
  readonly undo?: () => void;
  /** Text to copy by hand, when the clipboard refused. */
  readonly text?: string;
}

const UNDO_MS = 20_000;
const PLAIN_MS = 6_000;

/** The message being shown and how to show another one; a new message replaces the old. */
export function useToast(): {
  readonly toast: (ToastContent & { readonly id: number }) | undefined;
  readonly show: (content: ToastContent) => void;
  readonly hide: () => void;
} {
  const [toast, setToast] = useState<(ToastContent & { readonly id: number }) | undefined>();
  const show = useCallback(
    (content: ToastContent) => setToast((last) => ({ ...content, id: (last?.id ?? 0) + 1 })),
    [],
  );
  const hide = useCallback(() => setToast(undefined), []);
  return { toast, show, hide };
}

/** Shows the message until its time is up; the time stands still while the pointer or the focus is on it. */
export function Toast({
  toast,
  onHide,
}: {
  readonly toast: ReturnType<typeof useToast>["toast"];
  readonly onHide: () => void;
}): ReactNode {
  const [held, setHeld] = useState(false);
  const undo = toast?.undo;

  useEffect(() => {
    if (!toast || held || toast.text !== undefined) return undefined;
    const timer = setTimeout(onHide, toast.undo ? UNDO_MS : PLAIN_MS);
    return () => clearTimeout(timer);
  }, [toast, held, onHide]);

  return (
    <section
      className={toast && "toast"}
      aria-label={messages.toast.region}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
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
          <IconButton icon="close" label={messages.close} onClick={onHide} />
        </>
      )}
    </section>
  );
}
