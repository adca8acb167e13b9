import type { DataSource } from "typeorm";
import { rowsOf } from "../db/query.js";

/**
 * Removes jobs that nobody will do any more: those whose worker has held them for hours and so is dead, and those that
 * have failed as often as they may, a day after their last try. Nothing is lost with them: a sweep does all that jobs do.
 *
 * The four hours are the library's own: by then it, too, takes a worker for dead (`complete_jobs`, `get_job`).
 * https://worker.graphile.org/docs/admin-functions
 * @param take jobs to remove at most; the next sweep goes on
 * @returns how many went
 */
export async function pruneDeadJobs(db: DataSource, take = 1000): Promise<number> {
  const pruned = await rowsOf(
    db,
    `select id from graphile_worker.complete_jobs(array(
       select id from graphile_worker.jobs
       where locked_at < now() - interval '4 hours'
          or (locked_at is null and attempts >= max_attempts and updated_at < now() - interval '1 day')
       order by id limit $1))`,
    [take],
  );
  return pruned.length;
}
