import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * Files, what owners hold, and the trail of every transition.
 * CHECK constraints and the trigger enforce what a database can (docs/upload-protocol.md, "Invariants").
 */
export class Files1763800000000 implements MigrationInterface {
  readonly name = "Files1763800000000";

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table files (
        id uuid not null,
        owner_id text not null,
        filename text not null,
        declared_type text not null,
        size_bytes bigint not null,
        declared_sha256 text,
        part_checksum text not null,
        policy text not null,
        part_size_bytes bigint not null,
        part_count integer not null,
        idempotency_key text,
        input_digest text not null,
        status text not null default 'PENDING',
        attempt integer not null default 0,
        lease_until timestamptz(3),
        upload_id text,
        complete_sent_at timestamptz(3),
        refused_since timestamptz(3),
        urls_expire_at timestamptz(3),
        promoted_at timestamptz(3),
        content_type text,
        integrity text,
        sha256 text,
        etag text,
        rejection jsonb,
        created_at timestamptz(3) not null default now(),
        updated_at timestamptz(3) not null default now(),
        expires_at timestamptz(3) not null,
        ready_at timestamptz(3),
        deleted_at timestamptz(3),
        purge_at timestamptz(3),
        collecting_at timestamptz(3),
        collected_at timestamptz(3),
        constraint files_pkey primary key (id),
        constraint files_status_known
          check (status in ('PENDING', 'VERIFYING', 'READY', 'REJECTED', 'EXPIRED', 'DELETED')),
        constraint files_filename_bytes check (octet_length(filename) between 1 and 255),
        constraint files_size_safe check (size_bytes between 0 and 9007199254740991),
        constraint files_part_plan check (
          (size_bytes = 0 and part_count = 0 and part_size_bytes = 0)
          or (size_bytes > 0 and part_count between 1 and 10000 and part_size_bytes > 0
              and part_size_bytes::numeric * part_count >= size_bytes
              and part_size_bytes::numeric * (part_count - 1) < size_bytes)),
        constraint files_sha256_hex check (sha256 ~ '^[0-9a-f]{64}$' and declared_sha256 ~ '^[0-9a-f]{64}$'),
        constraint files_part_checksum_known check (part_checksum in ('NONE', 'SHA256')),
        constraint files_integrity_known check (integrity in ('SHA256', 'PARTS_SHA256', 'SIZE_ONLY')),
        constraint files_lease_while_open check (lease_until is null or status in ('PENDING', 'VERIFYING')),
        constraint files_verifying_has_upload check (status <> 'VERIFYING' or (upload_id is not null and lease_until is not null)),
        constraint files_sealed_facts check (
          status not in ('READY', 'DELETED')
          or (content_type is not null and integrity is not null and etag is not null and ready_at is not null)),
        constraint files_sha256_is_proven check (sha256 is null or integrity = 'SHA256'),
        constraint files_rejection_told check ((rejection is not null) = (status = 'REJECTED')),
        constraint files_trash_dates check (status <> 'DELETED' or (deleted_at is not null and purge_at is not null)),
        constraint files_ready_is_whole check (
          status <> 'READY' or (deleted_at is null and purge_at is null and collecting_at is null and collected_at is null)),
        constraint files_collect_ended check (
          collecting_at is null or status in ('REJECTED', 'EXPIRED', 'DELETED')),
        constraint files_collect_order check (collected_at is null or collecting_at is not null)
      )`);
    await queryRunner.query(
      `create unique index files_idempotency_key on files (owner_id, idempotency_key) where idempotency_key is not null`,
    );
    await queryRunner.query(`create index files_by_created on files (owner_id, created_at, id)`);
    await queryRunner.query(`create index files_by_filename on files (owner_id, lower(filename), id)`);
    await queryRunner.query(`create index files_by_size on files (owner_id, size_bytes, id)`);
    await queryRunner.query(`create index files_open on files (expires_at) where status in ('PENDING', 'VERIFYING')`);
    await queryRunner.query(
      `create index files_uncollected on files (id)
       where status in ('REJECTED', 'EXPIRED', 'DELETED') and collected_at is null`,
    );
    await queryRunner.query(
      `create index files_trash on files (owner_id) include (size_bytes) where status = 'DELETED' and collected_at is null`,
    );
    await queryRunner.query(`create index files_tombstones on files (collected_at) where collected_at is not null`);

    await queryRunner.query(`
      create table owner_usage (
        owner_id text not null,
        used_bytes bigint not null default 0,
        reserved_bytes bigint not null default 0,
        uncollected_bytes bigint not null default 0,
        open_uploads integer not null default 0,
        constraint owner_usage_pkey primary key (owner_id),
        constraint owner_usage_not_negative
          check (used_bytes >= 0 and reserved_bytes >= 0 and uncollected_bytes >= 0 and open_uploads >= 0)
      )`);
    await queryRunner.query(`
      create table file_events (
        id bigint generated always as identity,
        file_id uuid not null,
        at timestamptz(3) not null default clock_timestamp(),
        from_status text,
        to_status text not null,
        attempt integer not null,
        constraint file_events_pkey primary key (id)
      )`);
    await queryRunner.query(`create index file_events_by_file on file_events (file_id, id)`);

    await queryRunner.query(`
      create function files_guard() returns trigger language plpgsql as $$
      begin
        if tg_op = 'INSERT' then
          if new.status <> 'PENDING' then
            raise exception 'a file starts PENDING, not %', new.status using errcode = 'check_violation';
          end if;
          insert into file_events (file_id, from_status, to_status, attempt) values (new.id, null, new.status, new.attempt);
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
          insert into file_events (file_id, from_status, to_status, attempt)
          values (new.id, old.status, new.status, new.attempt);
        end if;
        return new;
      end $$`);
    await queryRunner.query(
      `create trigger files_guard before insert or update or delete on files for each row execute function files_guard()`,
    );

    await queryRunner.query(`
      create table deployment (
        singleton boolean not null default true,
        id uuid not null default gen_random_uuid(),
        created_at timestamptz(3) not null default now(),
        constraint deployment_pkey primary key (singleton),
        constraint deployment_is_one check (singleton)
      )`);
    await queryRunner.query(`insert into deployment default values`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`drop table deployment, file_events, owner_usage, files`);
    await queryRunner.query(`drop function files_guard()`);
  }
}
