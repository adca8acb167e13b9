import type { Viewer } from "../auth/viewer.js";
import type { FileDeps } from "./file-deps.js";
import { parseFileId } from "./file-id.js";
import { fileNotFound, fileStateConflict } from "./file-problems.js";
import { readFile } from "./read-file.js";

/** Takes a file out of the trash. Repeatable: a READY file is answered as restored. */
export async function restoreFile(deps: Pick<FileDeps, "files">, viewer: Viewer, id: string) {
  const uuid = parseFileId(id);
  const restored = uuid === null ? null : await deps.files.restore(viewer.ownerId, uuid);
  if (restored !== null) return { typeName: "RestoredFile" as const, file: restored };
  const file = await readFile(deps, viewer, id);
  if (file === null) return fileNotFound(id);
  return file.status === "READY" ? { typeName: "RestoredFile" as const, file } : fileStateConflict(file, "restored");
}
