import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import type { DataSource } from "typeorm";
import { rowsOf } from "../src/db/query.js";
import { newFileUuid } from "../src/files/file-id.js";
import type { NewFile } from "../src/files/file-records.js";
import { createFileStore } from "../src/files/file.store.js";
import { startApiProcess } from "./api-process.js";
import { createTestDatabase, migratedDataSource } from "./database.js";
import type { TestDatabase } from "./database.js";
import { startTcpProxy } from "./faults/tcp-proxy.js";
import type { TcpProxy } from "./faults/tcp-proxy.js";
import { checkInvariants } from "./invariants.js";
import { confirmUpload, DOCUMENTS, expectMember, openUpload, sendBytes } from "./operations.js";
import { keyOf, openUploadKeys, until } from "./records.js";
import { testServers } from "./servers.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** What a storm has found, without the storm. */

let database: TestDatabase;
let db: DataSource;
let toStore: TcpProxy;
let app: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await migratedDataSource(database.url);
  toStore = await startTcpProxy(testServers().s3.endpoint);
  app = await startTestApp({ storeEndpoint: toStore.url, sweepEveryMs: 3_600_000, leaseMs: 500 });
});
afterAll(async () => {
  await app.stop();
  await toStore.stop();
  await db.destroy();
  await database.drop();
});

test("a call whose key is freed while it is refused is no matter of room", async () => {
  const files = createFileStore(db);
  const file = (): NewFile => ({
    ...{ id: newFileUuid(Date.now(), randomBytes(10)), ownerId: "test|key", filename: "a", declaredType: "text/plain" },
    ...{
      sizeBytes: 10,
      declaredSha256: null,
      partChecksum: "NONE",
      policy: "default",
      partSizeBytes: 10,
      partCount: 1,
    },
    ...{ idempotencyKey: "k", inputDigest: "d" },
  });
  const limits = { quotaBytes: 1_000_000, maxPendingUploads: 10, uploadTtlSeconds: 60 };
  const first = await files.reserve(file(), limits, 60_000);
  if (first.outcome !== "RESERVED") throw new Error(first.outcome);

  // The first call fails between the repeat's two statements: the insert that meets its key, and the look at its file.
  const restore = beforeStatement(db, /idempotency_key = \$2/, async () => void (await files.failCreation(first.file)));
  try {
    expect(await files.reserve(file(), limits, 60_000)).toMatchObject({ outcome: "RESERVED" });
  } finally {
    restore();
  }
});

test("a database that dies while a connection is handed over does not take the process along", async () => {
  const relay = await startRelay(app.databaseUrl);
  const { s3: store } = testServers();
  const api = await startApiProcess({ databaseUrl: relay.url, bucket: app.bucket, store });
  try {
    relay.sayGoodbye(true);
    relay.cutAll();
    const calls = Array.from({ length: 30 }, () => api.call("somebody", DOCUMENTS.usage).catch(() => null));
    await Promise.all(calls);
    await until(() => relay.goodbyes >= 5, 30_000);
    relay.sayGoodbye(false);
    await until(async () => (await api.call("somebody", DOCUMENTS.usage)).status === 200, 30_000);
  } finally {
    await api.kill();
    await relay.stop();
  }
  expect(await api.exit).toEqual({ code: null, signal: "SIGKILL" });
});

test("a second upload that a lost answer has opened goes, also when its creator could not look for it", async () => {
  const lost: string[] = [];
  toStore.decide((what) => {
    if (/^GET .*[?&]uploads/.test(what)) return "RESET_BEFORE";
    if (!/^POST .*[?&]uploads/.test(what) || lost.length > 0) return "PASS";
    lost.push(what);
    return "DROP_REPLY";
  });
  const ticket = await openUpload(app, "ann", "hello");
  const uploadsOfIt = async (): Promise<number> =>
    (await openUploadKeys(app)).filter((key) => key === keyOf(ticket.file.id)).length;
  expect(await uploadsOfIt()).toBe(2);

  await sendBytes(app, "ann", ticket, "hello");
  expectMember("ConfirmedUpload", await confirmUpload(app, "ann", ticket.file.id));
  expect(await uploadsOfIt()).toBe(1);

  toStore.decide(() => "PASS");
  await until(async () => {
    await app.app.sweep();
    return (await uploadsOfIt()) === 0;
  });
  await checkInvariants(app, { settled: true });
  const marked = await rowsOf(app.db, "select id from files where may_have_twins");
  expect(marked).toEqual([]);
});

/** Has something done just before the first statement like this one, on any connection. Answers how to end it. */
function beforeStatement(source: DataSource, like: RegExp, work: () => Promise<void>): () => void {
  interface Client {
    query(statement: { text: string }): Promise<unknown>;
  }
  const pool = (source.driver as unknown as { master: { connect(): Promise<Client> } }).master;
  const open = pool.connect.bind(pool);
  let done = false;
  pool.connect = async () => {
    const client = await open();
    const query = client.query.bind(client);
    client.query = async (statement) => {
      client.query = query;
      if (!done && like.test(statement.text)) {
        done = true;
        await work();
      }
      return query(statement);
    };
    return client;
  };
  return () => {
    pool.connect = open;
  };
}

interface Relay {
  readonly url: string;
  /** How many connections were told goodbye. */
  readonly goodbyes: number;
  /** From now on a new connection hears, in the packet that says "ready", that the server has ended. */
  sayGoodbye(on: boolean): void;
  cutAll(): void;
  stop(): Promise<void>;
}

const READY_FOR_QUERY = Buffer.from("5a0000000549", "hex");
/** https://www.postgresql.org/docs/current/protocol-error-fields.html */
const GOODBYE_FIELDS = "SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0";

/** In front of a Postgres, of whose last words it decides when they arrive. */
async function startRelay(target: string): Promise<Relay> {
  const url = new URL(target);
  const { hostname, port } = url;
  const sockets = new Set<Socket>();
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + GOODBYE_FIELDS.length);
  const goodbye = Buffer.concat([Buffer.from("E"), length, Buffer.from(GOODBYE_FIELDS)]);
  let isOn = false;
  let goodbyes = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    let greeted = false;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (chunk) => far.write(chunk));
    far.on("data", (chunk: Buffer) => {
      const isReady = !greeted && chunk.subarray(-READY_FOR_QUERY.length).equals(READY_FOR_QUERY);
      greeted ||= isReady;
      if (!isReady || !isOn) return void near.write(chunk);
      goodbyes += 1;
      near.end(Buffer.concat([chunk, goodbye]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    get goodbyes() {
      return goodbyes;
    },
    sayGoodbye: (on) => void (isOn = on),
    cutAll,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
    },
  };
}
