import { describe, expect, test } from "@jest/globals";
import { PassThrough } from "node:stream";
import { createTerminal, printable } from "./terminal.js";
import type { Terminal } from "./terminal.js";

/** A terminal that keeps what it was sent, in order: both streams lead to the same screen. */
function open(options: { tty: boolean; env?: Record<string, string>; answer?: string }): {
  terminal: Terminal;
  screen: () => string;
} {
  let text = "";
  const stream = Object.assign(new PassThrough(), { isTTY: options.tty, columns: 80, rows: 24 });
  stream.write = ((chunk: unknown) => {
    text += String(chunk);
    return true;
  }) as typeof stream.write;
  const streams = { stdin: stream, stdout: stream, stderr: stream } as unknown as Pick<
    Parameters<typeof createTerminal>[0],
    "stdin" | "stdout" | "stderr"
  >;
  const readLine = (): Promise<string> => Promise.resolve(options.answer ?? "");
  return { terminal: createTerminal({ ...streams, env: options.env ?? {}, readLine }), screen: () => text };
}

const ESCAPE = String.fromCharCode(27);
const MOVES = new RegExp(`(${ESCAPE}\\[\\d*[AJ]|\\n|\\r)`);
const UP = new RegExp(`${ESCAPE}\\[(\\d+)A`);

/** What stays on a screen that understands "up", "to the line's start" and "clear from here". */
function seen(text: string): string[] {
  let lines = [""];
  for (const piece of text.replaceAll("\x1b[?7l", "").replaceAll("\x1b[?7h", "").split(MOVES)) {
    const up = UP.exec(piece);
    if (up) lines = [...lines.slice(0, lines.length - 1 - Number(up[1])), ""];
    else if (piece === "\n") lines.push("");
    else if (piece !== "\r" && piece !== "\x1b[J") lines[lines.length - 1] += piece;
  }
  return lines.filter(Boolean);
}

describe("where somebody watches", () => {
  test("shown lines stay below what is printed, and take each other's place", () => {
    const { terminal, screen } = open({ tty: true });
    terminal.show(["a 10 %", "total"]);
    terminal.print("first");
    terminal.show(["a 20 %", "b 0 %", "total"]);
    terminal.note("second");
    terminal.show(["b 30 %", "total"]);
    expect(seen(screen())).toEqual(["first", "second", "b 30 %", "total"]);
    terminal.show([]);
    expect(seen(screen())).toEqual(["first", "second"]);
  });

  test("a line that is too wide does not wrap, and wrapping is on again afterwards", () => {
    const { terminal, screen } = open({ tty: true });
    terminal.show(["x".repeat(500)]);
    expect(screen()).toBe(`\x1b[?7l${"x".repeat(500)}\n\x1b[?7h`);
  });

  test("NO_COLOR takes the colour and leaves the lines; TERM=dumb takes both", () => {
    expect(open({ tty: true }).terminal).toMatchObject({ live: true, colour: true });
    expect(open({ tty: true, env: { NO_COLOR: "1" } }).terminal).toMatchObject({ live: true, colour: false });
    expect(open({ tty: true, env: { TERM: "dumb" } }).terminal).toMatchObject({ live: false, colour: false });
  });

  test.each([
    ["y", true],
    ["Yes", true],
    ["", false],
    ["n", false],
    ["yellow", false],
  ])("the answer %p is taken as %p", async (answer, agreed) => {
    expect(await open({ tty: true, answer }).terminal.ask("Delete?")).toBe(agreed);
  });
});

describe("where nobody watches", () => {
  test("nothing moves, and nobody is asked", async () => {
    const { terminal, screen } = open({ tty: false, answer: "y" });
    terminal.show(["a 10 %"]);
    terminal.print("first");
    terminal.show([]);
    expect(screen()).toBe("first\n");
    expect(terminal).toMatchObject({ live: false, colour: false });
    expect(await terminal.ask("Delete?")).toBeUndefined();
  });
});

test("what a server says in a note cannot steer the terminal either; lines stay lines", () => {
  const { terminal, screen } = open({ tty: true });
  terminal.note("signet: \x1b]0;owned\x07\nSee: signet --help");
  expect(screen()).toBe("signet: \uFFFD]0;owned\uFFFD\nSee: signet --help\n");
});

test("text from elsewhere cannot steer the terminal", () => {
  expect(printable("a\x1b[31mb\u202Ec\nd\u009be – grüße 日本")).toBe("a\uFFFD[31mb\uFFFDc\uFFFDd\uFFFDe – grüße 日本");
});
