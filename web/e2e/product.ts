import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The product as a person starts it: one process with its own database and store, on free ports. */
export interface Product {
  /** The page's URL, with a slash at the end. */
  readonly page: string;
  readonly graphql: string;
  /** Stops it as Ctrl-C does, and removes its data unless they were given. */
  stop(): Promise<void>;
}

/** What differs from `npm start`. */
export interface ProductOptions {
  /** Keep data here. Default: a folder that goes with the product. */
  readonly dataDir?: string;
  /** More settings of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const MAIN = fileURLToPath(new URL("../../../api/dist/src/main.js", import.meta.url));
const START_MS = 60_000;
const STOP_MS = 20_000;

/** Starts the built product and waits until it is ready. Rejects with its output when it does not start. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const dataDir = options.dataDir ?? (await makeDataDir());
  const child = spawn(process.execPath, [MAIN, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      TMPDIR: process.env["TMPDIR"],
      LOG_LEVEL: "warn",
      PORT: "0",
      EMBEDDED_S3_PORT: "0",
      EMBEDDED_POSTGRES_PORT: "0",
      DATA_DIR: dataDir,
      ...options.env,
    },
  });
  const stop = async (): Promise<void> => {
    await end(child);
    if (!options.dataDir) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const { page, graphql } = await readyLine(child);
    return { page, graphql, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readyLine(child: ChildProcess): Promise<{ page: string; graphql: string }> {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-8_000)));
  const timeout = AbortSignal.timeout(START_MS);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const first = once(lines, "line", { signal: timeout }) as Promise<[string]>;
  const ended = once(child, "exit", { signal: timeout }).then(([code]) => {
    throw new Error(`the product ended with ${String(code)} before it was ready:\n${said}`);
  });
  // Whichever loses the race still ends, unheard.
  ended.catch(() => undefined);
  const [line] = await Promise.race([first, ended]);
  return JSON.parse(line) as { page: string; graphql: string };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(timer);
}

/** As root the database runs as another user, who has to pass: else it would keep its data elsewhere, to stay there. */
async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "signet-product-"));
  await chmod(dataDir, 0o711);
  return dataDir;
}
