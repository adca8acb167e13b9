import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { rowsOf } from "../src/db/query.js";
import { noise } from "./content.js";
import { checkInvariants } from "./invariants.js";
import { openUpload, upload } from "./operations.js";
import { keyOf, rowOf, uuidOf } from "./records.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** The checker itself: each fault that it is there for, planted by hand. */

let app: TestApp;
let readyId = "";
let openId = "";

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
beforeEach(async () => {
  readyId = (await upload(app, "ann", noise(1000, "ready"), { declareSha256: true })).id;
  openId = (await openUpload(app, "ann", noise(500, "open"))).file.id;
  await checkInvariants(app, { settled: true });
});

test.each<[fault: string, told: RegExp, plant: () => Promise<unknown>, mend: () => Promise<unknown>]>([
  [
    "a READY file without its object",
    /I1 .* READY: recorded 1000 bytes.*the store holds nothing/,
    () => app.s3.send(new DeleteObjectCommand({ Bucket: app.bucket, Key: keyOf(readyId) })),
    () => forget(readyId),
  ],
  [
    "a READY file with other bytes",
    /I1 .* READY: recorded 1000 bytes/,
    () => app.s3.send(new PutObjectCommand({ Bucket: app.bucket, Key: keyOf(readyId), Body: Buffer.alloc(1000) })),
    () => forget(readyId),
  ],
  [
    "an object without a row",
    /I3 object f\/stray: no row/,
    () => app.s3.send(new PutObjectCommand({ Bucket: app.bucket, Key: "f/stray", Body: "x" })),
    () => app.s3.send(new DeleteObjectCommand({ Bucket: app.bucket, Key: "f/stray" })),
  ],
  [
    "an object of an upload that is still open",
    /I3 object .*: its row is PENDING/,
    () => app.s3.send(new PutObjectCommand({ Bucket: app.bucket, Key: keyOf(openId), Body: "x" })),
    () => app.s3.send(new DeleteObjectCommand({ Bucket: app.bucket, Key: keyOf(openId) })),
  ],
  [
    "an open upload of a file that is READY",
    /I3 open upload of .*: its row is READY/,
    () => app.s3.send(new CreateMultipartUploadCommand({ Bucket: app.bucket, Key: keyOf(readyId) })),
    () => forget(readyId),
  ],
  [
    "a PENDING row whose upload is gone",
    /I3 .* is PENDING, and its multipart upload is gone/,
    async () =>
      app.s3.send(
        new AbortMultipartUploadCommand({
          Bucket: app.bucket,
          Key: keyOf(openId),
          UploadId: String((await rowOf(app, openId))!["upload_id"]),
        }),
      ),
    () => forget(openId),
  ],
  [
    "one byte too much in use",
    /I4 signet-dev\|ann: usage .* says \{1001,500,0,1\}; the rows say \{1000,500,0,1\}/,
    () => rowsOf(app.db, "update owner_usage set used_bytes = used_bytes + 1"),
    () => rowsOf(app.db, "update owner_usage set used_bytes = used_bytes - 1"),
  ],
  [
    "a transition without its event",
    /I5 .*: its row is READY/,
    () => rowsOf(app.db, "delete from file_events where file_id = $1 and to_status = 'READY'", [uuidOf(readyId)]),
    () => forget(readyId),
  ],
  [
    "a row that is still being verified when all should be settled",
    /I6 .* is still VERIFYING/,
    () => rowsOf(app.db, "update files set status = 'VERIFYING', lease_until = now() where id = $1", [uuidOf(openId)]),
    () => forget(openId),
  ],
])("%s is told", async (_, told, plant, mend) => {
  await plant();
  await expect(checkInvariants(app, { settled: true })).rejects.toThrow(told);
  await mend();
  for (const id of [readyId, openId]) await forget(id);
  await checkInvariants(app, { settled: true });
});

/** Takes a file out of the world, guard or no guard, so that the next fault stands alone. */
async function forget(fileId: string): Promise<void> {
  const at = { Bucket: app.bucket, Key: keyOf(fileId) };
  await app.s3.send(new DeleteObjectCommand(at));
  const { Uploads = [] } = await app.s3.send(new ListMultipartUploadsCommand({ Bucket: at.Bucket, Prefix: at.Key }));
  for (const { UploadId } of Uploads) await app.s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
  await rowsOf(
    app.db,
    `do $$ begin
       alter table files disable trigger files_guard;
       delete from files where id = '${uuidOf(fileId)}';
       alter table files enable trigger files_guard;
       delete from file_events where file_id = '${uuidOf(fileId)}';
       update owner_usage set used_bytes = 0, reserved_bytes = 0, open_uploads = 0;
     end $$`,
  );
}
