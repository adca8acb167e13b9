/**
 * What can go wrong with an embedded part, for programs to switch on:
 * - `DATA_DIR_IN_USE`: a living process owns this data folder.
 * - `DATA_DIR_UNUSABLE`: the folder cannot be made, read or written, or holds something that is not ours.
 * - `DATA_MISSING`: a pointer says where the data is, and it is not there any more.
 * - `DATA_VERSION`: the data was written by another major version of Postgres.
 * - `PORT_TAKEN`: somebody else listens on the port that was asked for.
 * - `NO_BINARIES`: no server binaries for this platform, or they do not run here.
 * - `START_FAILED`, `STOP_FAILED`: the server said no; the message carries its words.
 */
export type EmbeddedErrorCode =
  | "DATA_DIR_IN_USE"
  | "DATA_DIR_UNUSABLE"
  | "DATA_MISSING"
  | "DATA_VERSION"
  | "PORT_TAKEN"
  | "NO_BINARIES"
  | "START_FAILED"
  | "STOP_FAILED";

/** What a person needs to get on: what happened, why, and what to do about it. Each is one or more whole sentences. */
export interface Explanation {
  what: string;
  why: string;
  mend: string;
}

/** A failure of an embedded part. `message` is the three sentences of its {@link Explanation}; nothing has been deleted. */
export class EmbeddedError extends Error {
  override readonly name = "EmbeddedError";

  constructor(
    readonly code: EmbeddedErrorCode,
    { what, why, mend }: Explanation,
    options?: { cause?: unknown },
  ) {
    super(`${what} ${why} ${mend}`, options);
  }
}

/**
 * The `code` that Node gives to a failed system call (`ENOENT`, `EACCES`, …), if it has one. Not by `instanceof Error`:
 * Jest runs tests in another realm than Node's own modules, and their errors are not of our Error.
 */
export function systemCode(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
}
