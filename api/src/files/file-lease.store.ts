import type { DataSource } from "typeorm";
import { firstRow, rowsOf } from "../db/query.js";
import { AppError } from "../errors.js";
import type { FileRecords, NewFile } from "./file-records.js";
import type { FileRow } from "./file.js";
import type { FileStatements } from "./file-statement.store.js";

/** Milliseconds from now, by the database's clock. */
const inMs = (parameter: string): string => `now() + ${parameter}::double precision * interval '1 millisecond'`;

const RELEASE_RESERVATION =
  "reserved_bytes = u.reserved_bytes - m.size_bytes, uncollected_bytes = u.uncollected_bytes + m.size_bytes";
const RESERVED_BECOMES_USED =
  "reserved_bytes = u.reserved_bytes - m.size_bytes, used_bytes = u.used_bytes + m.size_bytes, open_uploads = u.open_uploads - 1";

/** A reservation that meets others at every turn is given up. */
const RESERVE_ROUNDS = 5;

/** Opening uploads, leases on them and the verdicts given under a lease. */
export function createFileLeaseStore(
  db: DataSource,
  { columns, one, move }: FileStatements,
): Pick<
  FileRecords,
  | "reserve"
  | "takeCreationLease"
  | "openUpload"
  | "clearTwins"
  | "failCreation"
  | "undoCreation"
  | "noteUrlsIssued"
  | "takeLease"
  | "renewLease"
  | "markCompleteSent"
  | "clearCompleteSent"
  | "reopen"
  | "backOff"
  | "markReady"
  | "markRejected"
  | "markExpired"
  | "abort"
  | "expireCreation"
> {
  const held = "f.id = $1 and f.attempt = $2";

  return {
    async reserve(file, limits, leaseMs) {
      for (let round = 0; round < RESERVE_ROUNDS; round += 1) {
        const reserved = await tryReserve(file, limits, leaseMs);
        if (reserved !== null) return { outcome: "RESERVED", file: reserved };
        const holder =
          file.idempotencyKey === null
            ? null
            : await one(`select ${columns} from files f where f.owner_id = $1 and f.idempotency_key = $2`, [
                file.ownerId,
                file.idempotencyKey,
              ]);
        if (holder !== null) return { outcome: "KEY_TAKEN", file: holder };
        const refusal = await refusalOf(file, limits);
        if (refusal !== null) return { outcome: refusal };
        // What refused it is gone: the key's first call has failed just now, or somebody has made room.
      }
      throw new AppError("SERVICE_UNAVAILABLE", "Others were always faster. Try again.");
    },

    takeCreationLease: (id, leaseMs) =>
      move({
        set: `attempt = f.attempt + 1, lease_until = ${inMs("$2")}`,
        where:
          "f.id = $1 and f.status = 'PENDING' and f.upload_id is null and (f.lease_until is null or f.lease_until < now())",
        values: [id, leaseMs],
      }),
    openUpload: ({ id, attempt }, uploadId, urlsExpireAt, mayHaveTwins = false) =>
      move({
        set: `upload_id = $3, urls_expire_at = $4, lease_until = null,
              may_have_twins = $5::boolean or f.attempt > 1`,
        where: `${held} and f.status = 'PENDING' and f.upload_id is null`,
        values: [id, attempt, uploadId, urlsExpireAt, mayHaveTwins],
      }),
    clearTwins: async (id, quietForMs) => {
      await rowsOf(
        db,
        `update files set may_have_twins = false
         where id = $1 and updated_at < now() - $2::double precision * interval '1 millisecond'`,
        [id, quietForMs],
      );
    },
    failCreation: ({ id, attempt }) =>
      move(
        {
          set: `status = 'EXPIRED', lease_until = null, idempotency_key = null, transition_reason = 'NOT_OPENED',
                may_have_twins = true`,
          where: `${held} and f.status = 'PENDING' and f.upload_id is null`,
          values: [id, attempt],
        },
        { account: RELEASE_RESERVATION, alsoCollect: "NOW" },
      ),
    async undoCreation({ id, attempt }) {
      // Two steps, since a row that still counts as uncollected is never deleted; dying in between leaves a tombstone.
      const undone = await move(
        {
          set: `status = 'EXPIRED', lease_until = null, idempotency_key = null, transition_reason = 'NOT_OPENED',
                collecting_at = now(), collected_at = now()`,
          // A later attempt knows nothing of what the first one may have opened.
          where: `${held} and f.attempt = 1 and f.status = 'PENDING' and f.upload_id is null`,
          values: [id, attempt],
        },
        { account: "reserved_bytes = u.reserved_bytes - m.size_bytes, open_uploads = u.open_uploads - 1" },
      );
      if (undone === null) return false;
      await rowsOf(db, "delete from files where id = $1 and collected_at is not null", [id]);
      return true;
    },
    expireCreation: (id, olderThanMs) =>
      move(
        {
          // Nobody has ever had a ticket for it: its key is free for the same call.
          set: `status = 'EXPIRED', lease_until = null, idempotency_key = null, attempt = f.attempt + 1,
                transition_reason = 'NOT_OPENED', may_have_twins = true`,
          where: `f.id = $1 and f.status = 'PENDING' and f.upload_id is null
                  and (f.lease_until is null or f.lease_until < now())
                  and f.created_at < now() - $2::double precision * interval '1 millisecond'`,
          values: [id, olderThanMs],
        },
        { account: RELEASE_RESERVATION, alsoCollect: "NOW" },
      ),
    noteUrlsIssued: (ownerId, id, urlsExpireAt) =>
      one(
        `with noted as (
           update files set urls_expire_at = greatest(urls_expire_at, $3), promoted_at = null
           where id = $1 and owner_id = $2 and status = 'PENDING' and upload_id is not null
           returning *
         ) select ${columns} from noted f`,
        [id, ownerId, urlsExpireAt],
      ),

    takeLease: (ownerId, id, leaseMs, reason = "CONFIRMED") =>
      move({
        set: `status = 'VERIFYING', attempt = f.attempt + 1, lease_until = ${inMs("$3")}, transition_reason = $4`,
        where: `f.id = $1 and f.owner_id = $2 and f.upload_id is not null
                and (f.status = 'PENDING' or (f.status = 'VERIFYING' and f.lease_until < now()))`,
        values: [id, ownerId, leaseMs, reason],
      }),
    renewLease: async ({ id, attempt }, leaseMs) =>
      (await move({
        set: `lease_until = ${inMs("$3")}`,
        where: `${held} and f.status in ('PENDING', 'VERIFYING') and f.lease_until is not null`,
        values: [id, attempt, leaseMs],
      })) !== null,
    async markCompleteSent({ id, attempt }) {
      // `before` reads the row's old version: whether an earlier attempt may have a Complete on its way.
      return firstRow<{ first: boolean }>(
        db,
        `with before as (select id, complete_sent_at from files where id = $1 and attempt = $2 for update)
         update files f set complete_sent_at = now()
         from before where f.id = before.id and f.attempt = $2 and f.status = 'VERIFYING'
         returning before.complete_sent_at is null as first`,
        [id, attempt],
      );
    },
    clearCompleteSent: async ({ id, attempt }) =>
      (await move({
        set: "complete_sent_at = null",
        where: `${held} and f.status = 'VERIFYING'`,
        values: [id, attempt],
      })) !== null,

    reopen: ({ id, attempt }) =>
      move({
        set: "status = 'PENDING', lease_until = null, refused_since = null",
        where: `${held} and f.status = 'VERIFYING'`,
        values: [id, attempt],
      }),
    backOff: ({ id, attempt }, retryAfterMs, refused) =>
      move({
        set: `lease_until = ${inMs("$3")},
              refused_since = case when $4::boolean then coalesce(f.refused_since, now()) end`,
        where: `${held} and f.status = 'VERIFYING'`,
        values: [id, attempt, retryAfterMs, refused],
      }),
    markReady: ({ id, attempt }, facts) =>
      move(
        {
          set: `status = 'READY', lease_until = null, ready_at = now(),
                content_type = $3, integrity = $4, sha256 = $5, etag = $6`,
          where: `${held} and f.status = 'VERIFYING'`,
          values: [id, attempt, facts.contentType, facts.integrity, facts.sha256, facts.etag],
        },
        { account: RESERVED_BECOMES_USED },
      ),
    markRejected: ({ id, attempt }, rejection) =>
      move(
        {
          set: "status = 'REJECTED', lease_until = null, rejection = $3::jsonb",
          where: `${held} and f.status = 'VERIFYING'`,
          values: [id, attempt, JSON.stringify(rejection)],
        },
        { account: RELEASE_RESERVATION, alsoCollect: "NOW" },
      ),
    markExpired: ({ id, attempt }, reason) =>
      move(
        {
          set: "status = 'EXPIRED', lease_until = null, transition_reason = $3",
          where: `${held} and f.status = 'VERIFYING'`,
          values: [id, attempt, reason],
        },
        { account: RELEASE_RESERVATION, alsoCollect: "NOW" },
      ),
    abort: (ownerId, id) =>
      move(
        {
          set: "status = 'EXPIRED', lease_until = null, attempt = f.attempt + 1, transition_reason = 'ABORTED'",
          where: `f.id = $1 and f.owner_id = $2 and f.status = 'PENDING'
                  and (f.upload_id is not null or f.lease_until is null or f.lease_until < now())`,
          values: [id, ownerId],
        },
        { account: RELEASE_RESERVATION, alsoCollect: "LATER" },
      ),
  };

  /** Null: no room, or the key is taken. */
  async function tryReserve(...[file, limits, leaseMs]: Parameters<FileRecords["reserve"]>): Promise<FileRow | null> {
    try {
      return await one(
        `with room as (
           insert into owner_usage as u (owner_id, reserved_bytes, open_uploads)
           select $2::text, $6::bigint, 1 where $6::bigint <= $13::bigint and $14::integer > 0
           on conflict (owner_id) do update
             set reserved_bytes = u.reserved_bytes + excluded.reserved_bytes, open_uploads = u.open_uploads + 1
             where u.used_bytes + u.reserved_bytes + excluded.reserved_bytes <= $13::bigint
               and u.uncollected_bytes <= $13::bigint
               and u.open_uploads < $14::integer
           returning u.owner_id
         ), made as (
           insert into files (id, owner_id, filename, declared_type, declared_sha256, size_bytes, part_checksum, policy,
                              part_size_bytes, part_count, idempotency_key, input_digest,
                              attempt, lease_until, expires_at)
           select $1, room.owner_id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                  1, ${inMs("$15")}, now() + make_interval(secs => $16)
           from room
           returning *
         )
         select ${columns} from made f`,
        [
          file.id,
          file.ownerId,
          file.filename,
          file.declaredType,
          file.declaredSha256,
          file.sizeBytes,
          file.partChecksum,
          file.policy,
          file.partSizeBytes,
          file.partCount,
          file.idempotencyKey,
          file.inputDigest,
          limits.quotaBytes,
          limits.maxPendingUploads,
          leaseMs,
          limits.uploadTtlSeconds,
        ],
      );
    } catch (error) {
      // The whole statement rolled back, its reservation too: the key's first file decides.
      if (isViolationOf(error, "files_idempotency_key")) return null;
      throw error;
    }
  }

  /** Why there is no room at this moment; null: there is. */
  async function refusalOf(
    { ownerId, sizeBytes }: NewFile,
    { quotaBytes, maxPendingUploads }: Parameters<FileRecords["reserve"]>[1],
  ): Promise<"TOO_MANY_PENDING" | "OVER_QUOTA" | null> {
    const usage = await firstRow<{ full: boolean; over: boolean }>(
      db,
      `select open_uploads >= $2::integer or uncollected_bytes > $3::bigint as full,
              used_bytes + reserved_bytes + $4::bigint > $3::bigint as over
       from owner_usage where owner_id = $1`,
      [ownerId, maxPendingUploads, quotaBytes, sizeBytes],
    );
    const { full, over } = usage ?? { full: maxPendingUploads < 1, over: sizeBytes > quotaBytes };
    if (full) return "TOO_MANY_PENDING";
    return over ? "OVER_QUOTA" : null;
  }
}

function isViolationOf(error: unknown, constraint: string): boolean {
  // 23505 unique_violation: https://www.postgresql.org/docs/current/errcodes-appendix.html
  const failure = error as { code?: unknown; constraint?: unknown };
  return failure.code === "23505" && failure.constraint === constraint;
}
