import type { Command, Context } from "./command.js";
import { CommandError, EXIT_CODE } from "./exit-code.js";
import type { ExitCode } from "./exit-code.js";
import { explain } from "./explain.js";
import { getCommand } from "./get.js";
import { lsCommand } from "./ls.js";
import { putCommand } from "./put.js";
import { restoreCommand } from "./restore.js";
import { rmCommand } from "./rm.js";

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["put", putCommand],
  ["get", getCommand],
  ["ls", lsCommand],
  ["rm", rmCommand],
  ["restore", restoreCommand],
]);

const HELP = `Files of a Signet server, from the terminal.

Usage: signet COMMAND [options]

${[...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`).join("\n")}

  signet COMMAND --help says more; signet --version

Environment
  SIGNET_URL      where the server is; default http://localhost:4000
  SIGNET_TOKEN    the bearer token; a development server on this machine gives one by itself
  NO_COLOR        no colours

Exit codes
  0 all done   1 some files failed   2 called wrongly   3 not authorised
  4 the server or the store does not answer   130 interrupted`;

/** Does what the words after `signet` say. Never rejects: the outcome is the exit code. */
export async function run(
  words: readonly string[],
  { context, version }: { context: Context; version: () => Promise<string> },
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const [name = "", ...rest] = words;
  const asked = rest.slice(0, rest.includes("--") ? rest.indexOf("--") : rest.length);
  const command = COMMANDS.get(name === "help" ? (rest[0] ?? "") : name);
  try {
    if (name === "--version" || name === "-v") terminal.print(await version());
    else if (name === "--help" || name === "-h" || (name === "help" && !command)) terminal.print(HELP);
    else if (command && (name === "help" || asked.includes("--help") || asked.includes("-h")))
      terminal.print(command.help);
    else if (command) return await command.run(rest, context);
    else {
      terminal.note(name === "" ? HELP : `signet: there is no command "${name}". See: signet --help`);
      return EXIT_CODE.usage;
    }
    return EXIT_CODE.ok;
  } catch (error) {
    terminal.show([]);
    if (signal.aborted) {
      terminal.note("Stopped.");
      return EXIT_CODE.interrupted;
    }
    const { exitCode, message } = explain(error);
    const usage = error instanceof CommandError && exitCode === EXIT_CODE.usage;
    terminal.note(`signet: ${message}${usage ? `\nSee: signet ${command ? `${name} ` : ""}--help` : ""}`);
    return exitCode;
  }
}
