import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startStoreProxy } from "./store-proxy.js";
import type { StoreProxy } from "./store-proxy.js";

/** The product as a person starts it: one process with its own database and store, on free ports. */
export interface Product {
  /** The page's URL, with a slash at the end. */
  readonly page: string;
  readonly graphql: string;
  /** Ends the service as Ctrl-C does. Its data stays, and a store behind a proxy goes on. */
  stopService(): Promise<void>;
  /** Starts it again on the same port and data. */
  startService(): Promise<void>;
  /** Stops it as Ctrl-C does, and removes its data unless they were given. */
  stop(): Promise<void>;
}

/** A product whose signed URLs lead through a proxy: the store is a process of its own behind it. */
export interface ProxiedProduct extends Product {
  readonly store: StoreProxy;
}

/** What differs from `npm start`. */
export interface ProductOptions {
  /** Keep data here. Default: a folder that goes with the product. */
  readonly dataDir?: string;
  /** More settings of the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Puts a proxy between clients and the store. */
  readonly storeProxy?: boolean;
}

const MAIN = fileURLToPath(new URL("../../../api/dist/bundle/main.js", import.meta.url));
const STORE = fileURLToPath(new URL("../../../api/dist/embedded/s3/cli.js", import.meta.url));
const START_MS = 60_000;
const STOP_MS = 20_000;

/** Starts the built product and waits until it is ready. Rejects with its output when it does not start. */
export async function startProduct(options: ProductOptions & { readonly storeProxy: true }): Promise<ProxiedProduct>;
export async function startProduct(options?: ProductOptions): Promise<Product>;
export async function startProduct(options: ProductOptions = {}): Promise<Product & { readonly store?: StoreProxy }> {
  const dataDir = options.dataDir ?? (await makeDataDir());
  const env: Record<string, string> = { LOG_LEVEL: "warn", PORT: "0", DATA_DIR: dataDir, ...options.env };
  const stops: (() => Promise<void>)[] = [];
  let service: ChildProcess | undefined;
  const start = async (): Promise<{ page: string; graphql: string }> => {
    service = run([MAIN, "--json"], { EMBEDDED_S3_PORT: "0", EMBEDDED_POSTGRES_PORT: "0", ...env });
    return firstLine<{ page: string; graphql: string }>(service);
  };
  const stopService = async (): Promise<void> => {
    if (service) await end(service);
  };
  const startService = async (): Promise<void> => void (await start());
  const stop = async (): Promise<void> => {
    await stopService();
    for (const stopPart of stops.splice(0).reverse()) await stopPart();
    if (!options.dataDir) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const store = options.storeProxy ? await openStore(dataDir, env, stops) : undefined;
    const { page, graphql } = await start();
    env["PORT"] = new URL(page).port;
    return { page, graphql, ...(store ? { store } : {}), stopService, startService, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a store with a proxy before it, and tells the service of both in `env`. */
async function openStore(
  dataDir: string,
  env: Record<string, string>,
  stops: (() => Promise<void>)[],
): Promise<StoreProxy> {
  const bucket = "signet";
  const child = run([STORE, "--data-dir", join(dataDir, "store"), "--bucket", bucket], {});
  stops.push(() => end(child));
  const own = await firstLine<{ endpoint: string; accessKeyId: string; secretAccessKey: string }>(child);
  const proxy = await startStoreProxy(own.endpoint);
  stops.push(() => proxy.stop());
  Object.assign(env, {
    S3_BUCKET: bucket,
    S3_ENDPOINT: own.endpoint,
    S3_PUBLIC_ENDPOINT: proxy.endpoint,
    AWS_ACCESS_KEY_ID: own.accessKeyId,
    AWS_SECRET_ACCESS_KEY: own.secretAccessKey,
  });
  return proxy;
}

function run(words: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const { PATH, HOME, TMPDIR } = process.env;
  return spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"], env: { PATH, HOME, TMPDIR, ...env } });
}

async function firstLine<T>(child: ChildProcess): Promise<T> {
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
  return JSON.parse(line) as T;
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
