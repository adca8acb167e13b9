import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { DataSource } from "typeorm";
import { createDataSource } from "../src/db/data-source.js";
import { rowsOf } from "../src/db/query.js";
import { mintToken } from "./api-process.js";
import { noise, PNG, sha256Of } from "./content.js";
import type { Content } from "./content.js";
import { createTestDatabase } from "./database.js";
import type { TestDatabase } from "./database.js";
import { checkInvariants, historyOf } from "./invariants.js";
import { openStream } from "./live-stream.js";
import {
  abortUpload,
  confirmUpload,
  createUploadUrl,
  deleteFile,
  expectMember,
  openUpload,
  readFile,
  readUsage,
  restoreFile,
  sendBytes,
  upload,
} from "./operations.js";
import type { Api, Problem, UploadOptions, UploadTicket } from "./operations.js";
import { countRows, keyOf, openUploadKeys, rowOf, storedKeys, until, uuidOf } from "./records.js";
import { startReplicas } from "./replicas.js";
import type { Heard, Replica, Replicas } from "./replicas.js";
import { testServers } from "./servers.js";
import { download, put } from "./store-client.js";
import type { StoreCall } from "./store-proxy.js";

/**
 * Three processes of the built service on one database and one bucket, one of them stopped (SIGSTOP) or killed at the
 * worst moment. They sweep every second, and a lease lasts two.
 */

const KIB = 1024;
const LEASE_SECONDS = 2;
const QUOTA_BYTES = 50 * KIB * KIB;
/** A lease, two sweeps, and a machine that has more to do. */
const TAKEN_OVER_WITHIN_MS = 20_000;
const SEALED_ONCE = "PENDING>VERIFYING>READY";

let database: TestDatabase;
let db: DataSource;
let s3: S3Client;
let replicas: Replicas;
let held: { readonly db: DataSource; readonly s3: S3Client; readonly bucket: string };
let user = "";
let users = 0;

beforeAll(async () => {
  const { s3: store } = testServers();
  const { accessKeyId, secretAccessKey } = store;
  database = await createTestDatabase();
  s3 = new S3Client({ ...store, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true });
  const bucket = `several-${randomBytes(6).toString("hex")}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  db = createDataSource({
    url: database.url,
    ...{ poolSize: 3, connectTimeoutMs: 10_000, entities: [], migrations: [], onPoolError: () => undefined },
  });
  await db.initialize();
  held = { db, s3, bucket };
  const env = {
    LEASE_SECONDS: String(LEASE_SECONDS),
    SWEEP_EVERY_SECONDS: "1",
    OWNER_QUOTA_BYTES: String(QUOTA_BYTES),
  };
  replicas = await startReplicas(3, { databaseUrl: database.url, bucket, store, env });
}, 180_000);
afterAll(async () => {
  await replicas.stop();
  await db.destroy();
  s3.destroy();
  await database.drop();
});
beforeEach(() => {
  user = `owner-${(users += 1)}`;
});
afterEach(async () => {
  replicas.wakeAll();
  await until(
    () =>
      checkInvariants(held, { settled: true }).then(
        () => true,
        () => false,
      ),
    TAKEN_OVER_WITHIN_MS,
  ).catch(() => checkInvariants(held, { settled: true }));
  expect(replicas.all.map((replica) => faultsIn(replica.process().log()))).toEqual([[], [], []]);
});

/** What a process said of itself that is no warning; an interrupted connection to the store is one. */
const faultsIn = (log: string): string[] => log.split("\n").filter((line) => /"level":"(error|fatal)"/.test(line));

describe("confirm", () => {
  test("60 at once at three processes: one transition, one Complete a lease, sixty times the same file", async () => {
    const { ticket, content } = await sent(noise(40 * KIB, user));
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => at(index, confirmUpload, ticket.file.id)),
    );
    expect(answers.filter(({ __typename }) => !["ConfirmedUpload", "FileBusy"].includes(__typename))).toEqual([]);
    const verdicts = await Promise.all(
      answers.map(async (answer) =>
        answer.__typename === "FileBusy" ? confirmUpload(replicas.all[0]!, user, ticket.file.id) : answer,
      ),
    );
    const files = verdicts.map((verdict) => expectMember("ConfirmedUpload", verdict).file);
    expect(
      new Set(files.map(({ id, readyAt, sha256, size }) => JSON.stringify([id, readyAt, sha256, size]))).size,
    ).toBe(1);
    expect(await historyOf(held, uuidOf(ticket.file.id))).toBe(SEALED_ONCE);
    // One for each lease: the machine may be so busy that the first one runs out.
    const leases = Number((await rowOf(held, ticket.file.id))!["attempt"]) - 1;
    expect(replicas.countOf("CompleteMultipartUpload", keyOf(ticket.file.id))).toBeLessThanOrEqual(leases);
    await expectBytes(ticket.file.id, content);
  });

  test.each<[moment: string, operation: StoreCall["operation"]]>([
    ["before it lists", "ListParts"],
    ["before Complete", "CompleteMultipartUpload"],
    ["after Complete", "HeadObject"],
    ["before its verdict", "GetObject"],
  ])("frozen %s: after the lease another one decides; woken, it changes nothing", async (_, operation) => {
    const { ticket, content } = await sent(noise(20 * KIB, user));
    const { id } = ticket.file;
    const { late, frozen } = await confirmFrozen(id, operation);
    await untilVerdict(replicas.other(frozen.replica), id, "ConfirmedUpload");
    const row = await rowOf(held, id);
    frozen.wake();
    expectMember("ConfirmedUpload", await late);
    expect(await rowOf(held, id)).toEqual(row);
    expect(await historyOf(held, uuidOf(id))).toBe(SEALED_ONCE);
    await expectBytes(id, content);
  });

  test("frozen while it looks at bytes that another one then rejects and collects: it answers the other's verdict", async () => {
    const { ticket } = await sent(PNG, { filename: "a.jpg", contentType: "image/jpeg" });
    const { id } = ticket.file;
    const { late, frozen } = await confirmFrozen(id, "GetObject");
    await untilVerdict(replicas.other(frozen.replica), id, "ContentMismatch");
    await until(async () => (await rowOf(held, id))!["collected_at"] !== null, TAKEN_OVER_WITHIN_MS);
    const row = await rowOf(held, id);
    frozen.wake();
    expect((await late).__typename).toBe("ContentMismatch");
    expect(await rowOf(held, id)).toEqual(row);
    expect(await historyOf(held, uuidOf(id))).toBe("PENDING>VERIFYING>REJECTED");
  });

  /** A confirm at the first process, which stops when it makes this call. */
  async function confirmFrozen(id: string, operation: StoreCall["operation"]) {
    const freezing = replicas.freezeAt((call) => call.operation === operation && call.key === keyOf(id));
    const late = confirmUpload(replicas.all[0]!, user, id);
    const frozen = await freezing;
    expect(frozen.replica).toBe(replicas.all[0]);
    return { late, frozen };
  }
});

describe("create", () => {
  test("100 at once at three processes for a quota of 50, one frozen in the middle: fifty uploads, to the byte", async () => {
    const size = QUOTA_BYTES / 50;
    let seen = 0;
    const freezing = replicas.freezeAt(
      ({ operation }) => operation === "CreateMultipartUpload" && (seen += 1) === 20,
      "HEARD",
    );
    const answering = Array.from({ length: 100 }, (_, index) => at(index, createUploadUrl, { size }));
    const frozen = await freezing;
    const others = answering.filter((_, index) => replicas.all[index % 3] !== frozen.replica);
    await Promise.all(others);
    // The frozen one holds its place in the quota, and not a byte more.
    expect((await readUsage(replicas.other(frozen.replica), user)).reservedBytes).toBeLessThanOrEqual(QUOTA_BYTES);
    frozen.wake();
    const answers = await Promise.all(answering);
    // Frozen for longer than five leases, its creations have expired, and their room is free again.
    expect(new Set(answers.map(({ __typename }) => __typename))).toEqual(
      new Set(answers.some(isTemporary) ? [...ENDS, "TemporaryFailure"] : ENDS),
    );
    const tickets = answers.filter(isTicket);
    let more: UploadTicket | Problem;
    while (isTicket((more = await createUploadUrl(replicas.all[0]!, user, { size })))) tickets.push(more);
    expect(more.__typename).toBe("QuotaExceeded");
    expect(tickets).toHaveLength(50);
    expect(await readUsage(replicas.all[0]!, user)).toMatchObject({ usedBytes: 0, reservedBytes: QUOTA_BYTES });
    const keys = new Set(tickets.map(({ file }) => keyOf(file.id)));
    expect((await openUploadKeys(held)).filter((key) => keys.has(key))).toHaveLength(50);
    await Promise.all(tickets.map(({ file }, index) => at(index, abortUpload, file.id)));
  }, 120_000);
  const ENDS = ["UploadTicket", "QuotaExceeded"];
  const isTemporary = ({ __typename }: { __typename: string }): boolean => __typename === "TemporaryFailure";
  const isTicket = (answer: UploadTicket | Problem): answer is UploadTicket => answer.__typename === "UploadTicket";

  test("30 at once with one key, the one that opens the upload frozen: one row, one open upload, one reservation", async () => {
    const input = { size: 7 * KIB, idempotencyKey: "one" };
    const freezing = replicas.freezeAt(({ operation }) => operation === "CreateMultipartUpload");
    const answering = Array.from({ length: 30 }, (_, index) => at(index, createUploadUrl, input));
    const frozen = await freezing;
    const other = replicas.other(frozen.replica);
    let ticket!: UploadTicket;
    await until(async () => {
      const answer = await createUploadUrl(other, user, input);
      if (answer.__typename === "UploadTicket") ticket = answer as UploadTicket;
      else expect(answer.__typename).toBe("TemporaryFailure");
      return answer.__typename === "UploadTicket";
    }, TAKEN_OVER_WITHIN_MS);
    const content = noise(7 * KIB, user);
    await sendBytes(other, user, ticket, content);
    frozen.wake();

    for (const answer of await Promise.all(answering)) {
      expect(["UploadTicket", "TemporaryFailure"]).toContain(answer.__typename);
      if (answer.__typename === "UploadTicket") expect((answer as UploadTicket).file.id).toBe(ticket.file.id);
    }
    expect(await countRows(held, user)).toBe(1);
    await until(
      async () => (await openUploadKeys(held)).filter((key) => key === keyOf(ticket.file.id)).length === 1,
      TAKEN_OVER_WITHIN_MS,
    );
    expect((await readUsage(other, user)).reservedBytes).toBe(7 * KIB);
    expectMember("ConfirmedUpload", await confirmUpload(frozen.replica, user, ticket.file.id));
    await expectBytes(ticket.file.id, content);
  });

  test.each<[what: string, heard: Heard]>([
    ["which the store has opened", "HEARD"],
    ["which the store opens long afterwards", "UNHEARD"],
  ])("frozen while it opens an upload, %s, and nobody asks again: it expires and leaves nothing", async (_, heard) => {
    const freezing = replicas.freezeAt(({ operation }) => operation === "CreateMultipartUpload", heard);
    const [holder] = replicas.all;
    const late = createUploadUrl(holder!, user, { size: KIB });
    const frozen = await freezing;
    // Five leases have passed since; the guard, which keeps created_at, looks away for this one statement.
    await rowsOf(
      db,
      `do $$ begin
         alter table files disable trigger files_guard;
         update files set created_at = created_at - interval '1 hour' where status = 'PENDING' and upload_id is null;
         alter table files enable trigger files_guard;
       end $$`,
    );
    const other = replicas.other(holder!);
    await until(async () => (await collectedKeys()).includes(frozen.call.key), TAKEN_OVER_WITHIN_MS);
    expect(await readUsage(other, user)).toMatchObject({ usedBytes: 0, reservedBytes: 0 });
    frozen.wake();
    expect((await late).__typename).toBe("TemporaryFailure");
    await until(async () => !(await openUploadKeys(held)).includes(frozen.call.key), TAKEN_OVER_WITHIN_MS);
  });
});

describe("collecting", () => {
  test("frozen while it deletes: nobody can restore, a sweep elsewhere collects, and woken it frees nothing twice", async () => {
    const kept = await upload(replicas.all[1]!, user, noise(KIB, `${user} kept`));
    const { id } = await upload(replicas.all[0]!, user, noise(30 * KIB, user));
    const freezing = replicas.freezeAt(({ operation, key }) => operation === "DeleteObject" && key === keyOf(id));
    const late = deleteFile(replicas.all[0]!, user, id, true);
    const frozen = await freezing;
    const other = replicas.other(frozen.replica);
    expect(["FileStateConflict", "FileNotFound"]).toContain((await restoreFile(other, user, id)).__typename);
    await until(async () => (await rowOf(held, id))!["collected_at"] !== null, TAKEN_OVER_WITHIN_MS);
    expect(await storedKeys(held)).not.toContain(keyOf(id));
    const row = await rowOf(held, id);
    frozen.wake();
    expect((await late).__typename).toBe("DeletedFile");
    expect(await rowOf(held, id)).toEqual(row);
    expect(await readUsage(other, user)).toMatchObject({ usedBytes: KIB, reservedBytes: 0 });
    await expectBytes(kept.id, noise(KIB, `${user} kept`));
  });
});

describe("sweeps", () => {
  test.each<[what: string, how: "wake" | "replace"]>([
    ["frozen", "wake"],
    ["killed", "replace"],
  ])("%s half-way through one: the others' sweeps go on and finish its rows, nothing is done twice", async (_, how) => {
    const uploads = await Promise.all(
      Array.from({ length: 24 }, (__, index) => sent(noise(2 * KIB, `${user} ${index}`))),
    );
    const ids = uploads.map(({ ticket }) => ticket.file.id);
    const keys = new Set(ids.map(keyOf));
    let seen = 0;
    const freezing = replicas.freezeAt(
      ({ operation, key }) => operation === "CompleteMultipartUpload" && keys.has(key) && (seen += 1) === 12,
    );
    await rowsOf(db, "update files set urls_expire_at = now() - interval '1 second' where id = any($1::uuid[])", [
      ids.map(uuidOf),
    ]);
    const frozen = await freezing;
    await until(async () => (await statesOf(ids)).every((state) => state === "READY"), TAKEN_OVER_WITHIN_MS);
    const rows = await decided(ids);
    await frozen[how]();
    await untilNoJobStays(how);
    expect(await decided(ids)).toEqual(rows);
    for (const id of ids) expect(await historyOf(held, uuidOf(id))).toBe(SEALED_ONCE);
    expect(await readUsage(frozen.replica, user)).toMatchObject({ usedBytes: 48 * KIB, reservedBytes: 0 });
  });
});

/** All of the rows but a note of openings that were tried twice: another sweep looks, and takes it away. */
const decided = (ids: readonly string[]): Promise<object[]> =>
  Promise.all(
    ids.map(async (id) => {
      const { may_have_twins: _housekeeping, ...row } = (await rowOf(held, id))!;
      return row;
    }),
  );

describe("jobs", () => {
  test.each<[what: string, how: "wake" | "replace"]>([
    ["frozen", "wake"],
    ["killed", "replace"],
  ])("whoever has taken them is %s: others collect all of it, and no job stays", async (_, how) => {
    const uploads = await Promise.all(
      Array.from({ length: 16 }, () => sent(PNG, { filename: "a.jpg", contentType: "image/jpeg" })),
    );
    const ids = uploads.map(({ ticket }) => ticket.file.id);
    const keys = new Set(ids.map(keyOf));
    const freezing = replicas.freezeAt(({ operation, key }) => operation === "DeleteObject" && keys.has(key));
    // Their answers do not matter here, nor whether the process that gives them dies.
    const confirming = Promise.allSettled(ids.map((id, index) => at(index, confirmUpload, id)));
    const frozen = await freezing;
    await until(async () => {
      for (const id of ids) await confirmUpload(replicas.other(frozen.replica), user, id);
      const rows = await Promise.all(ids.map((id) => rowOf(held, id)));
      return rows.every((row) => row!["status"] === "REJECTED" && row!["collected_at"] !== null);
    }, TAKEN_OVER_WITHIN_MS);
    await frozen[how]();
    await confirming;
    expect((await storedKeys(held)).filter((key) => keys.has(key))).toEqual([]);
    expect(await readUsage(replicas.all[0]!, user)).toMatchObject({ usedBytes: 0, reservedBytes: 0 });

    await untilNoJobStays(how);
  });
});

test("a change in one process reaches whoever watches at another, also when a third one is frozen", async () => {
  const [first, second, third] = replicas.all;
  third!.process().signal("SIGSTOP");
  const stream = await openStream({ url: second!.process().url, tokenOf: mintToken }, user);
  try {
    const { id } = await upload(first!, user, noise(KIB, user));
    await stream.untilState(id, "READY data.bin");
    await deleteFile(first!, user, id);
    await stream.untilState(id, "DELETED data.bin");
  } finally {
    stream.close();
    third!.process().signal("SIGCONT");
  }
});

/** Asks one process after the other. */
const at = <Input, Answer>(
  index: number,
  ask: (api: Api, user: string, input: Input) => Promise<Answer>,
  input: Input,
): Promise<Answer> => ask(replicas.all[index % replicas.all.length]!, user, input);

/** An upload whose bytes are all in the store. */
async function sent(
  content: Content | Uint8Array,
  options?: UploadOptions,
): Promise<{ ticket: UploadTicket; content: Content | Uint8Array }> {
  const ticket = await openUpload(replicas.all[0]!, user, content, options);
  expect((await put({ url: ticket.uploadUrl!, headers: ticket.headers }, content)).status).toBe(200);
  return { ticket, content };
}

/** Confirms until there is a verdict. */
async function untilVerdict(api: Replica, id: string, typeName: string): Promise<void> {
  let answer: { readonly __typename: string } | Problem;
  do answer = await confirmUpload(api, user, id);
  while (answer.__typename === "FileBusy");
  expect(answer.__typename).toBe(typeName);
}

async function expectBytes(id: string, content: Content | Uint8Array): Promise<void> {
  const file = await readFile(replicas.all[0]!, user, id);
  expect(file).toMatchObject({ status: "READY" });
  expect((await download(file!.url!)).sha256).toBe(sha256Of(content));
}

const statesOf = async (ids: readonly string[]): Promise<unknown[]> =>
  (await Promise.all(ids.map((id) => rowOf(held, id)))).map((row) => row!["status"]);

const collectedKeys = async (): Promise<string[]> =>
  (await rowsOf<{ id: string }>(db, "select id from files where collected_at is not null")).map(({ id }) =>
    keyOf(`file_${id}`),
  );

/** A woken process ends its jobs itself; those of a killed one go in the first sweep after the queue takes them for dead. */
async function untilNoJobStays(how: "wake" | "replace"): Promise<void> {
  const jobs = await rowsOf<{ id: string }>(db, "select id from graphile_worker.jobs where locked_at is not null");
  if (how === "replace") {
    expect(jobs).not.toEqual([]);
    await rowsOf(db, "update graphile_worker._private_jobs set locked_at = locked_at - interval '5 hours'");
  }
  await until(async () => {
    const left = await rowsOf(db, "select id from graphile_worker.jobs where id = any($1::bigint[])", [
      jobs.map(({ id }) => id),
    ]);
    return left.length === 0;
  }, TAKEN_OVER_WITHIN_MS);
}
