import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import pg from "pg";
import type { DataSource } from "typeorm";
import { createTestDatabase } from "../../test/database.js";
import type { TestDatabase } from "../../test/database.js";
import { until } from "../../test/records.js";
import { startTcpProxy } from "../../test/faults/tcp-proxy.js";
import type { TcpProxy } from "../../test/faults/tcp-proxy.js";
import { AppError } from "../errors.js";
import { createDataSource } from "./data-source.js";
import { firstRow, rowsOf } from "./query.js";

/** Statements over a network that fails: what their callers meet, and what becomes of the pool. */

const TIMEOUT_MS = 400;
/** More than the client waits, less than any test. */
const PATIENCE_MS = 5_000;

let database: TestDatabase;
let proxy: TcpProxy;
let direct: pg.Client;
let db: DataSource;
let told: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startTcpProxy(database.url);
  direct = new pg.Client({ connectionString: database.url });
  await direct.connect();
  await direct.query("create table noted (what text primary key)");
});
beforeEach(async () => {
  told = [];
  db = createDataSource({
    url: proxy.url,
    poolSize: 2,
    connectTimeoutMs: TIMEOUT_MS,
    statementTimeoutMs: TIMEOUT_MS,
    entities: [],
    migrations: [],
    onPoolError: () => undefined,
    watch: { fault: (fault) => void told.push(fault), answered: () => void told.push("answered") },
  });
  await db.initialize();
});
afterEach(async () => {
  proxy.setToxic(null);
  proxy.decide(() => "PASS");
  proxy.cutAll();
  await db.destroy();
});
afterAll(async () => {
  await proxy.stop();
  await direct.end();
  await database.drop();
});

const pidOf = async (): Promise<number> => (await firstRow<{ pid: number }>(db, "select pg_backend_pid() as pid"))!.pid;

/** How a statement ends, and after how long. */
async function endOf(work: Promise<unknown>): Promise<{ error: unknown; tookMs: number }> {
  const began = performance.now();
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return { error, tookMs: performance.now() - began };
}

async function expectUnavailable(work: Promise<unknown>): Promise<number> {
  const { error, tookMs } = await endOf(work);
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", message: expect.not.stringMatching(/select|127|pg_/) });
  expect(tookMs).toBeLessThan(PATIENCE_MS);
  return tookMs;
}

describe("a statement", () => {
  test("that the server gives up is SERVICE_UNAVAILABLE, and its connection is kept", async () => {
    const pid = await pidOf();
    await expectUnavailable(rowsOf(db, "select pg_sleep(10)"));
    expect(await pidOf()).toBe(pid);
    expect(told).toEqual(["answered", "SLOW", "answered"]);
  });

  test("whose answer does not come is given up, and its connection too: a late answer is nobody's", async () => {
    const pid = await pidOf();
    proxy.setToxic({ kind: "stall", direction: "down" });
    expect(await expectUnavailable(rowsOf(db, "select 'late' as what"))).toBeGreaterThan(TIMEOUT_MS);
    proxy.setToxic(null);
    expect(await rowsOf(db, "select 'mine' as what")).toEqual([{ what: "mine" }]);
    expect(await pidOf()).not.toBe(pid);
  });

  test.each(["RESET_BEFORE", "DROP_REPLY", "CUT_REPLY"] as const)("whose connection breaks: %s", async (fate) => {
    proxy.decide((sql) => (sql.startsWith("insert into noted") ? fate : "PASS"));
    await expectUnavailable(rowsOf(db, "insert into noted values ($1)", [fate]));
    expect(await rowsOf(db, "select 1 as one")).toEqual([{ one: 1 }]);
    const { rowCount } = await direct.query("select from noted where what = $1", [fate]);
    expect(rowCount).toBe(fate === "RESET_BEFORE" ? 0 : 1);
  });

  test("that is itself at fault says so, and its connection is kept", async () => {
    await rowsOf(db, "insert into noted values ('once')");
    const pid = await pidOf();
    const { error } = await endOf(rowsOf(db, "insert into noted values ('once')"));
    expect(error).toMatchObject({ code: "23505", constraint: "noted_pkey" });
    expect(await pidOf()).toBe(pid);
    expect(told).not.toContain("AWAY");
  });

  test("whose backend is terminated, or that may only read", async () => {
    const pid = await pidOf();
    const sleeping = rowsOf(db, "select pg_sleep(10)");
    await direct.query("select pg_terminate_backend($1)", [pid]);
    await expectUnavailable(sleeping);
    const writing = "with _ as (insert into noted values ('standby')) select 1";
    await rowsOf(db, "set default_transaction_read_only = on");
    const readOnly = await pidOf();
    await expectUnavailable(rowsOf(db, writing));
    // The next connection may lead to the new primary.
    await rowsOf(db, writing);
    expect(await pidOf()).not.toBe(readOnly);
  });

  test("is not carried out after its caller was told that it failed", async () => {
    await direct.query("begin");
    await direct.query("lock table noted");
    await expectUnavailable(rowsOf(db, "insert into noted values ('too late')"));
    await direct.query("commit");
    const waiting = "select 1 from pg_stat_activity where query like 'insert%too late%' and state = 'active'";
    expect((await direct.query(waiting)).rowCount).toBe(0);
    expect((await direct.query("select from noted where what = 'too late'")).rowCount).toBe(0);
  });
});

describe("a pool whose connections all wait", () => {
  test("lets so many wait for so long, and refuses the next one at once", async () => {
    proxy.setToxic({ kind: "stall" });
    const began = Array.from({ length: 80 }, () => expectUnavailable(rowsOf(db, "select 1")));
    const tookMs = await Promise.all(began);
    // Two connections, 25 waiting for each.
    const waited = tookMs.filter((ms) => ms > TIMEOUT_MS / 2).length;
    expect(waited).toBeGreaterThanOrEqual(50);
    expect(waited).toBeLessThanOrEqual(52);
    expect(told).toContain("BUSY");
    proxy.setToxic(null);
    expect(await rowsOf(db, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("a database that refuses is told at once, not asked by each, and found again", async () => {
    proxy.setToxic({ kind: "reset" });
    const tookMs: number[] = [];
    for (let asked = 0; asked < 50; asked += 1) tookMs.push(await expectUnavailable(rowsOf(db, "select 1")));
    expect(Math.max(...tookMs)).toBeLessThan(TIMEOUT_MS);
    proxy.setToxic(null);
    const found = performance.now();
    await until(() => rowsOf(db, "select 1").then(Boolean, () => false));
    expect(performance.now() - found).toBeLessThan(1_000);
    expect(told.filter((fault) => fault === "AWAY").length).toBeGreaterThanOrEqual(50);
  });

  test("too many connections on the server's side", async () => {
    const name = new URL(database.url).pathname.slice(1);
    await direct.query(`alter database ${name} connection limit 0`);
    try {
      const holding = rowsOf(db, "select pg_sleep(0.2)");
      await expectUnavailable(rowsOf(db, "select 1"));
      await holding;
    } finally {
      await direct.query(`alter database ${name} connection limit -1`);
    }
    await until(() => rowsOf(db, "select 1").then(Boolean, () => false));
  });

  test("after the pool is closed is refused like any other, and asks nobody", async () => {
    await db.destroy();
    await expectUnavailable(rowsOf(db, "select 1"));
    expect(told).toEqual([]);
    await db.initialize();
  });
});
