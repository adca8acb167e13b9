import { useEffect, useState } from "react";
import type { ReactNode } from "react";
import { announcementOf } from "./announcements.js";
import { usePageDeps } from "./page-deps.js";

/** So long the end of one file waits for the end of the next. */
const JOIN_MS = 1_000;

/** Words, and their number: the same words twice are two announcements. */
interface Said {
  readonly words: string;
  readonly number: number;
}

const NOTHING: Said = { words: "", number: 0 };

/** Speaks to screen readers; nothing of it is seen. Both regions are there from the start, or changes are not noticed. */
export function Announcer(): ReactNode {
  const { queue } = usePageDeps();
  const [polite, setPolite] = useState(NOTHING);
  const [assertive, setAssertive] = useState(NOTHING);

  useEffect(() => {
    // All that has happened up to here has been said.
    let before = queue.getSnapshot();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const say = (): void => {
      clearTimeout(timer);
      timer = undefined;
      const after = queue.getSnapshot();
      const words = announcementOf(before, after);
      before = after;
      const add = (said: Said, more: string): Said => (more ? { words: more, number: said.number + 1 } : said);
      setPolite((said) => add(said, words.polite));
      setAssertive((said) => add(said, words.assertive));
    };
    const stop = queue.subscribe(() => {
      const after = queue.getSnapshot();
      const { polite: words, assertive: warning, now } = announcementOf(before, after);
      if (now) say();
      else if (words || warning) timer ??= setTimeout(say, JOIN_MS);
      else if (timer === undefined) before = after;
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [queue]);

  return (
    <div className="visually-hidden">
      <Region role="status" said={polite} />
      <Region role="alert" said={assertive} />
    </div>
  );
}

/** A screen reader says what is added to it: new words are a new element, so none are said twice and none are missed. */
function Region({ role, said }: { readonly role: "status" | "alert"; readonly said: Said }): ReactNode {
  return <p role={role}>{said.words && <span key={said.number}>{said.words}</span>}</p>;
}
