import pg from "pg";
import { DataSource } from "typeorm";
import type { EntitySchema, MixedList } from "typeorm";
import type { DatabaseWatch } from "./database-watch.js";
import { guardStatements } from "./query.js";

type EntityClass = MixedList<string | EntitySchema | (new () => object)>;
type MigrationClass = new () => object;

export interface DataSourceOptions {
  readonly url: string;
  /** Connections of this process; requests beyond that wait up to `connectTimeoutMs`. */
  readonly poolSize: number;
  /** For making a connection, and for waiting until one is free. */
  readonly connectTimeoutMs: number;
  /** Without it a statement takes as long as it takes, as migrations and a reconcile need it. */
  readonly statementTimeoutMs?: number;
  readonly entities: EntityClass;
  readonly migrations: readonly MigrationClass[];
  /** Told of connections that break while idle; the pool replaces them. */
  readonly onPoolError: (error: Error) => void;
  /** Told of statements that are answered, and of those that are not. */
  readonly watch?: DatabaseWatch;
}

/**
 * How much longer than the server this process waits for an answer. The server gives a statement up first, so that none
 * is carried out after its caller was told that it failed; the client's own time-out is for a server that says nothing.
 */
export const CLIENT_WAITS_TIMES = 1.2;
/** In a stall each connection has so many statements behind it before more are refused. */
const WAITING_PER_CONNECTION = 25;
/** A peer that has vanished without a word is found out by the kernel, also on a connection that is idle. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/** Connections of a data source's pool right now, and statements that wait for one. */
export function poolUse(dataSource: DataSource): { open: number; idle: number; waiting: number } {
  const { master } = dataSource.driver as unknown as { master?: pg.Pool };
  return { open: master?.totalCount ?? 0, idle: master?.idleCount ?? 0, waiting: master?.waitingCount ?? 0 };
}

/** The one pool of this process. Never synchronises: the schema changes by migrations alone. */
export function createDataSource(options: DataSourceOptions): DataSource {
  const { statementTimeoutMs, poolSize } = options;
  const dataSource = new DataSource({
    type: "postgres",
    url: options.url,
    entities: options.entities,
    migrations: [...options.migrations],
    migrationsTableName: "migrations",
    migrationsTransactionMode: "each",
    synchronize: false,
    poolSize,
    connectTimeoutMS: options.connectTimeoutMs,
    poolErrorHandler: options.onPoolError,
    applicationName: "signet",
    uuidExtension: "pgcrypto",
    installExtensions: false,
    logging: false,
    // node-postgres' own: https://node-postgres.com/apis/client
    extra: {
      Client: HeardClient,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      ...(statementTimeoutMs === undefined
        ? {}
        : { statement_timeout: statementTimeoutMs, query_timeout: statementTimeoutMs * CLIENT_WAITS_TIMES }),
    },
  });
  guardStatements(dataSource, { maxWaiting: poolSize * WAITING_PER_CONNECTION, watch: options.watch ?? null });
  return dataSource;
}

/**
 * Whoever uses a connection is told by the statement that fails. But nobody listens while the pool hands a new one over,
 * and a server that dies at that moment says so in the same packet as "ready": the event would end this process.
 */
class HeardClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on("error", () => undefined);
  }
}
