import { createInterface } from "node:readline/promises";

/** What asking needs. */
export interface ReadLineOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
  /** Called at Ctrl-C: while a line is read the terminal gives it as a key and not as a signal. */
  readonly onInterrupt: () => void;
}

/**
 * Asks a question and gives the line that is typed; nothing when there will be none (Ctrl-D).
 * Rejects with the signal's reason.
 */
export async function readLine(question: string, options: ReadLineOptions): Promise<string> {
  const { input, output, signal, onInterrupt } = options;
  const lines = createInterface({ input, output });
  lines.once("SIGINT", onInterrupt);
  // Not every version of Node settles the question when its input ends.
  const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    return await Promise.race([lines.question(question, { signal }).catch(() => ""), ended]);
  } finally {
    lines.close();
    signal.throwIfAborted();
  }
}
