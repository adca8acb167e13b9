import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { TASKSET } from "./cores.js";
import type { LoadPlan, LoadResult } from "./load-plan.js";

const GENERATOR = fileURLToPath(new URL("./generator.js", import.meta.url));
/** Beyond the plan's own time: its drain, its start, a busy machine. */
const ENDS_WITHIN_MS = 60_000;

/**
 * Carries a plan out in a process of its own.
 * @param core where it is to run; null: anywhere
 * @throws Error with what it said when it fails
 */
export async function runLoad(plan: LoadPlan, core: number | null = null): Promise<LoadResult> {
  const [program, words] =
    core === null ? [process.execPath, [GENERATOR]] : [TASKSET, ["-c", String(core), process.execPath, GENERATOR]];
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), plan.seconds * 1000 + ENDS_WITHIN_MS);
  try {
    child.stdin.end(JSON.stringify(plan));
    const [output, errors, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "exit"),
    ]);
    if (code !== 0) throw new Error(`the load generator ended with ${code ?? signal}: ${errors}`);
    return JSON.parse(output) as LoadResult;
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
  }
}
