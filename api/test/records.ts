import { HeadObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, NotFound } from "@aws-sdk/client-s3";
import { firstRow } from "../src/db/query.js";
import { parseFileId } from "../src/files/file-id.js";
import { objectKeyOf, OBJECT_KEY_PREFIX } from "../src/files/object-key.js";
import type { TestApp } from "./test-app.js";

/** What database and bucket hold, for asserting only: tests act over HTTP. */

/** Whose bucket is asked. */
type Held = Pick<TestApp, "s3" | "bucket">;

/** Columns of `files`, as Postgres names them. */
export type SqlRow = Readonly<Record<string, unknown>>;

export function uuidOf(fileId: string): string {
  const uuid = parseFileId(fileId);
  if (uuid === null) throw new Error(`no file id: ${fileId}`);
  return uuid;
}

export const keyOf = (fileId: string): string => objectKeyOf(uuidOf(fileId));

/** The whole row; null when there is none. */
export const rowOf = (app: Pick<TestApp, "db">, fileId: string): Promise<SqlRow | null> =>
  firstRow<SqlRow>(app.db, "select * from files where id = $1", [uuidOf(fileId)]);

export async function countRows(app: Pick<TestApp, "db">, user: string): Promise<number> {
  const row = await firstRow<{ count: string }>(app.db, "select count(*) from files where owner_id = $1", [
    ownerOf(user),
  ]);
  return Number(row!.count);
}

/** An owner's account in bytes, and the number of uploads that are open or not yet collected. */
export async function accountOf(
  app: Pick<TestApp, "db">,
  user: string,
): Promise<{ used: number; reserved: number; uncollected: number; open: number }> {
  const row = await firstRow<Record<string, string>>(app.db, "select * from owner_usage where owner_id = $1", [
    ownerOf(user),
  ]);
  const number = (name: string): number => Number(row?.[name] ?? 0);
  return {
    used: number("used_bytes"),
    reserved: number("reserved_bytes"),
    uncollected: number("uncollected_bytes"),
    open: number("open_uploads"),
  };
}

export const ownerOf = (user: string): string => `signet-dev|${user}`;

/** Keys of files in the bucket: its marker is none. */
export async function storedKeys(app: Held): Promise<string[]> {
  const command = new ListObjectsV2Command({ Bucket: app.bucket, Prefix: OBJECT_KEY_PREFIX });
  const { Contents = [], IsTruncated } = await app.s3.send(command);
  if (IsTruncated === true) throw new Error("more than one page of keys");
  return Contents.map(({ Key }) => Key!);
}

/** Keys of open multipart uploads. */
export async function openUploadKeys(app: Held): Promise<string[]> {
  const { Uploads = [] } = await app.s3.send(new ListMultipartUploadsCommand({ Bucket: app.bucket }));
  return Uploads.map(({ Key }) => Key!);
}

/** The sealed object as HEAD shows it; null when it is not there. */
export async function headOf(app: Held, fileId: string) {
  try {
    return await app.s3.send(
      new HeadObjectCommand({ Bucket: app.bucket, Key: keyOf(fileId), ChecksumMode: "ENABLED" }),
    );
  } catch (error) {
    if (error instanceof NotFound) return null;
    throw error;
  }
}

/** Asks until the condition holds. @throws Error when it does not within the time */
export async function until(condition: () => Promise<boolean> | boolean, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}
