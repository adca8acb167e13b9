import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * Rows whose key may hold a second open multipart upload, from a try of Create that was not answered. The statement that
 * stores the upload id says so too, so that whoever dies before he has looked leaves it to the sweep.
 */
export class UploadTwins1764800000000 implements MigrationInterface {
  readonly name = "UploadTwins1764800000000";

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`alter table files add column may_have_twins boolean not null default false`);
    await queryRunner.query(`create index files_may_have_twins on files (created_at) where may_have_twins`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`drop index files_may_have_twins`);
    await queryRunner.query(`alter table files drop column may_have_twins`);
  }
}
