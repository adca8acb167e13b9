import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { rm } from "node:fs/promises";
import { request } from "node:http";
import type { ClientRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { makeScratchDir } from "../embedded/scratch-dir.fixture.js";
import { rowsOf } from "../src/db/query.js";
import { noise, sha256Of } from "./content.js";
import type { Content } from "./content.js";
import { checkInvariants, historyOf } from "./invariants.js";
import type { Holdings } from "./invariants.js";
import {
  abortUpload,
  ask,
  confirmUpload,
  deleteFile,
  DOCUMENTS,
  expectMember,
  openUpload,
  readFile,
  sendBytes,
  signPartsOf,
  upload,
} from "./operations.js";
import type { UploadTicket } from "./operations.js";
import { openHoldings, postgresProcesses, spawnProduct, startProduct } from "./product-process.js";
import type { ProductProcess } from "./product-process.js";
import { until, uuidOf } from "./records.js";
import { download, put } from "./store-client.js";
import type { SignedPut } from "./store-client.js";

const KIB = 1024;
const MIB = 1024 ** 2;
const USER = "local";

/** One data folder for all: each test goes on from what the one before has left. */
let dataDir = "";
let product: ProductProcess;
let holdings: Holdings & { close(): Promise<void> };

beforeAll(async () => {
  dataDir = await makeScratchDir("crash");
  await start();
});
afterAll(async () => {
  await holdings.close();
  product.signal("SIGTERM");
  await product.exit;
  await until(async () => (await postgresProcesses(dataDir)).length === 0);
  await rm(dataDir, { recursive: true, force: true });
});
afterEach(() => checkInvariants(holdings));

async function start(): Promise<void> {
  product = await startProduct(dataDir);
  holdings = await openHoldings(dataDir);
}

/** Ends the process in a given way and starts the next one on the same folder. */
async function restartAfter(end: () => Promise<void>): Promise<void> {
  try {
    await end();
  } finally {
    await product.kill();
    await holdings.close();
    await start();
  }
}

describe("Ctrl-C in the middle of uploads", () => {
  test("everything stops in time and in order; the next start goes on from the parts that were stored", async () => {
    const large = noise(20 * MIB, "large");
    const largeTicket = await openUpload(product, USER, large, { partChecksum: "SHA256" });
    expect(largeTicket).toMatchObject({ transfer: "PARTS", partCount: 3 });
    await sendParts(largeTicket, large, [1, 2]);
    const small = noise(2 * MIB, "small");
    const smallTicket = await openUpload(product, USER, small);
    const sent = noise(3 * MIB, "sent");
    const sentTicket = await openUpload(product, USER, sent);
    await sendBytes(product, USER, sentTicket, sent);
    const [third] = await signPartsOf(product, USER, largeTicket, large, [3]);
    const halves = [
      await sendHalf(third!, large, 16 * MIB, 20 * MIB),
      await sendHalf({ url: smallTicket.uploadUrl!, headers: smallTicket.headers }, small, 0, 2 * MIB),
    ];

    await restartAfter(async () => {
      const begun = Date.now();
      product.signal("SIGINT");
      expect(await product.exit).toEqual({ code: 0, signal: null });
      expect(Date.now() - begun).toBeLessThan(10_000);
      expect(await postgresProcesses(dataDir)).toEqual([]);
      for (const half of halves) half.destroy();
    });

    expect(await standing(largeTicket)).toEqual({ status: "PENDING", receivedParts: [1, 2] });
    expect(await standing(smallTicket)).toEqual({ status: "PENDING", receivedParts: [] });
    expect(await standing(sentTicket)).toEqual({ status: "PENDING", receivedParts: [1] });
    expect(await confirmUpload(product, USER, largeTicket.file.id)).toMatchObject({ numbers: [3] });
    await sendParts(largeTicket, large, [3]);
    await sendSingleAgain(smallTicket, small);
    await expectSealed(largeTicket, large);
    await expectSealed(smallTicket, small);
    await expectSealed(sentTicket, sent);
  });
});

describe("kill -9", () => {
  // Other moments are the storm's (storm.test.ts) and the crash points' (crash-points.test.ts).
  test.each([["after 15 ms", 15]])(
    "in the middle of PUTs, confirms, aborts and deletions, %s: all of it ends as it should",
    async (_, waitMs) => {
      const seed = `kill ${waitMs}`;
      const half = noise(18 * MIB, `${seed} half`);
      const halfTicket = await openUpload(product, USER, half);
      await sendParts(halfTicket, half, [1]);
      const [second] = await signPartsOf(product, USER, halfTicket, half, [2]);
      const whole = noise(100 * KIB, `${seed} whole`);
      const wholeTicket = await openUpload(product, USER, whole);
      await sendBytes(product, USER, wholeTicket, whole);
      const confirming = await Promise.all(
        Array.from({ length: 6 }, async (__, index) => {
          const content = noise(50 * KIB, `${seed} ${index}`);
          const ticket = await openUpload(product, USER, content, { declareSha256: index % 2 === 0 });
          await sendBytes(product, USER, ticket, content);
          return { ticket, content };
        }),
      );
      const aborting = await Promise.all(
        Array.from({ length: 3 }, (__, index) => openUpload(product, USER, noise(KIB, `${seed} aborting ${index}`))),
      );
      const deleting = await Promise.all(
        Array.from({ length: 3 }, (__, index) => upload(product, USER, noise(KIB, `${seed} deleting ${index}`))),
      );

      const readyIds = new Set<string>();
      const halfSent = await sendHalf(second!, half, 8 * MIB, 16 * MIB);
      const lost = [
        ...confirming.map(async ({ ticket }) => {
          const answer = await confirmUpload(product, USER, ticket.file.id);
          if (answer.__typename === "ConfirmedUpload") readyIds.add(ticket.file.id);
        }),
        ...aborting.map(({ file }) => abortUpload(product, USER, file.id)),
        ...deleting.map(({ id }) => deleteFile(product, USER, id, true)),
      ];
      const settled = Promise.allSettled(lost);
      await sleep(waitMs);
      await restartAfter(async () => {
        await product.kill();
        await settled;
        halfSent.destroy();
      });

      // I7: what was answered READY is READY.
      for (const id of readyIds) expect(await readFile(product, USER, id)).toMatchObject({ status: "READY" });
      await checkInvariants(holdings);
      await letTimePass();
      for (const { ticket, content } of confirming) {
        await expectSealed(ticket, content);
        expect(await historyOf(holdings, uuidOf(ticket.file.id))).toBe("PENDING>VERIFYING>READY");
      }
      await expectSealed(wholeTicket, whole);
      expect(await standing(halfTicket)).toEqual({ status: "PENDING", receivedParts: [1] });
      await sendParts(halfTicket, half, [2, 3]);
      await expectSealed(halfTicket, half);

      // Whether the call came through before the end or not, asking again brings the same end.
      for (const { file } of aborting) expectMember("AbortedUpload", await abortUpload(product, USER, file.id));
      for (const { id } of deleting)
        expect(["DeletedFile", "FileNotFound"]).toContain((await deleteFile(product, USER, id, true)).__typename);
      await letTimePass();
      await until(() => settledNow(), 20_000);
      for (const { id } of deleting) expect(await readFile(product, USER, id)).toBeNull();
    },
  );

  test("the jobs that were committed are done by the next process", async () => {
    const ticket = await openUpload(product, USER, noise(KIB, "job"));
    // As the statement of an abort leaves it when its process dies before anything else.
    await restartAfter(async () => {
      await product.kill();
      await rowsOf(
        holdings.db,
        `with moved as (
           update files set status = 'EXPIRED', attempt = attempt + 1 where id = $1 returning owner_id, size_bytes
         ), accounted as (
           update owner_usage u set reserved_bytes = reserved_bytes - size_bytes, uncollected_bytes = uncollected_bytes + size_bytes
           from moved where u.owner_id = moved.owner_id
         )
         select graphile_worker.add_job('collect-file', json_build_object('fileUuid', $1::uuid))`,
        [uuidOf(ticket.file.id)],
      );
    });
    await until(() => settledNow(), 20_000);
    expect(await historyOf(holdings, uuidOf(ticket.file.id))).toBe("PENDING>EXPIRED");
  });
});

describe("a database that drops its connections", () => {
  test("does not end the process, whatever was under way", async () => {
    let ended = false;
    void product.exit.then(() => (ended = true));
    const admin = holdings.db.createQueryRunner();
    for (let round = 0; round < 25; round += 1) {
      await admin.query(
        `select graphile_worker.add_job('collect-file', json_build_object('fileUuid', gen_random_uuid()), max_attempts := 25)
         from generate_series(1, 6)`,
      );
      await sleep((round * 7) % 30);
      await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
    }
    await admin.release();
    if (ended) throw new Error(`the process has ended: ${product.log()}`);
    const content = noise(KIB, "after the drops");
    await until(async () => (await readUsageNow()) !== null, 20_000);
    const ticket = await openUpload(product, USER, content);
    await sendBytes(product, USER, ticket, content);
    await expectSealed(ticket, content);
    // The queue works again too.
    const aborted = await openUpload(product, USER, noise(KIB, "queue"));
    await rowsOf(holdings.db, "update files set urls_expire_at = now() where id = $1", [uuidOf(aborted.file.id)]);
    await until(async () => {
      // A sweep that finds another one at work leaves everything to it.
      await rowsOf(holdings.db, "select graphile_worker.add_job('sweep', '{}', job_key := 'sweep:test')");
      return (await promotedAt(aborted)) !== null;
    }, 20_000);
    expectMember("AbortedUpload", await abortUpload(product, USER, aborted.file.id));
    await rowsOf(
      holdings.db,
      "select graphile_worker.complete_jobs(array_agg(id)) from graphile_worker.jobs where last_error is not null",
    );
  });

  const readUsageNow = () => ask(product, USER, DOCUMENTS.usage).catch(() => null);

  async function promotedAt({ file }: UploadTicket): Promise<Date | null> {
    const [row] = await rowsOf<{ promoted_at: Date | null }>(
      holdings.db,
      "select promoted_at from files where id = $1",
      [uuidOf(file.id)],
    );
    return row!.promoted_at;
  }
});

describe("SIGTERM", () => {
  test("under load: what is under way is answered, nothing new is taken, and all is gone within 10 s", async () => {
    // A confirm that finds nothing asks the store twice, a quarter of a second apart: time to be interrupted.
    const tickets = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        openUpload(product, USER, noise(KIB, `load ${index}`), { filename: "load.bin" }),
      ),
    );
    const saidBefore = product.log().length;
    await restartAfter(async () => {
      let answered = 0;
      const answers = tickets.map(async ({ file }) => {
        const { __typename } = await confirmUpload(product, USER, file.id);
        answered += 1;
        return __typename;
      });
      // All have arrived once each has taken its lease; the last ones are far from an answer then.
      await until(async () => (await leasesEverTaken()) === tickets.length, 30_000);
      const begun = Date.now();
      product.signal("SIGTERM");
      expect(answered).toBeLessThan(tickets.length);
      expect(new Set(await Promise.all(answers))).toEqual(new Set(["PartsMissing"]));
      await expect(fetch(`${product.url}/healthz`)).rejects.toThrow("fetch failed");
      expect(await product.exit).toEqual({ code: 0, signal: null });
      expect(Date.now() - begun).toBeLessThan(10_000);
      expect(await postgresProcesses(dataDir)).toEqual([]);
      expect(product.log().slice(saidBefore)).not.toContain('"level":"error"');
    });
    for (const ticket of tickets) expect(await standing(ticket)).toEqual({ status: "PENDING", receivedParts: [] });
    for (const { file } of tickets) expectMember("AbortedUpload", await abortUpload(product, USER, file.id));
  });

  async function leasesEverTaken(): Promise<number> {
    const [row] = await rowsOf<{ count: string }>(
      holdings.db,
      `select count(distinct file_id) from file_events join files on files.id = file_id
       where to_status = 'VERIFYING' and files.filename = 'load.bin'`,
    );
    return Number(row!.count);
  }

  test("during the start: whatever was started by then is stopped, the database too", async () => {
    await restartAfter(async () => {
      product.signal("SIGTERM");
      expect(await product.exit).toEqual({ code: 0, signal: null });
      const starting = spawnProduct(dataDir);
      starting.stdout.resume();
      await until(async () => (await postgresProcesses(dataDir)).length > 0, 30_000);
      starting.signal("SIGTERM");
      expect(await starting.exit).toEqual({ code: 0, signal: null });
      expect(await postgresProcesses(dataDir)).toEqual([]);
    });
  });
});

async function sendParts(ticket: UploadTicket, content: Content, numbers: readonly number[]): Promise<void> {
  for (const part of await signPartsOf(product, USER, ticket, content, numbers)) {
    const fromByte = (part.number - 1) * ticket.partSize;
    const toByte = Math.min(fromByte + ticket.partSize, content.sizeBytes);
    expect((await put(part, content, { fromByte, toByte })).status).toBe(200);
  }
}

/** Sends the first half of a PUT and leaves it open; resolves once those bytes have left. */
async function sendHalf(signed: SignedPut, content: Content, fromByte: number, toByte: number): Promise<ClientRequest> {
  const headers = Object.fromEntries(signed.headers.map(({ name, value }) => [name, value]));
  const sending = request(signed.url, { method: "PUT", headers: { ...headers, "content-length": toByte - fromByte } });
  sending.on("error", () => undefined);
  for (const chunk of content.chunks(fromByte, fromByte + (toByte - fromByte) / 2))
    await new Promise((written) => sending.write(chunk, written));
  return sending;
}

/** A URL of a process that is gone names a port that is gone: the same call as on any other device gives a fresh one. */
async function sendSingleAgain({ file }: UploadTicket, content: Content): Promise<void> {
  const { upload: ticket } = await ask<{ upload: { uploadUrl: string; headers: SignedPut["headers"] } }>(
    product,
    USER,
    "query ($id: ID!) { file(id: $id) { upload { uploadUrl headers { name value } } } }",
    { id: file.id },
  );
  expect((await put({ url: ticket.uploadUrl, headers: ticket.headers }, content)).status).toBe(200);
}

async function standing({ file }: UploadTicket): Promise<{ status: string; receivedParts: number[] }> {
  const { status, upload: ticket } = await ask<{ status: string; upload: { receivedParts: number[] } }>(
    product,
    USER,
    "query ($id: ID!) { file(id: $id) { status upload { receivedParts } } }",
    { id: file.id },
  );
  return { status, receivedParts: ticket.receivedParts };
}

async function expectSealed(ticket: UploadTicket, content: Content): Promise<void> {
  const { file } = expectMember("ConfirmedUpload", await confirmUpload(product, USER, ticket.file.id));
  expect(await download(file.url!)).toMatchObject({
    status: 200,
    sizeBytes: content.sizeBytes,
    sha256: sha256Of(content),
  });
}

/** A dead process' leases and claims run out after a minute: as if it had passed. */
async function letTimePass(): Promise<void> {
  await rowsOf(holdings.db, "update files set lease_until = now() - interval '1 second' where status = 'VERIFYING'");
  await rowsOf(
    holdings.db,
    "update files set collecting_at = now() - interval '61 seconds' where collecting_at is not null and collected_at is null",
  );
  await rowsOf(holdings.db, "select graphile_worker.add_job('sweep', '{}')");
}

const settledNow = (): Promise<boolean> =>
  checkInvariants(holdings, { settled: true }).then(
    () => true,
    () => false,
  );
