import "./aws-node-notice.js";
import "reflect-metadata";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createApp } from "./app.js";
import type { App } from "./app.js";
import { createStorageDesk } from "./app-storage.js";
import { ConfigError, parseConfig } from "./config.js";
import type { Config } from "./config.js";
import { parseReconcileCommand, runReconcile } from "./reconcile/reconcile-command.js";
import { STOPPED_WITHIN_MS } from "./stop-app.js";
import { parseStorageCommand, runStorageCommand } from "./storage/storage-command.js";
import { createLogger } from "./telemetry/logger.js";

/** The process: environment to config, embedded servers in development, one command, signals, exit code. */

const REPOSITORY_ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PAGE_DIR = join(REPOSITORY_ROOT, "web/dist");
/** EX_CONFIG of sysexits.h: the environment is at fault. */
const EXIT_CONFIG = 78;
/** As shells report it: 128 + SIGINT. */
const EXIT_INTERRUPTED = 130;
/** Beyond what the application takes at most to stop: then something hangs that nobody has thought of. */
const EXIT_MARGIN_MS = 500;
/** When all is done: a connection to a server that hangs would keep the process. */
const EXIT_AFTER_MS = 250;

const COMMANDS = { serve, migrate, sweep, reconcile } as const;
/** Needs a store and no application. */
const STORAGE = "storage";

interface Running {
  readonly config: Config;
  readonly app: App;
  /** What follows the command's name. */
  readonly words: readonly string[];
  readonly json: boolean;
  readonly interrupted: AbortSignal;
}

async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  const json = argv.includes("--json");
  const name = argv.find((word) => !word.startsWith("-")) ?? "serve";
  const words = argv.filter((_, index) => index !== argv.indexOf(name));
  const fault = usageFault(name, words);
  if (fault !== null) return fail(fault, 2);

  const config = parseConfig(process.env, REPOSITORY_ROOT);
  const interrupted = untilInterrupted();
  if (config.databaseUrl !== null && config.store !== null) exitInTime(config, interrupted);
  const log = createLogger({ level: config.logLevel, write: (line) => process.stderr.write(line) });
  const servers = await openServers(config, name === "serve");
  try {
    if (interrupted.aborted) return name === "serve" ? 0 : EXIT_INTERRUPTED;
    if (name === STORAGE) return await storage({ config, ...servers, log }, { words, json, interrupted });
    const app = await createApp({
      config,
      databaseUrl: servers.databaseUrl,
      store: servers.store,
      storeCredentials: servers.storeCredentials,
      devSecret: servers.devSecret,
      pageDir: existsSync(join(PAGE_DIR, "index.html")) ? PAGE_DIR : null,
      log,
      onFailpoint: (line) => process.stderr.write(`${line}\n`),
    });
    try {
      return await COMMANDS[name as keyof typeof COMMANDS]({ config, app, words, json, interrupted });
    } finally {
      await app.stop();
    }
  } finally {
    await servers.stop();
  }
}

/** Told before anything is started. */
function usageFault(name: string, words: readonly string[]): string | null {
  if (name === "reconcile") {
    const command = parseReconcileCommand(words);
    return command.kind === "USAGE" ? command.why : null;
  }
  if (name === STORAGE) {
    const command = parseStorageCommand(words);
    return command.kind === "USAGE" ? command.why : null;
  }
  const unknown = words.find((word) => word.startsWith("-") && word !== "--json");
  if (name in COMMANDS && unknown === undefined) return null;
  return `Unknown ${unknown ?? name}. Commands: ${[...Object.keys(COMMANDS), STORAGE].join(", ")}; option: --json.`;
}

/**
 * Aborted by the first SIGINT or SIGTERM, or when nobody reads stdout any more, from the first moment on: whatever has
 * been started by then, an embedded Postgres above all, is stopped in order. A second signal does not wait for that.
 */
function untilInterrupted(): AbortSignal {
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(EXIT_INTERRUPTED);
      interruption.abort();
    });
  }
  // `reconcile -- --check | head`: whoever read it has gone.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    interruption.abort();
  });
  return interruption.signal;
}

/** The last resort. Not with embedded servers: a Postgres that is to be stopped in order takes as long as it takes. */
function exitInTime({ timing }: Config, interrupted: AbortSignal): void {
  const cut = (): never => process.exit(fail("Stopping took too long: the rest is left to the other processes.", 1));
  const withinMs = timing.stopDelaySeconds * 1000 + STOPPED_WITHIN_MS + EXIT_MARGIN_MS;
  interrupted.addEventListener("abort", () => setTimeout(cut, withinMs).unref(), { once: true });
}

/** Serves until it is interrupted. */
async function serve({ config, app, json, interrupted }: Running): Promise<number> {
  if (!config.production) await app.migrate();
  if (interrupted.aborted) return 0;
  const { url, withDevTokens } = await app.start();
  const urls = {
    page: `${url}/`,
    graphql: `${url}/graphql`,
    ...(config.http.sandbox ? { sandbox: `${url}/graphql`, explorer: `${url}/explorer` } : {}),
    ...(withDevTokens ? { devToken: `${url}/dev/token` } : {}),
  };
  process.stdout.write(
    json ? `${JSON.stringify({ ready: true, url, ...urls })}\n` : welcome(url, { withDevTokens, ...config.http }),
  );
  await new Promise<void>((resolve) => {
    if (interrupted.aborted) resolve();
    else interrupted.addEventListener("abort", () => resolve(), { once: true });
  });
  if (!json) process.stdout.write("\nStopping. Your files stay.\n");
  return 0;
}

async function migrate({ app, json }: Running): Promise<number> {
  const applied = await app.migrate();
  const text = applied.length === 0 ? "Nothing to migrate.\n" : `Applied ${applied.join(", ")}.\n`;
  process.stdout.write(json ? `${JSON.stringify({ applied })}\n` : text);
  return 0;
}

async function sweep({ config, app, json, interrupted }: Running): Promise<number> {
  if (!config.production) await app.migrate();
  interrupted.addEventListener("abort", () => void app.stop(), { once: true });
  const report = await app.sweep().catch((error: unknown) => {
    if (interrupted.aborted) return null;
    throw error;
  });
  if (interrupted.aborted || report === null) return EXIT_INTERRUPTED;
  const text = Object.entries(report).map(([what, count]) => `${what} ${count}`);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${text.join(", ")}\n`);
  return 0;
}

async function reconcile({ config, app, words, json, interrupted }: Running): Promise<number> {
  if (!config.production) await app.migrate();
  const exitCode = await runReconcile(app, parseReconcileCommand(words), {
    json,
    signal: interrupted,
    out: (text) => process.stdout.write(text),
    progress: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
  });
  return interrupted.aborted ? EXIT_INTERRUPTED : exitCode;
}

async function storage(
  options: Parameters<typeof createStorageDesk>[0],
  { words, json, interrupted }: Pick<Running, "words" | "json" | "interrupted">,
): Promise<number> {
  const command = parseStorageCommand(words);
  if (command.kind === "USAGE") return fail(command.why, 2);
  const exitCode = await runStorageCommand(createStorageDesk(options, interrupted), command, {
    json,
    out: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
    progress: (text) => void (process.stderr.isTTY && process.stderr.write(text)),
    isTerminal: process.stdout.isTTY,
  });
  return interrupted.aborted ? EXIT_INTERRUPTED : exitCode;
}

function welcome(url: string, shown: { readonly withDevTokens: boolean; readonly sandbox: boolean }): string {
  const sandbox = shown.sandbox ? `\n    Sandbox   ${url}/graphql    (offline: ${url}/explorer)` : "";
  const authorization = shown.withDevTokens
    ? `-H "Authorization: Bearer $(curl -s ${url}/dev/token | cut -d'"' -f4)" `
    : "";
  return `
  Signet is ready.

    Page      ${url}/${sandbox}

  Try it from a terminal:

    curl -s ${url}/graphql ${authorization}\\
      -H 'Content-Type: application/json' -d '{"query":"{ viewer { usage { usedBytes quotaBytes } } }"}'

  Ctrl-C stops everything; your files stay.
`;
}

interface Servers {
  readonly databaseUrl: string;
  readonly store: NonNullable<Config["store"]>;
  readonly storeCredentials: { accessKeyId: string; secretAccessKey: string } | null;
  readonly devSecret: string | null;
  stop(): Promise<void>;
}

/** What the environment names, and embedded servers for what it does not. A command may share a running owner's. */
async function openServers(config: Config, own: boolean): Promise<Servers> {
  const { databaseUrl, store } = config;
  if (databaseUrl !== null && store !== null)
    return { databaseUrl, store, storeCredentials: null, devSecret: null, stop: () => Promise.resolve() };

  // Loaded only here: production never sees the embedded parts.
  const { attachOrStartEmbedded, devSecret, startEmbedded } = await import("../embedded/embedded.js");
  const { dataDir, s3Port, postgresPort } = config.embedded;
  const embedded = await (own ? startEmbedded : attachOrStartEmbedded)({
    dataDir,
    postgres: databaseUrl === null ? { port: postgresPort } : undefined,
    s3: store === null ? { port: s3Port } : undefined,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const { env } = embedded;
  return {
    databaseUrl: databaseUrl ?? env["DATABASE_URL"]!,
    store: store ?? {
      bucket: env["S3_BUCKET"]!,
      region: env["S3_REGION"]!,
      endpoint: env["S3_ENDPOINT"]!,
      publicEndpoint: null,
      forcePathStyle: true,
      uploadSigner: null,
    },
    storeCredentials:
      store === null
        ? { accessKeyId: env["AWS_ACCESS_KEY_ID"]!, secretAccessKey: env["AWS_SECRET_ACCESS_KEY"]! }
        : null,
    devSecret: config.auth.kind === "development" ? await devSecret(dataDir) : null,
    stop: () => embedded.stop(),
  };
}

function fail(message: string, code: number): number {
  process.stderr.write(`${message}\n`);
  return code;
}

/** Errors that say themselves what happened and what to do need no stack. */
function explain(error: unknown): number {
  if (error instanceof ConfigError) return fail(error.message, EXIT_CONFIG);
  const told = error instanceof Error && ["EmbeddedError", "AppError", "StorageError"].includes(error.name);
  return fail(told ? error.message : String(error instanceof Error ? (error.stack ?? error) : error), 1);
}

process.exitCode = await main().catch(explain);
setTimeout(() => process.exit(), EXIT_AFTER_MS).unref();
