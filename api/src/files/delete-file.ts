import type { Viewer } from "../auth/viewer.js";
import { collectFile } from "./collect-file.js";
import type { FileDeps } from "./file-deps.js";
import { parseFileId } from "./file-id.js";
import { fileBusy, fileNotFound, fileStateConflict } from "./file-problems.js";
import type { FileRow } from "./file.js";
import { readFile } from "./read-file.js";

/**
 * Deletes a file, whatever state it is in: READY goes to the trash, an open upload is aborted, an ended one leaves the
 * list. `permanently` collects the bytes now; what the store does not let go now, the queued job collects. Repeatable.
 */
export async function deleteFile(deps: FileDeps, viewer: Viewer, id: string, permanently: boolean) {
  const uuid = parseFileId(id);
  if (uuid === null) return fileNotFound(id);
  // A state can move between the read and the change; each round starts from what the winner left.
  for (let round = 0; round < 5; round += 1) {
    const file = await readFile(deps, viewer, id);
    if (file === null) return fileNotFound(id);
    if (file.status === "VERIFYING") return fileBusy(file);
    const deleted = await deleteFrom(deps, viewer, file, permanently);
    if (deleted !== null) return { typeName: "DeletedFile" as const, file: deleted };
  }
  const file = await readFile(deps, viewer, id);
  if (file === null) return fileNotFound(id);
  // An upload that another process is just opening cannot be aborted yet.
  return file.status === "PENDING" ? fileBusy(file) : fileStateConflict(file, "deleted");
}

/** Null when the file was no longer in the state that was read. */
async function deleteFrom(
  deps: FileDeps,
  viewer: Viewer,
  file: FileRow,
  permanently: boolean,
): Promise<FileRow | null> {
  const { files, limits } = deps;
  switch (file.status) {
    case "PENDING": {
      const aborted = await files.abort(viewer.ownerId, file.id);
      if (aborted === null) return null;
      await collectFile(deps, aborted.id);
      return files.hide(viewer.ownerId, file.id);
    }
    case "REJECTED":
    case "EXPIRED":
      return files.hide(viewer.ownerId, file.id);
    case "READY": {
      const trashed = await files.trash(viewer.ownerId, file.id, limits.trashTtlSeconds);
      return trashed === null || !permanently ? trashed : purge(deps, viewer, trashed);
    }
    case "DELETED":
      return permanently ? purge(deps, viewer, file) : file;
    case "VERIFYING":
      return null;
  }
}

async function purge(deps: FileDeps, viewer: Viewer, file: FileRow): Promise<FileRow | null> {
  const purging = await deps.files.purgeNow(viewer.ownerId, file.id);
  if (purging === null) return null;
  await collectFile(deps, file.id);
  return purging;
}
