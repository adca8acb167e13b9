import type { Viewer } from "../auth/viewer.js";
import { collectFile } from "../files/collect-file.js";
import { parseFileId } from "../files/file-id.js";
import { fileBusy, fileNotFound } from "../files/file-problems.js";
import { isVisible } from "../files/file.js";
import type { UploadDeps } from "./upload-deps.js";
import { uploadNotOpen } from "./upload-problems.js";

/** Ends an open upload and collects what it left; all its URLs die. Repeatable: an aborted upload is answered as such. */
export async function abortUpload(deps: UploadDeps, viewer: Viewer, fileId: string) {
  const uuid = parseFileId(fileId);
  if (uuid === null) return fileNotFound(fileId);
  const aborted = await deps.files.abort(viewer.ownerId, uuid);
  if (aborted !== null) {
    await collectFile(deps, uuid);
    return { typeName: "AbortedUpload" as const, file: aborted };
  }
  const file = await deps.files.find(viewer.ownerId, uuid);
  if (file === null || !isVisible(file)) return fileNotFound(fileId);
  switch (file.status) {
    case "EXPIRED":
      return { typeName: "AbortedUpload" as const, file };
    // PENDING: another process is just opening it.
    case "PENDING":
    case "VERIFYING":
      return fileBusy(file);
    case "READY":
    case "REJECTED":
    case "DELETED":
      return uploadNotOpen(file);
  }
}
