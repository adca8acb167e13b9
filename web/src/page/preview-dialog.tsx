import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useId, useRef, useState } from "react";
import type { ReactNode } from "react";
import type { FileRow } from "../api/file-calls.js";
import { copyText } from "./copy-text.js";
import { IconButton } from "./icon-button.js";
import { Icon } from "./icon.js";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";
import { PreviewFacts } from "./preview-facts.js";
import { renewAfterMs } from "./preview-kind.js";
import { PreviewStage } from "./preview-stage.js";
import { RichText } from "./rich-text.js";
import type { ToastContent } from "./toast.js";
import { useFileActions } from "./use-file-actions.js";

/** Links that live for a minute or less are renewed that often while they are shown. */
const LEAST_MS = 5_000;

interface PreviewDialogProps {
  readonly row: FileRow;
  /** Goes to a neighbour: give this dialog another row. */
  readonly onStep?: (by: -1 | 1) => void;
  /** Whether there is a neighbour on that side. Default: there always is. */
  readonly canStep?: (by: -1 | 1) => boolean;
  readonly onClose: () => void;
}

/**
 * A file at a glance: itself where a browser can show it, its facts, and what to do with it. The browser's own dialog
 * keeps the focus in, closes with Esc and leaves the rest of the page alone.
 */
export function PreviewDialog({ row, onStep, canStep, onClose }: PreviewDialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const { data: details, dataUpdatedAt, isError, refetch } = useDetails(row);
  // The page's own toasts are behind the dialog, where nobody is told of them.
  const [said, setSaid] = useState<(ToastContent & { readonly of: string }) | undefined>();
  const say = useCallback((toast: ToastContent) => setSaid({ ...toast, of: row.id }), [row.id]);
  const actions = useFileActions(say);
  const copyDigest = async (sha256: string): Promise<void> => {
    const copied = await copyText(sha256);
    say({ words: copied ? messages.preview.digestCopied : messages.preview.digestNotCopied });
  };

  useFocusGivenBack(dialog);
  useArrowKeys(dialog, (by) => (canStep?.(by) ?? true) && onStep?.(by));
  useEffect(() => {
    // What had the focus may belong to the file before.
    if (dialog.current?.contains(document.activeElement) !== true) dialog.current?.focus();
  }, [row.id]);

  const step = (by: -1 | 1, icon: "previous" | "next"): ReactNode =>
    onStep && (
      <IconButton
        icon={icon}
        label={messages.preview[icon]}
        disabled={canStep?.(by) === false}
        onClick={() => onStep(by)}
      />
    );
  return (
    <dialog
      ref={dialog}
      className="dialog preview"
      aria-labelledby={id}
      tabIndex={-1}
      closedby="any"
      onClose={({ target }) => target === dialog.current && onClose()}
    >
      <header>
        {/* Heard again when it becomes another file's. */}
        <h2 id={id} aria-live="polite">
          <bdi>{row.filename}</bdi>
        </h2>
        {step(-1, "previous")}
        {step(1, "next")}
        <IconButton icon="close" label={messages.close} onClick={() => dialog.current?.close()} />
      </header>
      <div className="preview-stage">
        <PreviewStage
          key={row.id}
          row={row}
          details={details}
          cameAtMs={dataUpdatedAt}
          isError={isError}
          renew={refetch}
        />
      </div>
      <PreviewFacts row={row} details={details} onCopyDigest={(sha256) => void copyDigest(sha256)} />
      <div className="dialog-buttons">
        <p role="status">{said?.of === row.id && <RichText words={said.words} />}</p>
        {said?.of === row.id && said.text !== undefined && (
          <input readOnly value={said.text} aria-label={messages.toast.linkNotCopied} />
        )}
        <button type="button" onClick={() => void actions.copyLink(row)}>
          <Icon name="link" />
          {messages.list.copyLink}
        </button>
        {row.status === "READY" && (
          <button type="button" className="primary" onClick={() => void actions.download(row)}>
            <Icon name="download" />
            {messages.list.download}
          </button>
        )}
      </div>
    </dialog>
  );
}

/** What the server knows, with a link that is renewed before it dies; not in a hidden tab. Null: no such file. */
function useDetails({ id, status }: FileRow) {
  const { previews } = usePageDeps();
  return useQuery({
    queryKey: ["preview", id, status],
    queryFn: async ({ signal }) => (await previews.details(id, signal)) ?? null,
    staleTime: ({ state }) => renewAfterMs(state.data?.urlLifeMs ?? 0, LEAST_MS),
    // A file without a link has none to renew.
    refetchInterval: ({ state }) => (state.data?.url ? renewAfterMs(state.data.urlLifeMs, LEAST_MS) : false),
  });
}

function useFocusGivenBack(dialog: { readonly current: HTMLDialogElement | null }): void {
  const before = useRef<Element | null>(null);
  useEffect(() => {
    const { current } = dialog;
    before.current ??= document.activeElement;
    if (current?.open === false) current.showModal();
    // Else the first button would have it, and its tooltip would stand there.
    current?.focus();
    return () => {
      if (before.current instanceof HTMLElement) before.current.focus();
    };
  }, [dialog]);
}

/** Arrows go to the neighbours, wherever the focus is, but in fields and players, which have a use for them. */
function useArrowKeys(dialog: { readonly current: HTMLDialogElement | null }, onStep: (by: -1 | 1) => void): void {
  const latest = useRef(onStep);
  useEffect(() => {
    latest.current = onStep;
  });
  useEffect(() => {
    const listening = new AbortController();
    const onKey = (event: KeyboardEvent): void => {
      const { key, target, altKey, ctrlKey, metaKey, shiftKey } = event;
      const by = key === "ArrowLeft" ? -1 : key === "ArrowRight" ? 1 : undefined;
      if (by === undefined || event.defaultPrevented || altKey || ctrlKey || metaKey || shiftKey) return;
      if (target instanceof HTMLMediaElement || target instanceof HTMLInputElement) return;
      event.preventDefault();
      latest.current(by);
    };
    document.addEventListener("keydown", onKey, { signal: listening.signal });
    return () => listening.abort();
  }, [dialog]);
}
