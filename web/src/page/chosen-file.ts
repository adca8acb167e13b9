/** What a person has chosen, wherever it came from: drop, picker, clipboard. PURE. */

/** One file, with its place in the folder that it was chosen in. */
export interface ChosenFile {
  readonly file: File;
  /** Folder and name as chosen, "Photos/2026/a.jpg"; just the name for a single file. */
  readonly path: string;
  /** Opens the same file again after a reload, where the browser has such handles. */
  readonly handle?: FileSystemFileHandle;
}

/** A file of a picker or of the clipboard. */
export function chosenFile(file: File): ChosenFile {
  return { file, path: file.webkitRelativePath || file.name };
}

/** "Photos/2026" of "Photos/2026/a.jpg"; empty for a file that was chosen by itself. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The folders that the person pointed at, each once. */
export function rootFolders(files: readonly Pick<ChosenFile, "path">[]): string[] {
  const roots = files.filter(({ path }) => path.includes("/")).map(({ path }) => path.slice(0, path.indexOf("/")));
  return [...new Set(roots)];
}

/** What systems leave in folders for themselves: .DS_Store and ._x (macOS), Thumbs.db and desktop.ini (Windows). */
const OF_THE_SYSTEM = /\/(?:\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*)$/i;

/** Sorts out what nobody meant when they chose a folder. A file that was chosen by itself always stays. */
export function withoutSystemFiles<T extends Pick<ChosenFile, "path">>(
  files: readonly T[],
): { readonly kept: readonly T[]; readonly leftOut: number } {
  const kept = files.filter(({ path }) => !OF_THE_SYSTEM.test(path));
  return { kept, leftOut: files.length - kept.length };
}
