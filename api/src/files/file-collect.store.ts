import type { DataSource } from "typeorm";
import { firstRow, rowsOf } from "../db/query.js";
import type { FileRecords } from "./file-records.js";
import type { FileStatements } from "./file-statement.store.js";

const agoMs = (parameter: string): string => `now() - ${parameter}::double precision * interval '1 millisecond'`;

/** Just before an upload's time is over: then it is looked at once more. */
const margin = "$2::double precision * interval '1 millisecond'";

/** An ended row whose bytes may go. */
const ENDED = "(f.status in ('REJECTED', 'EXPIRED') or (f.status = 'DELETED' and f.purge_at <= now()))";

const FREE_COLLECTED = `
  used_bytes = u.used_bytes - case when m.status = 'DELETED' then m.size_bytes else 0 end,
  uncollected_bytes = u.uncollected_bytes - case when m.status = 'DELETED' then 0 else m.size_bytes end,
  open_uploads = u.open_uploads - case when m.status = 'DELETED' then 0 else 1 end`;

/** Collecting in two steps, and what the sweeper has to look at. */
export function createFileCollectStore(
  db: DataSource,
  { columns, many, move }: FileStatements,
): Pick<
  FileRecords,
  | "claimForCollecting"
  | "releaseClaim"
  | "markCollected"
  | "removeTombstone"
  | "stuckCreations"
  | "dueTwins"
  | "dueUploads"
  | "notePromoted"
  | "dueForCollecting"
  | "dueTombstones"
> {
  return {
    claimForCollecting: (id, claimMs) =>
      move({
        set: "collecting_at = now()",
        where: `f.id = $1 and ${ENDED} and f.collected_at is null
                and (f.collecting_at is null or f.collecting_at < ${agoMs("$2")})`,
        values: [id, claimMs],
      }),
    // Never back to null: what has been claimed once may have lost bytes, and is not restored.
    releaseClaim: async ({ id, collectingAt }, claimMs) => {
      await rowsOf(
        db,
        `update files set collecting_at = ${agoMs("$3")} - interval '1 millisecond'
         where id = $1 and collecting_at = $2 and collected_at is null`,
        [id, collectingAt, claimMs],
      );
    },
    markCollected: (id) =>
      move(
        {
          set: "collected_at = now()",
          where: "f.id = $1 and f.collecting_at is not null and f.collected_at is null",
          values: [id],
        },
        { account: FREE_COLLECTED },
      ),
    removeTombstone: async (id) =>
      (await firstRow(db, "delete from files where id = $1 and collected_at is not null returning id", [id])) !== null,

    stuckCreations: (olderThanMs, take) =>
      many(
        `select ${columns} from files f
         where f.status = 'PENDING' and f.upload_id is null and (f.lease_until is null or f.lease_until < now())
           and f.created_at < ${agoMs("$1")}
         order by f.created_at limit $2`,
        [olderThanMs, take],
      ),
    dueTwins: (quietForMs, take) =>
      many(
        `select ${columns} from files f
         where f.may_have_twins and (f.upload_id is not null or f.collected_at is not null)
           and f.updated_at < ${agoMs("$1")}
         order by f.created_at limit $2`,
        [quietForMs, take],
      ),
    dueUploads: ({ now, marginMs, take, except }) =>
      many(
        `select ${columns} from files f
         where f.upload_id is not null and f.id <> all($4::uuid[]) and (
           (f.status = 'VERIFYING' and f.lease_until < now())
           or (f.status = 'PENDING' and (
             f.expires_at <= now()
             or (f.urls_expire_at < $1 and f.promoted_at is null)
             or (f.expires_at - ${margin} < now() and (f.promoted_at is null or f.promoted_at < f.expires_at - ${margin})))))
         order by f.expires_at limit $3`,
        [now, marginMs, take, [...except]],
      ),
    notePromoted: async (id, urlsExpireAt) => {
      await rowsOf(
        db,
        `update files set promoted_at = now()
         where id = $1 and status = 'PENDING' and urls_expire_at is not distinct from $2`,
        [id, urlsExpireAt],
      );
    },
    dueForCollecting: (claimMs, take) =>
      many(
        `select ${columns} from files f
         where ${ENDED} and f.collected_at is null
           and (f.collecting_at is null or f.collecting_at < ${agoMs("$1")})
         order by f.id limit $2`,
        [claimMs, take],
      ),
    dueTombstones: (ageMs, take) =>
      many(
        `select ${columns} from files f
         where f.collected_at < ${agoMs("$1")} order by f.collected_at limit $2`,
        [ageMs, take],
      ),
  };
}
