import { CliFilesDocument } from "../../src/gql/graphql.js";
import type { FileFilter, FileStatus, ListedFileFragment } from "../../src/gql/graphql.js";
import { COMMON_OPTIONS, parseCount, parseWords } from "./command.js";
import type { Command, Context } from "./command.js";
import { EXIT_CODE, usageError } from "./exit-code.js";
import type { ExitCode } from "./exit-code.js";
import { formatBytes } from "./file-size.js";
import type { Server } from "./server.js";
import { printable } from "./terminal.js";

const HELP = `Lists your files, the newest first: id, size, status, day, name.

Usage: signet ls [options]

  --search TEXT      only names with this text, whatever its case
  --status STATUS    only these, several with commas: PENDING, VERIFYING, READY, REJECTED, EXPIRED, DELETED (the trash).
                     Default: all but EXPIRED and DELETED
  --limit N          at most so many; default 50
  --all              all of them
  --json             one JSON object a file, on a line of its own
  --token-file FILE  read the token from there instead of SIGNET_TOKEN

  signet ls --search report --json`;

const OPTIONS = {
  ...COMMON_OPTIONS,
  search: { type: "string" },
  status: { type: "string" },
  limit: { type: "string" },
  all: { type: "boolean" },
} as const;

const STATUSES: readonly FileStatus[] = ["PENDING", "VERIFYING", "READY", "REJECTED", "EXPIRED", "DELETED"];

/** `signet ls`. */
export const lsCommand: Command = { summary: "list files", help: HELP, run };

async function run(words: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = parseWords(words, OPTIONS);
  if (positionals.length > 0) throw usageError(`ls takes options only; did you mean --search ${positionals[0]}?`);
  if (values.all && values.limit !== undefined) throw usageError("--all and --limit exclude each other");
  const limit = values.all ? Infinity : parseCount("limit", values.limit, 50, 1_000_000);
  const filter: FileFilter = { filenameContains: values.search, status: parseStatuses(values.status) };
  const { terminal, signal } = context;
  const server = await context.openServer(values["token-file"]);
  let count = 0;
  let more = false;
  for await (const page of pages(server, filter, limit, signal)) {
    for (const file of page.files) {
      count++;
      terminal.print(values.json ? JSON.stringify(objectOf(file)) : lineOf(file));
    }
    more = page.more;
  }
  if (values.json) return EXIT_CODE.ok;
  if (count === 0)
    terminal.note(values.search || values.status ? "No file fits." : "No files yet. Upload one: signet put FILE");
  else if (more) terminal.note(`… and more; --all lists all of them.`);
  return EXIT_CODE.ok;
}

async function* pages(
  { execute }: Server,
  filter: FileFilter,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<{ files: readonly ListedFileFragment[]; more: boolean }> {
  // 50 is below every server's page size; from the first answer on its own is known.
  let pageSize = 50;
  let after: string | null | undefined;
  for (let left = limit; left > 0;) {
    const first = Math.min(left, pageSize);
    const { files, limits } = await execute(CliFilesDocument, { first, after, filter }, { signal });
    const { nodes, pageInfo } = files;
    yield { files: nodes, more: pageInfo.hasNextPage };
    if (!pageInfo.hasNextPage || nodes.length === 0) return;
    left -= nodes.length;
    after = pageInfo.endCursor;
    pageSize = limits.pageSize;
  }
}

function parseStatuses(text: string | undefined): readonly FileStatus[] | undefined {
  if (text === undefined) return undefined;
  return text.split(",").map((word) => {
    const status = STATUSES.find((name) => name === word.trim().toUpperCase());
    if (status === undefined) throw usageError(`--status knows ${STATUSES.join(", ")}, not "${word}"`);
    return status;
  });
}

function objectOf({ id, filename, size, status, contentType, createdAt, permalink }: ListedFileFragment): object {
  return { id, name: filename, sizeBytes: size, status, type: contentType, createdAt, permalink };
}

function lineOf({ id, filename, size, status, createdAt }: ListedFileFragment): string {
  const day = createdAt.slice(0, 10);
  return `${id}  ${formatBytes(size).padStart(9)}  ${status.padEnd(9)}  ${day}  ${printable(filename)}`;
}
