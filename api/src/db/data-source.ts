import { DataSource } from "typeorm";
import type { EntitySchema, MixedList } from "typeorm";

type EntityClass = MixedList<string | EntitySchema | (new () => object)>;
type MigrationClass = new () => object;

export interface DataSourceOptions {
  readonly url: string;
  /** Connections of this process; requests beyond that wait up to `connectTimeoutMs`. */
  readonly poolSize: number;
  readonly connectTimeoutMs: number;
  readonly entities: EntityClass;
  readonly migrations: readonly MigrationClass[];
  /** Told of connections that break while idle; the pool replaces them. */
  readonly onPoolError: (error: Error) => void;
}

/** The one pool of this process. Never synchronises: the schema changes by migrations alone. */
export function createDataSource(options: DataSourceOptions): DataSource {
  return new DataSource({
    type: "postgres",
    url: options.url,
    entities: options.entities,
    migrations: [...options.migrations],
    migrationsTableName: "migrations",
    migrationsTransactionMode: "each",
    synchronize: false,
    poolSize: options.poolSize,
    connectTimeoutMS: options.connectTimeoutMs,
    poolErrorHandler: options.onPoolError,
    applicationName: "signet",
    uuidExtension: "pgcrypto",
    installExtensions: false,
    logging: false,
  });
}
