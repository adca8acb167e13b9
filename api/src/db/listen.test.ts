import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, afterAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { createTestDatabase } from "../../test/database.js";
import type { TestDatabase } from "../../test/database.js";
import { listen } from "./listen.js";
import type { Listener, ListenOptions } from "./listen.js";

let database: TestDatabase;
let other: pg.Client;
let listener: Listener | null = null;
let heard: string[];
let gaps: Date[];
let errors: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  other = new pg.Client({ connectionString: database.url });
  await other.connect();
});
afterAll(async () => {
  await other.end();
  await database.drop();
});
afterEach(async () => {
  await listener?.stop();
  listener = null;
});

async function start(options: Partial<ListenOptions> = {}): Promise<void> {
  heard = [];
  gaps = [];
  errors = [];
  listener = await listen({
    databaseUrl: database.url,
    channel: "Some channel",
    onNotification: (payload) => heard.push(payload),
    catchUp: async (since) => void gaps.push(since),
    onError: (message) => errors.push(message),
    ...options,
  });
}

const say = (payload: string): Promise<unknown> => other.query("select pg_notify('Some channel', $1)", [payload]);
const breakIt = async (): Promise<number> => {
  const { rowCount } = await other.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'signet-listen'",
  );
  return rowCount ?? 0;
};
async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); await sleep(10))
    if (Date.now() > deadline) throw new Error(`not in time: ${condition.toString()}`);
}

describe("the listener", () => {
  test("hands on what is said on its channel, in order", async () => {
    await start();
    await other.query("notify \"another channel\", 'no'");
    for (const word of ["one", "two", ""]) await say(word);
    await until(() => heard.length === 3);
    expect(heard).toEqual(["one", "two", ""]);
    expect(gaps).toEqual([]);
  });

  test("after a break first listens again and then names the gap, with time for what was under way", async () => {
    await start();
    const { rows } = await other.query<{ now: Date }>("select clock_timestamp() as now");
    expect(await breakIt()).toBe(1);
    await until(() => gaps.length === 1);
    const early = rows[0]!.now.getTime() - gaps[0]!.getTime();
    expect(early).toBeGreaterThan(5_000);
    expect(early).toBeLessThan(60_000);
    await say("again");
    await until(() => heard.includes("again"));
  });

  test("names the same gap again until it is closed", async () => {
    let failures = 2;
    const named: Date[] = [];
    await start({
      async catchUp(since) {
        named.push(since);
        failures -= 1;
        if (failures >= 0) throw new Error("no database");
      },
    });
    await breakIt();
    await until(() => named.length === 3);
    expect(new Set(named.map(Number)).size).toBe(1);
    expect(errors.length).toBeGreaterThanOrEqual(2);
    await say("again");
    await until(() => heard.includes("again"));
  });

  test.each([
    ["anybody's that has written", "psql", "pg_current_xact_id()::text"],
    ["one of this service's that still waits for a lock", "signet", "'nothing written'"],
  ])("a transaction that was open before the break counts from its begin: %s", async (_, name, doing) => {
    const slow = new pg.Client({ connectionString: database.url, application_name: name });
    await slow.connect();
    try {
      await slow.query("begin");
      const { rows } = await slow.query<{ now: Date }>(`select now(), ${doing}`);
      await sleep(1_000);
      await start();
      await breakIt();
      await until(() => gaps.length === 1);
      expect(gaps[0]!.getTime()).toBeLessThanOrEqual(rows[0]!.now.getTime() - 10_000);
    } finally {
      await slow.query("rollback");
      await slow.end();
    }
  });

  test("stops at once, also while it cannot connect, and leaves no connection", async () => {
    await start({ catchUp: () => Promise.reject(new Error("never")) });
    await breakIt();
    await until(() => errors.length > 0);
    const begun = Date.now();
    await listener!.stop();
    expect(Date.now() - begun).toBeLessThan(3_000);
    expect(await breakIt()).toBe(0);
  });

  test("is refused by a database that is not there", async () => {
    await expect(start({ databaseUrl: "postgres://nobody@127.0.0.1:1/nothing" })).rejects.toThrow(/ECONNREFUSED/);
  });
});
