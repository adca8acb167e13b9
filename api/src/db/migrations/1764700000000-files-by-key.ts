import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * The order of object keys (files/object-key.ts), so that rows and bucket can be walked side by side (reconcile/).
 * By bytes, as S3 orders: another collation could order digits and letters otherwise.
 */
export class FilesByKey1764700000000 implements MigrationInterface {
  readonly name = "FilesByKey1764700000000";

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`create index files_by_key on files ((right(id::text, 2)) collate "C", id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`drop index files_by_key`);
  }
}
