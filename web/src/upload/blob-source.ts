import { fingerprintOf } from "./fingerprint.js";
import type { SourceState, UploadSource } from "./source.js";

/** A file that a person chose in a browser. */
export interface BrowserSource extends UploadSource<Blob> {
  readonly file: File;
  /** Folder and name as chosen, "Photos/2026/a.jpg"; just the name for a single file. */
  readonly path: string;
  /** Opens the file again after a reload, once the person agrees; only some browsers give one. */
  readonly handle?: FileSystemFileHandle | undefined;
  fingerprint(): Promise<string>;
}

/** What is known beside the file itself. */
export interface FileSourceOptions {
  /** Default: the file's name. */
  readonly path?: string;
  readonly handle?: FileSystemFileHandle | undefined;
  /** Whether this browser fails to read a file that has changed. Default: looked up. */
  readonly noticesChanges?: boolean;
}

/**
 * Slices are sent, never the File itself: a bare File uploads whatever the disk holds at that moment, with a 200 and without
 * a word.
 */
export function fileSource(file: File, options: FileSourceOptions = {}): BrowserSource {
  // Some browsers show the size of today, not that of the choice.
  const { name, size: sizeBytes, lastModified, type } = file;
  const { path = name, handle, noticesChanges = browserNoticesChanges() } = options;
  let fingerprint: Promise<string> | undefined;
  return {
    name,
    type,
    sizeBytes,
    file,
    path,
    handle,
    hashAhead: !noticesChanges,
    slice: (start, end) => file.slice(start, end),
    async state(): Promise<SourceState> {
      if (file.size !== sizeBytes || file.lastModified !== lastModified) return "FILE_CHANGED";
      if (sizeBytes === 0) return "SAME";
      try {
        const byte = await file.slice(sizeBytes - 1, sizeBytes).arrayBuffer();
        return byte.byteLength === 1 ? "SAME" : "FILE_CHANGED";
      } catch (error) {
        // https://w3c.github.io/FileAPI/#readOperationSection: NotReadableError also stands for "changed since".
        return error instanceof DOMException && error.name === "NotFoundError" ? "FILE_UNREADABLE" : "FILE_CHANGED";
      }
    },
    // With the path: equal files of two folders are two uploads.
    fingerprint: () => (fingerprint ??= fingerprintOf(file).then((name) => `${path} ${name}`)),
  };
}

/**
 * Chromium refuses to read a slice of a file that has changed since it was chosen; Firefox and Safari read the new bytes
 * without a sign. There is no way to ask for that, so this asks for an API that only Chromium has.
 */
function browserNoticesChanges(): boolean {
  return typeof DataTransferItem !== "undefined" && "getAsFileSystemHandle" in DataTransferItem.prototype;
}
