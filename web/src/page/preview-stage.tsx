import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import type { FileDetails } from "../api/preview-calls.js";
import type { FileRow } from "../api/file-calls.js";
import { kindOf } from "./format.js";
import { BEGINNING, MediaPlayer } from "./media-player.js";
import { messages } from "./messages.js";
import { previewKind, TEXT_BYTES } from "./preview-kind.js";
import { readText } from "./read-text.js";
import { useOneMoreTry } from "./use-one-more-try.js";
import type { OneMoreTry } from "./use-one-more-try.js";

interface PreviewStageProps {
  readonly row: FileRow;
  /** Null: there is no such file any more. Undefined: not known yet. */
  readonly details: FileDetails | null | undefined;
  /** When the details came, as Date.now() has it. */
  readonly cameAtMs: number;
  readonly isError: boolean;
  /** Asks for the details anew, and with them for a fresh link; never rejects. */
  readonly renew: () => Promise<unknown>;
}

/** What is to be seen or heard of a file; mount it anew for every file. */
export function PreviewStage({ row, details, cameAtMs, isError, renew }: PreviewStageProps): ReactNode {
  const again = useOneMoreTry(renew);
  const place = useRef(BEGINNING);
  const kind = previewKind(row);
  const tag = kind === "VIDEO" ? "video" : kind === "AUDIO" ? "audio" : undefined;
  if (kind === "NONE") return <BigTile name={row.filename}>{messages.preview.none(row.status === "READY")}</BigTile>;
  if (details === null) return <BigTile name={row.filename}>{messages.preview.gone}</BigTile>;
  // A player stays while it waits for its link.
  if ((again.state === "RENEWING" && !tag) || (details === undefined && !isError)) return <Loading />;
  if (again.state === "FAILED" || details?.url === undefined) {
    return <Failed name={row.filename} onAgain={again.tryAgain} />;
  }
  const shown = { row, url: details.url, again };
  // A picture takes over the fresh link without a flicker: the old one stays until the new one is there.
  if (kind === "IMAGE") return <Picture key={again.generation} {...shown} />;
  if (!tag) return <Text {...shown} />;
  return (
    <>
      {tag === "audio" && <BigTile name={row.filename} />}
      <MediaPlayer
        tag={tag}
        name={row.filename}
        url={details.url}
        urlEndsAtMs={cameAtMs + details.urlLifeMs}
        again={again}
        placeRef={place}
      />
    </>
  );
}

interface ShownProps {
  readonly row: FileRow;
  readonly url: string;
  readonly again: OneMoreTry;
}

function Picture({ row, url, again }: ShownProps): ReactNode {
  const [loaded, setLoaded] = useState(false);
  const onLoad = (): void => {
    setLoaded(true);
    again.onWorks();
  };
  return (
    <>
      {!loaded && <Loading />}
      <img src={url} alt={row.filename} decoding="async" hidden={!loaded} onLoad={onLoad} onError={again.onError} />
    </>
  );
}

function Text({ row, url, again: { generation, onError, onWorks, tryAgain } }: ShownProps): ReactNode {
  const { data, isError } = useQuery({
    queryKey: ["preview-text", row.id, generation],
    queryFn: ({ signal }) => readText(url, row.size, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
  });
  useEffect(() => {
    if (isError) onError();
    else if (data !== undefined) onWorks();
  }, [isError, data, onError, onWorks]);
  if (isError) return <Failed name={row.filename} onAgain={tryAgain} />;
  if (data === undefined) return <Loading />;
  return (
    <>
      {/* Whoever has no mouse scrolls what has the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} role="region" aria-label={messages.preview.content(row.filename)}>
        {data}
      </pre>
      {row.size > TEXT_BYTES && <p className="muted">{messages.preview.cut(TEXT_BYTES, row.size)}</p>}
    </>
  );
}

function Loading(): ReactNode {
  return (
    <p className="muted" role="status">
      {messages.preview.loading}
    </p>
  );
}

function Failed({ name, onAgain }: { readonly name: string; readonly onAgain: () => void }): ReactNode {
  return (
    <div className="preview-words" role="alert">
      <BigTile name={name}>{messages.preview.failed}</BigTile>
      <button type="button" className="small" onClick={onAgain}>
        {messages.list.tryAgain}
      </button>
    </div>
  );
}

function BigTile({ name, children }: { readonly name: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className="preview-words">
      <span className="tile" aria-hidden="true">
        {kindOf(name)}
      </span>
      {children !== undefined && <p className="muted">{children}</p>}
    </div>
  );
}
