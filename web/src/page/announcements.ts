/** What a screen reader is told of the uploads. PURE. */
import type { QueueSnapshot, UploadItem } from "../upload/index.js";
import { messages, uploadTrouble } from "./messages.js";
import { percentOf } from "./format.js";

type Snapshot = QueueSnapshot<unknown>;

/** Said when there is a pause: what was added, how far it is, what is done. Empty when nothing is worth saying. */
export function politeWords(before: Snapshot, after: Snapshot): string {
  const old = new Set(before.items.map((item) => item.id));
  const added = after.items.filter((item) => !old.has(item.id)).length;
  if (added > 0) return messages.announce.added(added);
  if (before.activeCount > 0 && after.activeCount === 0 && after.doneCount > 0) return messages.uploads.title(after);
  const done = became("done", before, after);
  if (done.length > 0) return messages.announce.finished(done.map((item) => item.name));

  const quarter = ({ sentBytes, totalBytes }: Snapshot): number => Math.floor(percentOf(sentBytes, totalBytes) / 25);
  const now = quarter(after);
  const passed = before.totalBytes === after.totalBytes && now > quarter(before) && now < 4;
  return passed ? messages.announce.quarter(now * 25) : "";
}

/** Said at once: only what needs the person. */
export function assertiveWords(before: Snapshot, after: Snapshot): string {
  return became("failed", before, after)
    .map((item) => (item.phase === "failed" ? messages.announce.stopped(item.name, uploadTrouble(item).words) : ""))
    .join(" ");
}

/** Items that have come to `phase` since `before`. */
function became(phase: UploadItem<unknown>["phase"], before: Snapshot, after: Snapshot): UploadItem<unknown>[] {
  const old = new Map(before.items.map((item) => [item.id, item.phase]));
  return after.items.filter((item) => item.phase === phase && old.has(item.id) && old.get(item.id) !== phase);
}
