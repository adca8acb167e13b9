import type { FileRow } from "../files/file.js";
import { objectKeyOf } from "../files/object-key.js";
import { StorageError } from "../storage/object-storage.js";
import type { ListedPart } from "../storage/object-storage.js";
import type { UploadDeps } from "./upload-deps.js";

/** Parts that the store holds, ascending: the truth for resuming. Null when the store does not answer. */
export async function storedParts(
  { storage }: Pick<UploadDeps, "storage">,
  file: FileRow,
): Promise<ListedPart[] | null> {
  if (file.uploadId === null) return [];
  try {
    return await storage.listParts({ key: objectKeyOf(file.id), uploadId: file.uploadId });
  } catch (error) {
    if (error instanceof StorageError) return error.kind === "NO_SUCH_UPLOAD" ? [] : null;
    throw error;
  }
}
