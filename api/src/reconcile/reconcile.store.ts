import type { DataSource } from "typeorm";
import { firstRow, rowsOf } from "../db/query.js";
import type { FileStatus } from "../files/file.js";
import { ARROWS, ENDED } from "./event-chain.js";
import type { Overdue, Patience, ReconcileRecords, ReconcileRow, UsageFigures } from "./reconcile-records.js";

/** As {@link objectKeyOf} orders: the migration files-by-key has an index for it. */
const KEY_ORDER = `right(f.id::text, 2) collate "C", f.id`;

const ago = (...ms: string[]): string =>
  `now() - (${ms.map((one) => `${one}::double precision`).join(" + ")}) * interval '1 millisecond'`;

/** $1 lease, $2 grace, $3 stuck creation, $4 tombstone, in milliseconds; $5 settled. */
const rowFrom = (files: string): string => `
  select f.id, f.owner_id, f.status, f.size_bytes, f.etag, f.sha256, f.upload_id, f.attempt,
         f.complete_sent_at is not null as complete_sent,
         coalesce(f.complete_sent_at > ${ago("3600000", "$2")}, false) as complete_underway,
         f.collecting_at is not null as collecting, f.collected_at is not null as collected,
         f.status = 'DELETED' and f.collecting_at is null and f.purge_at > now() as restorable,
         case
           when f.collected_at is not null then
             case when f.collected_at < ${ago("$4", "$2")} then 'TOMBSTONE' end
           when f.status = 'PENDING' and f.upload_id is null then
             case when (f.lease_until is null or f.lease_until < now())
                   and ($5::boolean or f.created_at < ${ago("$3", "$2")}) then 'CREATION' end
           when f.status = 'PENDING' then case when f.expires_at < ${ago("$2")} then 'UPLOAD' end
           when f.status = 'VERIFYING' then case when $5::boolean or f.lease_until < ${ago("$2")} then 'VERDICT' end
           when f.status in ('REJECTED', 'EXPIRED') then
             case when $5::boolean or coalesce(e.last_at, f.updated_at) < ${ago("$1", "$2")} then 'COLLECTING' end
           when f.status = 'DELETED' and f.purge_at <= now() then
             case when $5::boolean or f.purge_at < ${ago("$1", "$2")} then 'COLLECTING' end
         end as overdue,
         e.chain
  from ${files} f
  left join lateral (
    select string_agg(coalesce(from_status, '') || '>' || to_status || ':' || attempt, ' ' order by id) as chain,
           max(at) as last_at
    from file_events where file_id = f.id
  ) e on true`;

/** What an account must say. */
const SUMS = `
  coalesce(sum(size_bytes) filter (where status = 'READY' or (status = 'DELETED' and collected_at is null)), 0) as used,
  coalesce(sum(size_bytes) filter (where status in ('PENDING', 'VERIFYING')), 0) as reserved,
  coalesce(sum(size_bytes) filter (where status in ('REJECTED', 'EXPIRED') and collected_at is null), 0) as uncollected,
  count(*) filter (where status in ('PENDING', 'VERIFYING')
                   or (status in ('REJECTED', 'EXPIRED') and collected_at is null)) as open`;

/** All SQL of reconciling. Nothing here holds more than a page. */
export function createReconcileStore(db: DataSource): ReconcileRecords {
  return {
    async deploymentId() {
      return (await firstRow<{ id: string }>(db, "select id from deployment"))!.id;
    },

    async rowsInKeyOrder(after, take, patience) {
      const behind =
        after === null ? "$6::uuid is null" : `(${KEY_ORDER}) > (right($6::uuid::text, 2) collate "C", $6::uuid)`;
      const rows = await rowsOf<SqlRow>(
        db,
        // The page first: the limit must not wait for anybody's events.
        `${rowFrom(`(select * from files f where ${behind} order by ${KEY_ORDER} limit $7)`)} order by ${KEY_ORDER}`,
        [...valuesOf(patience), after, take],
      );
      return rows.map(toRow);
    },

    async row(id, patience) {
      const row = await firstRow<SqlRow>(db, `${rowFrom("files")} where f.id = $6`, [...valuesOf(patience), id]);
      return row === null ? null : toRow(row);
    },

    async usageDrift(after, take) {
      const rows = await rowsOf<SqlDrift>(
        db,
        `with sums as (select owner_id, ${SUMS} from files group by owner_id)
         select coalesce(s.owner_id, u.owner_id) as owner_id, u.owner_id is not null as has_account,
                coalesce(s.used, 0) as used, coalesce(s.reserved, 0) as reserved,
                coalesce(s.uncollected, 0) as uncollected, coalesce(s.open, 0) as open,
                u.used_bytes, u.reserved_bytes, u.uncollected_bytes, u.open_uploads
         from sums s full join owner_usage u using (owner_id)
         where coalesce(s.owner_id, u.owner_id) > $1
           and (coalesce(s.used, 0), coalesce(s.reserved, 0), coalesce(s.uncollected, 0), coalesce(s.open, 0))
               is distinct from (u.used_bytes, u.reserved_bytes, u.uncollected_bytes, u.open_uploads::bigint)
         order by 1 limit $2`,
        [after ?? "", take],
      );
      return rows.map((row) => ({
        ownerId: row.owner_id,
        kept: row.has_account
          ? figures([row.used_bytes, row.reserved_bytes, row.uncollected_bytes, row.open_uploads])
          : null,
        counted: figures([row.used, row.reserved, row.uncollected, row.open]),
      }));
    },

    recomputeUsage: (ownerId) =>
      db.transaction(async (manager) => {
        // Every change of an account takes this lock before it touches a file: what the next statement sums, holds.
        await manager.query("insert into owner_usage (owner_id) values ($1) on conflict (owner_id) do nothing", [
          ownerId,
        ]);
        await manager.query("select 1 from owner_usage where owner_id = $1 for update", [ownerId]);
        await manager.query(
          `update owner_usage u
           set used_bytes = s.used, reserved_bytes = s.reserved, uncollected_bytes = s.uncollected, open_uploads = s.open
           from (select ${SUMS} from files where owner_id = $1) s where u.owner_id = $1`,
          [ownerId],
        );
      }),

    brokenHistories: (after, take) =>
      rowsOf(
        db,
        `select id, chain from (
           select e.file_id as id,
                  string_agg(coalesce(e.from_status, '') || '>' || e.to_status || ':' || e.attempt, ' ' order by e.id) as chain,
                  bool_and(e.from_status is not distinct from e.before
                           and e.attempt >= coalesce(e.attempt_before, 0)
                           and case when e.before is null then e.to_status = 'PENDING'
                                    else e.from_status || '>' || e.to_status = any($3) end
                           and (not e.last or e.to_status = any($4))) as whole
           from (
             select *, lag(to_status) over file as before, lag(attempt) over file as attempt_before,
                    lead(id) over file is null as last
             from file_events where file_id > $1
             window file as (partition by file_id order by id)
           ) e
           where not exists (select 1 from files f where f.id = e.file_id)
           group by e.file_id
         ) h
         where not whole order by id limit $2`,
        [after ?? "00000000-0000-0000-0000-000000000000", take, ARROWS, ENDED],
      ),

    async deadJobs(after, take) {
      const jobs = await rowsOf<{ id: string; task: string; file_uuid: string | null; last_error: string }>(
        db,
        // A sweep that failed is followed by another. What a dead collect-file was to collect, sweeps collect.
        `select j.id, j.task_identifier as task, f.id as file_uuid, j.last_error
         from graphile_worker.jobs j
         left join files f on j.key = 'collect-file:' || f.id and f.collected_at is null
         where j.id > $1 and j.attempts >= j.max_attempts and j.last_error is not null and j.locked_at is null
           and j.task_identifier <> 'sweep' and (j.task_identifier <> 'collect-file' or f.id is not null)
         order by j.id limit $2`,
        [after ?? 0, take],
      );
      return jobs.map(({ id, task, file_uuid, last_error }) => ({
        id,
        task,
        fileUuid: file_uuid,
        lastError: last_error,
      }));
    },
    async removeJob(id) {
      await rowsOf(db, "select 1 from graphile_worker.complete_jobs(array[$1::bigint])", [id]);
    },
  };
}

interface SqlRow {
  readonly id: string;
  readonly owner_id: string;
  readonly status: FileStatus;
  readonly size_bytes: string;
  readonly etag: string | null;
  readonly sha256: string | null;
  readonly upload_id: string | null;
  readonly attempt: number;
  readonly complete_sent: boolean;
  readonly complete_underway: boolean;
  readonly collecting: boolean;
  readonly collected: boolean;
  readonly restorable: boolean;
  readonly overdue: Overdue | null;
  readonly chain: string | null;
}

type SqlDrift = Readonly<
  Record<
    "owner_id" | "used" | "reserved" | "uncollected" | "open" | "used_bytes" | "reserved_bytes" | "uncollected_bytes",
    string
  >
> & { readonly has_account: boolean; readonly open_uploads: number };

const valuesOf = ({ leaseMs, graceMs, creationStuckMs, tombstoneMs, settled }: Patience): unknown[] => [
  ...[leaseMs, graceMs, creationStuckMs, tombstoneMs],
  settled,
];

const figures = ([used, reserved, uncollected, open]: readonly (string | number)[]): UsageFigures => ({
  used: Number(used),
  reserved: Number(reserved),
  uncollected: Number(uncollected),
  open: Number(open),
});

const toRow = (row: SqlRow): ReconcileRow => ({
  id: row.id,
  ownerId: row.owner_id,
  status: row.status,
  sizeBytes: Number(row.size_bytes),
  etag: row.etag,
  sha256: row.sha256,
  uploadId: row.upload_id,
  attempt: row.attempt,
  completeSent: row.complete_sent,
  completeUnderway: row.complete_underway,
  collecting: row.collecting,
  collected: row.collected,
  restorable: row.restorable,
  overdue: row.overdue,
  chain: row.chain,
});
