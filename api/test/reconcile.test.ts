import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
} from "@aws-sdk/client-s3";
import { rowsOf } from "../src/db/query.js";
import { objectKeyOf } from "../src/files/object-key.js";
import type { Breach, ReconcileOptions, ReconcileReport } from "../src/reconcile/breach.js";
import { MARKER_KEY } from "../src/reconcile/claim-bucket.js";
import { noise } from "./content.js";
import { confirmUpload, deleteFile, openUpload, sendBytes, upload } from "./operations.js";
import { bypass, differences, everything, forget, putObject, strangeKey } from "./plant.js";
import { rowOf, storedKeys, until, uuidOf } from "./records.js";
import { testServers } from "./servers.js";
import { startStoreProxy } from "./store-proxy.js";
import type { Fate } from "./store-proxy.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** Each kind of breach: what is told, what `--fix` does about it, and that nothing else changes by either. */

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
  // Bystanders, in every state that is none of anybody's business.
  const bytes = noise(700, "bystander");
  await upload(app, "by", bytes, { declareSha256: true });
  await sendBytes(app, "by", await openUpload(app, "by", bytes), bytes);
  await deleteFile(app, "by", (await upload(app, "by", bytes)).id);
  await deleteFile(app, "by", (await upload(app, "by", bytes)).id, true);
  await deleteFile(app, "by", (await openUpload(app, "by", bytes)).file.id);
  await putObject(app, "somebody/elses", "not below the prefix of files");
  expect((await run()).breaches).toEqual([]);
});
afterAll(() => app.stop());

async function run(
  options: Partial<ReconcileOptions> = {},
): Promise<{ readonly breaches: Breach[]; readonly report: ReconcileReport }> {
  const breaches: Breach[] = [];
  const report = await app.app.reconcile({
    ...{ fix: false, deleteUnknown: null, unknownAfterHours: 48, settled: false, readBack: true, underwayMs: 0 },
    onBreach: (breach) => breaches.push(breach),
    ...options,
  });
  expect(report.breaches).toBe(breaches.length);
  expect(report.fixed).toBe(breaches.filter(({ fixed }) => fixed).length);
  return { breaches, report };
}

const ready = async (): Promise<string> =>
  uuidOf((await upload(app, "ann", noise(1000, "ready"), { declareSha256: true })).id);
const open = async (): Promise<string> => uuidOf((await openUpload(app, "ann", noise(500, "open"))).file.id);
const gone = async (): Promise<string> => {
  const { id } = await upload(app, "ann", noise(10, "gone"));
  await deleteFile(app, "ann", id, true);
  await until(async () => (await rowOf(app, id))!["collected_at"] !== null);
  return uuidOf(id);
};
const strayUpload = (uuid: string) =>
  app.s3.send(new CreateMultipartUploadCommand({ Bucket: app.bucket, Key: objectKeyOf(uuid) }));
const uploadsOf = async (uuid: string): Promise<number> =>
  (await app.s3.send(new ListMultipartUploadsCommand({ Bucket: app.bucket, Prefix: objectKeyOf(uuid) }))).Uploads
    ?.length ?? 0;
const removeObject = (uuid: string) =>
  app.s3.send(new DeleteObjectCommand({ Bucket: app.bucket, Key: objectKeyOf(uuid) }));
const update = (uuid: string, set: string) => bypass(app, `update files set ${set} where id = '${uuid}'`);
const ANN = "account\tsignet-dev|ann";

interface Planted {
  /** The file, or nothing but an account. */
  readonly uuid: string;
  readonly told: Pick<Breach, "invariant"> & { readonly what: RegExp };
  /** What `--fix` changes: nothing where there is only something to tell. */
  readonly changes: "NOTHING" | "FILE" | "FILE_AND_ACCOUNT" | "ACCOUNT";
  readonly settled?: boolean;
  readonly after?: () => Promise<void>;
}

test.each<[name: string, plant: () => Promise<Planted>]>([
  [
    "a READY file without its object",
    async () => {
      const uuid = await ready();
      await removeObject(uuid);
      return { uuid, told: { invariant: "I1", what: /READY: recorded 1000 bytes.*holds nothing/ }, changes: "NOTHING" };
    },
  ],
  [
    "a file in the trash without its object",
    async () => {
      const uuid = await ready();
      await deleteFile(app, "ann", `file_${uuid}`);
      await removeObject(uuid);
      return { uuid, told: { invariant: "I1", what: /DELETED: .*holds nothing/ }, changes: "NOTHING" };
    },
  ],
  [
    "a READY file with other bytes of the same length",
    async () => {
      const uuid = await ready();
      await putObject(app, objectKeyOf(uuid), Buffer.alloc(1000));
      return {
        uuid,
        told: { invariant: "I2", what: /1000 bytes, ETag .* holds 1000 bytes, ETag/ },
        changes: "NOTHING",
      };
    },
  ],
  [
    "a READY file whose bytes do not have their digest any more, size and ETag as they were",
    async () => {
      const uuid = await ready();
      await update(uuid, `sha256 = '${"ab".repeat(32)}'`);
      return { uuid, told: { invariant: "I2", what: /recorded SHA-256 abab.*the bytes have/ }, changes: "NOTHING" };
    },
  ],
  [
    "an object under the key of an upload that is still open",
    async () => {
      const uuid = await open();
      await putObject(app, objectKeyOf(uuid), "early");
      return { uuid, told: { invariant: "I3", what: /an object, and its row is PENDING/ }, changes: "NOTHING" };
    },
  ],
  [
    "an open upload beside a READY file: it goes, the file stays",
    async () => {
      const uuid = await ready();
      await strayUpload(uuid);
      return {
        uuid,
        told: { invariant: "I3", what: /open upload .* beside that of its row, READY/ },
        changes: "FILE",
        after: async () =>
          expect([await uploadsOf(uuid), await storedKeys(app)]).toEqual([
            0,
            expect.arrayContaining([objectKeyOf(uuid)]),
          ]),
      };
    },
  ],
  [
    "two open uploads of one PENDING file: the one that its row counts on stays",
    async () => {
      const uuid = await open();
      await strayUpload(uuid);
      return {
        uuid,
        told: { invariant: "I3", what: /beside that of its row, PENDING/ },
        changes: "FILE",
        after: async () => {
          const { Uploads = [] } = await app.s3.send(
            new ListMultipartUploadsCommand({ Bucket: app.bucket, Prefix: objectKeyOf(uuid) }),
          );
          expect(Uploads.map(({ UploadId }) => UploadId)).toEqual([(await rowOf(app, `file_${uuid}`))!["upload_id"]]);
        },
      };
    },
  ],
  [
    "a PENDING file whose upload is gone: it expires, as a confirm would have it",
    async () => {
      const uuid = await open();
      const uploadId = String((await rowOf(app, `file_${uuid}`))!["upload_id"]);
      await abort(uuid, uploadId);
      return {
        uuid,
        told: { invariant: "I3", what: /PENDING, and its multipart upload is gone/ },
        changes: "FILE_AND_ACCOUNT",
        after: async () => expect(await rowOf(app, `file_${uuid}`)).toMatchObject({ status: "EXPIRED" }),
      };
    },
  ],
  [
    "bytes that came under a tombstone: they go, as at its end",
    async () => {
      const uuid = await gone();
      await putObject(app, objectKeyOf(uuid), "late");
      return {
        uuid,
        told: { invariant: "I3", what: /an object, and its row is DELETED, collected/ },
        changes: "FILE",
        after: async () => expect(await storedKeys(app)).not.toContain(objectKeyOf(uuid)),
      };
    },
  ],
  [
    "an upload that was opened under a tombstone",
    async () => {
      const uuid = await gone();
      await strayUpload(uuid);
      return {
        uuid,
        told: { invariant: "I3", what: /open upload .*, and its row is DELETED, collected/ },
        changes: "FILE",
        after: async () => expect(await uploadsOf(uuid)).toBe(0),
      };
    },
  ],
  [
    "one byte too much in use",
    async () => {
      const uuid = await ready();
      await rowsOf(app.db, "update owner_usage set used_bytes = used_bytes + 1 where owner_id = 'signet-dev|ann'");
      return {
        uuid,
        told: { invariant: "I4", what: /^signet-dev\|ann: .* says 1001, 0, 0, 0; the rows say 1000, 0, 0, 0$/ },
        changes: "ACCOUNT",
      };
    },
  ],
  [
    "an owner with files and no account",
    async () => {
      const uuid = await open();
      await rowsOf(app.db, "delete from owner_usage where owner_id = 'signet-dev|ann'");
      return {
        uuid,
        told: { invariant: "I4", what: /says nothing; the rows say 0, 500, 0, 1$/ },
        changes: "ACCOUNT",
      };
    },
  ],
  [
    "a transition without its event",
    async () => {
      const uuid = await ready();
      await rowsOf(app.db, "delete from file_events where file_id = $1 and to_status = 'READY'", [uuid]);
      return {
        uuid,
        told: { invariant: "I5", what: /its row is READY, and its last event says VERIFYING/ },
        changes: "NOTHING",
      };
    },
  ],
  [
    "an event that no arrow allows",
    async () => {
      const uuid = await ready();
      await rowsOf(
        app.db,
        "update file_events set to_status = 'EXPIRED' where file_id = $1 and to_status = 'VERIFYING'",
        [uuid],
      );
      return { uuid, told: { invariant: "I5", what: /an event left VERIFYING while in EXPIRED/ }, changes: "NOTHING" };
    },
  ],
  [
    "a row that went while it was READY",
    async () => {
      const uuid = await ready();
      await removeObject(uuid);
      await bypass(
        app,
        `delete from files where id = '${uuid}'; update owner_usage set used_bytes = 0 where owner_id = 'signet-dev|ann'`,
      );
      return {
        uuid,
        told: { invariant: "I5", what: /its row is gone, and its last event says READY/ },
        changes: "NOTHING",
      };
    },
  ],
  [
    "a creation that nobody finished",
    async () => {
      const uuid = await open();
      await abort(uuid, String((await rowOf(app, `file_${uuid}`))!["upload_id"]));
      await update(uuid, "upload_id = null, created_at = now() - interval '1 day'");
      return {
        uuid,
        told: { invariant: "I6", what: /still PENDING/ },
        changes: "FILE_AND_ACCOUNT",
        after: async () =>
          expect(await rowOf(app, `file_${uuid}`)).toMatchObject({ status: "EXPIRED", collected_at: expect.any(Date) }),
      };
    },
  ],
  [
    "an incomplete upload long past its time",
    async () => {
      const uuid = await open();
      await update(uuid, "expires_at = now() - interval '1 day'");
      return {
        uuid,
        told: { invariant: "I6", what: /still PENDING/ },
        changes: "FILE_AND_ACCOUNT",
        after: async () =>
          expect([await rowOf(app, `file_${uuid}`), await uploadsOf(uuid)]).toMatchObject([
            { status: "EXPIRED", collected_at: expect.any(Date) },
            0,
          ]),
      };
    },
  ],
  [
    "a complete upload whose verdict nobody came back to: it becomes READY",
    async () => {
      const bytes = noise(500, "open");
      const ticket = await openUpload(app, "ann", bytes);
      await sendBytes(app, "ann", ticket, bytes);
      const uuid = uuidOf(ticket.file.id);
      await rowsOf(
        app.db,
        "update files set status = 'VERIFYING', attempt = attempt + 1, lease_until = now() - interval '1 day' where id = $1",
        [uuid],
      );
      return {
        uuid,
        told: { invariant: "I6", what: /still VERIFYING/ },
        changes: "FILE_AND_ACCOUNT",
        after: async () =>
          expect(await rowOf(app, ticket.file.id)).toMatchObject({ status: "READY", size_bytes: "500" }),
      };
    },
  ],
  [
    "an ended file whose bytes nobody collected",
    async () => {
      const uuid = await ready();
      await deleteFile(app, "ann", `file_${uuid}`);
      await update(uuid, "purge_at = now() - interval '1 day'");
      return {
        uuid,
        told: { invariant: "I6", what: /still DELETED, uncollected/ },
        changes: "FILE_AND_ACCOUNT",
        after: async () => expect(await storedKeys(app)).not.toContain(objectKeyOf(uuid)),
      };
    },
  ],
  [
    "a tombstone whose day is long over",
    async () => {
      const uuid = await gone();
      await update(uuid, "collected_at = now() - interval '3 days'");
      return {
        uuid,
        told: { invariant: "I6", what: /still DELETED, a tombstone/ },
        changes: "FILE",
        after: async () => expect(await rowOf(app, `file_${uuid}`)).toBeNull(),
      };
    },
  ],
  [
    "work that has failed for the last time",
    async () => {
      const uuid = await ready();
      await deleteFile(app, "ann", `file_${uuid}`);
      await rowsOf(
        app.db,
        `select graphile_worker.add_job('collect-file', json_build_object('fileUuid', $1::text),
                  job_key := 'collect-file:' || $1, run_at := now() + interval '1 day')`,
        [uuid],
      );
      await rowsOf(
        app.db,
        "update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'out of luck' where key = 'collect-file:' || $1",
        [uuid],
      );
      return {
        uuid,
        told: { invariant: "JOB", what: /collect-file, has failed for the last time: out of luck/ },
        changes: "NOTHING",
        after: async () =>
          expect(
            await rowsOf(app.db, "select 1 from graphile_worker.jobs where key = 'collect-file:' || $1", [uuid]),
          ).toEqual([]),
      };
    },
  ],
])("%s", async (_, plant) => {
  const { uuid, told, changes, after } = await plant();
  const planted = await everything(app);
  const expected = { invariant: told.invariant, what: expect.stringMatching(told.what) };
  const mendable = changes !== "NOTHING" || told.invariant === "JOB";

  const checked = await run();
  expect(checked.breaches).toEqual([
    {
      ...expected,
      fileUuid: told.invariant === "I4" ? null : uuid,
      key: keyOrNull(told, uuid),
      mend: expect.any(String),
      fixed: false,
    },
  ]);
  expect(checked.breaches[0]!.mend.startsWith("report only")).toBe(!mendable);
  expect(differences(planted, await everything(app))).toEqual([]);

  const mended = await run({ fix: true });
  expect(mended.breaches).toEqual([{ ...checked.breaches[0], fixed: mendable }]);
  const allowed = { NOTHING: [], FILE: [uuid], ACCOUNT: [ANN], FILE_AND_ACCOUNT: [uuid, ANN] }[changes];
  expect(differences(planted, await everything(app))).toEqual(allowed.toSorted());
  await after?.();
  expect((await run()).breaches).toEqual(mendable ? [] : checked.breaches);
  await forget(app, [uuid]);
});

const keyOrNull = ({ invariant }: Pick<Breach, "invariant">, uuid: string): string | null =>
  ["I4", "I5", "JOB"].includes(invariant) ? null : objectKeyOf(uuid);

async function abort(uuid: string, uploadId: string): Promise<void> {
  await app.s3.send(
    new AbortMultipartUploadCommand({ Bucket: app.bucket, Key: objectKeyOf(uuid), UploadId: uploadId }),
  );
}

describe("what is no breach", () => {
  test("an ended upload whose Complete may be on its way is not collected, and not told", async () => {
    const uuid = await open();
    await rowsOf(app.db, "update files set status = 'EXPIRED', lease_until = null where id = $1", [uuid]);
    await bypass(
      app,
      `update files set complete_sent_at = now() - interval '10 minutes' where id = '${uuid}';
       update file_events set at = now() - interval '1 day' where file_id = '${uuid}';
       update owner_usage set reserved_bytes = 0, uncollected_bytes = 500 where owner_id = 'signet-dev|ann'`,
    );
    const planted = await everything(app);
    expect((await run({ fix: true, settled: true })).breaches.filter(({ fileUuid }) => fileUuid === uuid)).toEqual([]);
    expect(differences(planted, await everything(app))).toEqual([]);
    // The sweep that may collect it now is still to come; the one after that, too.
    await update(uuid, "complete_sent_at = now() - interval '61 minutes'");
    expect((await run({ fix: true })).breaches).toEqual([]);
    await update(uuid, "complete_sent_at = now() - interval '4 hours'");
    expect((await run({ fix: true })).breaches).toMatchObject([{ invariant: "I6", fileUuid: uuid, fixed: true }]);
    await forget(app, [uuid]);
  });

  test("what is young: a stray upload, a row just past its time; settled, both are", async () => {
    const [file, late] = [await ready(), await open()];
    await strayUpload(file);
    await update(late, "expires_at = now() - interval '1 minute'");
    expect((await run({ underwayMs: 60_000 })).breaches).toEqual([]);
    const { breaches } = await run({ settled: true });
    expect(
      breaches
        .filter(({ fileUuid }) => [file, late].includes(fileUuid!))
        .map(({ invariant }) => invariant)
        .sort(),
    ).toEqual(["I3", "I6"]);
    await forget(app, [file, late]);
  });
});

test("more dead jobs than one statement answers are all told", async () => {
  await rowsOf(
    app.db,
    `select graphile_worker.add_job('nobody-does-this', run_at := now() + interval '1 day', max_attempts := 1)
     from generate_series(1, 1001)`,
  );
  await rowsOf(
    app.db,
    "update graphile_worker._private_jobs set attempts = 1, last_error = 'x' where max_attempts = 1",
  );
  const { breaches, report } = await run();
  expect([breaches.length, report.byInvariant.JOB]).toEqual([1001, 1001]);
  await rowsOf(app.db, "delete from graphile_worker._private_jobs where max_attempts = 1");
});

describe("what no row knows", () => {
  test("goes only when it is old and its number was said; into the quarantine, and back, byte for byte", async () => {
    const [key, twoParts, other] = [strangeKey(), strangeKey(), "f/no/key of ours"];
    const bytes = Buffer.alloc(20 * 1024 ** 2, "abc");
    // As a sealed file of a database that was lost: cut as ours are, so that its ETag can come back.
    const ticket = await openUpload(app, "ann", bytes);
    await sendBytes(app, "ann", ticket, bytes);
    const sealed = uuidOf(ticket.file.id);
    await confirmUpload(app, "ann", ticket.file.id);
    await bypass(
      app,
      `delete from files where id = '${sealed}'; delete from file_events where file_id = '${sealed}';
       update owner_usage set used_bytes = 0 where owner_id = 'signet-dev|ann'`,
    );
    await putObject(app, key, "unknown");
    await putObject(app, other, Buffer.alloc(0));
    const { UploadId } = await app.s3.send(new CreateMultipartUploadCommand({ Bucket: app.bucket, Key: twoParts }));
    const planted = await everything(app);
    const UNKNOWN = [key, twoParts, other, objectKeyOf(sealed)].toSorted();

    for (const [options, mend] of [
      [{ fix: true }, /^left alone: younger than 48 hours$/],
      [{ fix: true, deleteUnknown: 4 }, /^left alone: younger than 48 hours$/],
      [{ unknownAfterHours: 0 }, /with --fix --delete-unknown and how many there are$/],
      [{ fix: true, unknownAfterHours: 0 }, /with --fix --delete-unknown and how many there are$/],
      [{ fix: true, unknownAfterHours: 0, deleteUnknown: 3 }, /^nothing: --delete-unknown says 3, and 4 were found$/],
      [{ fix: true, unknownAfterHours: 0, deleteUnknown: 0 }, /^nothing: --delete-unknown says 0, and 4 were found$/],
    ] as const) {
      const { breaches, report } = await run(options);
      expect(breaches.map((breach) => breach.key!).sort()).toEqual(UNKNOWN);
      for (const breach of breaches)
        expect(breach).toMatchObject({ invariant: "I3", mend: expect.stringMatching(mend), fixed: false });
      expect(report.unknown).toBe("unknownAfterHours" in options ? 4 : 0);
      expect(differences(planted, await everything(app))).toEqual([]);
    }

    const { breaches, report } = await run({ fix: true, unknownAfterHours: 0, deleteUnknown: 4 });
    expect(breaches.map((breach) => breach.key!).sort()).toEqual(UNKNOWN);
    expect(breaches.every(({ fixed }) => fixed)).toBe(true);
    expect(report.quarantine).toEqual({ objects: 3, bytes: 7 + bytes.length, purged: 0 });
    const today = new Date().toISOString().slice(0, 10);
    const after = await everything(app);
    const moved = [key, other, objectKeyOf(sealed)];
    expect(differences(planted, after)).toEqual(
      [
        ...[key, twoParts, objectKeyOf(sealed)].map((one) => one.slice("f/00/".length)),
        ...[other, ...moved.map((one) => `quarantine/${today}/${one}`)],
      ].toSorted(),
    );
    expect(after.has(`upload\t${twoParts}\t${UploadId}`)).toBe(false);
    expect((await run({ unknownAfterHours: 0 })).breaches).toEqual([]);

    const from = `quarantine/${today}/${objectKeyOf(sealed)}`;
    expect(breaches.find((breach) => breach.key === objectKeyOf(sealed))!.mend).toContain(`--bring-back "${from}"`);
    expect(await app.app.bringBack(from)).toBe(objectKeyOf(sealed));
    const [now, before] = [await everything(app), planted].map((all) => {
      const [sizeBytes, etag] = JSON.parse(all.get(`object\t${objectKeyOf(sealed)}`)!) as [number, string];
      return { sizeBytes, etag };
    });
    expect(now).toEqual(before);
    const { Body } = await app.s3.send(new GetObjectCommand({ Bucket: app.bucket, Key: objectKeyOf(sealed) }));
    expect(Buffer.compare(await Body!.transformToByteArray(), bytes)).toBe(0);
    await expect(app.app.bringBack(from)).rejects.toThrow(/There is no quarantine/);
    // As an interrupt leaves it, between the copy and the end of its comparison.
    await putObject(app, from, bytes);
    expect(await app.app.bringBack(from)).toBe(objectKeyOf(sealed));
    expect((await everything(app)).has(`object\t${from}`)).toBe(false);
    await putObject(app, from, Buffer.alloc(bytes.length));
    await expect(app.app.bringBack(from)).rejects.toThrow(/does not hold what .* the original stays/);
    await putObject(app, from, "something else");
    await expect(app.app.bringBack(from)).rejects.toThrow(/There is an object at f\//);
    await app.s3.send(new DeleteObjectCommand({ Bucket: app.bucket, Key: objectKeyOf(sealed) }));
  });

  test("another object under the same name in the quarantine is not replaced: the original stays", async () => {
    const key = strangeKey();
    const today = new Date().toISOString().slice(0, 10);
    await putObject(app, key, "second");
    await putObject(app, `quarantine/${today}/${key}`, "first!");
    const { breaches } = await run({ fix: true, unknownAfterHours: 0, deleteUnknown: 1 });
    expect(breaches).toMatchObject([
      { key, fixed: false, mend: expect.stringMatching(/does not hold what .* the original stays/) },
    ]);
    expect(await storedKeys(app)).toContain(key);
    await app.s3.send(new DeleteObjectCommand({ Bucket: app.bucket, Key: key }));
  });

  test("the quarantine is emptied by days, with --fix alone", async () => {
    const inside = async (): Promise<string[]> =>
      [...(await everything(app)).keys()].filter((name) => name.startsWith("object\tquarantine/"));
    await putObject(app, "quarantine/2020-02-03/f/old", "old");
    const before = await inside();
    await run({ purgeQuarantineOlderThanDays: 30 });
    expect(await inside()).toEqual(before);
    expect((await run({ fix: true, purgeQuarantineOlderThanDays: 30 })).report.quarantine).toMatchObject({
      objects: before.length - 1,
      purged: 1,
    });
    expect(await inside()).toEqual(before.filter((name) => !name.includes("2020-02-03")));
    expect((await run({ fix: true, purgeQuarantineOlderThanDays: 0 })).report.quarantine.purged).toBe(0);
  });
});

describe("whose the bucket is", () => {
  test("is marked by the start, and nothing is mended in a bucket that is not", async () => {
    const [{ id }] = (await rowsOf<{ id: string }>(app.db, "select id from deployment")) as [{ id: string }];
    const { Body } = await app.s3.send(new GetObjectCommand({ Bucket: app.bucket, Key: MARKER_KEY }));
    expect(await Body!.transformToString()).toBe(id);

    await app.s3.send(new DeleteObjectCommand({ Bucket: app.bucket, Key: MARKER_KEY }));
    await expect(run({ fix: true })).rejects.toThrow(/The bucket has no signet\/deployment/);
    await expect(app.app.bringBack("quarantine/2020-01-01/f/x")).rejects.toThrow(/The bucket has no/);
    expect((await run()).breaches).toEqual([]);
    await putObject(app, MARKER_KEY, "11111111-1111-1111-1111-111111111111\n");
    await expect(run({ fix: true })).rejects.toThrow(/belongs to another deployment/);
    await expect(startTestApp({ beside: app })).rejects.toThrow(/belongs to another deployment/);
    await putObject(app, MARKER_KEY, `${id}\n`);
    await (await startTestApp({ beside: app })).stop();
    expect((await run({ fix: true })).breaches).toEqual([]);
  });

  test.each<[name: string, fate: () => Fate | Promise<Fate>]>([
    ["does not answer", () => "CUT"],
    ["answers nobody for long", () => new Promise<Fate>(() => undefined)],
    ["lets nothing be written", () => "REFUSE"],
    ["loses its answers", () => "LOSE_ANSWER"],
  ])("a store that %s is no reason not to start", async (_, fate) => {
    const proxy = await startStoreProxy(testServers().s3.endpoint);
    proxy.onCall(({ key }) => (key === MARKER_KEY ? fate() : "FORWARD"));
    try {
      const begun = Date.now();
      const beside = await startTestApp({ beside: app, storeEndpoint: proxy.endpoint });
      expect(Date.now() - begun).toBeLessThan(20_000);
      expect((await beside.call("ann", "{ viewer { id } }")).status).toBe(200);
      await until(() => beside.logLines.some((line) => line.includes("could not be marked")));
      await beside.stop();
    } finally {
      await proxy.stop();
    }
  });

  test("two processes that start at once on a new bucket mark it once, and both serve", async () => {
    await app.s3.send(new DeleteObjectCommand({ Bucket: app.bucket, Key: MARKER_KEY }));
    const both = await Promise.all([startTestApp({ beside: app }), startTestApp({ beside: app })]);
    expect((await run({ fix: true })).report.interrupted).toBe(false);
    for (const one of both) await one.stop();
  });
});

test("an interrupt stops in order and says that not all was looked at", async () => {
  const report = (await run({ signal: AbortSignal.abort() })).report;
  expect(report).toMatchObject({ interrupted: true, rows: 0, breaches: 0 });
});
