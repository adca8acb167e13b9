import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * What `File.history` shows, and how long it is kept.
 *
 * - An event has a reason where its two states leave one open: who asked for the verdict, why an upload expired.
 *   The statement that moves the row writes it into `files.transition_reason`; the trigger moves it from there into the
 *   event and leaves null behind, so that no later transition can inherit it. Statements that say nothing (older processes
 *   during a rolling restart, a hand at psql) make events without a reason.
 * - A row that goes stays in file_removals until the sweep prunes it together with its events, weeks later. The trigger no
 *   longer cleans up after itself: it would forget which histories are still to go.
 */
export class FileHistory1764600000000 implements MigrationInterface {
  readonly name = "FileHistory1764600000000";

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`alter table file_events add column reason text`);
    await queryRunner.query(`alter table files add column transition_reason text`);
    await queryRunner.query(
      guard({ columns: ", reason", insert: ", null", update: ", new.transition_reason" }, FORGET),
    );
    await queryRunner.query(tell(""));
    // Events of rows that went while nothing remembered them for so long. Nobody listens to an owner without a name.
    await queryRunner.query(`
      insert into file_removals (file_id, owner_id)
      select distinct e.file_id, '' from file_events e where not exists (select 1 from files f where f.id = e.file_id)
      on conflict (file_id) do nothing`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(tell(CLEAN_UP));
    await queryRunner.query(guard({ columns: "", insert: "", update: "" }, ""));
    await queryRunner.query(`alter table files drop column transition_reason`);
    await queryRunner.query(`alter table file_events drop column reason`);
  }
}

/** After the guards, so that it also swallows the reason of an UPDATE that moves nothing. */
const FORGET = `new.transition_reason := null;`;

const CLEAN_UP = `
  delete from file_removals where file_id in (
    select file_id from file_removals where at < now() - interval '1 day'
    order by at limit 10 for update skip locked);`;

/** The first migration's trigger, with the reason. */
const guard = (reason: { columns: string; insert: string; update: string }, forget: string): string => `
  create or replace function files_guard() returns trigger language plpgsql as $$
  begin
    if tg_op = 'INSERT' then
      if new.status <> 'PENDING' then
        raise exception 'a file starts PENDING, not %', new.status using errcode = 'check_violation';
      end if;
      insert into file_events (file_id, from_status, to_status, attempt${reason.columns})
      values (new.id, null, new.status, new.attempt${reason.insert});
      return new;
    end if;
    if tg_op = 'DELETE' then
      if old.collected_at is null then
        raise exception 'file % still has bytes to collect', old.id using errcode = 'check_violation';
      end if;
      return old;
    end if;
    if (new.id, new.owner_id, new.size_bytes, new.declared_type, new.created_at)
       is distinct from (old.id, old.owner_id, old.size_bytes, old.declared_type, old.created_at) then
      raise exception 'identity of file % is fixed', old.id using errcode = 'check_violation';
    end if;
    if old.status in ('READY', 'DELETED') and
       (new.content_type, new.integrity, new.sha256, new.etag, new.upload_id)
       is distinct from (old.content_type, old.integrity, old.sha256, old.etag, old.upload_id) then
      raise exception 'content of file % is sealed', old.id using errcode = 'check_violation';
    end if;
    if new.attempt < old.attempt then
      raise exception 'attempts of file % only grow', old.id using errcode = 'check_violation';
    end if;
    if old.collecting_at is not null and (new.collecting_at is null or new.status <> old.status) then
      raise exception 'file % is being collected', old.id using errcode = 'check_violation';
    end if;
    if new.status <> old.status then
      if (old.status, new.status) not in (
        ('PENDING', 'VERIFYING'), ('PENDING', 'EXPIRED'),
        ('VERIFYING', 'PENDING'), ('VERIFYING', 'READY'), ('VERIFYING', 'REJECTED'), ('VERIFYING', 'EXPIRED'),
        ('READY', 'DELETED'), ('DELETED', 'READY')) then
        raise exception 'no arrow from % to %', old.status, new.status using errcode = 'check_violation';
      end if;
      insert into file_events (file_id, from_status, to_status, attempt${reason.columns})
      values (new.id, old.status, new.status, new.attempt${reason.update});
    end if;
    ${forget}
    return new;
  end $$`;

/** The second migration's trigger. */
const tell = (cleanUp: string): string => `
  create or replace function files_tell() returns trigger language plpgsql as $$
  declare
    changed files := case when tg_op = 'DELETE' then old else new end;
  begin
    if tg_op = 'DELETE' then
      insert into file_removals (file_id, owner_id) values (old.id, old.owner_id)
      on conflict (file_id) do update set at = excluded.at;${cleanUp}
    end if;
    perform pg_notify('files_changed',
      encode(sha256(convert_to(changed.owner_id, 'UTF8')), 'hex') || ' ' || changed.id);
    return null;
  end $$`;
