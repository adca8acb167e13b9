import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Context } from "./command.js";
import { CommandError, EXIT_CODE } from "./exit-code.js";
import { readLine } from "./read-line.js";
import { run } from "./run.js";
import { openServer } from "./server.js";
import { createStateFolder } from "./state-folder.js";
import { createTerminal } from "./terminal.js";

/** The command as a process: the only file that knows its environment, its streams and its signals. */
const { env, stdin, stdout, stderr } = process;
const stopping = new AbortController();
const interrupt = (): void => stopping.abort(new Error("interrupted"));

const terminal = createTerminal({
  stdin,
  stdout,
  stderr,
  env,
  readLine: (question) =>
    readLine(question, { input: stdin, output: stderr, signal: stopping.signal, onInterrupt: interrupt }),
});

const context: Context = {
  terminal,
  openServer: async (tokenFile) => {
    const token = tokenFile === undefined ? env["SIGNET_TOKEN"] : await readToken(tokenFile);
    const address = { url: env["SIGNET_URL"] || "http://localhost:4000", token: token || undefined };
    return openServer(address, (words) => terminal.note(`signet: warning: ${words}`));
  },
  // https://specifications.freedesktop.org/basedir-spec/latest/
  state: createStateFolder(join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "signet")),
  workingFolder: process.cwd(),
  signal: stopping.signal,
};

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(resolve(file), "utf8")).trim();
  } catch (cause) {
    const message = `The token file ${file} cannot be read: ${(cause as Error).message}`;
    throw new CommandError(EXIT_CODE.usage, "USAGE", message, { cause });
  }
}

async function version(): Promise<string> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

// Only the first one is handled: the next ends the process at once, as ever.
process.once("SIGINT", interrupt);
process.once("SIGTERM", () => stopping.abort(new Error("terminated")));
// Whoever reads the output may have had enough of it (`signet ls | head -1`).
stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : EXIT_CODE.failed));

process.exitCode = await run(process.argv.slice(2), { context, version });
// What is under way at the server may take a minute; who has pressed Ctrl-C does not wait for it.
if (stopping.signal.aborted) process.exit();
