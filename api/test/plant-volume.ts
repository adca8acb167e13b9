import type { DataSource } from "typeorm";
import { rowsOf } from "../src/db/query.js";

/**
 * Files by the hundred thousand, with their events and accounts, past the triggers: of 100 rows 94 are READY, 2 PENDING
 * with an open upload, 4 tombstones. Nothing is put into any bucket. Names, sizes and owners differ.
 */
export async function plantVolume(db: DataSource, rows: number): Promise<void> {
  await rowsOf(
    db,
    `do $$ begin
       alter table files disable trigger user;
       insert into files (id, owner_id, filename, declared_type, size_bytes, part_checksum, policy, part_size_bytes, part_count,
                          input_digest, status, attempt, upload_id, content_type, integrity, etag, created_at, expires_at,
                          ready_at, deleted_at, purge_at, collecting_at, collected_at)
       select gen_random_uuid(), 'owner ' || n % 1000, 'file ' || n, 'application/octet-stream', n, 'NONE', 'default', n, 1,
              '', s.status, case s.status when 'PENDING' then 1 else 2 end, 'upload-' || n,
              case when s.status <> 'PENDING' then 'application/octet-stream' end,
              case when s.status <> 'PENDING' then 'SIZE_ONLY' end,
              case when s.status <> 'PENDING' then '"' || md5(n::text) || '-1"' end,
              now() - interval '1 hour', now() + interval '1 day',
              case when s.status <> 'PENDING' then now() end,
              d.at, d.at, d.at, d.at
       from generate_series(1, ${rows}) n,
            lateral (select case when n % 100 < 94 then 'READY' when n % 100 < 96 then 'PENDING' else 'DELETED' end as status) s,
            lateral (select case when s.status = 'DELETED' then now() end as at) d;
       alter table files enable trigger user;
     end $$`,
  );
  await rowsOf(
    db,
    `insert into file_events (file_id, from_status, to_status, attempt)
     select f.id, e.from_status, e.to_status, e.attempt
     from files f join (values (1, null, 'PENDING', 1), (2, 'PENDING', 'VERIFYING', 2), (3, 'VERIFYING', 'READY', 2),
                               (4, 'READY', 'DELETED', 2)) e(step, from_status, to_status, attempt)
       on e.step <= case f.status when 'PENDING' then 1 when 'READY' then 3 else 4 end
     order by f.id, e.step`,
  );
  await rowsOf(
    db,
    `insert into owner_usage (owner_id, used_bytes, reserved_bytes, open_uploads)
     select owner_id, coalesce(sum(size_bytes) filter (where status = 'READY'), 0),
            coalesce(sum(size_bytes) filter (where status = 'PENDING'), 0), count(*) filter (where status = 'PENDING')
     from files group by owner_id`,
  );
  for (const table of ["files", "file_events", "owner_usage"]) await rowsOf(db, `analyze ${table}`);
}
