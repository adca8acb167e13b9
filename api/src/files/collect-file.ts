import { StorageError } from "../storage/object-storage.js";
import type { FileDeps } from "./file-deps.js";
import type { FileRow } from "./file.js";
import { objectKeyOf } from "./object-key.js";

/** While a Complete may be on its way, its upload is not aborted; after this long with no object, it is (rule 1). */
const COMPLETE_MAY_BE_UNDERWAY_MS = 3_600_000;
/** An Abort that overlaps a part in flight may have to be sent again (AWS, AbortMultipartUpload). */
const ABORT_ROUNDS = 5;

export type CollectOutcome =
  /** No byte is left; quota and place are freed. */
  | "COLLECTED"
  /** Not ended, restored, somebody else is at it, or done already. */
  | "NOT_DUE"
  /** The store did not let everything go yet; the next sweep goes on. */
  | "LATER";

/**
 * Collects the bytes of one ended file, in two steps: a committed claim, after which nothing can be restored, and only
 * then the store. Idempotent; safe in several processes at once.
 */
export async function collectFile(deps: FileDeps, uuid: string): Promise<CollectOutcome> {
  const file = await deps.files.claimForCollecting(uuid, deps.leaseMs);
  if (file === null) return "NOT_DUE";
  const outcome = await tryToRemoveBytes(deps, file);
  // Else what the store did not answer would wait for the claim's end, long after it is back.
  if (outcome === "STORE_FAILED") await deps.files.releaseClaim(file, deps.leaseMs);
  if (outcome !== "GONE") return "LATER";
  await deps.files.markCollected(uuid);
  return "COLLECTED";
}

/** When the tombstone's day is over: looks once more for bytes that came late, then removes the row. */
export async function removeTombstone(deps: FileDeps, file: FileRow): Promise<boolean> {
  return (await removeBytes(deps, file)) && (await deps.files.removeTombstone(file.id));
}

/**
 * Removes what has come under a tombstone: once more what collecting did. True when the store holds neither the object
 * nor an open upload of this file's key. Idempotent.
 */
export async function removeBytes(deps: FileDeps, file: FileRow): Promise<boolean> {
  return (await tryToRemoveBytes(deps, file)) === "GONE";
}

type Removal =
  "GONE" | /** A Complete may be on its way, or an Abort has to be sent again. */ "NOT_YET" | "STORE_FAILED";

async function tryToRemoveBytes({ storage, now, log }: FileDeps, file: FileRow): Promise<Removal> {
  const key = objectKeyOf(file.id);
  try {
    const open = await storage.listMultipartUploads({ key });
    const uploadIds = new Set(open.map((upload) => upload.uploadId));
    if (file.uploadId !== null) uploadIds.add(file.uploadId);
    for (const uploadId of uploadIds) {
      const completeSentAt = uploadId === file.uploadId ? file.completeSentAt : null;
      if (!(await closeUpload(uploadId, completeSentAt))) return "NOT_YET";
    }
    await storage.deleteObject({ key });
    return (await storage.headObject({ key })) === null ? "GONE" : "NOT_YET";
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    // That it is away was said once, when that was found out.
    if (!error.unsent)
      log("collecting waits for the store", { fileUuid: file.id, kind: error.kind, s3Code: error.s3Code });
    return "STORE_FAILED";
  }

  /** Aborts an open upload unless its Complete may be on its way: an Abort then can destroy sealed bytes later. */
  async function closeUpload(uploadId: string, completeSentAt: Date | null): Promise<boolean> {
    if (!(await isOpen(uploadId))) return true;
    if (completeSentAt !== null && now().getTime() - completeSentAt.getTime() < COMPLETE_MAY_BE_UNDERWAY_MS)
      return false;
    if (completeSentAt !== null && (await storage.headObject({ key })) !== null) {
      await storage.deleteObject({ key });
      return false;
    }
    for (let round = 0; round < ABORT_ROUNDS; round += 1) {
      await storage.abortMultipartUpload({ key, uploadId });
      if (!(await isOpen(uploadId))) return true;
    }
    return false;
  }

  async function isOpen(uploadId: string): Promise<boolean> {
    try {
      await storage.listParts({ key, uploadId });
      return true;
    } catch (error) {
      if (error instanceof StorageError && error.kind === "NO_SUCH_UPLOAD") return false;
      throw error;
    }
  }
}
