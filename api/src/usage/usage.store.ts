import type { DataSource } from "typeorm";
import { firstRow } from "../db/query.js";
import type { UsageRecords } from "./read-usage.js";

interface UsageSqlRow {
  readonly used_bytes: string;
  readonly reserved_bytes: string;
  readonly trash_bytes: string;
}

/** Reads what file.store.ts accounts; writes nothing. */
export function createUsageStore(db: DataSource): UsageRecords {
  return {
    async read(ownerId) {
      const row = await firstRow<UsageSqlRow>(
        db,
        `select coalesce(u.used_bytes, 0) as used_bytes, coalesce(u.reserved_bytes, 0) as reserved_bytes,
                (select coalesce(sum(size_bytes), 0) from files
                 where owner_id = $1 and status = 'DELETED' and collected_at is null) as trash_bytes
         from (select $1::text as owner_id) asked left join owner_usage u using (owner_id)`,
        [ownerId],
      );
      return {
        usedBytes: Number(row?.used_bytes ?? 0),
        reservedBytes: Number(row?.reserved_bytes ?? 0),
        trashBytes: Number(row?.trash_bytes ?? 0),
      };
    },
  };
}
