import { useId, useLayoutEffect, useRef, useState } from "react";
import type { KeyboardEvent, ReactNode } from "react";
import { messages } from "./messages.js";

interface RenameFieldProps {
  readonly filename: string;
  /** Answers why the name was not taken, in words; undefined when it was. */
  readonly onRename: (filename: string) => Promise<string | undefined>;
  /** Why the name was not taken, when the field is gone by then. */
  readonly onUnseen: (words: string) => void;
  /** Renamed, or thought better of. @param byKey the focus has to go back to the row */
  readonly onClose: (byKey: boolean) => void;
}

/** The name as a field in its own place: Enter and leaving it save, Esc reverts. What was not taken stays to be mended. */
export function RenameField({ filename: current, onRename, onUnseen, onClose }: RenameFieldProps): ReactNode {
  // As it was when the field opened: changes from elsewhere, and this very one, arrive by themselves.
  const [filename] = useState(current);
  const field = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState<string | undefined>();
  /** A name is being asked for, or the field has done its work: losing the focus means nothing any more. */
  const busy = useRef(false);
  const faultId = useId();

  // Before the next key arrives.
  useLayoutEffect(() => {
    field.current?.focus();
    // People rename the name, not the kind.
    const dot = filename.lastIndexOf(".");
    field.current?.setSelectionRange(0, dot > 0 ? dot : filename.length);
  }, [filename]);

  const close = (byKey: boolean): void => {
    busy.current = true;
    onClose(byKey);
  };
  const save = async (byKey: boolean): Promise<void> => {
    if (busy.current) return;
    const wanted = field.current?.value.trim() ?? filename;
    if (wanted === filename) return close(byKey);
    busy.current = true;
    const refusal = await onRename(wanted);
    busy.current = false;
    if (refusal === undefined) close(byKey);
    else if (field.current?.isConnected) setFault(refusal);
    else onUnseen(refusal);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // The list has keys of its own.
    event.stopPropagation();
    if (event.key === "Enter") void save(true);
    if (event.key === "Escape") close(true);
  };

  return (
    <>
      <input
        ref={field}
        className="rename"
        defaultValue={filename}
        aria-label={messages.rename.label(filename)}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : faultId}
        autoComplete="off"
        spellCheck={false}
        onKeyDown={onKeyDown}
        onBlur={() => void save(false)}
      />
      {fault !== undefined && (
        <p id={faultId} className="facts-line bad" role="alert">
          {fault}
        </p>
      )}
    </>
  );
}
