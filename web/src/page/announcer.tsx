import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import { useUploadQueue } from "../react/use-upload-queue.js";
import { assertiveWords, politeWords } from "./announcements.js";
import { usePageDeps } from "./page-deps.js";

/** Speaks to screen readers; nothing of it is seen. Both regions are there from the start, or changes are not noticed. */
export function Announcer(): ReactNode {
  const snapshot = useUploadQueue(usePageDeps().queue);
  const last = useRef(snapshot);
  const [polite, setPolite] = useState("");
  const [assertive, setAssertive] = useState("");

  useEffect(() => {
    const before = last.current;
    last.current = snapshot;
    setPolite((words) => politeWords(before, snapshot) || words);
    setAssertive((words) => assertiveWords(before, snapshot) || words);
  }, [snapshot]);

  return (
    <div className="visually-hidden">
      <p role="status">{polite}</p>
      <p role="alert">{assertive}</p>
    </div>
  );
}
