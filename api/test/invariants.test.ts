import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { rowsOf } from "../src/db/query.js";
import { noise } from "./content.js";
import { checkInvariants } from "./invariants.js";
import { openUpload, upload } from "./operations.js";
import { forget } from "./plant.js";
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
    () => forget(app, [uuidOf(readyId)]),
  ],
  [
    "a READY file with other bytes",
    /I2 .* READY: recorded 1000 bytes/,
    () => app.s3.send(new PutObjectCommand({ Bucket: app.bucket, Key: keyOf(readyId), Body: Buffer.alloc(1000) })),
    () => forget(app, [uuidOf(readyId)]),
  ],
  [
    "an object without a row",
    /I3 f\/stray: an object of 1 bytes without a row/,
    () => app.s3.send(new PutObjectCommand({ Bucket: app.bucket, Key: "f/stray", Body: "x" })),
    () => app.s3.send(new DeleteObjectCommand({ Bucket: app.bucket, Key: "f/stray" })),
  ],
  [
    "an object of an upload that is still open",
    /I3 .*: an object, and its row is PENDING/,
    () => app.s3.send(new PutObjectCommand({ Bucket: app.bucket, Key: keyOf(openId), Body: "x" })),
    () => app.s3.send(new DeleteObjectCommand({ Bucket: app.bucket, Key: keyOf(openId) })),
  ],
  [
    "an open upload of a file that is READY",
    /I3 .*: open upload .* beside that of its row, READY/,
    () => app.s3.send(new CreateMultipartUploadCommand({ Bucket: app.bucket, Key: keyOf(readyId) })),
    () => forget(app, [uuidOf(readyId)]),
  ],
  [
    "a PENDING row whose upload is gone",
    /I3 .*: PENDING, and its multipart upload is gone/,
    async () =>
      app.s3.send(
        new AbortMultipartUploadCommand({
          Bucket: app.bucket,
          Key: keyOf(openId),
          UploadId: String((await rowOf(app, openId))!["upload_id"]),
        }),
      ),
    () => forget(app, [uuidOf(openId)]),
  ],
  [
    "one byte too much in use",
    /I4: signet-dev\|ann: the account .* says 1001, 500, 0, 1; the rows say 1000, 500, 0, 1/,
    () => rowsOf(app.db, "update owner_usage set used_bytes = used_bytes + 1"),
    () => rowsOf(app.db, "update owner_usage set used_bytes = used_bytes - 1"),
  ],
  [
    "a transition without its event",
    /I5 .*: its row is READY, and its last event says VERIFYING/,
    () => rowsOf(app.db, "delete from file_events where file_id = $1 and to_status = 'READY'", [uuidOf(readyId)]),
    () => forget(app, [uuidOf(readyId)]),
  ],
  [
    "a row that is still being verified when all should be settled",
    /I6 .*: still VERIFYING/,
    () => rowsOf(app.db, "update files set status = 'VERIFYING', lease_until = now() where id = $1", [uuidOf(openId)]),
    () => forget(app, [uuidOf(openId)]),
  ],
])("%s is told", async (_, told, plant, mend) => {
  await plant();
  await expect(checkInvariants(app, { settled: true })).rejects.toThrow(told);
  await mend();
  await forget(app, [readyId, openId].map(uuidOf));
  await checkInvariants(app, { settled: true });
});
