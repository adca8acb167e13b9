import { CliRestoreFileDocument } from "../../src/gql/graphql.js";
import { COMMON_OPTIONS, parseWords } from "./command.js";
import type { Command, Context } from "./command.js";
import { changeFiles } from "./change-files.js";
import { usageError } from "./exit-code.js";
import type { ExitCode } from "./exit-code.js";
import { printable } from "./terminal.js";

const HELP = `Brings files back from the trash.

Usage: signet restore ID|PERMALINK… [options]

  --json             one JSON object a file, on a line of its own
  --token-file FILE  read the token from there instead of SIGNET_TOKEN

  signet ls --status DELETED
  signet restore file_…`;

/** `signet restore ID…`. */
export const restoreCommand: Command = { summary: "bring files back from the trash", help: HELP, run };

async function run(words: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = parseWords(words, COMMON_OPTIONS);
  if (positionals.length === 0) throw usageError("restore needs the id or permalink of a file");
  return changeFiles(context, positionals, values, async ({ execute }, id) => {
    const { restoreFile: result } = await execute(CliRestoreFileDocument, { id });
    if ("code" in result) return { problem: result };
    const { filename, permalink } = result.file;
    return { line: `restored ${printable(filename)}`, facts: { id, name: filename, permalink } };
  });
}
