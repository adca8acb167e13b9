import type { Viewer } from "../auth/viewer.js";
import { AppError } from "../errors.js";
import { parseFileId } from "../files/file-id.js";
import { fileBusy, fileNotFound } from "../files/file-problems.js";
import { isVisible } from "../files/file.js";
import type { FileRow } from "../files/file.js";
import { checksumMismatch, rejectionProblem, sizeMismatch } from "../files/rejection.js";
import { follow } from "./follow-signal.js";
import { holdLease } from "./hold-lease.js";
import { sealUpload } from "./seal-upload.js";
import type { SealOutcome } from "./seal-upload.js";
import type { UploadDeps } from "./upload-deps.js";
import { partsMissing, uploadExpired } from "./upload-problems.js";

/** Who finds another confirm at work waits this long for its verdict. */
const WAIT_FOR_VERDICT_MS = 2_000;
const LOOK_AGAIN_MS = 100;
/** A confirm that takes longer answers FileBusy and works on under its lease: Complete can take minutes. */
const ANSWER_WITHIN_MS = 20_000;
/** When to ask for a verdict again that takes its time. */
const LONG_WAIT_SECONDS = 5;

/**
 * Verifies and seals an upload. Repeatable: answers the committed verdict, whoever committed it.
 * @throws StorageError when the store does not answer: nothing is lost, ask again
 */
export async function confirmUpload(deps: UploadDeps, viewer: Viewer, fileId: string) {
  const uuid = parseFileId(fileId);
  if (uuid === null) return fileNotFound(fileId);
  const deadline = deps.now().getTime() + WAIT_FOR_VERDICT_MS;
  for (;;) {
    const leased = await deps.files.takeLease(viewer.ownerId, uuid, deps.leaseMs);
    if (leased !== null) {
      const answer = await sealInTime(deps, leased);
      if (answer !== "LOST") return answer;
    }
    const file = await deps.files.find(viewer.ownerId, uuid);
    const settled = file === null ? fileNotFound(fileId) : settledAnswer(file, fileId);
    if (settled !== null) return settled;
    if (deps.now().getTime() >= deadline || deps.stopping.aborted) {
      // Open, but others were always faster: somebody is at it all the same.
      if (file!.status === "VERIFYING" || file!.uploadId !== null) return fileBusy(file!);
      throw new AppError("STORAGE_UNAVAILABLE", "The upload is still being opened. Try again.");
    }
    await deps.sleep(LOOK_AGAIN_MS);
  }
}

/** What a row that nobody works on answers; null while a verdict is still to come. */
function settledAnswer(file: FileRow, fileId: string) {
  switch (file.status) {
    case "READY":
      return confirmed(file);
    case "REJECTED":
      return rejectionProblem(file.rejection!);
    case "EXPIRED":
      return isVisible(file) ? uploadExpired(file) : fileNotFound(fileId);
    case "DELETED":
      return fileNotFound(fileId);
    case "PENDING":
    case "VERIFYING":
      return null;
  }
}

const confirmed = (file: FileRow) => ({ typeName: "ConfirmedUpload" as const, file });

/** Seals under the lease; answers FileBusy in time, or when the process stops, and lets the work go on. */
async function sealInTime(deps: UploadDeps, leased: FileRow) {
  const work = holdLease(deps, leased, (signal) => sealUpload(deps, leased, signal)).then(answerOf);
  const timer = new AbortController();
  const unfollow = follow(deps.stopping, timer);
  const busy = deps.sleep(ANSWER_WITHIN_MS, timer.signal).then(() => "BUSY" as const);
  try {
    const first = await Promise.race([work, busy]);
    if (first !== "BUSY") return first;
  } finally {
    unfollow();
    timer.abort();
  }
  // Nobody waits for it any more; a failure leaves the row VERIFYING for the next attempt.
  work.catch((error: unknown) =>
    deps.log("sealing in the background failed", { fileUuid: leased.id, error: String(error) }),
  );
  return fileBusy(leased, deps.stopping.aborted ? 1 : LONG_WAIT_SECONDS);
}

function answerOf(sealed: SealOutcome) {
  switch (sealed.outcome) {
    case "READY":
      return confirmed(sealed.file);
    case "REJECTED":
      return rejectionProblem(sealed.file.rejection!);
    case "EXPIRED":
      return uploadExpired(sealed.file);
    case "UNSCANNED":
      return fileBusy(sealed.file, Math.max(LONG_WAIT_SECONDS, Math.ceil(sealed.againAfterMs / 1000)));
    case "LOST":
      return "LOST" as const;
    case "REOPENED":
      switch (sealed.why.verdict) {
        case "MISSING":
          return partsMissing(sealed.file, sealed.why.numbers);
        case "WRONG_SIZE":
          return sizeMismatch(sealed.file.sizeBytes, sealed.why.actualSizeBytes);
        case "WRONG_DIGEST":
          return checksumMismatch(sealed.file.declaredSha256!, sealed.why.actualSha256);
      }
  }
}
