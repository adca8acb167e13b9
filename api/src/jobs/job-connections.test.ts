import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type pg from "pg";
import { createTestDatabase } from "../../test/database.js";
import type { TestDatabase } from "../../test/database.js";
import { startTcpProxy } from "../../test/faults/tcp-proxy.js";
import type { TcpProxy } from "../../test/faults/tcp-proxy.js";
import { openJobConnections } from "./job-connections.js";
import type { JobConnections } from "./job-connections.js";

const TIMEOUT_MS = 300;

let database: TestDatabase;
let proxy: TcpProxy;
let connections: JobConnections | null = null;
beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startTcpProxy(database.url);
});
afterEach(async () => {
  proxy.setToxic(null);
  await connections?.close();
  connections = null;
});
afterAll(async () => {
  await proxy.stop();
  await database.drop();
});

function open(databaseUrl: string): pg.Pool {
  connections = openJobConnections({ databaseUrl, statementTimeoutMs: TIMEOUT_MS, onError: () => undefined });
  return connections.pool;
}

async function pidOf(client: pg.PoolClient): Promise<number> {
  return (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]!.pid;
}

describe("the job queue's connections", () => {
  test("one whose statement has timed out is not used again, though the library gives it back as good", async () => {
    const pool = open(proxy.url);
    const first = await pool.connect();
    const pid = await pidOf(first);
    proxy.setToxic({ kind: "stall", direction: "down" });
    await expect(first.query("select 'late'")).rejects.toThrow("Query read timeout");
    first.release();
    proxy.setToxic(null);
    const second = await pool.connect();
    expect(await pidOf(second)).not.toBe(pid);
    second.release();
  });

  test("one that is good is used again", async () => {
    const pool = open(proxy.url);
    const first = await pool.connect();
    const pid = await pidOf(first);
    first.release();
    const second = await pool.connect();
    expect(await pidOf(second)).toBe(pid);
    second.release();
  });

  test("none to be had: no error by which the library's workers would sleep for minutes", async () => {
    const refused = open("postgres://nobody@127.0.0.1:1/nothing");
    await expect(refused.connect()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await connections!.close();
    // 57P03, as a server says while it starts, is hidden in the same way as every other error of connecting.
    const url = new URL(database.url);
    url.pathname = "/no_such_database";
    await expect(open(url.href).connect()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });
});
