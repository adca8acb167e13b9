import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A peer in a process of its own. */
export interface Peer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a module beside this one, which prints `{"url"}` when it listens. @throws Error with its log when it ends before */
export async function startPeer(name: string, env: Readonly<Record<string, string>>): Promise<Peer> {
  const module = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [module], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { NODE_ENV: "production", ...env },
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const exit = once(child, "exit");
  const line = await Promise.race([
    once(createInterface(child.stdout), "line").then(([text]) => String(text)),
    exit.then(([code]) => Promise.reject(new Error(`${name} ended with ${code}: ${log}`))),
  ]);
  return {
    ...(JSON.parse(line) as { url: string }),
    pid: child.pid!,
    async stop() {
      if (child.exitCode === null) child.kill("SIGKILL");
      await exit;
    },
  };
}
