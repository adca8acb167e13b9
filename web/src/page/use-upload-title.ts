import { useEffect } from "react";
import { useUploadQueueValue } from "../react/use-upload-queue.js";
import { percentOf } from "./format.js";
import { messages } from "./messages.js";
import { usePageDeps } from "./page-deps.js";

/** Shows how far the uploads are in the title of the tab, for whoever has gone to another one. */
export function useUploadTitle(): void {
  const { queue } = usePageDeps();
  const title = useUploadQueueValue(queue, ({ activeCount, sentBytes, totalBytes }) =>
    activeCount > 0 ? messages.titleWhile(percentOf(sentBytes, totalBytes)) : messages.title,
  );
  useEffect(() => {
    document.title = title;
  }, [title]);
}
