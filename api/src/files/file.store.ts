import type { DataSource } from "typeorm";
import { createFileCollectStore } from "./file-collect.store.js";
import { createFileHistoryStore } from "./file-history.store.js";
import { createFileLeaseStore } from "./file-lease.store.js";
import { createFileListStore } from "./file-list.store.js";
import type { FileRecords } from "./file-records.js";
import { fileStatements } from "./file-statement.store.js";

/** All SQL about files: here what an owner reads and does; leases, lists and collecting in the files beside. */
export function createFileStore(db: DataSource): FileRecords {
  const statements = fileStatements(db);
  const { columns, one, many, move } = statements;
  const owned = "f.id = $1 and f.owner_id = $2";
  const readable = "(f.owner_id = $2 or (f.status = 'READY' and f.policy = any($3::text[])))";

  return {
    ...createFileLeaseStore(db, statements),
    ...createFileListStore(db, statements),
    ...createFileCollectStore(db, statements),
    ...createFileHistoryStore(db),

    find: (ownerId, id, sharedPolicies = []) =>
      one(`select ${columns} from files f where f.id = $1 and ${readable}`, [id, ownerId, [...sharedPolicies]]),
    async findMany(ownerId, ids, sharedPolicies = []) {
      const rows = await many(`select ${columns} from files f where f.id = any($1::uuid[]) and ${readable}`, [
        [...ids],
        ownerId,
        [...sharedPolicies],
      ]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id) ?? null);
    },

    rename: (ownerId, id, filename) =>
      move({
        set: "filename = $3",
        where: `${owned} and f.status in ('PENDING', 'VERIFYING', 'READY')`,
        values: [id, ownerId, filename],
      }),
    trash: (ownerId, id, trashTtlSeconds) =>
      move({
        set: "status = 'DELETED', deleted_at = now(), purge_at = now() + make_interval(secs => $3)",
        where: `${owned} and f.status = 'READY'`,
        values: [id, ownerId, trashTtlSeconds],
      }),
    purgeNow: (ownerId, id) =>
      move(
        {
          // Truncated: a time rounded up would lie in the future and not be collected at once.
          set: "purge_at = least(f.purge_at, date_trunc('milliseconds', now()))",
          where: `${owned} and f.status = 'DELETED' and f.collected_at is null`,
          values: [id, ownerId],
        },
        { alsoCollect: "LATER" },
      ),
    hide: (ownerId, id) =>
      move({
        set: "deleted_at = coalesce(f.deleted_at, now())",
        where: `${owned} and f.status in ('REJECTED', 'EXPIRED')`,
        values: [id, ownerId],
      }),
    restore: (ownerId, id) =>
      move({
        set: "status = 'READY', deleted_at = null, purge_at = null",
        // Not now(): that is when the statement began, and a purge that it waited for may have come after that.
        where: `${owned} and f.status = 'DELETED' and f.collecting_at is null and f.purge_at > clock_timestamp()`,
        values: [id, ownerId],
      }),
  };
}
