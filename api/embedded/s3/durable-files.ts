import { randomUUID } from "node:crypto";
import { open, readdir, readFile, rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";

const TEMPORARY = ".tmp";
const RECORD = ".json";

/** A record that is written but not yet visible. */
export interface StagedRecord {
  /** The rename that is the commit; no directory is synced yet. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Small JSON files that are always whole: written beside, synced, renamed over. With `durable` off, nothing is synced: still never torn by the
 * death of the process, but a power cut may lose the newest ones.
 */
export class DurableFiles {
  private readonly syncs = new Map<string, { running: Promise<void>; next: Promise<void> | undefined }>();

  constructor(readonly durable: boolean) {}

  /** Writes the new content of `directory/name.json` to a temporary file. */
  async stage(directory: string, name: string, value: unknown): Promise<StagedRecord> {
    const target = join(directory, name + RECORD);
    const temporary = `${target}.${randomUUID()}${TEMPORARY}`;
    const discard = (): Promise<void> => rm(temporary, { force: true });
    try {
      const handle = await open(temporary, "wx");
      try {
        await handle.writeFile(JSON.stringify(value));
        if (this.durable) await handle.datasync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      await discard();
      throw error;
    }
    return { commit: () => rename(temporary, target), discard };
  }

  /** Stages, commits and syncs in one go. */
  async write(directory: string, name: string, value: unknown): Promise<void> {
    const staged = await this.stage(directory, name, value);
    await staged.commit();
    await this.syncDirectory(directory);
  }

  /** Removes a record; a missing one is not an error. The caller syncs the directory. */
  async remove(directory: string, name: string): Promise<void> {
    await removeIfThere(join(directory, name + RECORD));
  }

  /**
   * Makes the renames and removals done so far in `directory` survive a power cut. Callers that arrive while one sync runs share the next one, so
   * many small writes cost few syncs.
   */
  syncDirectory(directory: string): Promise<void> {
    if (!this.durable) return Promise.resolve();
    const state = this.syncs.get(directory);
    if (!state) return this.startSync(directory);
    // The running sync may have begun before the caller's change: only the next one covers it.
    state.next ??= state.running.catch(() => undefined).then(() => this.startSync(directory));
    return state.next;
  }

  private startSync(directory: string): Promise<void> {
    const running = syncNow(directory).finally(() => {
      if (this.syncs.get(directory)?.running === running && !this.syncs.get(directory)?.next)
        this.syncs.delete(directory);
    });
    this.syncs.set(directory, { running, next: undefined });
    return running;
  }

  /**
   * Reads every record of `directory` and removes temporary files that a killed process left behind.
   * @returns the records by name, and the names of those that are no JSON (possible only after a power cut with `durable` off)
   */
  async readAll(directory: string): Promise<{ records: Map<string, unknown>; broken: string[] }> {
    const records = new Map<string, unknown>();
    const broken: string[] = [];
    const names = await readdir(directory);
    const readOne = async (fileName: string): Promise<void> => {
      const path = join(directory, fileName);
      if (fileName.endsWith(TEMPORARY)) return unlink(path);
      if (!fileName.endsWith(RECORD)) return;
      const text = await readFile(path, "utf8");
      try {
        records.set(fileName.slice(0, -RECORD.length), JSON.parse(text));
      } catch {
        broken.push(path);
      }
    };
    for (let start = 0; start < names.length; start += 64)
      await Promise.all(names.slice(start, start + 64).map(readOne));
    return { records, broken };
  }
}

/** Removes a file; a missing one is not an error. */
export async function removeIfThere(path: string): Promise<void> {
  await rm(path, { force: true });
}

async function syncNow(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
