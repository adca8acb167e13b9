import type { DataSource } from "typeorm";
import { rowsOf } from "../db/query.js";

/**
 * Files of these owners that changed at or after an instant, rows that are gone by then too, oldest change first. May name
 * files whose change nobody can see: a renewed lease moves `updated_at` as well.
 */
export function filesChangedSince(
  db: DataSource,
  ownerIds: readonly string[],
  since: Date,
): Promise<{ ownerId: string; id: string }[]> {
  return rowsOf(
    db,
    `select owner_id as "ownerId", id from (
       select owner_id, id, updated_at as at from files where owner_id = any($1::text[]) and updated_at >= $2
       union all
       select owner_id, file_id, at from file_removals where owner_id = any($1::text[]) and at >= $2
     ) changed order by at`,
    [[...ownerIds], since],
  );
}
