import { randomBytes } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import pg from "pg";
import type { DataSource } from "typeorm";
import "reflect-metadata";
import { createDataSource } from "../src/db/data-source.js";
import { migrate } from "../src/db/migrate.js";
import { MIGRATIONS } from "../src/db/migrations.js";
import { FileEventEntity } from "../src/files/file-event.entity.js";
import { FileEntity } from "../src/files/file.entity.js";
import { OwnerUsageEntity } from "../src/usage/owner-usage.entity.js";
import { TEMPLATE_DATABASE, testServers } from "./servers.js";

/** A pool on a database, migrated. */
export async function migratedDataSource(url: string): Promise<DataSource> {
  const dataSource = createDataSource({
    url,
    poolSize: 10,
    connectTimeoutMs: 10_000,
    entities: [FileEntity, FileEventEntity, OwnerUsageEntity],
    migrations: MIGRATIONS,
    onPoolError: () => undefined,
  });
  await dataSource.initialize();
  await migrate(dataSource, url);
  return dataSource;
}

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  drop(): Promise<void>;
}

/** A database of one's own, copied in some 50 ms from the migrated template, or from one that nobody is connected to. */
export async function createTestDatabase(template = TEMPLATE_DATABASE): Promise<TestDatabase> {
  const name = `t_${randomBytes(8).toString("hex")}`;
  await asAdmin(`create database ${name} template ${template}`);
  const url = new URL(testServers().postgresUrl);
  url.pathname = `/${name}`;
  return { name, url: url.href, drop: () => asAdmin(`drop database if exists ${name} with (force)`) };
}

/** Autovacuum may be at work in a database that is dropped, and is nobody's to end but a superuser's: it ends by itself. */
const VACUUM = /permission denied to terminate process/;
const VACUUM_ENDS_WITHIN_MS = 30_000;

async function asAdmin(statement: string): Promise<void> {
  const admin = new pg.Client({ connectionString: testServers().postgresUrl });
  await admin.connect();
  const deadline = Date.now() + VACUUM_ENDS_WITHIN_MS;
  try {
    for (;;) {
      try {
        return void (await admin.query(statement));
      } catch (error) {
        if (!(error instanceof Error) || !VACUUM.test(error.message) || Date.now() > deadline) throw error;
        await after(200);
      }
    }
  } finally {
    await admin.end();
  }
}
