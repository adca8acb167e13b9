import { createUploadApi } from "../../src/api/upload-calls.js";
import { COMMON_OPTIONS, parseCount, parseWords } from "./command.js";
import type { Command, Context } from "./command.js";
import { EXIT_CODE, usageError, worstOf } from "./exit-code.js";
import type { ExitCode } from "./exit-code.js";
import { explain } from "./explain.js";
import { lookAt } from "./files-to-put.js";
import type { FileToPut } from "./files-to-put.js";
import { createPutReport } from "./put-report.js";
import type { PutReport } from "./put-report.js";
import { uploadFiles } from "./upload-files.js";
import { createUploadRecords, NO_RECORDS } from "./upload-records.js";

const HELP = `Uploads files straight to the object store and prints the link of each.

Usage: signet put FILE… [options]

  --type TYPE        media type of the files; default: found in the bytes
  --name NAME        another name for a single file
  --concurrency N    connections to the store, 1 to 32; default 6
  --no-resume        start from the beginning, and keep nothing to go on with
  --json             one JSON object a file, on a line of its own
  --token-file FILE  read the token from there instead of SIGNET_TOKEN

An upload that was interrupted goes on where it stopped when the same command is run again: what has arrived is not
sent twice. A file that was changed meanwhile starts from the beginning.

  signet put report.pdf photos/*.jpg`;

const OPTIONS = {
  ...COMMON_OPTIONS,
  type: { type: "string" },
  name: { type: "string" },
  concurrency: { type: "string" },
  "no-resume": { type: "boolean" },
} as const;

/** `signet put FILE…`. */
export const putCommand: Command = { summary: "upload files; goes on where it was interrupted", help: HELP, run };

async function run(words: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = parseWords(words, OPTIONS);
  const connections = parseCount("concurrency", values.concurrency, 6, 32);
  check(positionals, values);
  const { terminal, signal, state, workingFolder } = context;
  const { url, execute } = await context.openServer(values["token-file"]);
  const report = createPutReport(terminal, { json: values.json ?? false });
  const { files, codes } = await lookAtAll(positionals, report, {
    workingFolder,
    type: values.type,
    name: values.name,
  });
  const outcomes = await uploadFiles(files, {
    api: createUploadApi(execute),
    records: values["no-resume"] ? NO_RECORDS : createUploadRecords(state, url),
    connections,
    signal,
    report,
  });
  codes.push(...outcomes);
  if (signal.aborted) {
    report.stopped(values["no-resume"] ? "" : " What has arrived is kept for a while: run the same command to go on.");
    return EXIT_CODE.interrupted;
  }
  report.ended();
  return worstOf(codes);
}

/** @throws CommandError USAGE */
function check(positionals: readonly string[], { name, type }: { name?: string; type?: string }): void {
  if (positionals.length === 0) throw usageError("put needs the name of a file");
  if (positionals.includes("-")) {
    throw usageError(
      "put takes files, not standard input: an upload has to know its size first and may have to read twice. " +
        "Write it to a file, then put that",
    );
  }
  if (name !== undefined && positionals.length > 1) throw usageError("--name is for a single file");
  if (type !== undefined && !/^[\w.+-]+\/[\w.+-]+$/.test(type)) {
    throw usageError(`--type takes a media type such as image/png, not "${type}"`);
  }
}

/** What cannot be uploaded is said at once; it stops nothing else. */
async function lookAtAll(
  named: readonly string[],
  report: PutReport,
  options: Parameters<typeof lookAt>[1],
): Promise<{ files: FileToPut[]; codes: ExitCode[] }> {
  const files: FileToPut[] = [];
  const codes: ExitCode[] = [];
  for (const name of named) {
    try {
      files.push(await lookAt(name, options));
    } catch (error) {
      const explanation = explain(error);
      codes.push(explanation.exitCode);
      report.failed(name, explanation);
    }
  }
  return { files, codes };
}
