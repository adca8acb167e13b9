import { useSyncExternalStore } from "react";
import type { QueueSnapshot, UploadQueue } from "../upload/index.js";

/** The queue as it stands; renders again after every change. Rows that did not change keep their identity. */
export function useUploadQueue<Body, F>(queue: UploadQueue<Body, F>): QueueSnapshot<F> {
  return useSyncExternalStore(queue.subscribe, queue.getSnapshot);
}
