import type { DataSource } from "typeorm";
import { rowsOf } from "../src/db/query.js";

/** READY files of one owner, past the triggers; nothing is put into any bucket. Names, sizes and times differ. */
export async function plantFiles(db: DataSource, ownerId: string, count: number): Promise<void> {
  await rowsOf(db, "alter table files disable trigger user");
  await rowsOf(
    db,
    `insert into files (id, owner_id, filename, declared_type, size_bytes, part_checksum, policy, part_size_bytes, part_count,
                        input_digest, status, attempt, upload_id, content_type, integrity, etag, created_at, expires_at, ready_at)
     select gen_random_uuid(), $1, 'photo ' || n || '.png', 'image/png', 1000 + n, 'NONE', 'default', 1000 + n, 1, '', 'READY', 2,
            'upload-' || n, 'image/png', 'SIZE_ONLY', '"' || md5(n::text) || '-1"', now() - n * interval '1 second',
            now() + interval '1 day', now()
     from generate_series(1, $2::int) n`,
    [ownerId, count],
  );
  await rowsOf(db, "alter table files enable trigger user");
  await rowsOf(db, "analyze files");
}
