import type { ParseArgsConfig } from "node:util";
import { parseArgs } from "node:util";
import { usageError } from "./exit-code.js";
import type { ExitCode } from "./exit-code.js";
import type { Server } from "./server.js";
import type { StateFolder } from "./state-folder.js";
import type { Terminal } from "./terminal.js";

/** What a command may touch. */
export interface Context {
  readonly terminal: Terminal;
  /** Connects to the server. @param tokenFile the file of `--token-file` */
  openServer(tokenFile: string | undefined): Promise<Server>;
  readonly state: StateFolder;
  /** Relative paths start here. */
  readonly workingFolder: string;
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One word after `signet`. */
export interface Command {
  /** One line of `signet --help`. */
  readonly summary: string;
  /** All of `signet COMMAND --help`. */
  readonly help: string;
  run(words: readonly string[], context: Context): Promise<ExitCode>;
}

/** Options that every command takes. */
export const COMMON_OPTIONS = { "token-file": { type: "string" }, json: { type: "boolean" } } as const;

/**
 * `parseArgs` of Node, in our words.
 * @throws CommandError USAGE
 */
export function parseWords<const O extends NonNullable<ParseArgsConfig["options"]>>(
  words: readonly string[],
  options: O,
): { values: ReturnType<typeof parse<O>>["values"]; positionals: string[] } {
  try {
    return parse(words, options);
  } catch (error) {
    throw usageError((error as Error).message.split(". ", 1)[0] ?? "");
  }
}

function parse<const O extends NonNullable<ParseArgsConfig["options"]>>(words: readonly string[], options: O) {
  return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
}

/**
 * A whole number from 1 to `max`.
 * @throws CommandError USAGE
 */
export function parseCount(option: string, text: string | undefined, whenAbsent: number, max: number): number {
  if (text === undefined) return whenAbsent;
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > max) {
    throw usageError(`--${option} takes a whole number from 1 to ${max}, not "${text}"`);
  }
  return count;
}
