import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { S3Client } from "@aws-sdk/client-s3";
import type { DataSource } from "typeorm";
import { processesWorkingIn } from "../embedded/process-identity.js";
import { createDataSource } from "../src/db/data-source.js";
import { UNLIMITED } from "./api-process.js";
import type { Holdings } from "./invariants.js";
import type { Api } from "./operations.js";

const MAIN = fileURLToPath(new URL("../bundle/main.js", import.meta.url));
const READY_WITHIN_MS = 60_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The product as `npm start` runs it: one process with its embedded Postgres and store on a data folder. */
export interface ProductProcess extends Api {
  readonly url: string;
  /** Settles when the process has ended, however. */
  readonly exit: Promise<Exit>;
  /** Everything it wrote to stderr so far. */
  log(): string;
  /** To its whole process group, as a terminal's Ctrl-C does. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it at once, and the embedded store with it; its Postgres goes on. */
  kill(): Promise<void>;
}

/** Starts the product without waiting for it. */
export function spawnProduct(dataDir: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [MAIN, "--json"], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PORT: "0",
      EMBEDDED_S3_PORT: "0",
      EMBEDDED_POSTGRES_PORT: "0",
      DATA_DIR: dataDir,
      LOG_LEVEL: "warn",
      ...UNLIMITED,
      ...env,
    },
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const exit = (once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>).then(
    ([code, signal]): Exit => ({ code, signal }),
  );
  return {
    stdout: child.stdout,
    exit,
    log: () => log,
    signal(signal: NodeJS.Signals): void {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, signal);
    },
  };
}

/** Starts the product and waits until it is ready. @throws Error with what it said when it ends before */
export async function startProduct(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ProductProcess> {
  const product = spawnProduct(dataDir, env);
  const { url } = await readyLine(product);
  const tokens = new Map<string, Promise<string>>();
  return {
    url,
    exit: product.exit,
    log: product.log,
    signal: product.signal,
    async kill() {
      product.signal("SIGKILL");
      await product.exit;
    },
    async call(user, query, variables = {}) {
      if (!tokens.has(user)) tokens.set(user, fetchToken(url, user));
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${await tokens.get(user)}` },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as { data: never }) };
    },
  };
}

async function readyLine(product: ReturnType<typeof spawnProduct>): Promise<{ url: string }> {
  const timer = setTimeout(() => product.signal("SIGKILL"), READY_WITHIN_MS);
  try {
    let text = "";
    for await (const chunk of product.stdout) {
      text += String(chunk);
      if (text.includes("\n")) return JSON.parse(text) as { url: string };
    }
    throw new Error(`the product did not start: ${product.log()}`);
  } finally {
    clearTimeout(timer);
  }
}

async function fetchToken(url: string, user: string): Promise<string> {
  const response = await fetch(`${url}/dev/token?user=${encodeURIComponent(user)}`);
  return ((await response.json()) as { token: string }).token;
}

/** Database and bucket of a running product, for asserting and for letting time pass. The caller closes it. */
export async function openHoldings(dataDir: string): Promise<Holdings & { close(): Promise<void> }> {
  const { parts } = JSON.parse(await readFile(join(dataDir, "embedded.json"), "utf8")) as {
    parts: Record<"postgres" | "s3", Record<string, string>>;
  };
  const { S3_ENDPOINT, S3_REGION, S3_BUCKET, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = parts.s3;
  const s3 = new S3Client({
    endpoint: S3_ENDPOINT!,
    region: S3_REGION!,
    forcePathStyle: true,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID!, secretAccessKey: AWS_SECRET_ACCESS_KEY! },
  });
  const db: DataSource = createDataSource({
    url: parts.postgres["DATABASE_URL"]!,
    poolSize: 2,
    connectTimeoutMs: 10_000,
    entities: [],
    migrations: [],
    onPoolError: () => undefined,
  });
  await db.initialize();
  return {
    db,
    s3,
    bucket: S3_BUCKET!,
    async close() {
      s3.destroy();
      await db.destroy();
    },
  };
}

/** Pids of the Postgres processes that work on the data folder; on Linux only, elsewhere none can be seen. */
export const postgresProcesses = (dataDir: string): Promise<number[]> =>
  processesWorkingIn(join(dataDir, "postgres", "data"));
