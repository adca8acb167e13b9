import { setTimeout as after } from "node:timers/promises";
import pg from "pg";
import { CLIENT_WAITS_TIMES } from "../db/data-source.js";
import { faultOfConnect, unavailable } from "../db/database-fault.js";

export interface JobConnections {
  readonly pool: pg.Pool;
  /** Closes every connection, those in use too after a moment. */
  close(): Promise<void>;
}

const POOL_SIZE = 8;
const CONNECT_WITHIN_MS = 5_000;
const CLOSE_WITHIN_MS = 1_000;

export interface JobConnectionOptions {
  readonly databaseUrl: string;
  readonly statementTimeoutMs: number;
  readonly onError: (message: string, error: unknown) => void;
}

/**
 * A runner's own pool. The library would make one, but takes its error handlers away while connections are still open:
 * one that breaks at that moment is an unhandled "error" event and the end of this process.
 */
export function openJobConnections({ databaseUrl, statementTimeoutMs, onError }: JobConnectionOptions): JobConnections {
  const pool = new JobPool({
    connectionString: databaseUrl,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs * CLIENT_WAITS_TIMES,
    keepAlive: true,
    application_name: "signet-jobs",
  });
  const open = new Set<pg.PoolClient>();
  pool.on("error", (error) => onError("an idle connection of the job queue broke; it is replaced", error));
  // The library gives a connection back as good whose statement has timed out: each later one would wait behind that.
  pool.on("release", (_error, client) => {
    if (isWaiting(client)) void (client as unknown as pg.Client).end();
  });
  pool.on("connect", (client) => {
    open.add(client);
    // Whoever uses it is told by the failing query; without a listener the event would end this process.
    client.on("error", () => undefined);
  });
  pool.on("remove", (client) => open.delete(client));
  return {
    pool,
    async close() {
      const ended = pool.end();
      await Promise.race([ended, after(CLOSE_WITHIN_MS, undefined, { ref: false })]);
      // A runner that hangs keeps its connections; open sockets would keep this process.
      for (const client of open) (client as unknown as pg.Client).end().catch(() => undefined);
    },
  };
}

/** Nothing has ended the last statement: it has timed out, or it has failed just now. A connection the more is cheap. */
function isWaiting(client: pg.PoolClient): boolean {
  return (client as unknown as { readonly readyForQuery: boolean }).readyForQuery === false;
}

type OnConnect = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

/**
 * The library's listener gives a connection that breaks during a shutdown back twice, at which pg throws: once counts.
 *
 * The library knows some errors of a database that is starting or cannot be reached, and lets a worker that meets them sleep,
 * for minutes in the end. Hidden behind another error they are like all others: the worker asks again at the next poll.
 */
class JobPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(onConnect: OnConnect): void;
  override connect(onConnect?: OnConnect): Promise<pg.PoolClient> | void {
    if (onConnect === undefined) return this.#connectOrSay();
    super.connect((error, client, release) => {
      if (client === undefined) return onConnect(error, client, release);
      let released = false;
      onConnect(error, client, (reason) => {
        if (!released) release(reason);
        released = true;
      });
    });
  }

  async #connectOrSay(): Promise<pg.PoolClient> {
    try {
      return await super.connect();
    } catch (error) {
      throw unavailable(faultOfConnect(error));
    }
  }
}
