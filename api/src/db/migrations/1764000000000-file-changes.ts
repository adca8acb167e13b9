import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * Tells every process of each change of a file that its owner can see (files/watch-files.ts).
 *
 * - A trigger, so that no statement can forget it; inside the transaction, so that what is told has been committed.
 * - The payload is a digest of the owner and the file's id, always 101 bytes: pg_notify fails above 8,000 and would take
 *   the transaction with it, and names of people do not belong into a queue that every session may listen to.
 * - Only columns that an owner can see count: renewing a lease or noting that URLs were issued tells nobody anything.
 * - A row that goes leaves its place in file_removals for a day: whoever was not listening reads there what an
 *   `updated_at` can no longer say. It cleans itself, a few rows at each removal.
 *
 * https://www.postgresql.org/docs/current/sql-notify.html
 */
export class FileChanges1764000000000 implements MigrationInterface {
  readonly name = "FileChanges1764000000000";

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table file_removals (
        file_id uuid not null,
        owner_id text not null,
        at timestamptz(3) not null default now(),
        constraint file_removals_pkey primary key (file_id)
      )`);
    await queryRunner.query(`create index file_removals_by_time on file_removals (at)`);
    await queryRunner.query(`
      create function files_tell() returns trigger language plpgsql as $$
      declare
        changed files := case when tg_op = 'DELETE' then old else new end;
      begin
        if tg_op = 'DELETE' then
          insert into file_removals (file_id, owner_id) values (old.id, old.owner_id)
          on conflict (file_id) do update set at = excluded.at;
          delete from file_removals where file_id in (
            select file_id from file_removals where at < now() - interval '1 day'
            order by at limit 10 for update skip locked);
        end if;
        perform pg_notify('files_changed',
          encode(sha256(convert_to(changed.owner_id, 'UTF8')), 'hex') || ' ' || changed.id);
        return null;
      end $$`);
    await queryRunner.query(
      `create trigger files_tell_of_rows after insert or delete on files for each row execute function files_tell()`,
    );
    await queryRunner.query(`
      create trigger files_tell_of_changes after update on files for each row
      when ((old.filename, old.status, old.content_type, old.integrity, old.sha256, old.rejection, old.ready_at,
             old.deleted_at, old.purge_at, old.collected_at is null)
            is distinct from
            (new.filename, new.status, new.content_type, new.integrity, new.sha256, new.rejection, new.ready_at,
             new.deleted_at, new.purge_at, new.collected_at is null))
      execute function files_tell()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`drop trigger files_tell_of_changes on files`);
    await queryRunner.query(`drop trigger files_tell_of_rows on files`);
    await queryRunner.query(`drop function files_tell()`);
    await queryRunner.query(`drop table file_removals`);
  }
}
