import { useEffect, useState } from "react";
import type { ReactNode } from "react";
import { kindOf } from "./format.js";

/** Kinds that every browser draws and that stand still. */
const DRAWABLE = /^image\/(?:png|jpeg|webp|avif|bmp|svg\+xml)$/;
/** A browser unpacks the whole picture for a few pixels of it. */
const DRAWN_UP_TO_BYTES = 20_000_000;

interface ThumbnailProps {
  readonly name: string;
  /** The file itself, if this tab has it. */
  readonly file: File | undefined;
}

/** A file's tile: the picture itself, from this computer, or its kind in letters. The name stands beside it. */
export function Thumbnail({ name, file }: ThumbnailProps): ReactNode {
  const picture = file && DRAWABLE.test(file.type) && file.size <= DRAWN_UP_TO_BYTES ? file : undefined;
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!picture) return undefined;
    const made = URL.createObjectURL(picture);
    setUrl(made);
    return () => {
      setUrl(undefined);
      URL.revokeObjectURL(made);
    };
  }, [picture]);
  return (
    <span className="tile" aria-hidden="true">
      {url ? <img src={url} alt="" decoding="async" onError={() => setUrl(undefined)} /> : kindOf(name)}
    </span>
  );
}
