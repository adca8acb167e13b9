import { useSyncExternalStore } from "react";
import type { QueueSnapshot, UploadQueue } from "../upload/index.js";

/** The queue as it stands; renders again after every change. Rows that did not change keep their identity. */
export function useUploadQueue<Body, F>(queue: UploadQueue<Body, F>): QueueSnapshot<F> {
  return useSyncExternalStore(queue.subscribe, queue.getSnapshot);
}

/**
 * One value of the queue; renders again only when it changes.
 * @param select must give equal values as the same value: numbers, strings, booleans
 */
export function useUploadQueueValue<Body, F, T extends string | number | boolean>(
  queue: UploadQueue<Body, F>,
  select: (snapshot: QueueSnapshot<F>) => T,
): T {
  return useSyncExternalStore(queue.subscribe, () => select(queue.getSnapshot()));
}
