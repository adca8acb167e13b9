/**
 * A file as the database knows it: its states, the arrows between them and the rules about one row.
 * PURE. The states and arrows are those of docs/upload-protocol.md; the table and its trigger repeat them in SQL.
 */

export type FileStatus = "PENDING" | "VERIFYING" | "READY" | "REJECTED" | "EXPIRED" | "DELETED";

/** What has been proven about the bytes. SHA256: the whole content. PARTS_SHA256: every part. SIZE_ONLY: the length. */
export type Integrity = "SHA256" | "PARTS_SHA256" | "SIZE_ONLY";

export type PartChecksum = "NONE" | "SHA256";

/** Why a sealed file was refused: kept with the row and answered again by every later confirm. */
export type Rejection =
  /** `policy`: which one does not allow the type; absent when the bytes are of another type than declared. */
  | { code: "CONTENT_MISMATCH"; declaredType: string; detectedType: string | null; policy?: string }
  | { code: "CHECKSUM_MISMATCH"; declaredSha256: string; actualSha256: string | null }
  | { code: "SIZE_MISMATCH"; declaredSize: number; actualSize: number }
  | { code: "MALWARE_FOUND"; signature: string };

/** One row of `files`. Times are instants of the database's clock unless said. */
export interface FileRow {
  /** UUIDv7, bare; the API shows `file_<uuid>`. */
  readonly id: string;
  readonly ownerId: string;
  /** NFC, 1..255 bytes of UTF-8. */
  readonly filename: string;
  /** Declared media type, lower case, no parameters. */
  readonly declaredType: string;
  /** Declared length; equals the stored length once READY. */
  readonly sizeBytes: number;
  /** Hex, lower case; of the whole content, as the client declared it. */
  readonly declaredSha256: string | null;
  readonly partChecksum: PartChecksum;
  readonly policy: string;
  /** 0 for an empty file. */
  readonly partSizeBytes: number;
  /** 0 for an empty file, 1..10 000 otherwise. */
  readonly partCount: number;
  readonly idempotencyKey: string | null;
  /** SHA-256 (hex) of the normalised input: tells a repeat from another request under the same key. */
  readonly inputDigest: string;

  readonly status: FileStatus;
  /** Counts leases; a verdict names the attempt it belongs to, so a process that froze can change nothing. */
  readonly attempt: number;
  readonly leaseUntil: Date | null;
  /** Of the multipart upload; null until the store has answered Create. */
  readonly uploadId: string | null;
  /** Committed before each Complete is sent: afterwards the upload is never aborted lightly (lifecycle rule 1). */
  readonly completeSentAt: Date | null;
  /** Since when the store has answered every attempt to seal with a definite no; null after any other answer. */
  readonly refusedSince: Date | null;
  /** When the last URL that was issued dies (process clock: the instant the store applies). */
  readonly urlsExpireAt: Date | null;
  /** When the sweeper last tried to promote it. */
  readonly promotedAt: Date | null;

  /** Found in the bytes; null before READY. */
  readonly contentType: string | null;
  readonly integrity: Integrity | null;
  /** Hex, proven, of the whole content. */
  readonly sha256: string | null;
  /** Opaque, of the sealed object. */
  readonly etag: string | null;
  readonly rejection: Rejection | null;

  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** An unconfirmed upload may stay open until then. */
  readonly expiresAt: Date;
  readonly readyAt: Date | null;
  readonly deletedAt: Date | null;
  readonly purgeAt: Date | null;
  /** Set by the first step of collecting: from then on nothing can be restored. */
  readonly collectingAt: Date | null;
  /** Set once no byte is left: the row is a tombstone. */
  readonly collectedAt: Date | null;
}

/** The arrows. Every transition in file.store.ts names one of them; the trigger in the database refuses all others. */
export const TRANSITIONS: Readonly<Record<FileStatus, readonly FileStatus[]>> = {
  PENDING: ["VERIFYING", "EXPIRED"],
  VERIFYING: ["PENDING", "READY", "REJECTED", "EXPIRED"],
  READY: ["DELETED"],
  REJECTED: [],
  EXPIRED: [],
  DELETED: ["READY"],
};

/** False for what a caller may no longer see: purged bytes, and ended uploads that were deleted from the list. */
export function isVisible(file: FileRow): boolean {
  if (file.status === "DELETED") return file.collectedAt === null;
  if (file.status === "REJECTED" || file.status === "EXPIRED") return file.deletedAt === null;
  return true;
}
