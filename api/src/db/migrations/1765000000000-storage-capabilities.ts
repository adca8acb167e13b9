import type { MigrationInterface, QueryRunner } from "typeorm";

/** What the doctor found out about the store. */
export class StorageCapabilities1765000000000 implements MigrationInterface {
  readonly name = "StorageCapabilities1765000000000";

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table storage_capabilities (
        endpoint text not null,
        bucket text not null,
        capabilities jsonb not null,
        failed_musts jsonb not null,
        probes_version integer not null,
        examined_at timestamptz(3) not null default now(),
        constraint storage_capabilities_pkey primary key (endpoint, bucket)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`drop table storage_capabilities`);
  }
}
