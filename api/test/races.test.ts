import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { rowsOf } from "../src/db/query.js";
import { noise, sha256Of } from "./content.js";
import type { Content } from "./content.js";
import { checkInvariants, historyOf } from "./invariants.js";
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
import type { Api, ApiFile, Problem, UploadOptions, UploadTicket } from "./operations.js";
import { headOf, keyOf, openUploadKeys, rowOf, storedKeys, until, uuidOf } from "./records.js";
import { testServers } from "./servers.js";
import { download, put } from "./store-client.js";
import { startStoreProxy } from "./store-proxy.js";
import type { Fate, StoreProxy } from "./store-proxy.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

const KIB = 1024;
const SEALED_ONCE = "PENDING>VERIFYING>READY";

/** Several real processes, frozen and killed: several-processes.test.ts. */

/** Three processes' worth of the service over one database and one bucket; `app` reaches the store through the proxy. */
let proxy: StoreProxy;
let app: TestApp;
let second: TestApp;
let third: TestApp;
let user = "";
let users = 0;

beforeAll(async () => {
  proxy = await startStoreProxy(testServers().s3.endpoint);
  app = await startTestApp({ storeEndpoint: proxy.endpoint });
  [second, third] = await Promise.all([
    startTestApp({ beside: app, storeEndpoint: proxy.endpoint }),
    startTestApp({ beside: app, storeEndpoint: proxy.endpoint }),
  ]);
});
afterAll(async () => {
  await Promise.all([second.stop(), third.stop()]);
  await app.stop();
  await proxy.stop();
});
beforeEach(() => {
  user = `racer-${(users += 1)}`;
});
afterEach(async () => {
  proxy.onCall(null);
  await untilCollected();
  await checkInvariants(app, { settled: true });
  expect([app, second, third].flatMap(serverErrors)).toEqual([]);
});

describe("confirm", () => {
  test("50 at once: one transition, one Complete, fifty times the same file", async () => {
    const { ticket, content } = await sent(noise(40 * KIB, user));
    const answers = await Promise.all(Array.from({ length: 50 }, () => confirmUpload(app, user, ticket.file.id)));
    const busy = answers.filter((answer) => answer.__typename === "FileBusy");
    expect(answers.filter((answer) => !["ConfirmedUpload", "FileBusy"].includes(answer.__typename))).toEqual([]);
    const again = await Promise.all(busy.map(() => confirmUpload(app, user, ticket.file.id)));
    const files = [...answers.filter((answer) => !busy.includes(answer)), ...again].map(readyFile);
    expect(new Set(files.map(({ id, readyAt }) => `${id} ${readyAt}`)).size).toBe(1);
    expect(await historyOf(app, uuidOf(ticket.file.id))).toBe(SEALED_ONCE);
    expect(proxy.countOf("CompleteMultipartUpload", keyOf(ticket.file.id))).toBe(1);
    await expectBytes(ticket.file.id, content);
  });

  test("30 at once while parts are missing: each says so or that somebody is at it, and the upload stays open", async () => {
    const ticket = await openUpload(app, user, noise(KIB, user));
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => confirmUpload([app, second, third][index % 3]!, user, ticket.file.id)),
    );
    expect(new Set(answers.map((answer) => answer.__typename))).toEqual(new Set(["PartsMissing", "FileBusy"]));
    expect(await rowOf(app, ticket.file.id)).toMatchObject({ status: "PENDING" });
    await sendBytes(app, user, ticket, noise(KIB, user));
    readyFile(await confirmUpload(second, user, ticket.file.id));
  });

  test("a part that is replaced between the list and Complete: what is sealed is what was listed last", async () => {
    const before = noise(50 * KIB, `${user} before`);
    const after = noise(50 * KIB, `${user} after`);
    const { ticket } = await sent(before);
    let replaced = false;
    proxy.onCall(async ({ operation }): Promise<Fate> => {
      if (operation !== "CompleteMultipartUpload" || replaced) return "FORWARD";
      replaced = true;
      expect((await putSingle(ticket, after)).status).toBe(200);
      return "FORWARD";
    });
    readyFile(await confirmUpload(app, user, ticket.file.id));
    expect(proxy.countOf("CompleteMultipartUpload", keyOf(ticket.file.id))).toBe(2);
    await expectBytes(ticket.file.id, after);
    expect((await putSingle(ticket, before)).code).toBe("NoSuchUpload");
    await expectBytes(ticket.file.id, after);
  });

  test("parts that keep changing: nothing is sealed, the upload stays open, and confirm works once they rest", async () => {
    const { ticket } = await sent(noise(KIB, user));
    let times = 0;
    proxy.onCall(async ({ operation }): Promise<Fate> => {
      if (operation === "CompleteMultipartUpload") await putSingle(ticket, noise(KIB, `${user} ${(times += 1)}`));
      return "FORWARD";
    });
    expect(await confirmUpload(app, user, ticket.file.id)).toMatchObject({ __typename: "TemporaryFailure" });
    expect(await headOf(app, ticket.file.id)).toBeNull();
    // Every Complete was answered "no": none can be on its way, so the upload may be aborted like any other.
    expect(await rowOf(app, ticket.file.id)).toMatchObject({ status: "PENDING", complete_sent_at: null });
    proxy.onCall(null);
    readyFile(await confirmUpload(app, user, ticket.file.id));
    await expectBytes(ticket.file.id, noise(KIB, `${user} ${times}`));
  });

  test("replays of a part all through 20 confirms: each file is one that was sent, whole, and never changes", async () => {
    await Promise.all(
      Array.from({ length: 20 }, async (_, round) => {
        const first = noise(30 * KIB, `${user} ${round} first`);
        const other = noise(30 * KIB, `${user} ${round} other`);
        const { ticket } = await sent(first);
        let going = true;
        const replays = (async () => {
          for (let turn = 0; going; turn += 1) await putSingle(ticket, turn % 2 === 0 ? other : first);
        })();
        await sleep(round * 3);
        await confirmed(app, ticket.file.id);
        const sealed = (await headOf(app, ticket.file.id))!.ETag;
        for (let turn = 0; turn < 3; turn += 1) await putSingle(ticket, other);
        going = false;
        await replays;
        expect((await headOf(app, ticket.file.id))!.ETag).toBe(sealed);
        const { sha256 } = await download((await readFile(app, user, ticket.file.id))!.url!);
        expect([sha256Of(first), sha256Of(other)]).toContain(sha256);
      }),
    );
  });

  test("the answer of Complete is lost: the object is found, and nothing is sent twice", async () => {
    const { ticket, content } = await sent(noise(20 * KIB, user));
    proxy.onCall(({ operation }) => (operation === "CompleteMultipartUpload" ? "LOSE_ANSWER" : "FORWARD"));
    readyFile(await confirmUpload(app, user, ticket.file.id));
    expect(proxy.countOf("CompleteMultipartUpload", keyOf(ticket.file.id))).toBe(1);
    await expectBytes(ticket.file.id, content);
  });
});

describe("create", () => {
  test("with a key, while the file that holds it moves on: no deadlock, and never a ticket for an ended upload", async () => {
    for (let round = 0; round < 12; round += 1) {
      const input = { size: 2 * KIB, idempotencyKey: `key-${round}` };
      const ticket = expectMember("UploadTicket", await createUploadUrl(app, user, input));
      const again = Array.from({ length: 6 }, (_, index) =>
        createUploadUrl([app, second, third][index % 3]!, user, input),
      );
      const [aborted, ...answers] = await Promise.all([abortUpload(second, user, ticket.file.id), ...again]);
      expectMember("AbortedUpload", aborted);
      for (const answer of answers) {
        expect(["UploadTicket", "IdempotencyConflict"]).toContain(answer.__typename);
        // A ticket says how to send; one without a URL would say that the bytes are there.
        if (answer.__typename === "UploadTicket") expect(answer).toMatchObject({ transfer: "SINGLE" });
      }
    }
  });
});

describe("abort and confirm at random moments", () => {
  test("48 rounds over two processes: one of them wins, READY is never lost, and EXPIRED leaves nothing", async () => {
    const wins = { ready: 0, expired: 0 };
    await inParallel(48, 6, async (round) => {
      const { ticket, content } = await sent(noise(8 * KIB, `${user} ${round}`));
      const { id } = ticket.file;
      const [aborted, verdict] = await Promise.all([
        after(spread(round, 45), () => abortUpload(second, user, id)),
        after(spread(round * 7, 25), () => confirmUpload(app, user, id)),
      ]);
      const { status } = (await rowOf(app, id))!;
      if (aborted.__typename === "AbortedUpload") {
        wins.expired += 1;
        expect(verdict.__typename).toBe("UploadExpired");
        expect(status).toBe("EXPIRED");
        return;
      }
      wins.ready += 1;
      expect(["FileBusy", "UploadNotOpen"]).toContain(aborted.__typename);
      readyFile(verdict);
      expect(status).toBe("READY");
      await expectBytes(id, content);
    });
    // The moments were spread widely enough for both to happen.
    expect(wins.ready).toBeGreaterThan(4);
    expect(wins.expired).toBeGreaterThan(4);
    await untilCollected();
    expect((await openUploadKeys(app)).length).toBe(0);
    expect(await readUsage(app, user)).toMatchObject({ reservedBytes: 0, usedBytes: wins.ready * 8 * KIB });
  });

  test("an upload whose Complete may be on its way is never aborted, and collected when the hour is over", async () => {
    const { ticket } = await sent(noise(8 * KIB, user));
    const { id } = ticket.file;
    proxy.onCall(({ operation }) => (operation === "CompleteMultipartUpload" ? "CUT" : "FORWARD"));
    expect(await confirmUpload(app, user, id)).toMatchObject({ __typename: "TemporaryFailure" });
    expect(await abortUpload(second, user, id)).toMatchObject({ __typename: "FileBusy" });
    // As a sweep would, had a part vanished meanwhile: open again, with a Complete that nobody knows the end of.
    await rowsOf(app.db, "update files set status = 'PENDING', lease_until = null where id = $1", [uuidOf(id)]);
    expectMember("AbortedUpload", await abortUpload(second, user, id));
    expect(proxy.countOf("AbortMultipartUpload", keyOf(id))).toBe(0);
    expect(await openUploadKeys(app)).toContain(keyOf(id));
    expect(await readUsage(app, user)).toMatchObject({ reservedBytes: 0, usedBytes: 0 });

    proxy.onCall(null);
    await rowsOf(
      app.db,
      `update files set complete_sent_at = now() - interval '61 minutes', collecting_at = now() - interval '61 seconds'
       where id = $1`,
      [uuidOf(id)],
    );
    expect(await second.app.sweep()).toMatchObject({ collected: 1, left: 0 });
    expect(proxy.countOf("AbortMultipartUpload", keyOf(id))).toBe(1);
    expect(await openUploadKeys(app)).not.toContain(keyOf(id));
  });
});

describe("delete, restore and collection", () => {
  test("delete racing confirm, 30 rounds: an upload is aborted, a file goes to the trash, and confirm tells which", async () => {
    await inParallel(30, 5, async (round) => {
      const { ticket, content } = await sent(noise(4 * KIB, `${user} ${round}`));
      const { id } = ticket.file;
      const [deleted, verdict] = await Promise.all([
        after(spread(round, 60), () => deleteFile(second, user, id)),
        after(spread(round * 3, 20), () => confirmUpload(app, user, id)),
      ]);
      const { status } = (await rowOf(app, id))!;
      if (deleted.__typename === "FileBusy") {
        readyFile(verdict);
        expect(status).toBe("READY");
        await expectBytes(id, content);
      } else {
        expectMember("DeletedFile", deleted);
        expect(
          status === "DELETED" ? ["ConfirmedUpload", "FileNotFound"] : ["FileNotFound", "UploadExpired"],
        ).toContain(verdict.__typename);
        expect(["DELETED", "EXPIRED"]).toContain(status);
      }
    });
  });

  test("restore racing permanent deletion while two processes sweep: never a READY file without bytes", async () => {
    const outcome = { restored: 0, gone: 0 };
    const stopSweeping = sweepAllTheTime(second, third);
    await inParallel(30, 5, async (round) => {
      const content = noise(3 * KIB, `${user} ${round}`);
      const { id } = await upload(app, user, content);
      expectMember("DeletedFile", await deleteFile(app, user, id));
      const [restored, deleted] = await Promise.all([
        after(spread(round, 12), () => restoreFile(app, user, id)),
        after(spread(round * 5, 12), () => deleteFile(second, user, id, true)),
      ]);
      await tell(id, content, restored, outcome);
      // Restored in between: it was READY when the deletion came, and so is deleted all the same.
      if (deleted.__typename === "DeletedFile") expect((await rowOf(app, id))!["status"]).toBe("DELETED");
    });
    await stopSweeping();
    expect(outcome.gone).toBeGreaterThan(0);
  });

  test("a restore that a permanent deletion has overtaken does not bring the file back", async () => {
    const { id } = await upload(app, user, noise(KIB, user));
    expectMember("DeletedFile", await deleteFile(app, user, id));
    const deletion = app.db.createQueryRunner();
    try {
      await deletion.startTransaction();
      await deletion.query("select from files where id = $1 for update", [uuidOf(id)]);
      const restoring = restoreFile(second, user, id);
      await until(async () => {
        const waiting = await rowsOf(
          app.db,
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return waiting.length > 0;
      });
      await deletion.query("update files set purge_at = clock_timestamp() where id = $1", [uuidOf(id)]);
      await deletion.commitTransaction();
      expect(await restoring).toMatchObject({ __typename: "FileStateConflict" });
    } finally {
      await deletion.release();
    }
    await app.app.sweep();
    expect(await readFile(app, user, id)).toBeNull();
  });

  test("restore at the very end of the trash's time while two processes sweep: never a READY file without bytes", async () => {
    const outcome = { restored: 0, gone: 0 };
    const stopSweeping = sweepAllTheTime(second, third);
    await inParallel(30, 5, async (round) => {
      const content = noise(3 * KIB, `${user} ${round}`);
      const { id } = await upload(app, user, content);
      expectMember("DeletedFile", await deleteFile(app, user, id));
      await rowsOf(app.db, "update files set purge_at = now() + interval '60 milliseconds' where id = $1", [
        uuidOf(id),
      ]);
      const restored = await after(spread(round, 80), () => restoreFile([app, second, third][round % 3]!, user, id));
      await tell(id, content, restored, outcome);
    });
    await stopSweeping();
    // Both happened, however busy the machine is.
    expect(outcome.restored).toBeGreaterThan(0);
    expect(outcome.gone).toBeGreaterThan(0);
  });

  /** What restore answered is what holds: bytes for a READY file, nothing for one that is gone. */
  async function tell(
    id: string,
    content: Content,
    restored: Awaited<ReturnType<typeof restoreFile>>,
    outcome: { restored: number; gone: number },
  ): Promise<void> {
    const row = (await rowOf(app, id))!;
    if (row["status"] === "READY") {
      outcome.restored += 1;
      expectMember("RestoredFile", restored);
      await expectBytes(id, content);
      return;
    }
    outcome.gone += 1;
    await until(async () => (await rowOf(app, id))!["collected_at"] !== null);
    expect(await storedKeys(app)).not.toContain(keyOf(id));
    expect(await readFile(app, user, id)).toBeNull();
  }
});

describe("sweeps", () => {
  test("two at once in two processes beside confirms in a third: each of 30 uploads is sealed once", async () => {
    const uploads = await Promise.all(
      Array.from({ length: 30 }, (_, index) => sent(noise(2 * KIB, `${user} ${index}`))),
    );
    const ids = uploads.map(({ ticket }) => ticket.file.id);
    await rowsOf(app.db, "update files set urls_expire_at = now() - interval '1 second' where id = any($1::uuid[])", [
      ids.map(uuidOf),
    ]);
    const [first, other, ...answers] = await Promise.all([
      second.app.sweep(),
      third.app.sweep(),
      ...ids.map((id) => confirmUpload(app, user, id)),
    ]);
    for (const [index, answer] of answers.entries()) {
      if (answer.__typename === "FileBusy") readyFile(await confirmUpload(app, user, ids[index]!));
      else readyFile(answer);
    }
    expect(first.left + other.left).toBe(0);
    for (const id of ids) {
      expect(await historyOf(app, uuidOf(id))).toBe(SEALED_ONCE);
      expect(proxy.countOf("CompleteMultipartUpload", keyOf(id))).toBe(1);
    }
    expect(await readUsage(app, user)).toMatchObject({ usedBytes: 60 * KIB, reservedBytes: 0 });
  });
});

/** An upload whose bytes are all in the store. */
async function sent(content: Content, options?: UploadOptions): Promise<{ ticket: UploadTicket; content: Content }> {
  const ticket = await openUpload(app, user, content, options);
  await sendBytes(app, user, ticket, content);
  return { ticket, content };
}

const putSingle = (ticket: UploadTicket, content: Content) =>
  put({ url: ticket.uploadUrl!, headers: ticket.headers }, content);

function readyFile(answer: { __typename: "ConfirmedUpload"; file: ApiFile } | Problem): ApiFile {
  const { file } = expectMember("ConfirmedUpload", answer);
  expect(file.status).toBe("READY");
  return file;
}

/** Confirms until the parts rest long enough. */
async function confirmed(api: Api, id: string): Promise<void> {
  await until(async () => {
    const answer = await confirmUpload(api, user, id);
    if (answer.__typename === "ConfirmedUpload") return true;
    expect(["TemporaryFailure", "FileBusy"]).toContain(answer.__typename);
    return false;
  }, 20_000);
}

async function expectBytes(id: string, content: Content): Promise<void> {
  const file = await readFile(app, user, id);
  expect(file).toMatchObject({ status: "READY" });
  expect((await download(file!.url!)).sha256).toBe(sha256Of(content));
}

/** Whoever claimed a row to collect it needs a moment; jobs and calls share the work. */
async function untilCollected(): Promise<void> {
  await until(async () => {
    const due = await rowsOf(
      app.db,
      `select id from files where collected_at is null
       and (status in ('REJECTED', 'EXPIRED') or (status = 'DELETED' and purge_at <= now()))`,
    );
    return due.length === 0;
  }, 30_000);
}

function sweepAllTheTime(...apps: TestApp[]): () => Promise<void> {
  let going = true;
  const sweeping = apps.map(async ({ app: each }) => {
    while (going) {
      await each.sweep();
      await sleep(5);
    }
  });
  return async () => {
    going = false;
    await Promise.all(sweeping);
  };
}

async function inParallel(rounds: number, atOnce: number, work: (round: number) => Promise<void>): Promise<void> {
  const queue = Array.from({ length: rounds }, (_, round) => round).values();
  const worker = async (): Promise<void> => {
    for (const round of queue) await work(round);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function after<Result>(ms: number, act: () => Promise<Result>): Promise<Result> {
  await sleep(ms);
  return act();
}

/** Moments from 0 to `withinMs`, far from regular and the same in every run (multiples of the golden ratio). */
const spread = (round: number, withinMs: number): number => ((round * 0.618_033_988_75) % 1) * withinMs;

/** What was logged as our own fault. */
function serverErrors({ logLines }: TestApp): string[] {
  return logLines.filter((line) => /"level":"(error|fatal)"/.test(line));
}
