import type { DataSource } from "typeorm";
import { faultOfConnect, faultOfStatement, losesConnection, unavailable } from "./database-fault.js";
import type { DatabaseFault } from "./database-fault.js";
import type { DatabaseWatch } from "./database-watch.js";
import { TYPES } from "./timestamp-parser.js";
import type { AppError } from "../errors.js";

/** What pg answers to any statement. */
interface QueryAnswer {
  readonly rows: unknown[];
  readonly rowCount: number | null;
}

/** The parts of node-postgres that we use. */
interface PgClient {
  query(statement: { text: string; values?: unknown[]; types?: typeof TYPES }): Promise<QueryAnswer>;
  /** Back to the pool; true: not into it. */
  release(destroy: boolean): void;
}

interface PgPool {
  connect(): Promise<PgClient>;
  /** Waiting for a connection, while none more may be made. */
  readonly waitingCount: number;
  readonly idleCount: number;
}

/** What bounds the statements of one data source, and who is told when they fail. */
export interface StatementGuard {
  /** Statements that wait for a connection while all are in use; the next one is refused. */
  readonly maxWaiting: number;
  readonly watch: DatabaseWatch | null;
}

interface Guarded extends StatementGuard {
  /** Of performance.now(): no connection is tried before. */
  tryAgainAt: number;
}

const guards = new WeakMap<DataSource, Guarded>();

/**
 * A database that was not there a moment ago is not asked for each request that comes in: one that is just recovering has
 * better things to do than to refuse connections.
 */
const TRY_AGAIN_AFTER_MS = 50;

export function guardStatements(db: DataSource, guard: StatementGuard): void {
  guards.set(db, { ...guard, tryAgainAt: 0 });
}

/**
 * Runs one statement on TypeORM's own pool and answers its rows.
 * Straight on the pool: `DataSource.query` hides the rows of an UPDATE … RETURNING behind a tuple, and costs a
 * query runner for each call.
 * @throws AppError SERVICE_UNAVAILABLE when the database is away or slow, or no connection is free: whether the statement
 *   was carried out is then not known. Else what the driver throws: the statement is at fault and did nothing
 */
export async function rowsOf<Row>(db: DataSource, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const guard = guardOf(db);
  const client = await checkOut(db);
  let lost = false;
  try {
    const answer = await client.query({ text, values: [...values], types: TYPES });
    guard.watch?.answered();
    return answer.rows as Row[];
  } catch (error) {
    lost = losesConnection(error);
    const fault = faultOfStatement(error);
    throw fault === null ? error : failed(guard, fault, error);
  } finally {
    client.release(lost);
  }
}

/** The first row, or null. @throws as {@link rowsOf} */
export async function firstRow<Row>(
  db: DataSource,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row | null> {
  return (await rowsOf<Row>(db, text, values))[0] ?? null;
}

async function checkOut(db: DataSource): Promise<PgClient> {
  const pool = poolOf(db);
  const guard = guardOf(db);
  // A sweep that is still under way when its process closes the pool.
  if (pool === undefined) throw unavailable("AWAY");
  // The pool itself bounds only how long each one waits: in a stall whatever comes in would pile up meanwhile.
  if (pool.waitingCount >= guard.maxWaiting)
    throw failed(guard, "BUSY", new Error(`${pool.waitingCount} statements are waiting`));
  if (pool.idleCount === 0 && performance.now() < guard.tryAgainAt)
    throw failed(guard, "AWAY", new Error("no connection could be made a moment ago"));
  try {
    return await pool.connect();
  } catch (error) {
    const fault = faultOfConnect(error);
    if (fault === "AWAY") guard.tryAgainAt = performance.now() + TRY_AGAIN_AFTER_MS;
    throw failed(guard, fault, error);
  }
}

function failed({ watch }: Guarded, fault: DatabaseFault, error: unknown): AppError {
  watch?.fault(fault, (error as Error).message);
  return unavailable(fault);
}

/** @throws Error for a data source that createDataSource has not made */
function guardOf(db: DataSource): Guarded {
  const guard = guards.get(db);
  if (guard === undefined) throw new Error("nothing guards the statements of this data source");
  return guard;
}

/** Undefined once the data source has been closed. */
function poolOf(db: DataSource): PgPool | undefined {
  // TypeORM's Postgres driver keeps its node-postgres pool here; there is no public accessor.
  return (db.driver as unknown as { master?: PgPool }).master;
}
