import { createHash } from "node:crypto";
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from "@aws-sdk/client-s3";
import type { S3Client } from "@aws-sdk/client-s3";
import type { DataSource } from "typeorm";
import { rowsOf } from "../src/db/query.js";
import { TRANSITIONS } from "../src/files/file.js";
import type { FileStatus } from "../src/files/file.js";
import { objectKeyOf } from "../src/files/object-key.js";

/** A database and its bucket: a TestApp, or what a process left behind. */
export interface Holdings {
  readonly db: DataSource;
  readonly s3: S3Client;
  readonly bucket: string;
}

export interface InvariantOptions {
  /**
   * True: nothing may be on its way any more: no row is VERIFYING, every ended row is collected, an open multipart
   * upload belongs to a PENDING row, an object to one that is READY or in the trash (I6 after its time). Default false.
   */
  readonly settled?: boolean;
}

/** READY files up to this size are read back and hashed. */
const MAX_HASHED_BYTES = 64 * 1024 ** 2;

/**
 * Compares database, usage and bucket with I1, I3, I4 and I5 of docs/upload-protocol.md, and asks the job queue whether
 * any job has failed. Call it when no request is under way; sweeps and jobs may run.
 * @throws Error that names every violation
 */
export async function checkInvariants(holdings: Holdings, { settled = false }: InvariantOptions = {}): Promise<void> {
  // The bucket first: whatever it holds must have had its row before (I3).
  const bucket = await readBucket(holdings);
  const rows = await readRows(holdings.db);
  const faults = [
    ...(await wrongReady(holdings, rows)),
    ...unexplained(bucket, rows, settled),
    ...(settled ? unsettled(rows) : []),
    ...(await wrongUsage(holdings.db)),
    ...(await wrongEvents(holdings.db)),
    ...(await failedJobs(holdings.db)),
  ];
  if (faults.length > 0) throw new Error(`${faults.length} invariants are broken:\n${faults.join("\n")}`);
}

/** The states a file has been through, oldest first, as `PENDING>VERIFYING>READY`. */
export async function historyOf({ db }: Pick<Holdings, "db">, uuid: string): Promise<string> {
  const events = await rowsOf<{ to_status: string }>(
    db,
    "select to_status from file_events where file_id = $1 order by id",
    [uuid],
  );
  return events.map((event) => event.to_status).join(">");
}

interface Row {
  readonly id: string;
  readonly status: FileStatus;
  readonly size_bytes: string;
  readonly etag: string | null;
  readonly sha256: string | null;
  readonly upload_id: string | null;
  readonly collected: boolean;
  /** In the trash, and not yet to be collected. */
  readonly restorable: boolean;
  readonly due: boolean;
}

interface Bucket {
  readonly keys: readonly string[];
  readonly uploads: readonly { key: string; uploadId: string }[];
}

const readRows = (db: DataSource): Promise<Row[]> =>
  rowsOf<Row>(
    db,
    `select id, status, size_bytes, etag, sha256, upload_id, collected_at is not null as collected,
            status = 'DELETED' and collecting_at is null and purge_at > now() as restorable,
            status in ('REJECTED', 'EXPIRED') or (status = 'DELETED' and purge_at <= now()) as due
     from files`,
  );

async function readBucket({ s3, bucket: Bucket }: Holdings): Promise<Bucket> {
  const keys: string[] = [];
  for (let token: string | undefined, more = true; more; more = token !== undefined) {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: token }));
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key!));
    token = page.NextContinuationToken;
  }
  const uploads: { key: string; uploadId: string }[] = [];
  let marker: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (let more = true; more;) {
    const page = await s3.send(new ListMultipartUploadsCommand({ Bucket, ...marker }));
    uploads.push(...(page.Uploads ?? []).map(({ Key, UploadId }) => ({ key: Key!, uploadId: UploadId! })));
    marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    more = page.IsTruncated === true;
  }
  return { keys, uploads };
}

/** I1: what is READY, or can become READY again, is there, byte for byte. */
async function wrongReady({ s3, bucket: Bucket }: Holdings, rows: readonly Row[]): Promise<string[]> {
  const faults = await Promise.all(
    rows
      .filter((row) => row.status === "READY" || row.restorable)
      .map(async (row) => {
        const Key = objectKeyOf(row.id);
        const head = await s3.send(new HeadObjectCommand({ Bucket, Key })).catch(() => null);
        const found = head === null ? "nothing" : `${head.ContentLength} bytes, ETag ${head.ETag}`;
        const recorded = `${row.size_bytes} bytes, ETag ${row.etag}`;
        if (found !== recorded) return `I1 ${row.id} ${row.status}: recorded ${recorded}; the store holds ${found}`;
        if (row.sha256 === null || Number(row.size_bytes) > MAX_HASHED_BYTES) return null;
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        const bytes = await Body!.transformToByteArray();
        const sha256 = createHash("sha256").update(bytes).digest("hex");
        return sha256 === row.sha256 ? null : `I1 ${row.id}: recorded SHA-256 ${row.sha256}; the bytes have ${sha256}`;
      }),
  );
  return faults.filter((fault) => fault !== null);
}

/** I3: nothing in the bucket without a row whose state explains it; and an open upload that a row counts on is there. */
function unexplained({ keys, uploads }: Bucket, rows: readonly Row[], settled: boolean): string[] {
  const byKey = new Map(rows.map((row) => [objectKeyOf(row.id), row]));
  const toCome = (row: Row): boolean => !settled && row.due && !row.collected;
  const faults: string[] = [];
  for (const key of keys) {
    const row = byKey.get(key);
    const sealed = row !== undefined && !row.collected && (row.status === "READY" || row.status === "DELETED");
    const beingSealed = row?.status === "VERIFYING" && !settled;
    if (!(sealed || beingSealed || (row !== undefined && toCome(row)))) faults.push(`I3 object ${key}: ${told(row)}`);
  }
  for (const { key, uploadId } of uploads) {
    const row = byKey.get(key);
    const open = row?.status === "PENDING" || (row?.status === "VERIFYING" && !settled);
    const itsOwn = open && (row.upload_id === uploadId || (row.upload_id === null && !settled));
    if (!(itsOwn || (row !== undefined && toCome(row)))) faults.push(`I3 open upload of ${key}: ${told(row)}`);
  }
  const openIds = new Set(uploads.map(({ uploadId }) => uploadId));
  for (const row of rows)
    if (row.status === "PENDING" && row.upload_id !== null && !openIds.has(row.upload_id))
      faults.push(`I3 ${row.id} is PENDING, and its multipart upload is gone`);
  return faults;
}

const told = (row: Row | undefined): string =>
  row === undefined ? "no row" : `its row is ${row.status}${row.collected ? ", collected" : ""}`;

function unsettled(rows: readonly Row[]): string[] {
  return rows
    .filter((row) => row.status === "VERIFYING" || (row.due && !row.collected))
    .map((row) => `I6 ${row.id} is still ${row.status}${row.due ? ", uncollected" : ""}`);
}

/** I4, in one statement and so in one snapshot. */
async function wrongUsage(db: DataSource): Promise<string[]> {
  const faults = await rowsOf<Record<string, string>>(
    db,
    `with sums as (
       select owner_id,
              sum(size_bytes) filter (where status = 'READY' or (status = 'DELETED' and collected_at is null)) as used,
              sum(size_bytes) filter (where status in ('PENDING', 'VERIFYING')) as reserved,
              sum(size_bytes) filter (where status in ('REJECTED', 'EXPIRED') and collected_at is null) as uncollected,
              count(*) filter (where status in ('PENDING', 'VERIFYING')
                               or (status in ('REJECTED', 'EXPIRED') and collected_at is null)) as open
       from files group by owner_id
     ), compared as (
       select coalesce(s.owner_id, u.owner_id) as owner_id,
              array[u.used_bytes, u.reserved_bytes, u.uncollected_bytes, u.open_uploads] as kept,
              array[coalesce(s.used, 0), coalesce(s.reserved, 0), coalesce(s.uncollected, 0), coalesce(s.open, 0)]::bigint[] as counted
       from sums s full join owner_usage u using (owner_id)
     )
     select owner_id, kept::text, counted::text from compared where kept is distinct from counted`,
  );
  return faults.map(
    ({ owner_id, kept, counted }) =>
      `I4 ${owner_id}: usage (used, reserved, uncollected, open) says ${kept}; the rows say ${counted}`,
  );
}

/** I5: each file's events form one unbroken chain of arrows from PENDING to the state of its row. */
async function wrongEvents(db: DataSource): Promise<string[]> {
  const files = await rowsOf<{ id: string; status: string | null; events: EventRow[] | null }>(
    db,
    `select coalesce(f.id, e.file_id) as id, f.status, e.events
     from files f full join (
       select file_id, json_agg(json_build_object('from', from_status, 'to', to_status, 'attempt', attempt) order by id) as events
       from file_events group by file_id
     ) e on e.file_id = f.id`,
  );
  return files.flatMap(({ id, status, events }) => {
    const fault = brokenChain(events ?? [], status);
    return fault === null ? [] : [`I5 ${id}: ${fault}: ${JSON.stringify(events)}`];
  });
}

interface EventRow {
  readonly from: FileStatus | null;
  readonly to: FileStatus;
  readonly attempt: number;
}

function brokenChain(events: readonly EventRow[], status: string | null): string | null {
  let before: EventRow | null = null;
  for (const event of events) {
    if (event.from !== (before?.to ?? null)) return `it left ${event.from} while in ${before?.to ?? "no state"}`;
    if (event.from === null ? event.to !== "PENDING" : !TRANSITIONS[event.from].includes(event.to))
      return `no arrow from ${event.from} to ${event.to}`;
    if (before !== null && event.attempt < before.attempt) return "attempts went back";
    before = event;
  }
  if (before === null) return "no event";
  // Only the rows of ended files are ever removed.
  if (status === null) return ["EXPIRED", "REJECTED", "DELETED"].includes(before.to) ? null : "its row is gone";
  return before.to === status ? null : `its row is ${status}`;
}

async function failedJobs(db: DataSource): Promise<string[]> {
  const jobs = await rowsOf<{ task_identifier: string; last_error: string }>(
    db,
    "select task_identifier, last_error from graphile_worker.jobs where last_error is not null",
  );
  return jobs.map((job) => `job ${job.task_identifier} failed: ${job.last_error}`);
}
