import type { DataSource } from "typeorm";
import { ApiKeyEntity } from "./api-keys/api-key.entity.js";
import { StorageCapabilitiesEntity } from "./capabilities/capabilities.entity.js";
import { createDataSource } from "./db/data-source.js";
import { createDatabaseWatch } from "./db/database-watch.js";
import type { DatabaseWatch } from "./db/database-watch.js";
import { MIGRATIONS } from "./db/migrations.js";
import { FileEventEntity } from "./files/file-event.entity.js";
import { FileEntity } from "./files/file.entity.js";
import type { Logger } from "./telemetry/logger.js";
import { OwnerUsageEntity } from "./usage/owner-usage.entity.js";

/** Of the application: which database, and how long it may take. */
interface DatabaseOptions {
  readonly databaseUrl: string;
  readonly config: { readonly timing: { readonly databaseTimeoutSeconds: number } };
  readonly log: Logger;
}

const POOL_SIZE = 20;
/** Of work that runs alone. */
const PATIENT_POOL_SIZE = 4;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The pool that requests, jobs and sweeps work with: a statement that takes too long is given up.
 * @throws what the driver throws when the database cannot be reached
 */
export function connectDatabase(options: DatabaseOptions, watch: DatabaseWatch): Promise<DataSource> {
  const statementTimeoutMs = options.config.timing.databaseTimeoutSeconds * 1000;
  return connect(options.databaseUrl, watch, { poolSize: POOL_SIZE, statementTimeoutMs });
}

/**
 * Work that takes as long as it takes, migrations and a reconcile, on connections of its own.
 * @throws what `work` throws, and what the driver throws when the database cannot be reached
 */
export async function withPatientDatabase<Result>(
  options: DatabaseOptions,
  work: (db: DataSource) => Promise<Result>,
): Promise<Result> {
  const watch = createDatabaseWatch(options.log);
  const dataSource = await connect(options.databaseUrl, watch, { poolSize: PATIENT_POOL_SIZE });
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

function connect(
  url: string,
  watch: DatabaseWatch,
  bounds: { poolSize: number; statementTimeoutMs?: number },
): Promise<DataSource> {
  const dataSource = createDataSource({
    url,
    ...bounds,
    connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, bounds.statementTimeoutMs ?? Infinity),
    entities: [FileEntity, FileEventEntity, OwnerUsageEntity, ApiKeyEntity, StorageCapabilitiesEntity],
    migrations: MIGRATIONS,
    // Not the error itself: the driver hangs the whole client on it.
    onPoolError: ({ message }) => watch.fault("AWAY", message),
    watch,
  });
  return dataSource.initialize();
}
