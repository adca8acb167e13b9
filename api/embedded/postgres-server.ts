import type { ChildProcess } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { EmbeddedError, messageOf, systemCode } from "./embedded-error.js";
import type { PostgresBinaries } from "./postgres-binaries.js";
import { SERVER_ENVIRONMENT } from "./postgres-binaries.js";
import type { PostgresCredentials, PostgresData } from "./postgres-data.js";
import type { PostgresLog } from "./postgres-log.js";
import { lastWords } from "./postgres-log.js";
import type { ProcessIdentity } from "./process-identity.js";
import { commandLineOf, identifyProcess, pidExists, processesWorkingIn, stateOf } from "./process-identity.js";

/** A server process that answers. */
export interface PostgresServer {
  process: ProcessIdentity;
  port: number;
}

const run = promisify(execFile);
const HOST = "127.0.0.1";
/** A server that was killed first replays its log; under load a first start has been seen to take two minutes. */
const START_PATIENCE_MS = 180_000;
const STOP_PATIENCE_MS = 60_000;
/** After a kill -9 of the postmaster its children hold shared memory until they notice. */
const ORPHANS_PATIENCE_MS = 15_000;
const POLL_MS = 25;

/**
 * The server that an earlier process left running on this data, or undefined when none runs. One that is just starting
 * or stopping is waited for.
 * @throws EmbeddedError `START_FAILED` when the server runs but does not answer
 */
export async function findRunningServer(
  data: PostgresData,
  credentials: PostgresCredentials,
): Promise<PostgresServer | undefined> {
  const found = await readPidFile(data);
  if (found === undefined) return undefined;
  const running = await identifyProcess(found.pid);
  const deadline = Date.now() + START_PATIENCE_MS;
  while (running !== undefined && (await stateOf(running)) === "running") {
    const { port } = (await readPidFile(data)) ?? found;
    let failure: unknown = new Error(`another server answers on port ${port}`);
    try {
      if (await servesData(port, data, credentials)) return { process: running, port };
    } catch (error) {
      failure = error;
    }
    if (!(await commandLineOf(running.pid)).includes(`-D ${data.cluster} `)) break;
    if (Date.now() > deadline || isRefusal(failure)) throw silent(data, running.pid, failure);
    await sleep(POLL_MS);
  }
  if (pidExists(found.pid)) await removePidFile(data);
  return undefined;
}

/**
 * Postgres clears away the postmaster.pid of a process that is gone; but not when that pid now names another program, or
 * a zombie that the container's first process never waits for. That file also guards against children that outlive
 * their killed postmaster (https://www.postgresql.org/docs/18/server-shutdown.html), so they are waited for here.
 */
async function removePidFile(data: PostgresData): Promise<void> {
  const deadline = Date.now() + ORPHANS_PATIENCE_MS;
  for (;;) {
    const orphans = await processesWorkingIn(data.cluster);
    if (orphans.length === 0) break;
    if (Date.now() > deadline) {
      throw new EmbeddedError("START_FAILED", {
        what: "The embedded Postgres was not started.",
        why: `Processes of the server before it still work on ${data.cluster}: ${orphans.join(", ")}.`,
        mend: `Nothing was changed. End them (kill ${orphans.join(" ")}) and start again.`,
      });
    }
    await sleep(POLL_MS);
  }
  await rm(join(data.cluster, "postmaster.pid"), { force: true });
}

/**
 * Starts a server on 127.0.0.1 and waits until it answers. It is its own process group, so that Ctrl-C in our terminal
 * does not reach it before we have finished with it.
 * @param port 0 for any free one
 * @throws EmbeddedError `PORT_TAKEN`, `START_FAILED`
 */
export async function startServer(
  { data, binaries, credentials, log }: StartArguments,
  { port, durable }: { port: number; durable: boolean },
): Promise<PostgresServer> {
  const deadline = Date.now() + ORPHANS_PATIENCE_MS;
  for (;;) {
    const chosen = await freePort(port);
    const attempt = await tryStart({ data, binaries, credentials, log }, { port: chosen, durable });
    if (!("reason" in attempt)) return attempt;
    const words = attempt.reason.join(" / ");
    if (/could not bind|Address already in use/i.test(words)) {
      if (port !== 0) throw portTaken(port);
    } else if (!/shared memory block/.test(words)) throw startFailed(log, words);
    if (Date.now() > deadline) throw startFailed(log, words);
    await sleep(POLL_MS * 4);
  }
}

/** What a start needs. */
export interface StartArguments {
  data: PostgresData;
  binaries: PostgresBinaries;
  credentials: PostgresCredentials;
  log: PostgresLog;
}

/**
 * Stops a server: running statements are cancelled, everything is written, the data stays ("fast shutdown",
 * https://www.postgresql.org/docs/18/server-shutdown.html). Nothing happens when it is gone already.
 * @throws EmbeddedError `STOP_FAILED` when it still runs after a minute
 */
export async function stopServer(
  { process: server }: PostgresServer,
  data: PostgresData,
  binaries: PostgresBinaries,
): Promise<void> {
  if ((await stateOf(server)) === "gone") return;
  if (process.platform === "win32") {
    await run(binaries.pgCtl, ["stop", "-D", data.cluster, "-m", "fast", "-w"], { env: SERVER_ENVIRONMENT });
    return;
  }
  signal(server.pid, "SIGINT");
  const deadline = Date.now() + STOP_PATIENCE_MS;
  for (let waitMs = 5; (await stateOf(server)) !== "gone"; waitMs = Math.min(waitMs * 2, 100)) {
    if (Date.now() > deadline) {
      throw new EmbeddedError("STOP_FAILED", {
        what: `The embedded Postgres (process ${server.pid}) did not stop within ${STOP_PATIENCE_MS / 1000} s.`,
        why: "It was asked to (fast shutdown) and still runs; its data is safe.",
        mend: `Look at its log in ${data.home}, and stop it with: kill -QUIT ${server.pid}.`,
      });
    }
    await sleep(waitMs);
  }
}

/** Tells a server to stop without waiting: for a process that is about to end. Postgres goes on and finishes by itself. */
export function askServerToStop({ process: { pid } }: PostgresServer): void {
  signal(pid, "SIGINT");
}

/** A connection of the superuser to `database`; the caller ends it. */
export async function connectAsAdmin(
  port: number,
  credentials: PostgresCredentials,
  database = "postgres",
): Promise<pg.Client> {
  const client = new pg.Client({
    host: HOST,
    port,
    user: "postgres",
    password: credentials.admin,
    database,
    ssl: false,
    connectionTimeoutMillis: 10_000,
  });
  client.on("error", () => undefined); // a server that dies later is noticed by whoever asks it next
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function tryStart(
  start: StartArguments,
  { port, durable }: { port: number; durable: boolean },
): Promise<PostgresServer | { reason: string[] }> {
  const { data, credentials, log } = start;
  const child = launch(start, { port, durable });
  let ended: string | undefined;
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code, by) => (ended ??= `it ended with ${by ?? `status ${code}`}`));
  const giveUp = (): void => {
    if (ended === undefined && child.pid !== undefined) signal(child.pid, "SIGINT");
  };
  process.once("exit", giveUp); // should we end before it answers
  try {
    const deadline = Date.now() + START_PATIENCE_MS;
    let failure: unknown;
    while (ended === undefined && Date.now() < deadline) {
      await sleep(POLL_MS);
      try {
        if (!(await servesData(port, data, credentials))) continue; // a stranger got the port first: ours will end
        const identity = child.pid === undefined ? undefined : await identifyProcess(child.pid);
        if (identity !== undefined) return { process: identity, port };
      } catch (error) {
        failure = error;
        if (isRefusal(error)) break;
      }
    }
    giveUp();
    return { reason: [...(await lastWords(log)), ended ?? `it does not let us in: ${messageOf(failure)}`] };
  } finally {
    process.off("exit", giveUp);
  }
}

function launch(
  { data, binaries, log }: StartArguments,
  { port, durable }: { port: number; durable: boolean },
): ChildProcess {
  const settings = {
    unix_socket_directories: "",
    max_connections: "200",
    timezone: "UTC",
    log_timezone: "UTC",
    logging_collector: "off",
    ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const output = openSync(log.path, "a", 0o600);
  try {
    const child = spawn(binaries.postgres, ["-D", data.cluster, "-h", HOST, "-p", String(port), ...flags], {
      ...data.user,
      cwd: process.platform === "win32" ? data.home : "/",
      env: SERVER_ENVIRONMENT,
      stdio: ["ignore", output, output],
      detached: true,
      windowsHide: true,
    });
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

/** Whether the server behind `port` is the one of our data: it knows our password and names our folder. */
async function servesData(port: number, data: PostgresData, credentials: PostgresCredentials): Promise<boolean> {
  const client = await connectAsAdmin(port, credentials);
  try {
    const { rows } = await client.query<{ data_directory: string }>("show data_directory");
    return rows[0]?.data_directory === data.cluster;
  } finally {
    await client.end();
  }
}

/** The lines of postmaster.pid: pid, data folder, start time, port, … (src/include/utils/pidfile.h of PostgreSQL 18). */
async function readPidFile({ cluster }: PostgresData): Promise<{ pid: number; port: number } | undefined> {
  const text = await readFile(join(cluster, "postmaster.pid"), "utf8").catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const [pid, , , port] = text.split("\n").map(Number);
  return pid !== undefined && Number.isInteger(pid) && pid > 1 ? { pid, port: port ?? 0 } : undefined;
}

async function freePort(wanted: number): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once("error", (error) => {
      reject(systemCode(error) === "EADDRINUSE" || systemCode(error) === "EACCES" ? portTaken(wanted, error) : error);
    });
    probe.listen({ host: HOST, port: wanted, exclusive: true }, () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : wanted;
      probe.close(() => resolve(port));
    });
  });
}

/** Codes of class 28: the server is up and says no, so waiting will not help. */
function isRefusal(error: unknown): boolean {
  return systemCode(error)?.startsWith("28") ?? false;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemCode(error) !== "ESRCH") throw error;
  }
}

function portTaken(port: number, cause?: unknown): EmbeddedError {
  const denied = systemCode(cause) === "EACCES";
  return new EmbeddedError(
    "PORT_TAKEN",
    {
      what: `The embedded Postgres cannot listen on ${HOST}:${port}.`,
      why: denied ? "This user may not use that port." : "Another program listens there.",
      mend: "Stop that program, or set EMBEDDED_POSTGRES_PORT to another port (0 = any free one).",
    },
    { cause },
  );
}

function startFailed(log: PostgresLog, words: string): EmbeddedError {
  return new EmbeddedError("START_FAILED", {
    what: "The embedded Postgres did not start.",
    why: `It says: ${words}.`,
    mend: `Its whole log is ${log.path}. Nothing was deleted; with DATABASE_URL set, another Postgres is used.`,
  });
}

function silent(data: PostgresData, pid: number, cause: unknown): EmbeddedError {
  return new EmbeddedError(
    "START_FAILED",
    {
      what: `A Postgres (process ${pid}) runs on ${data.cluster}, and does not let us in.`,
      why: `The last try ended with: ${messageOf(cause)}.`,
      mend: `Stop it with kill -INT ${pid} and start again; its log is in ${data.home}.`,
    },
    { cause },
  );
}
