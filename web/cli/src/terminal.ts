import type { Writable } from "node:stream";

/** Where the command speaks: results to one stream, everything else to the other, so that results can be piped. */
export interface Terminal {
  /** A result, on a line of its own, on standard output. */
  print(line: string): void;
  /** Something for people, on a line of its own, on standard error. */
  note(line: string): void;
  /** Shows these lines below all others until the next call; none clears them. Does nothing where nobody watches. */
  show(lines: readonly string[]): void;
  /** True where `show` shows: standard error is a terminal. */
  readonly live: boolean;
  /** Columns of the terminal now; 80 where there is none. */
  columns(): number;
  /** Rows of the terminal now; 24 where there is none. */
  rows(): number;
  readonly colour: boolean;
  /** Raw bytes to standard output. */
  readonly bytes: Writable;
  /** Asks a question and waits for y or yes; undefined where nobody can answer. */
  ask(question: string): Promise<boolean | undefined>;
}

/** The part of a process that a terminal needs. */
export interface TerminalStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readLine: (question: string) => Promise<string>;
}

/** `NO_COLOR` (https://no-color.org) takes the colours, `TERM=dumb` the moving lines too. */
export function createTerminal({ stdin, stdout, stderr, env, readLine }: TerminalStreams): Terminal {
  const live = stderr.isTTY && env["TERM"] !== "dumb";
  let shown = 0;

  /** Up over the lines that were shown, and everything from there on away. */
  const clear = (): string => {
    const moves = shown > 0 ? `\x1b[${shown}A\r\x1b[J` : "";
    shown = 0;
    return moves;
  };
  let lines: readonly string[] = [];
  const draw = (): void => {
    // Without wrapping a line that is too wide after all (wide letters, a terminal made narrower) stays one line.
    const text = lines.map((line) => `${line}\n`).join("");
    stderr.write(`${clear()}${lines.length > 0 ? `\x1b[?7l${text}\x1b[?7h` : ""}`);
    shown = lines.length;
  };
  const aside = (write: () => void): void => {
    if (shown > 0) stderr.write(clear());
    write();
    if (lines.length > 0) draw();
  };

  return {
    print: (line) => aside(() => stdout.write(`${line}\n`)),
    // Also words of a server, whatever it puts into them.
    note: (text) => aside(() => stderr.write(`${text.split("\n").map(printable).join("\n")}\n`)),
    show(next) {
      if (!live) return;
      lines = next;
      draw();
    },
    live,
    columns: () => stderr.columns ?? 80,
    rows: () => stderr.rows ?? 24,
    colour: live && !env["NO_COLOR"],
    bytes: stdout,
    async ask(question) {
      if (!stdin.isTTY || !stderr.isTTY) return undefined;
      return /^y(es)?$/i.test((await readLine(`${question} [y/N] `)).trim());
    },
  };
}

/** Text from elsewhere without what would steer the terminal: control characters and those that turn the direction. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\uFFFD");
}
