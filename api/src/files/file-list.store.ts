import type { DataSource } from "typeorm";
import { firstRow } from "../db/query.js";
import type { FileStatus } from "./file.js";
import type { FileRecords } from "./file-records.js";
import type { FileStatements } from "./file-statement.store.js";
import type { FileListFilter, FileOrderField } from "./file-filter.js";

const LISTED_BY_DEFAULT: readonly FileStatus[] = ["PENDING", "VERIFYING", "READY", "REJECTED"];

/** What each ordering sorts by; `$n` marks where the cursor's value goes. One index each. */
const ORDERINGS: Readonly<Record<FileOrderField, { column: string; cursor: (parameter: string) => string }>> = {
  CREATED_AT: {
    column: "f.created_at",
    cursor: (parameter) => `to_timestamp(${parameter}::bigint / 1000.0)::timestamptz(3)`,
  },
  FILENAME: { column: "lower(f.filename)", cursor: (parameter) => `lower(${parameter}::text)` },
  SIZE: { column: "f.size_bytes", cursor: (parameter) => `${parameter}::bigint` },
};

/** One page of an owner's files by keyset, and their number. */
export function createFileListStore(
  db: DataSource,
  { columns, many }: FileStatements,
): Pick<FileRecords, "list" | "count"> {
  return {
    async list(ownerId, { take, after, filter, orderBy }) {
      const { where, values } = conditions(ownerId, filter);
      const { column, cursor } = ORDERINGS[orderBy.field];
      const forward = orderBy.direction === "ASC" ? ">" : "<";
      if (after !== null) {
        values.push(after.value, after.id);
        where.push(`(${column}, f.id) ${forward} (${cursor(`$${values.length - 1}`)}, $${values.length}::uuid)`);
      }
      values.push(take);
      return many(
        `select ${columns} from files f where ${where.join(" and ")}
         order by ${column} ${orderBy.direction}, f.id ${orderBy.direction} limit $${values.length}`,
        values,
      );
    },

    async count(ownerId, filter, ceiling) {
      const { where, values } = conditions(ownerId, filter);
      values.push(ceiling + 1);
      const row = await firstRow<{ found: string }>(
        db,
        `select count(*) as found from (select 1 from files f where ${where.join(" and ")} limit $${values.length}) capped`,
        values,
      );
      return Number(row?.found ?? 0);
    },
  };
}

function conditions(ownerId: string, filter: FileListFilter): { where: string[]; values: unknown[] } {
  const values: unknown[] = [ownerId, [...(filter.statuses ?? LISTED_BY_DEFAULT)]];
  const where = [
    "f.owner_id = $1",
    "f.status = any($2::text[])",
    // As isVisible in file.ts: ended uploads leave the list when deleted, trash when its bytes are gone.
    "(f.status in ('PENDING', 'VERIFYING', 'READY') or (f.status = 'DELETED' and f.collected_at is null) or (f.status in ('REJECTED', 'EXPIRED') and f.deleted_at is null))",
  ];
  const add = (condition: (parameter: string) => string, value: unknown): void => {
    values.push(value);
    where.push(condition(`$${values.length}`));
  };
  if (filter.filenameContains !== null && filter.filenameContains !== "")
    add((p) => `position(lower(${p}::text) in lower(f.filename)) > 0`, filter.filenameContains);
  if (filter.contentTypes !== null && filter.contentTypes.length > 0) {
    const exact = filter.contentTypes.map((type) => type.toLowerCase());
    const ranges = exact.filter((type) => type.endsWith("/*")).map((type) => type.slice(0, -1));
    values.push(exact, ranges);
    where.push(
      `(coalesce(f.content_type, f.declared_type) = any($${values.length - 1}::text[])
        or exists (select 1 from unnest($${values.length}::text[]) as range
                   where starts_with(coalesce(f.content_type, f.declared_type), range)))`,
    );
  }
  if (filter.createdAfter !== null) add((p) => `f.created_at >= ${p}::timestamptz`, filter.createdAfter);
  if (filter.createdBefore !== null) add((p) => `f.created_at < ${p}::timestamptz`, filter.createdBefore);
  if (filter.minSizeBytes !== null) add((p) => `f.size_bytes >= ${p}::bigint`, filter.minSizeBytes);
  if (filter.maxSizeBytes !== null) add((p) => `f.size_bytes <= ${p}::bigint`, filter.maxSizeBytes);
  return { where, values };
}
