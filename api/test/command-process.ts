import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The repository that this compiled file belongs to. */
export const REPOSITORY_ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const MAIN = fileURLToPath(new URL("../bundle/main.js", import.meta.url));

/** A command in a process group of its own, as a terminal would start it. */
export interface CommandProcess {
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Sends the signal to the whole group, as Ctrl-C in a terminal does, and waits for the end. Repeatable. */
  stop(signal: "SIGINT" | "SIGTERM"): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const START_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 30_000;

/**
 * Starts a command and waits for a line on its stdout. Nothing of this process' environment is handed on but PATH and HOME.
 * @throws Error with all it has said, when it ends before or takes too long
 */
export async function startCommand(
  [command, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  isReady: (line: string) => boolean,
): Promise<CommandProcess> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(command, args, {
    cwd: REPOSITORY_ROOT,
    env: { PATH, HOME, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stdout: string[] = [];
  const stderr: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => stderr.push(line));
  const ended = new Promise<Awaited<ReturnType<CommandProcess["stop"]>>>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      stdout.push(line);
      if (isReady(line)) resolve();
    });
  });
  const running: CommandProcess = {
    pid: child.pid!,
    stdout,
    stderr,
    async stop(signal) {
      signalGroup(child, signal);
      return within(STOP_WITHIN_MS, ended, () => signalGroup(child, "SIGKILL"));
    },
  };
  const told = (): string => `${[command, ...args].join(" ")}\n${[...stdout, ...stderr].join("\n")}`;
  const died = ended.then(({ code }) => Promise.reject(new Error(`ended with ${code} before it was ready: ${told()}`)));
  died.catch(() => undefined);
  try {
    await within(START_WITHIN_MS, Promise.race([ready, died]));
  } catch (error) {
    await running.stop("SIGTERM");
    throw error instanceof TooLate ? new Error(`not ready in time: ${told()}`) : error;
  }
  return running;
}

class TooLate extends Error {}

async function within<Result>(ms: number, work: Promise<Result>, giveUp = (): void => undefined): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      giveUp();
      reject(new TooLate(`not within ${ms} ms`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid!, signal);
  } catch (error) {
    // Nobody is left in the group.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Processes whose command line names a path, or that belong to a group; `ps` itself and this process left out. */
export async function processesOf(path: string, group: number): Promise<string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-e", "-o", "pid=,pgid=,args="]);
  return stdout.split("\n").filter((line) => {
    const [pid, pgid] = line.trim().split(/\s+/).map(Number);
    return pid !== process.pid && (pgid === group || line.includes(path)) && !/ ps -e -o /.test(line);
  });
}
