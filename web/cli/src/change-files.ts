import type { UploadProblem } from "../../src/upload/index.js";
import type { Context } from "./command.js";
import { EXIT_CODE, worstOf } from "./exit-code.js";
import type { ExitCode } from "./exit-code.js";
import { explain, explainProblem } from "./explain.js";
import { parseFileId } from "./file-id.js";
import type { Server } from "./server.js";
import { printable } from "./terminal.js";

/** What became of one file: words and facts, or the server's refusal. */
export type Change =
  { readonly line: string; readonly facts: Readonly<Record<string, unknown>> } | { readonly problem: UploadProblem };

/** Does the same to several files, one after the other; one that is refused stops no other. */
export async function changeFiles(
  { openServer, terminal, signal }: Context,
  named: readonly string[],
  options: { readonly "token-file"?: string | undefined; readonly json?: boolean | undefined },
  change: (server: Server, id: string) => Promise<Change>,
): Promise<ExitCode> {
  const server = await openServer(options["token-file"]);
  // A wrong one among them is found before anything is done.
  const ids = named.map((text) => parseFileId(text, server.url));
  const codes: ExitCode[] = [];
  for (const id of ids) {
    if (signal.aborted) return EXIT_CODE.interrupted;
    const outcome = await change(server, id).catch((error: unknown) => explain(error));
    if ("line" in outcome) {
      terminal.print(options.json ? JSON.stringify(outcome.facts) : outcome.line);
      continue;
    }
    const { exitCode, code, message } = "problem" in outcome ? explainProblem(outcome.problem) : outcome;
    codes.push(exitCode);
    if (options.json) terminal.print(JSON.stringify({ id, status: "FAILED", code, message }));
    else terminal.note(`signet: ${printable(id)}: ${message}`);
  }
  return worstOf(codes);
}
