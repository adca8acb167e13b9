import type { ReconcileRow } from "./reconcile-records.js";
import type { Invariant } from "./breach.js";

/** What the store holds under one key. */
export interface Stored {
  readonly object: { readonly sizeBytes: number; readonly etag: string } | null;
  readonly uploads: readonly { readonly uploadId: string; readonly initiatedAt: Date }[];
}

export type FindingKind =
  | "LOST"
  | "CHANGED"
  | "UNKNOWN_OBJECT"
  | "UNKNOWN_UPLOAD"
  | "EARLY_OBJECT"
  | "LATE_BYTES"
  | "STRAY_UPLOAD"
  | "OPEN_THOUGH_SEALED"
  | "UPLOAD_GONE"
  | "OVERDUE";

export interface Finding {
  readonly kind: FindingKind;
  readonly invariant: Invariant;
  readonly what: string;
  readonly mend: string;
  /** Of the upload that it is about. */
  readonly uploadId: string | null;
}

/** How each kind is mended; unknown ones depend on age and permission (unknown.ts). */
const MENDS: Readonly<Record<FindingKind, string>> = {
  LOST: "report only: restore the object from the store's versions or a backup",
  CHANGED: "report only: restore the sealed bytes from the store's versions or a backup",
  UNKNOWN_OBJECT: "move it to the quarantine",
  UNKNOWN_UPLOAD: "abort it",
  EARLY_OBJECT: "report only: sealing replaces it, collecting deletes it",
  LATE_BYTES: "collect again, as the end of its tombstone would",
  STRAY_UPLOAD: "abort it: the row counts on another one, and no Complete was ever sent for this one",
  OPEN_THOUGH_SEALED: "report only: an Abort that overlaps its Complete could destroy the sealed bytes",
  UPLOAD_GONE: "verify it as a confirm would: sealed after all, or EXPIRED",
  OVERDUE: "what the next sweep should have done",
};

const INVARIANT_OF: Readonly<Partial<Record<FindingKind, Invariant>>> = { LOST: "I1", CHANGED: "I2", OVERDUE: "I6" };

/**
 * Holds one key's row against what the store holds there. PURE.
 * @param young an upload that some call may just be opening or closing: not yet told when a row is its reason
 */
export function judgeFile(
  row: ReconcileRow | null,
  { object, uploads }: Stored,
  young: (initiatedAt: Date) => boolean,
): Finding[] {
  const findings: Finding[] = [];
  const tell = (kind: FindingKind, what: string, uploadId: string | null = null): void =>
    void findings.push({ kind, invariant: INVARIANT_OF[kind] ?? "I3", what, mend: MENDS[kind], uploadId });

  if (row === null) {
    if (object !== null) tell("UNKNOWN_OBJECT", `an object of ${object.sizeBytes} bytes without a row`);
    for (const { uploadId } of uploads) tell("UNKNOWN_UPLOAD", `open upload ${uploadId} without a row`, uploadId);
    return findings;
  }

  if (row.collected) {
    if (object !== null) tell("LATE_BYTES", `an object, and its row is ${row.status}, collected`);
    for (const { uploadId, initiatedAt } of uploads)
      if (!young(initiatedAt))
        tell("LATE_BYTES", `open upload ${uploadId}, and its row is ${row.status}, collected`, uploadId);
  } else if (row.status === "READY" || row.restorable) {
    const recorded = `recorded ${row.sizeBytes} bytes, ETag ${row.etag}`;
    if (object === null) tell("LOST", `${row.status}: ${recorded}; the store holds nothing`);
    else if (object.sizeBytes !== row.sizeBytes || !sameEtag(object.etag, row.etag))
      tell("CHANGED", `${row.status}: ${recorded}; the store holds ${object.sizeBytes} bytes, ETag ${object.etag}`);
  }
  // What has ended and is not collected may have anything: collecting takes it.
  const ended = !row.collected && ["REJECTED", "EXPIRED", "DELETED"].includes(row.status) && !row.restorable;
  if (!row.collected && !ended) {
    for (const upload of uploads) judgeUpload(upload);
    if (row.status === "PENDING") judgePending();
  }
  if (row.overdue !== null && !waitsForComplete())
    tell("OVERDUE", `still ${row.status}${row.collected ? ", a tombstone" : ended ? ", uncollected" : ""}`);
  return findings;

  function judgeUpload({ uploadId, initiatedAt }: Stored["uploads"][number]): void {
    const { status } = row!;
    // A creation is under way; one that nobody ends is overdue.
    if (row!.uploadId === null) return;
    if (row!.uploadId !== uploadId) {
      if (!young(initiatedAt))
        tell("STRAY_UPLOAD", `open upload ${uploadId} beside that of its row, ${status}`, uploadId);
    } else if (status === "READY" || status === "DELETED") {
      tell("OPEN_THOUGH_SEALED", `open upload ${uploadId}, and its row is ${status}`, uploadId);
    }
  }

  function judgePending(): void {
    const { uploadId, completeSent, overdue } = row!;
    // A Complete that was announced may have sealed it: the next confirm finds out.
    if (object !== null && !completeSent) tell("EARLY_OBJECT", "an object, and its row is PENDING");
    const open = uploadId === null || uploads.some((upload) => upload.uploadId === uploadId);
    if (!open && overdue === null && !(completeSent && object !== null))
      tell("UPLOAD_GONE", "PENDING, and its multipart upload is gone");
  }

  /** Its Complete may still be on its way, and its upload is open: collecting waits, as it must. */
  function waitsForComplete(): boolean {
    return (
      row!.overdue === "COLLECTING" &&
      row!.completeUnderway &&
      uploads.some(({ uploadId }) => uploadId === row!.uploadId)
    );
  }
}

/** Some stores quote in a HEAD and not in a listing. */
function sameEtag(one: string, other: string | null): boolean {
  return other !== null && one.replaceAll('"', "") === other.replaceAll('"', "");
}
