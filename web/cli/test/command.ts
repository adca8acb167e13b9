import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** How a command ended. */
export interface Outcome {
  /** 128 + the signal's number when a signal ended it, as shells say it. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly said: { out: string; err: string };
  readonly ended: Promise<Outcome>;
}

/** The command as people run it: the linked bin file, in a folder and with a state folder of its own. */
export interface Desk {
  readonly folder: string;
  readonly state: string;
  /** Settings of the environment that every command gets; undefined takes one away. */
  readonly env: Record<string, string | undefined>;
  start(...words: string[]): Running;
  run(...words: string[]): Promise<Outcome>;
  /** Ends whatever still runs, and removes the folder. */
  close(): Promise<void>;
}

const BIN = fileURLToPath(new URL("../../../cli/bin/signet.mjs", import.meta.url));
const SIGNALS: Readonly<Record<string, number>> = { SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };

/** @param server the product's address */
export async function openDesk(server: string): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), "signet-cli-"));
  const running = new Set<ChildProcess>();
  const { PATH, TMPDIR } = process.env;
  const state = join(folder, ".state");
  const env: Record<string, string | undefined> = { SIGNET_URL: server };

  const start = (...words: string[]): Running => {
    const child = spawn(process.execPath, [BIN, ...words], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH, TMPDIR, HOME: folder, XDG_STATE_HOME: state, ...env },
    });
    running.add(child);
    const said = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said.err += text));
    const ended = once(child, "close").then(([code, signal]): Outcome => {
      running.delete(child);
      return { code: (code as number | null) ?? SIGNALS[signal as string] ?? -1, ...said };
    });
    return { child, said, ended };
  };

  return {
    folder,
    state,
    env,
    start,
    run: (...words) => start(...words).ended,
    async close() {
      for (const child of running) child.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

let lastUser = 0;

/** Gives the desk the token of a user who has no file yet. */
export async function becomeSomebodyNew({ env }: Desk): Promise<void> {
  const response = await fetch(new URL(`/dev/token?user=cli-${process.pid}-${++lastUser}`, env["SIGNET_URL"]));
  env["SIGNET_TOKEN"] = ((await response.json()) as { token: string }).token;
}

const PATIENCE_MS = 45_000;

/** Waits until `holds`, looking often. @throws Error with `what` when it takes too long */
export async function until(holds: () => boolean, what: () => string): Promise<void> {
  for (const giveUpAt = Date.now() + PATIENCE_MS; !holds();) {
    if (Date.now() > giveUpAt) throw new Error(`it never came: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
