/** Whether a source still is what it was when it was opened. */
export type SourceState = "SAME" | "FILE_CHANGED" | "FILE_UNREADABLE";

/**
 * Bytes to upload, readable in any order and more than once.
 * `Body` is what the matching {@link Put} and {@link Hash} take: a Blob in browsers, a file range in Node.
 */
export interface UploadSource<Body> {
  readonly name: string;
  /** Media type without parameters; empty when unknown. */
  readonly type: string;
  /** Fixed when the source was opened, however the file grows. */
  readonly sizeBytes: number;
  /** Bytes `start` to `end`, end excluded; nothing is read yet. */
  slice(start: number, end: number): Body;
  /** Looks at the real file: asked before each part and after each failure. */
  state(): Promise<SourceState>;
  /** Names this very content, for locks and for picking the same file again. Without it no lock is taken. */
  fingerprint?(): Promise<string>;
  /**
   * True where nobody notices when the file changes between two parts (Firefox, Safari): every part is hashed before the
   * first byte is sent, up to 256 MiB.
   */
  readonly hashAhead?: boolean;
}

/** Computes the SHA-256 of a body as 64 lower-case hex digits. */
export type Hash<Body> = (body: Body, signal: AbortSignal) => Promise<string>;
