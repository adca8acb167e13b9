/** Which uploads the panel draws, and in which order. PURE. */
import type { UploadItem } from "../upload/index.js";

/** Rows that are drawn at most: enough to fill the panel, few enough for a thousand files. */
const DRAWN = 40;
/** Of one kind at most, so that fifty failures do not push out what moves. */
const DRAWN_OF_A_KIND = 20;

/** What is drawn, and how many are not. */
export interface DrawnUploads<F> {
  readonly rows: readonly UploadItem<F>[];
  readonly more: number;
}

/** What needs a person first, then what moves or was made to stand still, what waits, what is done; each as it was added. */
export function drawnUploads<F>(items: readonly UploadItem<F>[]): DrawnUploads<F> {
  const kinds: [UploadItem<F>[], UploadItem<F>[], UploadItem<F>[], UploadItem<F>[]] = [[], [], [], []];
  for (const item of items) kinds[rank(item)].push(item);
  const chosen = kinds.flatMap((kind) => kind.slice(0, DRAWN_OF_A_KIND));
  const rows = chosen.slice(0, DRAWN);
  return { rows, more: items.length - rows.length };
}

/** Paused files stay among those that move: a row must not jump away under the finger. */
function rank({ phase }: UploadItem<unknown>): 0 | 1 | 2 | 3 {
  switch (phase) {
    case "failed":
      return 0;
    case "queued":
      return 2;
    case "done":
      return 3;
    default:
      return 1;
  }
}

/** Bytes that are still to go of what is under way: paused and failed files are not waited for. */
export function bytesToGo(items: readonly UploadItem<unknown>[]): number {
  let sum = 0;
  for (const { phase, totalBytes, sentBytes } of items) {
    if (phase !== "paused" && phase !== "failed" && phase !== "done") sum += totalBytes - sentBytes;
  }
  return sum;
}
