import { createHash, randomBytes } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { rowsOf } from "../src/db/query.js";
import { FILE_UUID_RANDOM_BYTES, newFileUuid } from "../src/files/file-id.js";
import { objectKeyOf, OBJECT_KEY_PREFIX, uuidOfKey } from "../src/files/object-key.js";
import type { Holdings } from "./invariants.js";

/** Faults planted by hand, guards or no guards, and the whole of a database and its bucket for comparing. */

/** A statement that the table's triggers do not see. */
export async function bypass({ db }: Pick<Holdings, "db">, statement: string): Promise<void> {
  await rowsOf(
    db,
    `do $$ begin
       alter table files disable trigger user;
       ${statement};
       alter table files enable trigger user;
     end $$`,
  );
}

/** Takes files out of the world, so that the next fault stands alone. */
export async function forget(holdings: Holdings, uuids: readonly string[]): Promise<void> {
  const { s3, bucket: Bucket } = holdings;
  for (const uuid of uuids) {
    const at = { Bucket, Key: objectKeyOf(uuid) };
    await s3.send(new DeleteObjectCommand(at));
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: at.Key }));
    for (const { UploadId } of Uploads) await s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
  }
  const ids = uuids.map((uuid) => `'${uuid}'`).join(", ");
  const owners = `select distinct owner_id from files where id in (${ids})`;
  await bypass(
    holdings,
    `create temporary table forgotten on commit drop as ${owners};
     delete from files where id in (${ids});
     delete from file_events where file_id in (${ids});
     update owner_usage u set (used_bytes, reserved_bytes, uncollected_bytes, open_uploads) = (
       select coalesce(sum(size_bytes) filter (where status in ('READY', 'DELETED') and collected_at is null), 0),
              coalesce(sum(size_bytes) filter (where status in ('PENDING', 'VERIFYING')), 0),
              coalesce(sum(size_bytes) filter (where status in ('REJECTED', 'EXPIRED') and collected_at is null), 0),
              count(*) filter (where status in ('PENDING', 'VERIFYING', 'REJECTED', 'EXPIRED') and collected_at is null)
       from files f where f.owner_id = u.owner_id)
     where owner_id in (select owner_id from forgotten);
     drop table forgotten`,
  );
}

/** A key that a file could have, and none has. */
export const strangeKey = (): string => objectKeyOf(newFileUuid(Date.now(), randomBytes(FILE_UUID_RANDOM_BYTES)));

export const putObject = ({ s3, bucket: Bucket }: Holdings, Key: string, Body: string | Uint8Array): Promise<unknown> =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body }));

/** Everything there is: row by row, object by object, upload by upload, under `kind<tab>subject`. */
export async function everything({ db, s3, bucket: Bucket }: Holdings): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  const note = (name: string, thing: unknown): void => void all.set(name, JSON.stringify(thing));
  for (const row of await rowsOf<{ id: string }>(db, "select * from files")) note(`row\t${row.id}`, row);
  for (const row of await rowsOf<{ owner_id: string }>(db, "select * from owner_usage"))
    note(`account\t${row.owner_id}`, row);
  for (const row of await rowsOf<{ file_id: string; id: string }>(db, "select * from file_events"))
    note(`event\t${row.file_id}\t${row.id}`, row);
  for (let token: string | undefined, more = true; more; more = token !== undefined) {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: token }));
    for (const { Key, Size, ETag, LastModified } of page.Contents ?? [])
      note(`object\t${Key}`, [Size, ETag, LastModified]);
    token = page.NextContinuationToken;
  }
  for await (const { Key, UploadId } of openUploads({ s3, bucket: Bucket })) note(`upload\t${Key}\t${UploadId}`, true);
  return all;
}

async function* openUploads({ s3, bucket: Bucket }: Pick<Holdings, "s3" | "bucket">) {
  let marker: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (let more = true; more;) {
    const page = await s3.send(new ListMultipartUploadsCommand({ Bucket, ...marker }));
    yield* page.Uploads ?? [];
    marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    more = page.IsTruncated === true;
  }
}

/** Names of what differs between two {@link everything}s, those of one file under its id. */
export function differences(before: Map<string, string>, after: Map<string, string>): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
  return [...new Set(names.map(subjectOf))].sort();
}

function subjectOf(name: string): string {
  const [kind, subject = ""] = name.split("\t");
  if (kind === "account") return name;
  if (kind === "row" || kind === "event") return subject;
  return (subject.startsWith(OBJECT_KEY_PREFIX) ? uuidOfKey(subject) : null) ?? subject;
}

export interface PlantedFiles {
  readonly uuids: readonly string[];
  /** Bytes of each. */
  readonly sizeBytes: number;
}

const PLANTED = Buffer.from("planted by hand");

/**
 * READY files with their objects, for one owner, by statements that the triggers see: what uploads would leave, sooner.
 * The SHA-256 of each is known and right.
 */
export async function plantReady(holdings: Holdings, owner: string, count: number): Promise<PlantedFiles> {
  const uuids = newUuids(count);
  const [md5, sha256] = ["md5", "sha256"].map((name) => createHash(name).update(PLANTED).digest("hex"));
  await insertPending(holdings, owner, uuids);
  const move = (set: string): Promise<unknown> =>
    rowsOf(holdings.db, `update files set ${set} where id = any($1::uuid[])`, [uuids]);
  await move("upload_id = 'was ' || id");
  await move("status = 'VERIFYING', attempt = 2, lease_until = now()");
  await move(`status = 'READY', lease_until = null, ready_at = now(), content_type = declared_type, integrity = 'SHA256',
              sha256 = '${sha256}', etag = '"${md5}"'`);
  await rowsOf(
    holdings.db,
    `update owner_usage set reserved_bytes = reserved_bytes - $2, used_bytes = used_bytes + $2, open_uploads = open_uploads - $3
     where owner_id = $1`,
    [owner, count * PLANTED.length, count],
  );
  await eachOf(uuids, (uuid) => putObject(holdings, objectKeyOf(uuid), PLANTED));
  return { uuids, sizeBytes: PLANTED.length };
}

/** PENDING files with their open uploads, likewise. */
export async function plantOpen(holdings: Holdings, owner: string, count: number): Promise<PlantedFiles> {
  const uuids = newUuids(count);
  await insertPending(holdings, owner, uuids);
  await eachOf(uuids, async (uuid) => {
    const uploadId = await openStrange(holdings, objectKeyOf(uuid));
    await rowsOf(holdings.db, "update files set upload_id = $2 where id = $1", [uuid, uploadId]);
  });
  return { uuids, sizeBytes: PLANTED.length };
}

/** Opens an upload that no row knows. */
export async function openStrange({ s3, bucket: Bucket }: Holdings, Key: string): Promise<string> {
  return (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId!;
}

const newUuids = (count: number): string[] =>
  Array.from({ length: count }, () => newFileUuid(Date.now(), randomBytes(FILE_UUID_RANDOM_BYTES)));

async function insertPending({ db }: Holdings, owner: string, uuids: readonly string[]): Promise<void> {
  const size = PLANTED.length;
  await rowsOf(
    db,
    `insert into owner_usage as u (owner_id, reserved_bytes, open_uploads) values ($1, $2, $3)
     on conflict (owner_id) do update set reserved_bytes = u.reserved_bytes + $2, open_uploads = u.open_uploads + $3`,
    [owner, uuids.length * size, uuids.length],
  );
  await rowsOf(
    db,
    `insert into files (id, owner_id, filename, declared_type, size_bytes, part_checksum, policy, part_size_bytes,
                        part_count, input_digest, attempt, expires_at)
     select id, $1, 'planted', 'application/octet-stream', $2, 'NONE', 'default', $2, 1, '', 1, now() + interval '1 day'
     from unnest($3::uuid[]) id`,
    [owner, size, uuids],
  );
}

/** @param work runs for eight at a time */
export async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const queue = items.values();
  const workOff = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, workOff));
}
