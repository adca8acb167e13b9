import type { StateFolder } from "./state-folder.js";

/** A file on disk, by all that tells whether it is the one that an upload was begun with. */
export interface FileOnDisk {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** Which uploads to one server were begun and not finished. */
export interface UploadRecords {
  /** The upload that was begun with this very file; undefined when there is none. */
  find(file: FileOnDisk): Promise<string | undefined>;
  keep(file: FileOnDisk, fileId: string): Promise<void>;
  forget(file: FileOnDisk): Promise<void>;
}

/** Records in `state`. A file that was written since has another key: its upload begins anew. */
export function createUploadRecords(state: StateFolder, server: URL): UploadRecords {
  const keyOf = ({ path, sizeBytes, modifiedMs }: FileOnDisk): string[] => [
    "put",
    server.href,
    path,
    String(sizeBytes),
    String(modifiedMs),
  ];
  return {
    find: async (file) => (await state.get(keyOf(file)))?.["fileId"],
    keep: (file, fileId) => state.set(keyOf(file), { fileId }),
    forget: (file) => state.remove(keyOf(file)),
  };
}

/** For `--no-resume`: nothing is found and nothing is kept. */
export const NO_RECORDS: UploadRecords = {
  find: () => Promise.resolve(undefined),
  keep: () => Promise.resolve(),
  forget: () => Promise.resolve(),
};
