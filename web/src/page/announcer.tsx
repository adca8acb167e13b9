import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import { useUploadQueue } from "../react/use-upload-queue.js";
import { announcementOf } from "./announcements.js";
import { useServices } from "./services.js";

/** Speaks to screen readers; nothing of it is seen. Both regions are there from the start, or changes are not noticed. */
export function Announcer(): ReactNode {
  const snapshot = useUploadQueue(useServices().queue);
  const last = useRef(snapshot);
  const [polite, setPolite] = useState("");
  const [assertive, setAssertive] = useState("");

  useEffect(() => {
    const next = announcementOf(last.current, snapshot);
    last.current = snapshot;
    if (next.polite) setPolite(next.polite);
    if (next.assertive) setAssertive(next.assertive);
  }, [snapshot]);

  return (
    <div className="visually-hidden">
      <p role="status">{polite}</p>
      <p role="alert">{assertive}</p>
    </div>
  );
}
