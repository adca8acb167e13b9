import { describe, expect, test } from "@jest/globals";
import { PassThrough } from "node:stream";
import { readLine } from "./read-line.js";

/** Types `keys` into a terminal as soon as the question stands. */
function answer(keys: string): { line: Promise<string>; interrupted: () => boolean } {
  const input = new PassThrough();
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  const stopping = new AbortController();
  const line = readLine("Delete? ", {
    input,
    output,
    signal: stopping.signal,
    onInterrupt: () => stopping.abort(new Error("interrupted")),
  });
  input.write(keys);
  return { line, interrupted: () => stopping.signal.aborted };
}

describe("a question at the terminal", () => {
  test("gives the line", async () => {
    expect(await answer("yes\r").line).toBe("yes");
  });

  test("Ctrl-C interrupts the command, as everywhere else", async () => {
    const { line, interrupted } = answer("\x03");
    await expect(line).rejects.toThrow("interrupted");
    expect(interrupted()).toBe(true);
  });

  test("Ctrl-D is no answer, and no error", async () => {
    const { line, interrupted } = answer("\x04");
    expect(await line).toBe("");
    expect(interrupted()).toBe(false);
  });
});
