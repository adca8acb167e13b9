import type { DataSource } from "typeorm";

/** What pg answers to any statement. */
interface QueryAnswer {
  readonly rows: unknown[];
  readonly rowCount: number | null;
}

/** The part of node-postgres' pool that we use. */
interface PgPool {
  query(statement: { name?: string; text: string; values?: unknown[] }): Promise<QueryAnswer>;
}

/**
 * Runs one statement on TypeORM's own pool and answers its rows.
 * Straight on the pool: `DataSource.query` hides the rows of an UPDATE … RETURNING behind a tuple, and costs a
 * query runner for each call.
 */
export async function rowsOf<Row>(db: DataSource, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const answer = await poolOf(db).query({ text, values: [...values] });
  return answer.rows as Row[];
}

/** The first row, or null. */
export async function firstRow<Row>(
  db: DataSource,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row | null> {
  return (await rowsOf<Row>(db, text, values))[0] ?? null;
}

function poolOf(db: DataSource): PgPool {
  // TypeORM's Postgres driver keeps its node-postgres pool here; there is no public accessor.
  return (db.driver as unknown as { master: PgPool }).master;
}
