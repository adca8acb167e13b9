import type { MigrationInterface, QueryRunner } from "typeorm";

/** Keys for servers and scripts. */
export class ApiKeys1764900000000 implements MigrationInterface {
  readonly name = "ApiKeys1764900000000";

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table api_keys (
        id text not null,
        owner_id text not null,
        name text not null,
        scopes text[] not null,
        secret_sha256 text not null,
        created_at timestamptz(3) not null default now(),
        expires_at timestamptz(3),
        last_used_at timestamptz(3),
        revoked_at timestamptz(3),
        constraint api_keys_pkey primary key (id),
        constraint api_keys_id_hex check (id ~ '^[0-9a-f]{24}$'),
        constraint api_keys_name_length check (char_length(name) between 1 and 100),
        constraint api_keys_scopes_known
          check (cardinality(scopes) > 0 and scopes <@ array['files:read', 'files:write']),
        constraint api_keys_secret_hashed check (secret_sha256 ~ '^[0-9a-f]{64}$')
      )`);
    await queryRunner.query(`create index api_keys_by_owner on api_keys (owner_id, created_at)`);
    await queryRunner.query(`create index api_keys_ended on api_keys ((least(revoked_at, expires_at)))`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`drop table api_keys`);
  }
}
