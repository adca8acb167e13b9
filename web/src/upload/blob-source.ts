import type { SourceState, UploadSource } from "./source.js";

/**
 * A file that a person chose in a browser. Slices are sent, never the File itself: a bare File uploads whatever the disk
 * holds at that moment, with a 200 and without a word.
 */
export function fileSource(file: File): UploadSource<Blob> {
  // Some browsers show the size of today, not that of the choice.
  const { name, size: sizeBytes, lastModified, type } = file;
  return {
    name,
    type,
    sizeBytes,
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
  };
}
