/** How the command ends, for scripts. docs/command-line.md has the same table. */
export const EXIT_CODE = {
  ok: 0,
  /** At least one file failed, for a reason of its own. */
  failed: 1,
  /** The command was called wrongly; nothing was done. */
  usage: 2,
  /** No token, or one that the server refuses. */
  notAuthorised: 3,
  /** The server or the object store does not answer. */
  unreachable: 4,
  /** Ctrl-C. 128 + the signal's number, as shells do it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE];

/** The code for several outcomes: what concerns every file counts more than what concerns one. */
export function worstOf(codes: Iterable<ExitCode>): ExitCode {
  const found = new Set(codes);
  const { interrupted, notAuthorised, unreachable, usage, failed, ok } = EXIT_CODE;
  return [interrupted, notAuthorised, unreachable, usage, failed].find((code) => found.has(code)) ?? ok;
}

/** The command cannot go on: what happened, and what to do, in one or two sentences. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: ExitCode;
  /** For programs, in `--json`. */
  readonly code: string;

  constructor(exitCode: ExitCode, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
    this.code = code;
  }
}

/** The command was called wrongly. */
export function usageError(message: string): CommandError {
  return new CommandError(EXIT_CODE.usage, "USAGE", message);
}
