import type { FileRow } from "../files/file.js";
import { objectKeyOf } from "../files/object-key.js";
import { StorageError } from "../storage/object-storage.js";
import type { UploadDeps } from "./upload-deps.js";

/**
 * Aborts every open upload of the row's key but its own: a Create that was not answered may have opened one that nobody
 * knows of. Only for a row that holds its upload id, or is collected; no Complete was ever sent for another one, so that rule 1 allows it.
 * When the store does not answer, the row stays marked and the next sweep goes on. It also stays marked for a lease after
 * its last change: a slow store opens what its caller has long given up. Idempotent.
 */
export async function abortTwins(
  { files, storage, leaseMs, log }: Pick<UploadDeps, "files" | "storage" | "leaseMs" | "log">,
  file: FileRow,
): Promise<boolean> {
  const key = objectKeyOf(file.id);
  try {
    for (const { uploadId } of await storage.listMultipartUploads({ key }))
      if (uploadId !== file.uploadId) await storage.abortMultipartUpload({ key, uploadId });
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    log("an abandoned multipart upload is left to the sweep", { fileUuid: file.id, kind: error.kind });
    return false;
  }
  await files.clearTwins(file.id, leaseMs);
  return true;
}
