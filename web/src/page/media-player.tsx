import { useState } from "react";
import type { ReactNode, RefObject, SyntheticEvent } from "react";
import type { OneMoreTry } from "./use-one-more-try.js";

/** Where it stood when its link ended. */
export interface MediaPlace {
  readonly seconds: number;
  readonly playing: boolean;
}

/** Where everything begins. */
export const BEGINNING: MediaPlace = { seconds: 0, playing: false };

/** A file that always breaks at the same second is not begun for ever. */
const WORKS_AFTER_SECONDS = 1;

interface MediaPlayerProps {
  readonly tag: "video" | "audio";
  readonly name: string;
  /** The freshest link. */
  readonly url: string;
  /** When that link ends, as Date.now() has it. */
  readonly urlEndsAtMs: number;
  readonly again: OneMoreTry;
  /** Outlives the player. */
  readonly placeRef: RefObject<MediaPlace>;
}

/** The link that is being played. */
interface HeldLink {
  readonly url: string;
  readonly endsAtMs: number;
  readonly generation: number;
}

/**
 * A film or a sound. It keeps its link while that works; a fresh one is taken over, at the same second, when the link
 * failed, or has ended and more bytes are needed: Chromium asks for those again for minutes before it calls it an error.
 */
export function MediaPlayer({ tag: Tag, name, url, urlEndsAtMs, again, placeRef }: MediaPlayerProps): ReactNode {
  const fresh: HeldLink = { url, endsAtMs: urlEndsAtMs, generation: again.generation };
  const [held, setHeld] = useState(fresh);
  if (held.generation !== fresh.generation) setHeld(fresh);

  const remember = ({ currentTime, paused }: HTMLMediaElement): void => {
    placeRef.current = { seconds: currentTime, playing: !paused };
  };
  const onError = ({ currentTarget }: SyntheticEvent<HTMLMediaElement>): void => {
    // What did not even begin says nothing about where it was.
    if (currentTarget.readyState > 0) remember(currentTarget);
    again.onError();
  };
  const onNeeds = ({ currentTarget }: SyntheticEvent<HTMLMediaElement>): void => {
    const now = Date.now();
    if (now < held.endsAtMs || again.state !== "SHOWN" || isBuffered(currentTarget)) return;
    remember(currentTarget);
    if (now < fresh.endsAtMs) setHeld(fresh);
    else again.tryAgain();
  };
  const onLoadedMetadata = ({ currentTarget }: SyntheticEvent<HTMLMediaElement>): void => {
    const { seconds, playing } = placeRef.current;
    if (seconds > 0) currentTarget.currentTime = seconds;
    if (playing) void currentTarget.play().catch(() => undefined);
  };
  const onTimeUpdate = ({ currentTarget: { currentTime } }: SyntheticEvent<HTMLMediaElement>): void => {
    if (currentTime > placeRef.current.seconds + WORKS_AFTER_SECONDS) again.onWorks();
  };
  return (
    <Tag
      key={`${held.generation} ${held.url}`}
      src={held.url}
      aria-label={name}
      controls
      playsInline
      preload="metadata"
      onError={onError}
      onSeeking={onNeeds}
      onWaiting={onNeeds}
      onStalled={onNeeds}
      onLoadedMetadata={onLoadedMetadata}
      onTimeUpdate={onTimeUpdate}
    />
  );
}

/** Whether it has what comes next. */
function isBuffered({ buffered, currentTime, readyState, seeking }: HTMLMediaElement): boolean {
  if (!seeking) return readyState > HTMLMediaElement.HAVE_CURRENT_DATA;
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= currentTime && currentTime < buffered.end(index)) return true;
  }
  return false;
}
