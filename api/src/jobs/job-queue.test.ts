import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { createTestDatabase } from "../../test/database.js";
import type { TestDatabase } from "../../test/database.js";
import { startTcpProxy } from "../../test/faults/tcp-proxy.js";
import type { TcpProxy } from "../../test/faults/tcp-proxy.js";
import { until } from "../../test/records.js";
import { startJobQueue } from "./job-queue.js";
import type { JobQueue } from "./job-queue.js";

/** A queue whose database fails at one moment or another: it works again by itself, and says so calmly. */

const BACK_WITHIN_MS = 30_000;
const FILE_UUID = "01890000-0000-7000-8000-000000000000";

let database: TestDatabase;
let proxy: TcpProxy;
let direct: pg.Client;
let queue: JobQueue | null = null;
let collected: string[];
let told: string[];
beforeEach(async () => {
  collected = [];
  told = [];
  database = await createTestDatabase();
  proxy = await startTcpProxy(database.url);
  direct = new pg.Client({ connectionString: database.url });
  await direct.connect();
});
afterEach(async () => {
  proxy.setToxic(null);
  proxy.decide(() => "PASS");
  await queue?.stop();
  queue = null;
  await proxy.stop();
  await direct.end();
  await database.drop();
});

async function start(): Promise<void> {
  queue = await startJobQueue({
    databaseUrl: proxy.url,
    sweepEveryMs: 3_600_000,
    statementTimeoutMs: 500,
    tasks: {
      sweep: async () => undefined,
      collectFile: async (fileUuid) => void collected.push(fileUuid),
    },
    watch: { fault: (fault) => void told.push(fault), answered: () => undefined },
    onError: (message) => void told.push(message),
  });
}

async function worksAgain(): Promise<void> {
  const before = collected.length;
  await addJob();
  await until(() => collected.length > before, BACK_WITHIN_MS);
}

async function addJob(): Promise<void> {
  await direct.query("select graphile_worker.add_job('collect-file', json_build_object('fileUuid', $1::text))", [
    FILE_UUID,
  ]);
}

describe("the job queue", () => {
  test("works", async () => {
    await start();
    await worksAgain();
    expect([collected, told]).toEqual([[FILE_UUID], []]);
  });

  test("works again when the database was away at a runner's very first question", async () => {
    let struck = false;
    proxy.decide((sql) => {
      if (struck || !sql.includes("_private_tasks")) return "PASS";
      struck = true;
      return "RESET_BEFORE";
    });
    await start();
    await worksAgain();
    expect(struck).toBe(true);
  });

  test("works again when the database was away for a while", async () => {
    await start();
    await worksAgain();
    proxy.setToxic({ kind: "reset" });
    await until(() => told.includes("AWAY"), BACK_WITHIN_MS);
    proxy.setToxic(null);
    await worksAgain();
    expect(new Set(told)).toEqual(new Set(["AWAY"]));
  });

  test("works again when the database said nothing for a while", async () => {
    await start();
    await worksAgain();
    proxy.setToxic({ kind: "stall" });
    // Longer than a poll and its statement.
    await new Promise((wake) => setTimeout(wake, 4_000));
    proxy.setToxic(null);
    // A question that was on its way may still take the first job, and nobody hears the answer: that one is a sweep's.
    await until(async () => {
      await addJob();
      return collected.length > 1;
    }, BACK_WITHIN_MS);
    expect(new Set(collected)).toEqual(new Set([FILE_UUID]));
  });
});
