import { collectFile, removeBytes, removeTombstone } from "../files/collect-file.js";
import type { FileRow } from "../files/file.js";
import { objectKeyOf } from "../files/object-key.js";
import { CREATION_STUCK_LEASES, settleUpload } from "../uploads/sweep-uploads.js";
import type { UploadDeps } from "../uploads/upload-deps.js";
import type { Finding } from "./judge-file.js";
import type { ReconcileRow } from "./reconcile-records.js";

/**
 * Does for one row what the service itself would do for it sooner or later; each step is its own compare-and-swap, so
 * that traffic and sweeps may be at it too. Whether it helped is seen by looking again.
 * @throws StorageError, AppError: the store, or a client that is still sending, left it undecided
 */
export async function mendFile(deps: UploadDeps, finding: Finding, row: ReconcileRow): Promise<void> {
  const file = await deps.files.find(row.ownerId, row.id);
  if (file === null) return;
  switch (finding.kind) {
    case "OVERDUE":
      return finishOverdue(deps, file, row);
    case "UPLOAD_GONE":
      return settleUpload(deps, file, { promoted: 0, expired: 0, left: 0 });
    case "LATE_BYTES":
      if (file.collectedAt !== null) await removeBytes(deps, file);
      return;
    case "STRAY_UPLOAD":
      // The one that the row counts on may have its Complete on its way; no other was ever to have one.
      if (file.uploadId !== null && finding.uploadId !== null && finding.uploadId !== file.uploadId)
        await deps.storage.abortMultipartUpload({ key: objectKeyOf(file.id), uploadId: finding.uploadId });
      return;
    case "LOST":
    case "CHANGED":
    case "EARLY_OBJECT":
    case "OPEN_THOUGH_SEALED":
    case "UNKNOWN_OBJECT":
    case "UNKNOWN_UPLOAD":
      return;
  }
}

async function finishOverdue(deps: UploadDeps, file: FileRow, { overdue }: ReconcileRow): Promise<void> {
  switch (overdue) {
    case "CREATION":
      await deps.files.expireCreation(file.id, CREATION_STUCK_LEASES * deps.leaseMs);
      await collectFile(deps, file.id);
      return;
    case "UPLOAD":
    case "VERDICT":
      await settleUpload(deps, file, { promoted: 0, expired: 0, left: 0 });
      await collectFile(deps, file.id);
      return;
    case "COLLECTING":
      await collectFile(deps, file.id);
      return;
    case "TOMBSTONE":
      if (file.collectedAt !== null) await removeTombstone(deps, file);
      return;
    case null:
      return;
  }
}
