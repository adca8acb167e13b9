import type { FileStatus } from "./file.js";

/** Which of an owner's files a list shows, and in what order. PURE. */
export interface FileListFilter {
  /** Null: PENDING, VERIFYING, READY, REJECTED. */
  readonly statuses: readonly FileStatus[] | null;
  /** Case-insensitive; `%` and `_` are literal. */
  readonly filenameContains: string | null;
  /** Exact, or a range such as `image/*`. */
  readonly contentTypes: readonly string[] | null;
  readonly createdAfter: Date | null;
  readonly createdBefore: Date | null;
  readonly minSizeBytes: number | null;
  readonly maxSizeBytes: number | null;
}

export type FileOrderField = "CREATED_AT" | "FILENAME" | "SIZE";

export interface FileOrder {
  readonly field: FileOrderField;
  readonly direction: "ASC" | "DESC";
}
