/** What the limits say about files before anything is sent. PURE; the server has the last word. */
import type { Account } from "../api/file-calls.js";
import type { QueueSnapshot } from "../upload/index.js";
import type { ChosenFile } from "./chosen-file.js";
import { refusedOnAdd } from "./messages.js";

type Policy = Account["uploadPolicies"][number];
type Usage = Account["viewer"]["usage"];

/** What files are measured against; what is unknown refuses nothing. */
export interface Limits {
  readonly policy: Policy | undefined;
  /** Bytes that fit into the quota. */
  readonly roomBytes: number | undefined;
}

/** What has become of the files. */
export interface Checked<T> {
  readonly accepted: readonly T[];
  /** Why the others were not taken, one sentence each. */
  readonly reasons: readonly string[];
  /** Those among the others that would fit if there were more room. */
  readonly noRoom: readonly T[];
}

/** The little that is asked of a chosen file. */
type Chosen = Pick<ChosenFile, "path"> & { readonly file: Pick<File, "name" | "size" | "type"> };

/** Sorts files into those to upload and the reasons against the others; they take their room in the order given. */
export function checkFiles<T extends Chosen>(files: readonly T[], { policy, roomBytes }: Limits): Checked<T> {
  const accepted: T[] = [];
  const reasons: string[] = [];
  const noRoom: T[] = [];
  let room = roomBytes ?? Number.POSITIVE_INFINITY;
  for (const chosen of files) {
    const { name, size, type } = chosen.file;
    if (policy && size > policy.maxSize) reasons.push(refusedOnAdd.tooLarge(name, size, policy.maxSize));
    else if (policy && !isAllowed(type, policy.allowedTypes))
      reasons.push(refusedOnAdd.type(name, policy.allowedTypes));
    else if (size > room) {
      reasons.push(refusedOnAdd.noRoom(name, room, size));
      noRoom.push(chosen);
    } else {
      room -= size;
      accepted.push(chosen);
    }
  }
  return { accepted, reasons, noRoom };
}

/** Bytes that the server will still take: what this tab has queued and the server does not know of takes room too. */
export function roomLeft(usage: Usage, queue: Pick<QueueSnapshot<unknown>, "items">): number {
  const { quotaBytes, usedBytes, reservedBytes } = usage;
  const unknown = queue.items.filter(({ phase, fileId }) => !isOver(phase) && fileId === undefined);
  return Math.max(0, quotaBytes - usedBytes - reservedBytes - bytesOf(unknown));
}

/** The same at worst, for usage of a while ago: all that this tab is sending may have come since. */
export function roomAtWorst(usage: Usage, queue: Pick<QueueSnapshot<unknown>, "items">): number {
  const { quotaBytes, usedBytes, reservedBytes } = usage;
  return quotaBytes - usedBytes - reservedBytes - bytesOf(queue.items.filter(({ phase }) => !isOver(phase)));
}

function isOver(phase: QueueSnapshot<unknown>["items"][number]["phase"]): boolean {
  return phase === "done" || phase === "failed";
}

function bytesOf(items: QueueSnapshot<unknown>["items"]): number {
  return items.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
}

/** A file whose type the browser does not know is left to the server. */
function isAllowed(type: string, allowed: readonly string[]): boolean {
  if (type === "" || allowed.length === 0) return true;
  const group = `${type.split("/", 1)[0]}/*`;
  return allowed.some((pattern) => pattern === "*/*" || pattern === "*" || pattern === type || pattern === group);
}
