/** What a screen reader is told of the uploads, from what has changed between two moments. PURE. */
import type { QueueSnapshot, UploadItem } from "../upload/index.js";
import { messages, uploadTrouble } from "./messages.js";
import { percentOf } from "./format.js";

type Item = UploadItem<unknown>;
type Phase = Item["phase"];
type Snapshot = QueueSnapshot<unknown>;

/** What is worth saying. */
export interface Announcement {
  /** Said when there is a pause: what was added, paused, resumed, how far it is, what is done. Empty for nothing. */
  readonly polite: string;
  /** Said at once: only what needs the person. Empty for nothing. */
  readonly assertive: string;
  /** The person is waiting to hear it; anything else may wait a moment for what comes after it. */
  readonly now: boolean;
}

/** Compares two moments. Many events of a kind are said together, so the moments may be apart. */
export function announcementOf(before: Snapshot, after: Snapshot): Announcement {
  const phases = new Map(before.items.map((item) => [item.id, item.phase]));
  const added = after.items.filter(({ id }) => !phases.has(id)).length;
  const came = (is: (phase: Phase) => boolean, was: (phase: Phase) => boolean): Item[] =>
    after.items.filter(({ id, phase }) => {
      const old = phases.get(id);
      return old !== undefined && is(phase) && was(old);
    });
  const paused = came((phase) => phase === "paused", isOpen);
  const resumed = came(isOpen, (phase) => phase === "paused");
  const done = came(
    (phase) => phase === "done",
    (phase) => phase !== "done",
  );
  const failed = came(
    (phase) => phase === "failed",
    (phase) => phase !== "failed",
  );
  const allOver = openCount(before) > 0 && openCount(after) === 0 && after.doneCount > 0;

  const polite: string[] = [];
  if (added > 0) polite.push(messages.announce.added(added));
  if (paused.length > 0) polite.push(messages.announce.paused(namesOf(paused)));
  if (resumed.length > 0) polite.push(messages.announce.resumed(namesOf(resumed)));
  if (allOver) polite.push(messages.uploads.title(after));
  else if (done.length > 0) polite.push(messages.announce.finished(namesOf(done)));
  const quarter = quarterPassed(before, after);
  if (polite.length === 0 && quarter > 0) polite.push(messages.announce.quarter(quarter));
  const now = added + paused.length + resumed.length > 0 || allOver;
  return { polite: polite.join(". "), assertive: failureWords(failed), now };
}

function failureWords(failed: readonly Item[]): string {
  const [first] = failed;
  if (first?.phase !== "failed") return "";
  if (failed.length > 1) return messages.announce.stoppedMany(failed.length);
  return messages.announce.stopped(first.name, uploadTrouble(first).words);
}

/** 25, 50 or 75 when it has just been passed, else 0. Files that come or go move the whole: nothing is said of that. */
function quarterPassed(before: Snapshot, after: Snapshot): number {
  if (before.totalBytes !== after.totalBytes || after.activeCount === 0) return 0;
  const quarter = ({ sentBytes, totalBytes }: Snapshot): number => Math.floor(percentOf(sentBytes, totalBytes) / 25);
  const now = quarter(after);
  return now > quarter(before) && now < 4 ? now * 25 : 0;
}

function isOpen(phase: Phase): boolean {
  return phase !== "paused" && phase !== "done" && phase !== "failed";
}

function openCount({ activeCount, pausedCount }: Snapshot): number {
  return activeCount + pausedCount;
}

function namesOf(items: readonly Item[]): string[] {
  return items.map(({ name }) => name);
}
