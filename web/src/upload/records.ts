/**
 * An upload that this browser has begun, so that it can be gone on with after a reload. A hint only: what the store holds
 * is the server's to say. It never holds a presigned URL, a token or content.
 */
export interface UploadRecord {
  readonly fileId: string;
  /** Who is uploading, as the server names them; others do not see it. */
  readonly owner: string;
  readonly name: string;
  /** Folder and name as chosen. */
  readonly path: string;
  readonly type: string;
  readonly sizeBytes: number;
  /** When the file was changed last, in milliseconds since 1970. */
  readonly lastModified: number;
  /** What the source gave; its lock is named after it too. */
  readonly fingerprint: string;
  /** In milliseconds since 1970, by this computer's clock. */
  readonly startedAtMs: number;
  /** True while a person holds it: it does not go on by itself. */
  readonly paused: boolean;
  /** Opens the file again, once the person agrees. */
  readonly handle?: FileSystemFileHandle | undefined;
}

/** Where records are kept. No method rejects: an upload does not stop because it could not be written down. */
export interface UploadRecords {
  /** Of all owners, newest first; nothing when they cannot be read. */
  list(): Promise<readonly UploadRecord[]>;
  /** Writes the record, in place of one of the same file. */
  put(record: UploadRecord): Promise<void>;
  remove(fileId: string): Promise<void>;
}
