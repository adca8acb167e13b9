import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { rowsOf } from "../src/db/query.js";
import { noise, PNG } from "./content.js";
import { checkInvariants } from "./invariants.js";
import {
  abortUpload,
  ask,
  confirmUpload,
  createUploadUrls,
  deleteFile,
  expectMember,
  openUpload,
  restoreFile,
  sendBytes,
  upload,
} from "./operations.js";
import type { UploadTicket } from "./operations.js";
import { ownerOf, rowOf, uuidOf } from "./records.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** File.history: what has happened to a file, why, and for how long that is kept. */

interface Event {
  readonly at: string;
  readonly from: string | null;
  readonly to: string;
  readonly attempt: number;
  readonly reason: string | null;
}

const EVENTS = "{ at from to attempt reason }";
const HISTORY = `query ($id: ID!, $first: Int! = 50) { file(id: $id) { history(first: $first) ${EVENTS} } }`;

let app: TestApp;
let user = "";
let users = 0;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
beforeEach(() => {
  user = `owner-${(users += 1)}`;
});

async function historyOf(id: string, first = 50): Promise<readonly Event[]> {
  const file = await ask<{ history: Event[] } | null>(app, user, HISTORY, { id, first });
  if (file === null) throw new Error("no file");
  return file.history;
}

/** Newest first, as `to<from attempt reason`. */
const linesOf = async (id: string, first?: number): Promise<string[]> =>
  (await historyOf(id, first)).map(({ from, to, attempt, reason }) => `${to}<${from} ${attempt} ${reason}`);

const SEALED = ["READY<VERIFYING 2 null", "VERIFYING<PENDING 2 CONFIRMED", "PENDING<null 1 null"];

describe("what has happened", () => {
  test("an upload: opened, confirmed, sealed; newest first, with the database's times", async () => {
    const before = Date.now();
    const file = await upload(app, user, "hello", { contentType: "text/plain" });
    expect(await linesOf(file.id)).toEqual(SEALED);
    const times = (await historyOf(file.id)).map(({ at }) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    // One machine, one clock; a second for rounding and for nothing else.
    expect(times.at(-1)).toBeGreaterThan(before - 1000);
    expect(times[0]).toBeGreaterThanOrEqual(Date.parse(file.readyAt!));
  });

  test("every try, with its number; the newest of them when there are more than were asked for", async () => {
    const content = noise(3000, user);
    const ticket = await openUpload(app, user, content);
    for (let round = 0; round < 2; round += 1) {
      expect(await confirmUpload(app, user, ticket.file.id)).toMatchObject({ code: "PARTS_MISSING" });
    }
    await sendBytes(app, user, ticket, content);
    expectMember("ConfirmedUpload", await confirmUpload(app, user, ticket.file.id));
    const lines = [
      "READY<VERIFYING 4 null",
      "VERIFYING<PENDING 4 CONFIRMED",
      "PENDING<VERIFYING 3 null",
      "VERIFYING<PENDING 3 CONFIRMED",
      "PENDING<VERIFYING 2 null",
      "VERIFYING<PENDING 2 CONFIRMED",
      "PENDING<null 1 null",
    ];
    expect(await linesOf(ticket.file.id)).toEqual(lines);
    expect(await linesOf(ticket.file.id, 3)).toEqual(lines.slice(0, 3));
  });

  test("to the trash and back; the trash has a history too", async () => {
    const file = await upload(app, user, "hello", { contentType: "text/plain" });
    await deleteFile(app, user, file.id);
    await restoreFile(app, user, file.id);
    await deleteFile(app, user, file.id);
    const trash = ["DELETED<READY 2 null", "READY<DELETED 2 null", "DELETED<READY 2 null"];
    expect(await linesOf(file.id)).toEqual([...trash, ...SEALED]);
    const listed = await ask<{ nodes: { history: Event[] }[] }>(
      app,
      user,
      `{ files(filter: { status: DELETED }) { nodes { history(first: 1) ${EVENTS} } } }`,
    );
    expect(listed.nodes).toEqual([{ history: (await historyOf(file.id)).slice(0, 1) }]);
  });

  test("a refusal: the reason is File.rejection's", async () => {
    const ticket = await openUpload(app, user, "no picture at all", { contentType: "image/png" });
    await sendBytes(app, user, ticket, "no picture at all");
    expect(await confirmUpload(app, user, ticket.file.id)).toMatchObject({ code: "CONTENT_MISMATCH" });
    expect((await linesOf(ticket.file.id))[0]).toBe("REJECTED<VERIFYING 2 null");
  });

  test("why an upload expired: by its owner, by the clock, by the store", async () => {
    const { file: aborted } = await openUpload(app, user, "hello");
    await abortUpload(app, user, aborted.id);
    expect((await linesOf(aborted.id))[0]).toBe("EXPIRED<PENDING 2 ABORTED");

    const { file: late } = await openUpload(app, user, "hello");
    await rowsOf(app.db, "update files set expires_at = now() where id = $1", [uuidOf(late.id)]);
    expect(await app.app.sweep()).toMatchObject({ expired: 1 });
    expect(await linesOf(late.id)).toEqual([
      "EXPIRED<VERIFYING 2 TIMED_OUT",
      "VERIFYING<PENDING 2 SWEPT",
      "PENDING<null 1 null",
    ]);

    const { file: unopened } = await openUpload(app, user, "hello");
    await rowsOf(app.db, "update files set upload_id = null where id = $1", [uuidOf(unopened.id)]);
    await rowsOf(app.db, "alter table files disable trigger files_guard");
    await rowsOf(app.db, "update files set created_at = now() - interval '1 day' where id = $1", [uuidOf(unopened.id)]);
    await rowsOf(app.db, "alter table files enable trigger files_guard");
    expect(await app.app.sweep()).toMatchObject({ expired: 1 });
    expect((await linesOf(unopened.id))[0]).toBe("EXPIRED<PENDING 2 NOT_OPENED");
  });

  test("a reason belongs to its own transition: a statement that moves nothing leaves none behind", async () => {
    const { file } = await openUpload(app, user, "hello");
    await rowsOf(app.db, "update files set transition_reason = 'ABORTED' where id = $1", [uuidOf(file.id)]);
    expect(await rowOf(app, file.id)).toMatchObject({ transition_reason: null });
    expect(await confirmUpload(app, user, file.id)).toMatchObject({ code: "PARTS_MISSING" });
    expect(await rowOf(app, file.id)).toMatchObject({ transition_reason: null });
    expect((await linesOf(file.id)).slice(0, 2)).toEqual(["PENDING<VERIFYING 2 null", "VERIFYING<PENDING 2 CONFIRMED"]);
  });
});

describe("who may read it", () => {
  test("its owner alone, on every way to a file", async () => {
    const file = await upload(app, user, PNG, { contentType: "image/png" });
    for (const query of [
      `query ($id: ID!) { file(id: $id) { history ${EVENTS} } }`,
      `query ($id: ID!) { node(id: $id) { ... on File { history ${EVENTS} } } }`,
    ]) {
      expect(await ask(app, user, query, { id: file.id })).toMatchObject({ history: [{}, {}, {}] });
      expect(await ask(app, "stranger", query, { id: file.id })).toBeNull();
    }
    const nodes = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on File { history ${EVENTS} } } }`;
    expect(await ask(app, "stranger", nodes, { ids: [file.id] })).toEqual([null]);
  });

  test("the statement itself asks for the owner", async () => {
    const file = await upload(app, user, "hello");
    const { createFileHistoryStore } = await import("../src/files/file-history.store.js");
    const { histories } = createFileHistoryStore(app.db);
    expect((await histories(ownerOf(user), [uuidOf(file.id)], 50)).get(uuidOf(file.id))).toHaveLength(3);
    expect(await histories(ownerOf("stranger"), [uuidOf(file.id)], 50)).toEqual(new Map());
  });

  test.each([0, -1, 101])("first: %p is refused", async (first) => {
    const { file } = await openUpload(app, user, "hello");
    const { errors } = await app.call(user, HISTORY, { id: file.id, first });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" }, message: expect.stringContaining("100") }]);
  });

  test("a page of 100 files shows the histories of each", async () => {
    const inputs = Array.from({ length: 100 }, (_, n) => ({ filename: `${n}.bin`, size: n }));
    const opened = await createUploadUrls(app, user, inputs);
    const gone = expectMember<UploadTicket>("UploadTicket", opened[7]!).file;
    await abortUpload(app, user, gone.id);
    const { nodes } = await ask<{ nodes: { filename: string; status: string; history: Event[] }[] }>(
      app,
      user,
      `{ files(first: 100, filter: { status: [PENDING, EXPIRED] }) { nodes { filename status history(first: 5) ${EVENTS} } } }`,
    );
    expect(nodes).toHaveLength(100);
    for (const { filename, status, history } of nodes) {
      expect(history[0]!.to).toBe(status);
      expect(history).toHaveLength(filename === "7.bin" ? 2 : 1);
    }
  });
});

describe("how long it is kept", () => {
  /** What the database still knows of a file whose row is gone. */
  const eventsOf = async (id: string): Promise<number> =>
    (await rowsOf(app.db, "select 1 from file_events where file_id = $1", [uuidOf(id)])).length;

  async function removed(): Promise<string> {
    const { file } = await openUpload(app, user, "hello");
    await abortUpload(app, user, file.id);
    await app.app.sweep();
    await rowsOf(app.db, "update files set collected_at = now() - interval '25 hours' where id = $1", [
      uuidOf(file.id),
    ]);
    expect(await app.app.sweep()).toMatchObject({ tombstonesRemoved: 1, historiesPruned: 0 });
    return file.id;
  }

  test("as long as the file, and 30 days more; then as a whole, and nothing of others", async () => {
    const kept = await upload(app, user, "hello");
    const [old, young] = [await removed(), await removed()];
    expect([await eventsOf(old), await eventsOf(young)]).toEqual([2, 2]);
    expect(await ask(app, user, HISTORY, { id: old })).toBeNull();
    await rowsOf(app.db, "update file_events set at = at - interval '90 days'");
    await rowsOf(app.db, "update file_removals set at = now() - interval '31 days' where file_id = $1", [uuidOf(old)]);
    await rowsOf(app.db, "update file_removals set at = now() - interval '29 days' where file_id = $1", [
      uuidOf(young),
    ]);
    await checkInvariants(app);
    expect(await app.app.sweep()).toMatchObject({ historiesPruned: 1, left: 0 });
    expect([await eventsOf(old), await eventsOf(young), await eventsOf(kept.id)]).toEqual([0, 2, 3]);
    await checkInvariants(app);
  });

  test("many at once go batch by batch, in one sweep, with two of them at it", async () => {
    await rowsOf(
      app.db,
      `with gone as (
         insert into file_removals (file_id, owner_id, at)
         select gen_random_uuid(), 'nobody', now() - interval '31 days' from generate_series(1, 450) returning file_id
       ) insert into file_events (file_id, from_status, to_status, attempt)
         select file_id, null, 'EXPIRED', n from gone, generate_series(1, 3) n`,
    );
    const reports = await Promise.all([app.app.sweep(), app.app.sweep()]);
    expect(reports[0].historiesPruned + reports[1].historiesPruned).toBe(450);
    expect(await rowsOf(app.db, "select 1 from file_removals where owner_id = 'nobody'")).toEqual([]);
    expect(
      await rowsOf(app.db, "select 1 from file_events where to_status = 'EXPIRED' and from_status is null"),
    ).toEqual([]);
  });
});

describe("jobs that nobody will do", () => {
  const jobs = async (): Promise<string[]> =>
    (
      await rowsOf<{ key: string }>(app.db, "select key from graphile_worker.jobs where key like 'dead-%' order by key")
    ).map(({ key }) => key);

  test("go with a sweep: held for hours, or failed for good a day ago; no others", async () => {
    await rowsOf(app.db, "select graphile_worker.add_job('nobody-does-this', '{}', job_key := 'dead-waiting')");
    for (const [key, change] of [
      ["dead-held", "locked_at = now() - interval '5 hours', locked_by = 'gone', attempts = 1"],
      ["dead-working", "locked_at = now() - interval '1 hour', locked_by = 'here', attempts = 1"],
      ["dead-failed", "attempts = 1, last_error = 'x', updated_at = now() - interval '2 days'"],
      ["dead-failed-today", "attempts = 1, last_error = 'x'"],
    ] as const) {
      await rowsOf(
        app.db,
        "select graphile_worker.add_job('nobody-does-this', '{}', job_key := $1, max_attempts := 1)",
        [key],
      );
      await rowsOf(app.db, `update graphile_worker._private_jobs set ${change} where key = $1`, [key]);
    }
    expect(await app.app.sweep()).toMatchObject({ jobsPruned: 2 });
    expect(await jobs()).toEqual(["dead-failed-today", "dead-waiting", "dead-working"]);
    expect(await app.app.sweep()).toMatchObject({ jobsPruned: 0 });
  });
});
