import { AppError } from "../errors.js";
import type { FileRow } from "../files/file.js";
import { objectKeyOf } from "../files/object-key.js";
import { StorageError } from "../storage/object-storage.js";
import type { ListedPart, ObjectHead } from "../storage/object-storage.js";
import type { SealedContent } from "./integrity.js";
import { judgeContent } from "./judge-content.js";
import { judgeParts } from "./listed-parts.js";
import type { PartsVerdict } from "./listed-parts.js";
import { isScanHopeless, scanAgainAfterMs, ScanUndecided } from "./malware-scan.js";
import type { UploadDeps } from "./upload-deps.js";

/** A part that was just acknowledged may miss in the first listing (rule 12). */
const LIST_AGAIN_MS = 250;
/** Neither object nor upload: asked twice, this far apart, before the upload is given up (rule 6). */
const GONE_AGAIN_MS = 5_000;
/** A client that goes on sending parts can swap them between list and Complete; so often the list is read anew. */
const COMPLETE_ROUNDS = 3;
/** After an error that decides nothing the row stays VERIFYING and nobody tries again before this. */
const BACK_OFF_REFUSED_MS = 3_000;
const BACK_OFF_UNANSWERED_MS = 1_000;
/** Definite refusals of the store for this long end the upload. */
const REFUSED_TOO_LONG_MS = 24 * 3_600_000;

export type SealOutcome =
  | { readonly outcome: "READY" | "REJECTED" | "EXPIRED"; readonly file: FileRow }
  | {
      readonly outcome: "REOPENED";
      readonly file: FileRow;
      readonly why: Exclude<PartsVerdict, { verdict: "COMPLETE" }>;
    }
  /** Sealed, and the malware scanner has given no verdict: the row stays VERIFYING, and is tried again without a call. */
  | { readonly outcome: "UNSCANNED"; readonly file: FileRow; readonly againAfterMs: number }
  /** Somebody took the lease over, or the process stops: read the row. */
  | { readonly outcome: "LOST" };

/**
 * From a leased VERIFYING row to its verdict: list, compare, Complete with the ETags just read, HEAD, look at the
 * bytes, commit. Repeatable from any point at which an earlier attempt died. Deletes no bytes.
 * @param expireIncomplete the upload's time is over: missing or wrong parts end it instead of reopening it, and so does a
 *   scanner that was asked often and cannot tell
 * @throws StorageError, AppError STORAGE_UNAVAILABLE: undecided; the row stays VERIFYING and is tried again later
 */
export async function sealUpload(
  deps: UploadDeps,
  file: FileRow,
  signal: AbortSignal,
  { expireIncomplete = false }: { expireIncomplete?: boolean } = {},
): Promise<SealOutcome> {
  const { files, storage } = deps;
  const key = objectKeyOf(file.id);
  const uploadId = file.uploadId!;
  try {
    const sealed = await seal();
    if ("outcome" in sealed) return sealed;
    return await judge(sealed);
  } catch (error) {
    if (error instanceof ScanUndecided) return unscanned(error);
    if (!(error instanceof StorageError)) throw error;
    const refused = error.kind === "REFUSED";
    // Both times are the database's: the row says when this attempt took its lease.
    const refusedForMs = file.updatedAt.getTime() - (file.refusedSince ?? file.updatedAt).getTime();
    const definite = refused && refusedForMs > REFUSED_TOO_LONG_MS;
    // That the store is away was said once, when that was found out.
    if (!error.unsent)
      deps.log(definite ? "the store refuses to seal; the upload is given up" : "sealing waits for the store", {
        fileUuid: file.id,
        kind: error.kind,
        s3Code: error.s3Code,
      });
    if (definite) return committed("EXPIRED", await files.markExpired(file, "STORE_REFUSED"));
    // A store that was not even asked costs nothing to ask: whoever comes first once it is back goes on.
    const backOffMs = refused ? BACK_OFF_REFUSED_MS : error.unsent ? 0 : BACK_OFF_UNANSWERED_MS;
    // Somebody took over and has perhaps decided, even collected what this attempt was looking at: the row tells.
    if ((await files.backOff(file, backOffMs, refused)) === null) return { outcome: "LOST" };
    throw error;
  }

  async function seal(): Promise<SealedContent | SealOutcome> {
    for (let round = 0; round < COMPLETE_ROUNDS; round += 1) {
      const listed = await listPlanned();
      if (listed === "NO_SUCH_UPLOAD") return afterComplete(null);
      if (listed.verdict !== "COMPLETE") {
        return expireIncomplete ? committed("EXPIRED", await files.markExpired(file, "TIMED_OUT")) : reopened(listed);
      }
      if (signal.aborted) return letGo();
      const mark = await files.markCompleteSent(file);
      if (mark === null) return { outcome: "LOST" };
      const failure = await complete(listed.parts);
      if (failure === null || failure.kind === "NO_SUCH_UPLOAD") return afterComplete(listed.parts);
      // Answered 4xx, or never sent: this Complete did not seal. Unless it was the first, an earlier one may have.
      const sealedNothing = mark.first && (failure.kind !== "UNAVAILABLE" || failure.unsent);
      if (sealedNothing) await files.clearCompleteSent(file);
      else if (failure.kind === "UNAVAILABLE" && (await storage.headObject({ key })) !== null)
        return afterComplete(listed.parts);
      if (failure.kind !== "INVALID_PART") throw failure;
    }
    // Parts keep changing under the confirm: the client is not done.
    if ((await files.reopen(file)) === null) return { outcome: "LOST" };
    throw new AppError("STORAGE_UNAVAILABLE", "Parts are still being sent. Confirm when all of them are answered.");
  }

  /** Its failure is the Complete's alone: one of the HEAD that follows says nothing about whether it sealed. */
  async function complete(parts: readonly ListedPart[]): Promise<StorageError | null> {
    try {
      await storage.completeMultipartUpload({ key, uploadId, parts });
      return null;
    } catch (error) {
      if (error instanceof StorageError) return error;
      throw error;
    }
  }

  /** What the store lists, held against the plan; read once more before something is called missing. */
  async function listPlanned(): Promise<PartsVerdict | "NO_SUCH_UPLOAD"> {
    try {
      if (file.partCount === 0) await storage.uploadEmptyPart({ key, uploadId, checksum: file.partChecksum });
      const first = judgeParts(file, await storage.listParts({ key, uploadId }));
      if (first.verdict !== "MISSING") return first;
      await deps.sleep(LIST_AGAIN_MS);
      return judgeParts(file, await storage.listParts({ key, uploadId }));
    } catch (error) {
      if (error instanceof StorageError && error.kind === "NO_SUCH_UPLOAD") return "NO_SUCH_UPLOAD";
      throw error;
    }
  }

  /** The upload id is used up: the object is there, or the upload was lost. */
  async function afterComplete(parts: readonly ListedPart[] | null): Promise<SealedContent | SealOutcome> {
    const head = (await storage.headObject({ key })) ?? (await headAgain());
    if (head !== null) return { head, parts };
    return committed("EXPIRED", await files.markExpired(file, "UPLOAD_LOST"));
  }

  async function headAgain(): Promise<ObjectHead | null> {
    await deps.sleep(GONE_AGAIN_MS);
    const head = await storage.headObject({ key });
    if (head !== null) return head;
    try {
      await storage.listParts({ key, uploadId });
    } catch (error) {
      if (error instanceof StorageError && error.kind === "NO_SUCH_UPLOAD") return null;
      throw error;
    }
    // The store answers both ways: undecided.
    throw new StorageError("UNAVAILABLE", "HeadObject", null);
  }

  async function judge(content: SealedContent): Promise<SealOutcome> {
    const judged = await judgeContent(deps, file, content, signal);
    return judged.verdict === "FITS"
      ? committed("READY", await files.markReady(file, judged.facts))
      : committed("REJECTED", await files.markRejected(file, judged.rejection));
  }

  async function unscanned(undecided: ScanUndecided): Promise<SealOutcome> {
    // Broken off by us: nothing is wrong with the scanner.
    if (signal.aborted) return letGo();
    // That the scanner is away was said once, when that was found out.
    if (undecided.asked)
      deps.log("the malware scanner gives no verdict; the file waits", {
        fileUuid: file.id,
        reason: undecided.message,
      });
    // Else it would hold its owner's quota, and be fed to the scanner, for ever.
    if (expireIncomplete && isScanHopeless(undecided, file.attempt))
      return committed("EXPIRED", await files.markExpired(file, "NOT_SCANNED"));
    const againAfterMs = scanAgainAfterMs(undecided, file.attempt);
    const waiting = await files.backOff(file, againAfterMs, false);
    return waiting === null ? { outcome: "LOST" } : { outcome: "UNSCANNED", file: waiting, againAfterMs };
  }

  /** The lease is lost, or the process stops: whoever asks next goes on at once. */
  async function letGo(): Promise<SealOutcome> {
    await files.backOff(file, 0, false);
    return { outcome: "LOST" };
  }

  async function reopened(why: Exclude<PartsVerdict, { verdict: "COMPLETE" }>): Promise<SealOutcome> {
    const reopenedFile = await files.reopen(file);
    return reopenedFile === null ? { outcome: "LOST" } : { outcome: "REOPENED", file: reopenedFile, why };
  }
}

function committed(outcome: "READY" | "REJECTED" | "EXPIRED", file: FileRow | null): SealOutcome {
  return file === null ? { outcome: "LOST" } : { outcome, file };
}
