import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import pg from "pg";
import type { DataSource } from "typeorm";
import { createTestDatabase, migratedDataSource } from "../../test/database.js";
import type { TestDatabase } from "../../test/database.js";
import { MIGRATIONS } from "../db/migrations.js";
import { FileChanges1764000000000 } from "../db/migrations/1764000000000-file-changes.js";
import { rowsOf } from "../db/query.js";
import { FILE_CHANGES_CHANNEL } from "./file-change-hub.js";
import { filesChangedSince } from "./file-change.store.js";
import { newFileUuid } from "./file-id.js";
import type { FileRecords } from "./file-records.js";
import type { FileRow } from "./file.js";
import { createFileStore } from "./file.store.js";

/** What the triggers tell, statement by statement. */

let database: TestDatabase;
let db: DataSource;
let files: FileRecords;
let client: pg.Client;
const told: string[] = [];
let ownerId = "";

beforeAll(async () => {
  database = await createTestDatabase();
  db = await migratedDataSource(database.url);
  files = createFileStore(db);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  client.on("notification", ({ payload }) => told.push(payload ?? ""));
  await client.query(`listen ${FILE_CHANGES_CHANNEL}`);
});
afterAll(async () => {
  await client.end();
  await db.destroy();
  await database.drop();
});
beforeEach(() => {
  // As long as an owner can be, and not of ASCII.
  ownerId = `https://issuer.example|ä${randomBytes(6).toString("hex")}${"€".repeat(200)}`;
});

async function reserve(): Promise<FileRow> {
  const outcome = await files.reserve(
    {
      id: newFileUuid(Date.now(), randomBytes(10)),
      ownerId,
      filename: "report.txt",
      declaredType: "text/plain",
      sizeBytes: 100,
      declaredSha256: null,
      partChecksum: "NONE",
      policy: "default",
      partSizeBytes: 100,
      partCount: 1,
      idempotencyKey: null,
      inputDigest: "d",
    },
    { quotaBytes: 1_000_000, maxPendingUploads: 1000, uploadTtlSeconds: 3600 },
    60_000,
  );
  if (outcome.outcome !== "RESERVED") throw new Error(outcome.outcome);
  return outcome.file;
}

/** How often the work is told of, and that nothing but its file is. */
async function tellsOf(id: string, work: () => Promise<unknown>): Promise<number> {
  await settled();
  told.length = 0;
  expect(await work()).toBeTruthy();
  await settled();
  const payload = `${createHash("sha256").update(ownerId).digest("hex")} ${id}`;
  expect(told.filter((each) => each !== payload)).toEqual([]);
  return told.length;
}

/** Notifications come in the order of their commits: this one is behind all that went before. */
async function settled(): Promise<void> {
  const mark = `mark ${randomBytes(6).toString("hex")}`;
  await rowsOf(db, "select pg_notify($1, $2)", [FILE_CHANGES_CHANNEL, mark]);
  while (!told.includes(mark)) await new Promise((wake) => setTimeout(wake, 2));
  told.splice(told.indexOf(mark), 1);
}

const FACTS = { contentType: "text/plain", integrity: "SIZE_ONLY", sha256: null, etag: '"e-1"' } as const;
const later = (): Date => new Date(Date.now() + 3_600_000);

describe("told once, in the transaction that changes it", () => {
  test("each step of a file's life that its owner can see, and no other", async () => {
    let file: FileRow | null = null;
    await settled();
    told.length = 0;
    file = await reserve();
    await settled();
    expect(told).toEqual([`${createHash("sha256").update(ownerId).digest("hex")} ${file.id}`]);
    const { id } = file;
    const lease = async (): Promise<FileRow> => (await files.find(ownerId, id))!;

    const quiet = {
      opened: await tellsOf(id, async () => files.openUpload(await lease(), "upload-1", later())),
      urls: await tellsOf(id, () => files.noteUrlsIssued(ownerId, id, later())),
    };
    expect(await tellsOf(id, () => files.takeLease(ownerId, id, 60_000))).toBe(1);
    const underLease = {
      renewed: await tellsOf(id, async () => files.renewLease(await lease(), 60_000)),
      renewedAgain: await tellsOf(id, async () => files.renewLease(await lease(), 60_000)),
      completeSent: await tellsOf(id, async () => files.markCompleteSent(await lease())),
      backedOff: await tellsOf(id, async () => files.backOff(await lease(), 1_000, true)),
    };
    expect({ ...quiet, ...underLease }).toEqual({
      opened: 0,
      urls: 0,
      renewed: 0,
      renewedAgain: 0,
      completeSent: 0,
      backedOff: 0,
    });
    expect(await tellsOf(id, async () => files.reopen(await lease()))).toBe(1);
    expect(await tellsOf(id, () => files.takeLease(ownerId, id, 60_000))).toBe(1);
    expect(await tellsOf(id, async () => files.markReady(await lease(), FACTS))).toBe(1);
    expect(await tellsOf(id, () => files.rename(ownerId, id, "b.txt"))).toBe(1);
    expect(await tellsOf(id, () => files.rename(ownerId, id, "b.txt"))).toBe(0);
    expect(await tellsOf(id, () => files.trash(ownerId, id, 3600))).toBe(1);
    expect(await tellsOf(id, () => files.restore(ownerId, id))).toBe(1);
    expect(await tellsOf(id, () => files.trash(ownerId, id, 3600))).toBe(1);
    expect(await tellsOf(id, () => files.purgeNow(ownerId, id))).toBe(1);
    expect(await tellsOf(id, () => files.claimForCollecting(id, 60_000))).toBe(0);
    expect(await tellsOf(id, () => files.markCollected(id))).toBe(1);
    expect(await tellsOf(id, () => files.removeTombstone(id))).toBe(1);
  });

  test("not what was rolled back", async () => {
    const { id } = await reserve();
    const count = await tellsOf(id, async () => {
      const runner = db.createQueryRunner();
      await runner.startTransaction();
      await runner.query("update files set filename = 'other.txt' where id = $1", [id]);
      await runner.rollbackTransaction();
      await runner.release();
      return true;
    });
    expect(count).toBe(0);
  });
});

describe("what changed since", () => {
  test("rows by their time, rows that went too, of these owners alone, oldest first", async () => {
    const [first, second, gone] = [await reserve(), await reserve(), await reserve()];
    const since = async (seconds: number): Promise<string[]> => {
      const [row] = await rowsOf<{ at: Date }>(db, "select clock_timestamp() - make_interval(secs => $1) as at", [
        seconds,
      ]);
      return (await filesChangedSince(db, [ownerId, "nobody"], row!.at)).map((change) => change.id);
    };
    expect(await since(60)).toEqual([first.id, second.id, gone.id]);
    expect(await since(-60)).toEqual([]);

    await rowsOf(db, "update files set updated_at = now() - interval '1 hour' where id = any($1::uuid[])", [
      [first.id, second.id, gone.id],
    ]);
    await rowsOf(
      db,
      `update files set status = 'EXPIRED', lease_until = null, collecting_at = now(), collected_at = now()
       where id = $1`,
      [gone.id],
    );
    await files.removeTombstone(gone.id);
    // Times are kept to the millisecond.
    await rowsOf(db, "select pg_sleep(0.005)");
    await files.rename(ownerId, second.id, "b.txt");
    expect(await since(60)).toEqual([gone.id, second.id]);
    expect(await filesChangedSince(db, ["nobody"], new Date(0))).toEqual([]);
  });
});

test("the migration goes back and forth", async () => {
  const own = await createTestDatabase();
  const source = await migratedDataSource(own.url);
  try {
    for (const migration of [...MIGRATIONS].reverse()) {
      await source.undoLastMigration();
      if (migration === FileChanges1764000000000) break;
    }
    expect(await rowsOf(source, "select 1 from pg_proc where proname = 'files_tell'")).toEqual([]);
    expect(await source.showMigrations()).toBe(true);
    await source.runMigrations();
    expect(await rowsOf(source, "select 1 from pg_proc where proname = 'files_tell'")).toHaveLength(1);
  } finally {
    await source.destroy();
    await own.drop();
  }
});
