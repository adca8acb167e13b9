import type { Viewer } from "../auth/viewer.js";
import type { FileChanges } from "./file-change-hub.js";
import type { FileDeps } from "./file-deps.js";
import { parseFileId } from "./file-id.js";
import { isVisible } from "./file.js";
import type { FileRow } from "./file.js";

/** The state of one file at the moment when it is handed out. */
export interface FileChange {
  /** Bare UUID. */
  readonly uuid: string;
  /** What {@link readFile} would answer; null once purged, or gone from the list. */
  readonly file: FileRow | null;
  /** When the row changed last, by the database's clock; where no row is left, when that was noticed. */
  readonly at: Date;
}

export interface WatchDeps {
  readonly files: Pick<FileDeps["files"], "findMany">;
  readonly changes: FileChanges;
  readonly limits: Pick<FileDeps["limits"], "batchSize">;
  readonly now: FileDeps["now"];
  readonly log: FileDeps["log"];
  /** Ends early when the signal does. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Files that may wait for one slow consumer. With more the stream ends, and its reader starts again from the list. */
export const MAX_WAITING_FILES = 10_000;
const READ_AGAIN_AFTER_MS = 1_000;

/**
 * Changes of the viewer's files, from the moment of the call on, until somebody calls `return`.
 *
 * - At least once after each change. What waits is a set of ids, not of states: the row is read when its turn comes, so a
 *   file that changed five times while nobody read is handed out once, as it is by then.
 * - In order for each file: an id leaves the set before its row is read, one read after the other.
 * - A read that fails is repeated; nothing is lost by it.
 * - Somebody else's ids, and ids of nothing, are never reported.
 * @param ids null: all files. Else these alone, and first of all the state of each
 */
export function watchFiles(
  deps: WatchDeps,
  viewer: Viewer,
  ids: readonly string[] | null,
): AsyncIterableIterator<FileChange> {
  const only = ids === null ? null : new Set(ids.map(parseFileId).filter((uuid) => uuid !== null));
  const waiting = new Set<string>(only);
  // Of these nobody has said yet that they are the viewer's: no row means nothing to report.
  const unconfirmed = new Set<string>(only);
  const closed = new AbortController();
  let wake = (): void => undefined;

  const unsubscribe = deps.changes.subscribe(viewer.ownerId, (uuid) => {
    if (only !== null && !only.has(uuid)) return;
    unconfirmed.delete(uuid);
    waiting.add(uuid);
    if (waiting.size > MAX_WAITING_FILES) close();
    wake();
  });
  const changes = produce();
  return {
    next: () => changes.next(),
    // Not the generator's own: that would wait for a change before it ends.
    async return() {
      close();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };

  function close(): void {
    closed.abort();
    unsubscribe();
    waiting.clear();
    wake();
  }

  async function* produce(): AsyncGenerator<FileChange, undefined> {
    while (!closed.signal.aborted) {
      if (waiting.size === 0) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      for (const change of await readNext()) {
        if (closed.signal.aborted) return;
        yield change;
      }
    }
  }

  async function readNext(): Promise<FileChange[]> {
    const batch = take(waiting, deps.limits.batchSize);
    try {
      const rows = await deps.files.findMany(viewer.ownerId, batch);
      return batch.flatMap((uuid, index) => changeOf(uuid, rows[index] ?? null));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      deps.log("changed files cannot be read yet; it is tried again", { reason });
      for (const uuid of batch) waiting.add(uuid);
      await deps.sleep(READ_AGAIN_AFTER_MS, closed.signal);
      return [];
    }
  }

  function changeOf(uuid: string, row: FileRow | null): FileChange | [] {
    const unknown = unconfirmed.delete(uuid);
    if (row === null) return unknown ? [] : { uuid, file: null, at: deps.now() };
    return { uuid, file: isVisible(row) ? row : null, at: row.updatedAt };
  }
}

/** Removes the first `count` and answers them. */
function take(set: Set<string>, count: number): string[] {
  const taken: string[] = [];
  for (const item of set) {
    if (taken.length === count) break;
    taken.push(item);
    set.delete(item);
  }
  return taken;
}
