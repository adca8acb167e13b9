import { CliDeleteFileDocument } from "../../src/gql/graphql.js";
import { COMMON_OPTIONS, parseWords } from "./command.js";
import type { Command, Context } from "./command.js";
import { changeFiles } from "./change-files.js";
import { EXIT_CODE, usageError } from "./exit-code.js";
import type { ExitCode } from "./exit-code.js";
import { printable } from "./terminal.js";

const HELP = `Moves files to the trash, from where restore brings them back for a while.

Usage: signet rm ID|PERMALINK… [options]

  --forever          not to the trash: the bytes go now, and nothing brings them back. Asks first
  --yes              do not ask
  --json             one JSON object a file, on a line of its own
  --token-file FILE  read the token from there instead of SIGNET_TOKEN

An unfinished upload is given up.

  signet rm file_… --forever --yes`;

const OPTIONS = { ...COMMON_OPTIONS, forever: { type: "boolean" }, yes: { type: "boolean" } } as const;

/** `signet rm ID…`. */
export const rmCommand: Command = { summary: "move files to the trash, or delete them for good", help: HELP, run };

async function run(words: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = parseWords(words, OPTIONS);
  const { forever: permanently = false, yes = false } = values;
  if (positionals.length === 0) throw usageError("rm needs the id or permalink of a file");
  if (permanently && !yes) {
    const files = positionals.length === 1 ? "this file" : `these ${positionals.length} files`;
    const agreed = await context.terminal.ask(`Delete ${files} for good?`);
    if (agreed === undefined) throw usageError("rm --forever asks before it deletes, and nobody can answer: add --yes");
    if (!agreed) {
      context.terminal.note("Nothing was deleted.");
      return EXIT_CODE.failed;
    }
  }
  return changeFiles(context, positionals, values, async ({ execute }, id) => {
    const { deleteFile: result } = await execute(CliDeleteFileDocument, { id, permanently });
    if ("code" in result) return { problem: result };
    const { filename, purgeAt } = result.file;
    const until = permanently || !purgeAt ? "" : `, until ${purgeAt.slice(0, 10)} in the trash`;
    return { line: `deleted ${printable(filename)}${until}`, facts: { id, name: filename, purgeAt: purgeAt ?? null } };
  });
}
