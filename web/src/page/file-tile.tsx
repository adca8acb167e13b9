import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import type { ReactNode } from "react";
import type { FileRow } from "../api/file-calls.js";
import { kindOf } from "./format.js";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";
import { hasThumbnail, renewAfterMs } from "./preview-kind.js";
import { useNearWindow } from "./use-near-window.js";
import { useOneMoreTry } from "./use-one-more-try.js";

/** A link is kept that long even where it lives shorter: a picture that is loaded needs none. */
const KEPT_MS = 20_000;

interface FileTileProps {
  readonly row: FileRow;
  /** Opens the preview. Without it, and for files that are not READY, the tile is no button. */
  readonly onOpen?: () => void;
}

/** A file's tile in the list: the picture itself, or its kind in letters. */
export function FileTile({ row, onOpen }: FileTileProps): ReactNode {
  const face = hasThumbnail(row) ? <Picture key={row.id} row={row} /> : kindOf(row.filename);
  if (row.status !== "READY" || !onOpen) {
    return (
      <span className="tile" aria-hidden="true">
        {face}
      </span>
    );
  }
  return (
    <button
      type="button"
      className="tile"
      aria-label={messages.preview.open(row.filename)}
      aria-haspopup="dialog"
      onClick={({ currentTarget }) => {
        // Safari does not focus what is clicked, and the focus comes back to where it was.
        currentTarget.focus();
        onOpen();
      }}
    >
      {face}
    </button>
  );
}

/** Links are asked for while the row is in the window, for all of them in one call. */
function Picture({ row }: { readonly row: FileRow }): ReactNode {
  const { previews } = usePageDeps();
  const box = useRef<HTMLSpanElement>(null);
  const near = useNearWindow(box);
  const { data, refetch } = useQuery({
    queryKey: ["thumbnail", row.id],
    queryFn: () => previews.thumbnail(row.id),
    enabled: near,
    staleTime: ({ state }) => renewAfterMs(state.data?.urlLifeMs ?? 0, KEPT_MS),
    // What is loaded stays as it is.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const { state, generation, onError, onWorks } = useOneMoreTry(refetch);
  const url = state === "SHOWN" ? data?.url : undefined;
  return (
    <span ref={box}>
      {url === undefined ? (
        kindOf(row.filename)
      ) : (
        <img key={generation} src={url} alt="" loading="lazy" decoding="async" onError={onError} onLoad={onWorks} />
      )}
    </span>
  );
}
