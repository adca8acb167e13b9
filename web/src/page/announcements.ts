/** What a screen reader is told of the uploads. PURE. */
import type { QueueSnapshot, UploadItem } from "../upload/index.js";
import { messages, uploadTrouble } from "./messages.js";
import { percentOf } from "./format.js";

/** `polite` waits for a pause, `assertive` does not: only what needs the person. */
export interface Announcement {
  readonly polite?: string;
  readonly assertive?: string;
}

/** Compares two moments of the queue; nothing worth saying gives an empty announcement. */
export function announcementOf(before: QueueSnapshot<unknown>, after: QueueSnapshot<unknown>): Announcement {
  const old = new Map(before.items.map((item) => [item.id, item]));
  const added = after.items.filter((item) => !old.has(item.id));
  const became = (phase: UploadItem<unknown>["phase"]) =>
    after.items.filter((item) => item.phase === phase && old.has(item.id) && old.get(item.id)?.phase !== phase);
  const done = became("done");
  const failed = became("failed");

  const assertive = failed.map(stoppedWords).join(" ") || undefined;
  if (added.length > 0) return { polite: messages.announce.added(added.length), assertive };
  if (before.activeCount > 0 && after.activeCount === 0 && after.doneCount > 0) {
    const all = after.doneCount + after.failedCount;
    const end =
      after.failedCount === 0 ? messages.uploads.allDone(all) : messages.uploads.someStopped(after.failedCount, all);
    return { polite: end, assertive };
  }
  const [first] = done;
  if (first && done.length === 1) return { polite: messages.announce.finished(first.name), assertive };
  if (done.length > 1) return { polite: messages.announce.severalFinished(done.length), assertive };

  const quarter = (snapshot: QueueSnapshot<unknown>): number =>
    Math.floor(percentOf(snapshot.sentBytes, snapshot.totalBytes) / 25);
  const now = quarter(after);
  const passed = before.totalBytes === after.totalBytes && now > quarter(before) && now < 4;
  return { polite: passed ? messages.announce.quarter(now * 25) : undefined, assertive };
}

function stoppedWords(item: UploadItem<unknown>): string {
  if (item.phase !== "failed") return "";
  return messages.announce.stopped(
    item.name,
    uploadTrouble(item.name, item.error, item.sentBytes, item.totalBytes).words,
  );
}
