import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import type { DataSource } from "typeorm";
import { createTestDatabase, migratedDataSource } from "../../test/database.js";
import type { TestDatabase } from "../../test/database.js";
import { rowsOf } from "../db/query.js";
import { createUsageStore } from "../usage/usage.store.js";
import type { FileRecords, NewFile, ReserveLimits } from "./file-records.js";
import type { FileRow } from "./file.js";
import { TRANSITIONS } from "./file.js";
import { newFileUuid } from "./file-id.js";
import { createFileStore } from "./file.store.js";
import type { FileListFilter } from "./file-filter.js";

let database: TestDatabase;
let db: DataSource;
let files: FileRecords;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await migratedDataSource(database.url);
  files = createFileStore(db);
});

afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const LIMITS: ReserveLimits = { quotaBytes: 1_000_000, maxPendingUploads: 1000, uploadTtlSeconds: 3600 };
const FACTS = { contentType: "text/plain", integrity: "SIZE_ONLY", sha256: null, etag: '"e-1"' } as const;
const NO_FILTER: FileListFilter = {
  statuses: null,
  filenameContains: null,
  contentTypes: null,
  createdAfter: null,
  createdBefore: null,
  minSizeBytes: null,
  maxSizeBytes: null,
};

const newOwner = (): string => `test|${randomBytes(6).toString("hex")}`;

function newFile(ownerId: string, change: Partial<NewFile> = {}): NewFile {
  const sizeBytes = change.sizeBytes ?? 100;
  return {
    id: newFileUuid(Date.now(), randomBytes(10)),
    ownerId,
    filename: "report.txt",
    declaredType: "text/plain",
    sizeBytes,
    declaredSha256: null,
    partChecksum: "NONE",
    policy: "default",
    partSizeBytes: sizeBytes,
    partCount: sizeBytes === 0 ? 0 : 1,
    idempotencyKey: null,
    inputDigest: "d",
    ...change,
  };
}

async function reserved(file: NewFile, limits = LIMITS): Promise<FileRow> {
  const outcome = await files.reserve(file, limits, 60_000);
  if (outcome.outcome !== "RESERVED") throw new Error(outcome.outcome);
  return outcome.file;
}

async function opened(ownerId: string, change: Partial<NewFile> = {}): Promise<FileRow> {
  const file = await reserved(newFile(ownerId, change));
  return (await files.openUpload(file, "upload-1", null))!;
}

async function ready(ownerId: string, change: Partial<NewFile> = {}): Promise<FileRow> {
  const file = await opened(ownerId, change);
  const leased = (await files.takeLease(ownerId, file.id, 60_000))!;
  return (await files.markReady(leased, FACTS))!;
}

const usageOf = async (ownerId: string) => createUsageStore(db).read(ownerId);

describe("quota", () => {
  test("100 creates at once for room of 50: exactly 50, to the byte", async () => {
    const ownerId = newOwner();
    const limits = { ...LIMITS, quotaBytes: 5_000 };
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () => files.reserve(newFile(ownerId), limits, 60_000)),
    );
    expect(outcomes.filter(({ outcome }) => outcome === "RESERVED")).toHaveLength(50);
    expect(outcomes.filter(({ outcome }) => outcome === "OVER_QUOTA")).toHaveLength(50);
    expect(await usageOf(ownerId)).toEqual({ usedBytes: 0, reservedBytes: 5_000, trashBytes: 0 });
  });

  test("one file of more than the quota is refused for an owner without a row", async () => {
    const outcome = await files.reserve(newFile(newOwner(), { sizeBytes: 11 }), { ...LIMITS, quotaBytes: 10 }, 60_000);
    expect(outcome.outcome).toBe("OVER_QUOTA");
  });

  test("follows a file through its life", async () => {
    const ownerId = newOwner();
    const file = await ready(ownerId, { sizeBytes: 70 });
    expect(await usageOf(ownerId)).toEqual({ usedBytes: 70, reservedBytes: 0, trashBytes: 0 });
    await files.trash(ownerId, file.id, 3600);
    expect(await usageOf(ownerId)).toEqual({ usedBytes: 70, reservedBytes: 0, trashBytes: 70 });
    await files.purgeNow(ownerId, file.id);
    expect(await files.claimForCollecting(file.id, 60_000)).not.toBeNull();
    await files.markCollected(file.id);
    expect(await usageOf(ownerId)).toEqual({ usedBytes: 0, reservedBytes: 0, trashBytes: 0 });
    expect(await files.markCollected(file.id)).toBeNull();
    expect(await files.removeTombstone(file.id)).toBe(true);
  });

  test("ended uploads count as pending until they are collected", async () => {
    const ownerId = newOwner();
    const limits = { ...LIMITS, maxPendingUploads: 2 };
    const first = await reserved(newFile(ownerId), limits);
    await reserved(newFile(ownerId), limits);
    expect((await files.reserve(newFile(ownerId), limits, 60_000)).outcome).toBe("TOO_MANY_PENDING");
    await files.openUpload(first, "u", null);
    await files.abort(ownerId, first.id);
    expect((await files.reserve(newFile(ownerId), limits, 60_000)).outcome).toBe("TOO_MANY_PENDING");
    await files.claimForCollecting(first.id, 60_000);
    await files.markCollected(first.id);
    expect((await files.reserve(newFile(ownerId), limits, 60_000)).outcome).toBe("RESERVED");
  });

  test("a repeated idempotency key reserves nothing and finds the first file, also when the quota is full", async () => {
    const ownerId = newOwner();
    const limits = { ...LIMITS, quotaBytes: 100 };
    const first = await reserved(newFile(ownerId, { idempotencyKey: "k" }), limits);
    const again = await files.reserve(newFile(ownerId, { idempotencyKey: "k" }), limits, 60_000);
    expect(again).toMatchObject({ outcome: "KEY_TAKEN", file: { id: first.id } });
    const racers = await Promise.all(
      Array.from({ length: 20 }, () =>
        files.reserve(newFile(ownerId, { idempotencyKey: "race", sizeBytes: 0, partSizeBytes: 0 }), limits, 60_000),
      ),
    );
    expect(racers.filter(({ outcome }) => outcome === "RESERVED")).toHaveLength(1);
    expect((await usageOf(ownerId)).reservedBytes).toBe(100);
  });
});

describe("leases", () => {
  test("20 confirms at once: one lease", async () => {
    const ownerId = newOwner();
    const file = await opened(ownerId);
    const leases = await Promise.all(Array.from({ length: 20 }, () => files.takeLease(ownerId, file.id, 60_000)));
    expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
  });

  test("a holder that froze changes nothing once another has taken over", async () => {
    const ownerId = newOwner();
    const file = await opened(ownerId);
    const frozen = (await files.takeLease(ownerId, file.id, 0))!;
    const successor = (await files.takeLease(ownerId, file.id, 60_000))!;
    expect(successor.attempt).toBe(frozen.attempt + 1);
    expect(await files.renewLease(frozen, 60_000)).toBe(false);
    expect(await files.markCompleteSent(frozen)).toBeNull();
    expect(await files.markReady(frozen, FACTS)).toBeNull();
    expect(await files.markRejected(frozen, { code: "SIZE_MISMATCH", declaredSize: 1, actualSize: 2 })).toBeNull();
    expect(await files.reopen(frozen)).toBeNull();
    expect(await files.markReady(successor, FACTS)).toMatchObject({ status: "READY", etag: '"e-1"' });
  });

  test("the first Complete is told from a later one", async () => {
    const ownerId = newOwner();
    const file = await opened(ownerId);
    const first = (await files.takeLease(ownerId, file.id, 0))!;
    expect(await files.markCompleteSent(first)).toEqual({ first: true });
    const second = (await files.takeLease(ownerId, file.id, 60_000))!;
    expect(await files.markCompleteSent(second)).toEqual({ first: false });
  });

  test("an upload that is being opened cannot be aborted, one whose opener died can be taken over", async () => {
    const ownerId = newOwner();
    const busy = await reserved(newFile(ownerId));
    expect(await files.abort(ownerId, busy.id)).toBeNull();
    const outcome = await files.reserve(newFile(ownerId), LIMITS, 0);
    if (outcome.outcome !== "RESERVED") throw new Error(outcome.outcome);
    const taken = (await files.takeCreationLease(outcome.file.id, 60_000))!;
    expect(await files.openUpload(outcome.file, "late", null)).toBeNull();
    expect(await files.openUpload(taken, "mine", null)).toMatchObject({ uploadId: "mine" });
  });

  test("a failed creation frees its key and its bytes and queues collecting", async () => {
    const ownerId = newOwner();
    const file = await reserved(newFile(ownerId, { idempotencyKey: "retry" }));
    expect(await files.failCreation(file)).toMatchObject({ status: "EXPIRED", idempotencyKey: null });
    expect((await usageOf(ownerId)).reservedBytes).toBe(0);
    const jobs = await rowsOf(db, "select key from graphile_worker.jobs where key = $1", [`collect-file:${file.id}`]);
    expect(jobs).toHaveLength(1);
    await reserved(newFile(ownerId, { idempotencyKey: "retry" }));
  });
});

describe("the database's own guard", () => {
  test("every arrow that is not in the table is refused, and each that is leaves one event", async () => {
    const ownerId = newOwner();
    const statuses = Object.keys(TRANSITIONS);
    for (const from of ["PENDING", "READY", "EXPIRED"] as const) {
      for (const to of statuses) {
        if (to === from || TRANSITIONS[from].includes(to as FileRow["status"])) continue;
        const file =
          from === "PENDING" ? await opened(ownerId) : from === "READY" ? await ready(ownerId) : await aborted(ownerId);
        await expect(rowsOf(db, "update files set status = $2 where id = $1", [file.id, to])).rejects.toThrow(
          /no arrow|violates/,
        );
      }
    }
    const file = await ready(ownerId);
    const events = await rowsOf(db, "select from_status, to_status from file_events where file_id = $1 order by id", [
      file.id,
    ]);
    expect(events).toEqual([
      { from_status: null, to_status: "PENDING" },
      { from_status: "PENDING", to_status: "VERIFYING" },
      { from_status: "VERIFYING", to_status: "READY" },
    ]);
  });

  test.each([
    ["etag", "'\"other\"'"],
    ["content_type", "'text/html'"],
    ["size_bytes", "1"],
    ["owner_id", "'somebody'"],
  ])("%s of a READY file cannot change", async (column, value) => {
    const file = await ready(newOwner());
    await expect(rowsOf(db, `update files set ${column} = ${value} where id = $1`, [file.id])).rejects.toThrow(
      /fixed|sealed|violates/,
    );
  });

  test("a row whose bytes are not collected cannot be removed", async () => {
    const file = await ready(newOwner());
    await expect(rowsOf(db, "delete from files where id = $1", [file.id])).rejects.toThrow(/bytes to collect/);
  });

  test("the entities and the migration describe the same tables", async () => {
    const drift = await db.driver.createSchemaBuilder().log();
    const aboutColumns = drift.upQueries
      .map(({ query }) => query)
      .filter((query) => /ADD|DROP COLUMN|ALTER COLUMN/.test(query));
    expect(aboutColumns.filter((query) => !/CONSTRAINT|INDEX/.test(query))).toEqual([]);
  });
});

describe("trash and collecting", () => {
  test("restore and the claim race: exactly one wins", async () => {
    const ownerId = newOwner();
    for (let round = 0; round < 30; round += 1) {
      const file = await ready(ownerId);
      await files.trash(ownerId, file.id, 3600);
      await rowsOf(db, "update files set purge_at = now() + interval '2 milliseconds' where id = $1", [file.id]);
      const [restored, claimed] = await Promise.all([
        files.restore(ownerId, file.id),
        new Promise((resolve) => setTimeout(resolve, round % 5)).then(() => files.claimForCollecting(file.id, 60_000)),
      ]);
      expect([restored, claimed].filter((winner) => winner !== null).length).toBeLessThanOrEqual(1);
      const row = await files.find(ownerId, file.id);
      expect(row?.status === "READY" ? row.collectingAt : null).toBeNull();
    }
  });

  test("a claim whose holder died is open again", async () => {
    const file = await aborted(newOwner());
    expect(await files.claimForCollecting(file.id, 60_000)).not.toBeNull();
    expect(await files.claimForCollecting(file.id, 60_000)).toBeNull();
    expect(await files.claimForCollecting(file.id, -1)).not.toBeNull();
  });
});

describe("lists", () => {
  test("every order, both ways, page by page: each file once, also among equals", async () => {
    const ownerId = newOwner();
    const names = ["b.txt", "A.txt", "a.txt", "ä.txt", "B.txt", "c_1.txt", "c%1.txt"];
    for (const [index, filename] of names.entries()) await ready(ownerId, { filename, sizeBytes: 10 + (index % 2) });
    for (const field of ["CREATED_AT", "FILENAME", "SIZE"] as const)
      for (const direction of ["ASC", "DESC"] as const) {
        const seen: FileRow[] = [];
        for (;;) {
          const last = seen.at(-1);
          const value =
            last &&
            { CREATED_AT: String(last.createdAt.getTime()), FILENAME: last.filename, SIZE: String(last.sizeBytes) }[
              field
            ];
          const after = last === undefined ? null : { value: value!, id: last.id };
          const page = await files.list(ownerId, { take: 2, after, filter: NO_FILTER, orderBy: { field, direction } });
          if (page.length === 0) break;
          seen.push(...page);
        }
        expect(seen.map((file) => file.filename).sort()).toEqual([...names].sort());
        if (field === "SIZE") {
          const sizes = seen.map((file) => file.sizeBytes);
          expect(sizes).toEqual([...sizes].sort((a, b) => (direction === "ASC" ? a - b : b - a)));
        }
      }
  });

  test("search takes % and _ literally and ignores case; types are exact or ranges", async () => {
    const ownerId = newOwner();
    for (const filename of ["c_1.txt", "c%1.txt", "cx1.TXT"]) await ready(ownerId, { filename });
    const found = async (filter: Partial<FileListFilter>) =>
      (
        await files.list(ownerId, {
          take: 10,
          after: null,
          filter: { ...NO_FILTER, ...filter },
          orderBy: { field: "FILENAME", direction: "ASC" },
        })
      ).map((file) => file.filename);
    expect(await found({ filenameContains: "_1" })).toEqual(["c_1.txt"]);
    expect(await found({ filenameContains: "%1" })).toEqual(["c%1.txt"]);
    expect(await found({ filenameContains: "X1.tx" })).toEqual(["cx1.TXT"]);
    expect(await found({ contentTypes: ["text/*"] })).toHaveLength(3);
    expect(await found({ contentTypes: ["text/plai"] })).toEqual([]);
    expect(await found({ minSizeBytes: 101 })).toEqual([]);
    expect(await files.count(ownerId, NO_FILTER, 2)).toBe(3);
  });

  test("somebody else's file is not there", async () => {
    const file = await ready(newOwner());
    const stranger = newOwner();
    expect(await files.find(stranger, file.id)).toBeNull();
    expect(await files.findMany(stranger, [file.id])).toEqual([null]);
    expect(await files.rename(stranger, file.id, "x")).toBeNull();
    expect(await files.trash(stranger, file.id, 1)).toBeNull();
  });
});

async function aborted(ownerId: string): Promise<FileRow> {
  const file = await opened(ownerId);
  return (await files.abort(ownerId, file.id))!;
}
