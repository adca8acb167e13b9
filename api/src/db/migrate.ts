import { runMigrations as runJobQueueMigrations } from "graphile-worker";
import type { DataSource } from "typeorm";

/** Two processes that boot together must not migrate together: TypeORM takes no lock itself. Any constant does. */
const MIGRATION_LOCK = 7_305_802_104;

/**
 * Applies every pending migration, ours and the job queue's, under an advisory lock. Idempotent.
 * @returns names of ours that were applied now
 */
export async function migrate(dataSource: DataSource, databaseUrl: string): Promise<string[]> {
  // The lock lives in a session: it needs a connection of its own for as long as the migrations run.
  const lockHolder = dataSource.createQueryRunner();
  await lockHolder.connect();
  try {
    await lockHolder.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await runJobQueueMigrations({ connectionString: databaseUrl });
    const applied = await dataSource.runMigrations();
    return applied.map((migration) => migration.name);
  } finally {
    await lockHolder.query("select pg_advisory_unlock($1)", [MIGRATION_LOCK]);
    await lockHolder.release();
  }
}

/** True while the code knows migrations that this database does not have. */
export async function hasPendingMigrations(dataSource: DataSource): Promise<boolean> {
  return dataSource.showMigrations();
}
