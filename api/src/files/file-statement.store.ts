import type { DataSource } from "typeorm";
import { firstRow, rowsOf } from "../db/query.js";
import { FileEntity } from "./file.entity.js";
import type { FileRow } from "./file.js";

type SqlFileRow = Omit<FileRow, "sizeBytes" | "partSizeBytes"> & { sizeBytes: string; partSizeBytes: string };

/** What a transition does to the owner's usage; `m` is the moved row, `u` the owner's. */
export type Accounting = string;

/** When the queued job may begin: at once, or after {@link CALLER_COLLECTS_WITHIN_SECONDS}. */
export type CollectWhen = "NOW" | "LATER";

/** How a row of `files` is selected, moved and read. */
export interface FileStatements {
  /** Select list for an alias `f`, named as FileRow's properties. */
  readonly columns: string;
  one(text: string, values: readonly unknown[]): Promise<FileRow | null>;
  many(text: string, values: readonly unknown[]): Promise<FileRow[]>;
  /**
   * One conditional UPDATE with its accounting in one statement; null when `where` no longer holds. `$1` is the file's id.
   * @param then.alsoCollect queues collecting in the same transaction, so that ended bytes are never forgotten. LATER
   *   when the caller collects by itself: the job is for the case that it dies, and would otherwise race it to the claim
   *   and let the call answer before the bytes are gone.
   */
  move(
    update: { set: string; where: string; values: readonly unknown[] },
    then?: { account?: Accounting; alsoCollect?: CollectWhen },
  ): Promise<FileRow | null>;
}

/** Statements over the one pool; the select list comes from the entity, so that column names stand in one place. */
export function fileStatements(db: DataSource): FileStatements {
  const columns = db
    .getMetadata(FileEntity)
    .columns.filter((column) => column.isSelect)
    .map((column) => `f.${column.databaseName} as "${column.propertyName}"`)
    .join(", ");

  const one = async (text: string, values: readonly unknown[]): Promise<FileRow | null> => {
    const row = await firstRow<SqlFileRow>(db, text, values);
    return row === null ? null : toFileRow(row);
  };

  return {
    columns,
    one,
    many: async (text, values) => (await rowsOf<SqlFileRow>(db, text, values)).map(toFileRow),
    move: ({ set, where, values }, { account, alsoCollect } = {}) =>
      one(
        `with ${account === undefined ? moved(set, where) : movedWithAccount(set, where, account)}
         select ${columns}${alsoCollect === undefined ? "" : `, ${queueCollect(alsoCollect)}`} from moved f`,
        values,
      ),
  };
}

const moved = (set: string, where: string): string =>
  `moved as (update files f set ${set}, updated_at = now() where ${where} returning f.*)`;

/**
 * The owner's row is locked before the file's, as reserving does: a create that repeats an idempotency key holds the
 * owner's row and then waits for whoever is changing the file with that key.
 */
const movedWithAccount = (set: string, where: string, account: Accounting): string =>
  `owner as (
     select owner_id from owner_usage where owner_id = (select owner_id from files where id = $1) for update
   ), moved as (
     update files f set ${set}, updated_at = now() from owner where f.owner_id = owner.owner_id and (${where}) returning f.*
   ), accounted as (
     update owner_usage u set ${account} from moved m where u.owner_id = m.owner_id
   )`;

const CALLER_COLLECTS_WITHIN_SECONDS = 5;

/** The job's key makes a second queueing of the same file replace the first. */
const queueCollect = (when: CollectWhen): string => `graphile_worker.add_job(
  'collect-file', json_build_object('fileUuid', f.id), job_key := 'collect-file:' || f.id, max_attempts := 5,
  run_at := now() + interval '${when === "NOW" ? 0 : CALLER_COLLECTS_WITHIN_SECONDS} seconds')::text as "queued"`;

function toFileRow(row: SqlFileRow): FileRow {
  return { ...row, sizeBytes: Number(row.sizeBytes), partSizeBytes: Number(row.partSizeBytes) };
}
