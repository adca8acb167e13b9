import type { DataSource } from "typeorm";
import { firstRow, rowsOf } from "../db/query.js";
import type { FileEvent } from "./file-event.js";
import type { FileRecords } from "./file-records.js";

/** The events that the trigger has written: read by owners, and removed once nobody can ask for them any more. */
export function createFileHistoryStore(db: DataSource): Pick<FileRecords, "histories" | "pruneHistories"> {
  return {
    async histories(ownerId, ids, take) {
      // Ids of events grow in the order of a file's transitions: each is written while its row is locked.
      const rows = await rowsOf<FileEvent & { fileId: string }>(
        db,
        `select f.id as "fileId", e.at, e.from_status as "from", e.to_status as "to", e.attempt, e.reason
         from files f cross join lateral (
           select * from file_events where file_id = f.id order by id desc limit $3
         ) e
         where f.owner_id = $1 and f.id = any($2::uuid[])
         order by f.id, e.id desc`,
        [ownerId, [...ids], take],
      );
      const found = new Map<string, FileEvent[]>();
      for (const { fileId, ...event } of rows) {
        const events = found.get(fileId);
        if (events === undefined) found.set(fileId, [event]);
        else events.push(event);
      }
      return found;
    },

    async pruneHistories(goneForMs, take) {
      // One statement: a history goes as a whole, together with what remembered that it has to go.
      const row = await firstRow<{ pruned: number }>(
        db,
        `with gone as (
           select file_id from file_removals
           where at < now() - $1::double precision * interval '1 millisecond'
           order by at limit $2 for update skip locked
         ), events as (
           delete from file_events e using gone where e.file_id = gone.file_id
         ), forgotten as (
           delete from file_removals r using gone where r.file_id = gone.file_id returning 1
         )
         select count(*)::integer as pruned from forgotten`,
        [goneForMs, take],
      );
      return row?.pruned ?? 0;
    },
  };
}
