import { setTimeout as after } from "node:timers/promises";
import pg from "pg";

export interface ListenOptions {
  readonly databaseUrl: string;
  /** Name of the channel, as NOTIFY says it. */
  readonly channel: string;
  readonly onNotification: (payload: string) => void;
  /**
   * Called after a gap: whatever was committed at or after `since` may not have been told. Rejecting means that it could
   * not be caught up; the connection is then opened again and the same gap handed over once more.
   */
  readonly catchUp: (since: Date) => Promise<void>;
  readonly onError: (message: string, error: unknown) => void;
}

export interface Listener {
  /** Closes the connection. Idempotent. */
  stop(): Promise<void>;
}

const CONNECT_WITHIN_MS = 5_000;
/** A connection whose other end has vanished without a word is found out by asking. */
const ASK_EVERY_MS = 15_000;
const ANSWER_WITHIN_MS = 5_000;
const RETRY_FROM_MS = 100;
const RETRY_TO_MS = 5_000;
const CLOSE_WITHIN_MS = 1_000;

/**
 * An instant before which nothing is left to be told. Rows carry the time at which their transaction began, so one that is
 * still open now may commit with an older time: its begin counts. Of this service each one counts, also while it waits for
 * its first lock and has no transaction id; of others, a backup that reads for hours for instance, only those that have
 * written. The margin is for what was just committed and is on its way here.
 * https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
 */
const TOLD_UNTIL = `
  select least(clock_timestamp(), min(xact_start)) - interval '10 seconds' as told_until
  from pg_stat_activity
  where datname = current_database()
    and (backend_xid is not null or application_name like 'signet%' or application_name = current_setting('application_name'))`;

/**
 * Listens on a channel with one connection of its own, outside the pool: LISTEN belongs to a session, so that a pooler in
 * transaction mode must not stand in between.
 *
 * Postgres keeps no notification for a session that is not there. So the listener keeps an instant up to which everything
 * has surely been told; after a break it first listens again and then has the time since that instant caught up, twice
 * told being better than never told. The instant moves on only with a living connection, and never before a gap is closed.
 * @throws what the driver throws when the database cannot be reached at the start
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const stopping = new AbortController();
  const first = await open(options);
  let toldUntil = await readToldUntil(first).catch(async (error: unknown) => {
    await close(first);
    throw error;
  });
  const kept = keep(first);
  return {
    async stop() {
      stopping.abort();
      await kept;
    },
  };

  async function keep(connection: Connection): Promise<void> {
    for (let current: Connection | null = connection; current !== null; current = await openAgain()) {
      await stay(current);
      await close(current);
    }
  }

  /** Until the connection breaks, stays silent, or is no longer wanted. */
  async function stay(connection: Connection): Promise<void> {
    while (await lasts(connection, ASK_EVERY_MS, stopping.signal)) {
      try {
        toldUntil = await readToldUntil(connection);
      } catch (error) {
        options.onError("the connection that listens for changes does not answer", reasonOf(error));
        return;
      }
    }
  }

  async function openAgain(): Promise<Connection | null> {
    for (let waitMs = RETRY_FROM_MS; ; waitMs = Math.min(waitMs * 2, RETRY_TO_MS)) {
      // Spread: all processes lose a database at the same moment.
      const spreadMs = waitMs * (0.5 + Math.random());
      await after(spreadMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return null;
      let connection: Connection | null = null;
      try {
        connection = await open(options);
        const nextToldUntil = await readToldUntil(connection);
        await options.catchUp(toldUntil);
        toldUntil = nextToldUntil;
        return connection;
      } catch (error) {
        if (connection !== null) await close(connection);
        options.onError("changes cannot be listened for yet; it is tried again", reasonOf(error));
      }
    }
  }
}

interface Connection {
  readonly client: pg.Client;
  readonly broken: Promise<void>;
}

async function open({ databaseUrl, channel, onNotification }: ListenOptions): Promise<Connection> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
    keepAlive: true,
    application_name: "signet-listen",
  });
  const broken = new Promise<void>((resolve) => {
    client.on("error", () => resolve());
    client.on("end", () => resolve());
  });
  client.on("notification", (notification) => onNotification(notification.payload ?? ""));
  try {
    await client.connect();
    await client.query(`listen ${pg.escapeIdentifier(channel)}`);
  } catch (error) {
    await close({ client, broken });
    throw error;
  }
  return { client, broken };
}

/** True when it is still there after so long. */
async function lasts({ broken }: Connection, ms: number, stop: AbortSignal): Promise<boolean> {
  if (stop.aborted) return false;
  // Not AbortSignal.any: what lives long keeps something of each signal made from it. nodejs/node#55351
  const waiting = new AbortController();
  const abort = (): void => waiting.abort();
  stop.addEventListener("abort", abort);
  const time = after(ms, true, { signal: waiting.signal }).catch(() => false);
  const lasted = await Promise.race([broken.then(() => false), time]);
  stop.removeEventListener("abort", abort);
  waiting.abort();
  return lasted;
}

async function readToldUntil({ client }: Connection): Promise<Date> {
  const { rows } = await client.query<{ told_until: Date }>(TOLD_UNTIL);
  return rows[0]!.told_until;
}

/** Says goodbye, but does not wait for an answer that may never come. */
async function close({ client }: Connection): Promise<void> {
  const ended = client.end().catch(() => undefined);
  await Promise.race([ended, after(CLOSE_WITHIN_MS, undefined, { ref: false })]);
}

/** Not the error itself: the driver hangs the whole client on it. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
