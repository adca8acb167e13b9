import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { StoreTarget } from "./conformance/subject.js";

/** The store as a process of its own, as the tests need it: to be killed, measured and started again. */
export interface StoreProcess {
  target: StoreTarget;
  pid: number;
  /** Ends the process and resolves when it is gone: SIGKILL gives it no chance to tidy up. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<{ code: number | null }>;
}

/**
 * Starts `cli.js` and waits for its first line.
 * @throws Error with what it wrote to stderr when it ends before that
 */
export async function startStoreProcess(options: {
  dataDir: string;
  durable: boolean;
  port?: number;
}): Promise<StoreProcess> {
  const script = fileURLToPath(new URL("./cli.js", import.meta.url));
  const flags = ["--data-dir", options.dataDir, "--port", String(options.port ?? 0), "--secret-key", "secret"];
  const child = spawn(process.execPath, [script, ...flags, ...(options.durable ? [] : ["--no-fsync"])], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (data: Buffer) => (complaints += data.toString()));
  const line = await Promise.race([
    once(createInterface(child.stdout), "line").then(([text]) => String(text)),
    once(child, "exit").then(([code]) => {
      throw new Error(`the store ended with ${String(code)}: ${complaints}`);
    }),
  ]);
  return {
    target: JSON.parse(line) as StoreTarget,
    pid: child.pid as number,
    end: (signal) => endProcess(child, signal),
  };
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<{ code: number | null }> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }
  return { code: child.exitCode };
}

/** Resident memory of a process in bytes: now, and the most it ever had. Linux only. */
export async function readMemory(pid: number): Promise<{ nowBytes: number; peakBytes: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const field = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  return { nowBytes: field("VmRSS"), peakBytes: field("VmHWM") };
}
