import type { ChosenFile } from "./chosen-file.js";

/** What came out of a drop. */
export interface Dropped {
  readonly files: readonly ChosenFile[];
  /** Paths of files and folders that the system did not let the page read. */
  readonly unreadable: readonly string[];
}

/** A drop that is being read. */
export interface Dropping {
  /** A folder is among it: reading takes a while. */
  readonly withFolder: boolean;
  /** Never rejects, save with the signal's reason. */
  readonly dropped: Promise<Dropped>;
}

/** Chromium's, and newer than the compiler's own declarations. */
interface ItemWithHandle {
  getAsFileSystemHandle?(): Promise<FileSystemFileHandle | FileSystemDirectoryHandle | null>;
}

/** One dropped thing in every shape that the browser knows it in. */
interface Held {
  readonly handle: Promise<FileSystemFileHandle | FileSystemDirectoryHandle | null | undefined>;
  readonly entry: FileSystemEntry | null;
  readonly file: File | null;
}

/** Files of one folder that are opened at the same time. */
const OPEN_AT_ONCE = 32;

/**
 * Reads a drop, folders with all that is in them. Must be called in the event itself: the browser empties the transfer
 * afterwards, so everything is asked for at once.
 * @param onFound told how many files have been found so far
 */
export function readDrop(transfer: DataTransfer, onFound: (count: number) => void, signal: AbortSignal): Dropping {
  const held = Array.from(transfer.items)
    .filter((item) => item.kind === "file")
    .map((item): Held => ({
      handle: handleOf(item as DataTransferItem & ItemWithHandle),
      entry: item.webkitGetAsEntry(),
      file: item.getAsFile(),
    }));
  const withFolder = held.some(({ entry }) => entry?.isDirectory);
  return { withFolder, dropped: readAll(held, onFound, signal) };
}

/** What a walk through folders gathers. */
interface Walk {
  readonly found: (chosen: ChosenFile) => void;
  readonly unreadable: string[];
  readonly signal: AbortSignal;
}

/** On pages that are not served over https Chromium has this method too, but ends the whole page when it is called. */
function handleOf(item: ItemWithHandle): Held["handle"] {
  const asked = isSecureContext ? item.getAsFileSystemHandle?.() : undefined;
  return (asked ?? Promise.resolve(null)).catch(() => undefined);
}

async function readAll(held: readonly Held[], onFound: (count: number) => void, signal: AbortSignal): Promise<Dropped> {
  const files: ChosenFile[] = [];
  const unreadable: string[] = [];
  const found = (chosen: ChosenFile): void => onFound(files.push(chosen));
  const walk: Walk = { found, unreadable, signal };
  for (const { handle: asked, entry, file } of held) {
    const handle = await asked;
    if (handle?.kind === "directory") await walkHandle(handle, handle.name, walk);
    else if (entry?.isDirectory) await walkEntry(entry, entry.name, walk);
    else if (file) found({ file, path: file.name, ...(handle ? { handle } : {}) });
    else unreadable.push(entry?.name ?? "");
  }
  signal.throwIfAborted();
  return { files, unreadable };
}

async function walkHandle(folder: FileSystemDirectoryHandle, path: string, walk: Walk): Promise<void> {
  const children: FileSystemFileHandle[] = [];
  const folders: FileSystemDirectoryHandle[] = [];
  try {
    for await (const child of folder.values()) {
      walk.signal.throwIfAborted();
      if (child.kind === "file") children.push(child);
      else folders.push(child);
    }
  } catch (error) {
    if (walk.signal.aborted) throw error;
    walk.unreadable.push(path);
  }
  const open = (handle: FileSystemFileHandle): Promise<File | undefined> => handle.getFile().catch(() => undefined);
  for (let first = 0; first < children.length; first += OPEN_AT_ONCE) {
    walk.signal.throwIfAborted();
    const some = children.slice(first, first + OPEN_AT_ONCE);
    const opened = await Promise.all(some.map(open));
    for (const [index, handle] of some.entries()) {
      const file = opened[index];
      const whole = `${path}/${handle.name}`;
      if (file) walk.found({ file, path: whole, handle });
      else walk.unreadable.push(whole);
    }
  }
  for (const child of folders) await walkHandle(child, `${path}/${child.name}`, walk);
}

/** The older way, for browsers without handles and pages without https. */
async function walkEntry(entry: FileSystemEntry, path: string, walk: Walk): Promise<void> {
  walk.signal.throwIfAborted();
  try {
    if (entry.isFile) {
      walk.found({ file: await fileOf(entry as FileSystemFileEntry), path });
      return;
    }
    for (const child of await childrenOf(entry as FileSystemDirectoryEntry)) {
      await walkEntry(child, `${path}/${child.name}`, walk);
    }
  } catch (error) {
    if (walk.signal.aborted) throw error;
    walk.unreadable.push(path);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives at most a hundred at a time, and nothing at the end.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return children;
    children.push(...batch);
  }
}
