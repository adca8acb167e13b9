import type { Viewer } from "../auth/viewer.js";
import type { FileDeps } from "./file-deps.js";
import { parseFileId } from "./file-id.js";
import { fileNotFound, filenameInvalid, fileStateConflict } from "./file-problems.js";
import { checkFilename, MAX_FILENAME_BYTES } from "./filename.js";
import { readFile } from "./read-file.js";

/** Renames an upload or a READY file; bytes and key stay. Idempotent. */
export async function renameFile(deps: Pick<FileDeps, "files">, viewer: Viewer, id: string, filename: string) {
  const checked = checkFilename(filename);
  if (!checked.ok) return filenameInvalid(checked.fault, MAX_FILENAME_BYTES);
  const uuid = parseFileId(id);
  const renamed = uuid === null ? null : await deps.files.rename(viewer.ownerId, uuid, checked.filename);
  if (renamed !== null) return { typeName: "RenamedFile" as const, file: renamed };
  const file = await readFile(deps, viewer, id);
  return file === null ? fileNotFound(id) : fileStateConflict(file, "renamed");
}
