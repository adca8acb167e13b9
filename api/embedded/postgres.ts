import { claimDataDir } from "./data-dir-owner.js";
import { chooseServerUser, prepareBinaries } from "./postgres-binaries.js";
import type { PostgresCredentials } from "./postgres-data.js";
import { ensureCluster, keepCredentials, locateData } from "./postgres-data.js";
import { followPostgresLog, openPostgresLog } from "./postgres-log.js";
import type { PostgresServer, StartArguments } from "./postgres-server.js";
import { askServerToStop, connectAsAdmin, findRunningServer, startServer, stopServer } from "./postgres-server.js";

/** How to start an embedded Postgres. */
export interface EmbeddedPostgresOptions {
  /** This server's own folder; made when missing. */
  dataDir: string;
  /** On 127.0.0.1; 0 for any free one. */
  port: number;
  /** False for tests only: nothing is forced to disk, and a power cut loses data. Default true. */
  durable?: boolean;
  /** The server's log, line by line (it is kept in `server.log` beside the data in any case). */
  onLog?(line: string): void;
  /** What the launcher has to say to a person; without it, that goes to `onLog`. */
  onNotice?(line: string): void;
}

/** A running embedded Postgres. */
export interface EmbeddedPostgres {
  /** Database `signet` as the role `signet`, which owns it and may create databases, and is no superuser. */
  url: string;
  port: number;
  /** It was found running on this data, left by a process that was killed. */
  adopted: boolean;
  /** Major version, 18 for 18.4. */
  version: number;
  /** Stops the server and gives the folder back; the data stays. Idempotent. Throws EmbeddedError `STOP_FAILED`. */
  stop(): Promise<void>;
}

/**
 * Runs a real Postgres, from the binaries that npm installed, on a folder of our own. It works as root (the server then
 * runs as `postgres` or `nobody`), as any other user, without HOME, from a read-only installation, and beside a folder
 * that others cannot enter. It listens on 127.0.0.1 only, with a random password (scram-sha-256) that only this user can
 * read. One living process holds a folder; after a kill -9 of that process the next start takes over its server, or
 * recovers when that died too.
 *
 * The server does not keep this process alive; if this process exits without `stop`, it tells the server to stop.
 * @throws EmbeddedError `DATA_DIR_IN_USE`, `DATA_DIR_UNUSABLE`, `DATA_MISSING`, `DATA_VERSION`, `PORT_TAKEN`,
 *   `NO_BINARIES`, `START_FAILED`; nothing is ever deleted, and nothing is left running
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, durable = true } = options;
  const onLog = options.onLog?.bind(options);
  const say = options.onNotice?.bind(options) ?? onLog ?? (() => undefined);
  const data = await locateData(dataDir, await chooseServerUser(), say);
  const claim = await claimDataDir(data.home);
  try {
    const binaries = await prepareBinaries(data.user);
    const credentials = await keepCredentials(data);
    await ensureCluster(data, binaries, credentials, { durable });

    const left = await findRunningServer(data, credentials);
    const adopted = left !== undefined && (await fits(left, credentials, { port: options.port, durable }));
    if (left !== undefined && !adopted) await stopServer(left, data, binaries);
    const log = await openPostgresLog(data.home, { rotate: !adopted });
    const start: StartArguments = { data, binaries, credentials, log };
    const server = adopted ? left : await startServer(start, { port: options.port, durable });

    const stopFollowing = onLog === undefined ? () => undefined : followPostgresLog(log, onLog);
    const onExit = (): void => askServerToStop(server);
    process.once("exit", onExit);
    const stop = async (): Promise<void> => {
      await stopServer(server, data, binaries);
      process.off("exit", onExit);
      stopFollowing();
      await claim.release();
    };
    try {
      await ensureDatabase(server, credentials);
    } catch (error) {
      await stop();
      throw error;
    }
    let stopped: Promise<void> | undefined;
    return {
      url: `postgres://signet:${credentials.app}@127.0.0.1:${server.port}/signet`,
      port: server.port,
      adopted,
      version: binaries.majorVersion,
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    await claim.release();
    throw error;
  }
}

/** Whether a server that was found running is the one that was asked for; otherwise it is stopped and started anew. */
async function fits(
  server: PostgresServer,
  credentials: PostgresCredentials,
  { port, durable }: { port: number; durable: boolean },
): Promise<boolean> {
  if (port !== 0 && port !== server.port) return false;
  const client = await connectAsAdmin(server.port, credentials);
  try {
    const { rows } = await client.query<{ fsync: string }>("show fsync");
    return (rows[0]?.fsync === "on") === durable;
  } finally {
    await client.end();
  }
}

/** Makes the role and the database; every start looks, since an earlier one may have been killed in between. */
async function ensureDatabase({ port }: PostgresServer, credentials: PostgresCredentials): Promise<void> {
  const client = await connectAsAdmin(port, credentials);
  try {
    const role = await client.query("select from pg_roles where rolname = 'signet'");
    const verb = role.rowCount === 0 ? "create" : "alter";
    await client.query(`${verb} role signet login createdb password ${client.escapeLiteral(credentials.app)}`);
    const database = await client.query("select from pg_database where datname = 'signet'");
    if (database.rowCount === 0) await client.query("create database signet owner signet");
  } finally {
    await client.end();
  }
}
