import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Writable } from "node:stream";
import { CliFileDocument } from "../../src/gql/graphql.js";
import type { CliFileQuery } from "../../src/gql/graphql.js";
import { COMMON_OPTIONS, parseWords } from "./command.js";
import type { Command, Context } from "./command.js";
import { damaged, download } from "./download.js";
import { CommandError, EXIT_CODE, usageError } from "./exit-code.js";
import type { ExitCode } from "./exit-code.js";
import { parseFileId } from "./file-id.js";
import { formatBytes, percentOf } from "./file-size.js";
import { localName } from "./local-name.js";
import { assertFree, openPartFile } from "./part-file.js";
import { createRateLine } from "./rate-line.js";
import type { Server } from "./server.js";
import { printable } from "./terminal.js";

const HELP = `Fetches a file and checks its bytes.

Usage: signet get ID|PERMALINK [options]

  -o, --output FILE  where to; a folder gets the file under its own name; - is standard output.
                     Default: its own name, here
  --force            replace a file that is there
  --json             one JSON object
  --token-file FILE  read the token from there instead of SIGNET_TOKEN

What has arrived is in FILE.part until it is whole; when the same command is run again it goes on from there. Where the
server knows the SHA-256 of the file it is compared, else the length.

  signet get http://localhost:4000/files/file_… -o report.pdf`;

const OPTIONS = {
  ...COMMON_OPTIONS,
  output: { type: "string", short: "o" },
  force: { type: "boolean" },
} as const;

/** `signet get ID|PERMALINK`. */
export const getCommand: Command = { summary: "fetch a file; goes on where it was interrupted", help: HELP, run };

type RemoteFile = NonNullable<CliFileQuery["file"]>;

async function run(words: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = parseWords(words, OPTIONS);
  const [named] = positionals;
  if (named === undefined || positionals.length > 1) throw usageError("get takes one id or permalink");
  const { output, force = false, json = false } = values;
  if (output === "-" && json) throw usageError("--json and -o - both want standard output");
  const server = await context.openServer(values["token-file"]);
  const file = await findFile(server, parseFileId(named, server.url));
  if (output === "-") await getToStream(context, server, file);
  else await getToDisk(context, server, file, { output, force, json });
  return EXIT_CODE.ok;
}

async function findFile({ execute }: Server, id: string): Promise<RemoteFile> {
  const { file } = await execute(CliFileDocument, { id });
  if (!file) {
    const message = "There is no such file, or it is somebody else's. See: signet ls";
    throw new CommandError(EXIT_CODE.failed, "FILE_NOT_FOUND", message);
  }
  if (file.status === "READY") return file;
  const message = NOT_READY[file.status] ?? `The file is ${file.status}.`;
  throw new CommandError(EXIT_CODE.failed, `FILE_${file.status}`, message);
}

const NOT_READY: Readonly<Record<string, string>> = {
  PENDING: "This file is not there yet: its upload is unfinished.",
  VERIFYING: "This file is being checked right now. Try again in a moment.",
  DELETED: "This file is in the trash. Bring it back with: signet restore ID",
  REJECTED: "This file was refused by the server when it was checked.",
  EXPIRED: "The upload of this file was never finished.",
};

async function freshUrl(server: Server, id: string): Promise<string> {
  const { url } = await findFile(server, id);
  if (!url) throw new CommandError(EXIT_CODE.unreachable, "STORAGE", "The server gives no link to this file now.");
  return url;
}

async function getToDisk(
  { terminal, state, workingFolder, signal }: Context,
  server: Server,
  file: RemoteFile,
  { output, force, json }: { output: string | undefined; force: boolean; json: boolean },
): Promise<void> {
  const { id, filename, size, sha256 } = file;
  const target = await targetOf(workingFolder, output, localName(filename, id));
  if (!force) await assertFree(target);
  const part = await openPartFile({ target, fileId: id, sizeBytes: size, server: server.url, state, force });
  const { startBytes, etag } = part;
  if (startBytes > 0) terminal.note(`${printable(filename)}: resumed at ${percentOf(startBytes, size)} %`);
  const line = createRateLine(terminal, { name: filename, totalBytes: size, startBytes });
  try {
    await download({
      sizeBytes: size,
      startBytes,
      etag,
      freshUrl: () => freshUrl(server, id),
      begin: async ({ etag: tag }) => {
        line.restart();
        await part.begin(tag);
      },
      write: async (chunk) => {
        await part.write(chunk);
        line.moved(chunk.byteLength);
      },
      signal,
    });
    await part.check(sha256);
    await part.finish(force);
  } finally {
    line.end();
    await part.close();
  }
  const words = `${target}  ${formatBytes(size)}  ${sha256 ? "SHA-256 compared" : "length compared"}`;
  const facts = {
    id,
    file: target,
    name: filename,
    sizeBytes: size,
    sha256: sha256 ?? null,
    resumedAtBytes: startBytes,
  };
  terminal.print(json ? JSON.stringify(facts) : printable(words));
}

/** Nothing can be taken back from a stream: what differs is only said. */
async function getToStream({ terminal, signal }: Context, server: Server, file: RemoteFile): Promise<void> {
  const { id, size, sha256 } = file;
  const hash = createHash("sha256");
  let begun = false;
  await download({
    sizeBytes: size,
    startBytes: 0,
    etag: undefined,
    freshUrl: () => freshUrl(server, id),
    begin: async () => {
      if (begun) throw damaged("the store has another version than a moment ago");
      begun = true;
    },
    write: async (chunk) => {
      hash.update(chunk);
      await writeTo(terminal.bytes, chunk);
    },
    signal,
  });
  if (sha256 && hash.digest("hex") !== sha256) throw damaged("its SHA-256 differs");
}

function writeTo(stream: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((done, fail) => stream.write(chunk, (error) => (error ? fail(error) : done())));
}

async function targetOf(workingFolder: string, output: string | undefined, own: string): Promise<string> {
  if (output === undefined) return resolve(workingFolder, own);
  const path = resolve(workingFolder, output);
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  return isFolder ? join(path, own) : path;
}
