import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { Embedded, EmbeddedOptions } from "./embedded.js";
import { attachOrStartEmbedded, devSecret, startEmbedded } from "./embedded.js";
import { identifyProcess } from "./process-identity.js";
import { makeScratchDir } from "./scratch-dir.fixture.js";

const CLI = fileURLToPath(new URL("./cli.js", import.meta.url));

let scratch: string;
let dataDir: string;
const running: Embedded[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  scratch = await makeScratchDir("embedded-test");
});

beforeEach(async () => {
  dataDir = join(await mkdtemp(join(scratch, "run-")), "data");
  await chmod(join(dataDir, ".."), 0o755);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((embedded) => embedded.stop()));
  for (const child of children.splice(0)) await end(child, "SIGTERM");
});

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

describe("one process", () => {
  test("starts both, hands out what reaches them, and finds data and keys again", async () => {
    const first = await start(startEmbedded);
    expect(Object.keys(first.env).sort()).toEqual([
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
      "DATABASE_URL",
      "S3_BUCKET",
      "S3_ENDPOINT",
      "S3_FORCE_PATH_STYLE",
      "S3_REGION",
    ]);
    await leaveData(first.env);
    for (const name of ["embedded.json", "s3-credentials.json", "postgres/credentials.json"]) {
      expect({ name, mode: (await stat(join(dataDir, name))).mode & 0o777 }).toEqual({ name, mode: 0o600 });
    }
    await first.stop();
    await first.stop();
    expect((await readdir(dataDir)).sort()).toEqual(["postgres", "s3", "s3-credentials.json"]);

    const second = await start(startEmbedded);
    expect(second.env["AWS_SECRET_ACCESS_KEY"]).toBe(first.env["AWS_SECRET_ACCESS_KEY"]);
    await expectData(second.env);
  });

  test("starts only the parts that are wanted", async () => {
    const database = await start(startEmbedded, { s3: undefined });
    expect(Object.keys(database.env)).toEqual(["DATABASE_URL"]);
    await expect(start(attachOrStartEmbedded)).rejects.toMatchObject({
      code: "DATA_DIR_IN_USE",
      message: expect.stringMatching(/does not run the embedded s3.*Set S3_BUCKET here too/),
    });
    const attached = await start(attachOrStartEmbedded, { s3: undefined });
    expect(attached.env).toEqual(database.env);
  });

  test("leaves nothing running when one part cannot start", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as { port: number };
    await expect(start(startEmbedded, { s3: { port } })).rejects.toMatchObject({
      code: "PORT_TAKEN",
      message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*EMBEDDED_S3_PORT`)),
    });
    holder.close();
    await once(holder, "close");
    const left = await readdir(dataDir, { recursive: true });
    expect(left.filter((name) => /owner\.json|embedded\.json|postmaster\.pid/.test(name))).toEqual([]);
    await start(startEmbedded, { s3: { port } });
  });

  test("keeps one secret for development's tokens, whoever asks first", async () => {
    const secrets = await Promise.all(Array.from({ length: 20 }, () => devSecret(dataDir)));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await devSecret(dataDir)).toBe(secrets[0]);
    expect((await stat(join(dataDir, "auth-secret"))).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toEqual(["auth-secret"]);
  });
});

describe("npm run embedded", () => {
  test("prints the environment, as one line of JSON or as lines for a shell", async () => {
    const env = await environmentOf(launch("--json"));
    await leaveData(env);
    await end(children[0], "SIGTERM");
    const plain = launch();
    const [text] = (await once(plain.stdout ?? plain, "data")) as [Buffer];
    const lines = Object.fromEntries(
      text
        .toString()
        .trim()
        .split("\n")
        .map((line) => /^(\w+)=(.*)$/.exec(line)?.slice(1) ?? []),
    );
    expect(Object.keys(lines).sort()).toEqual(Object.keys(env).sort());
    // What an API process without an embedded part needs to let anybody in.
    expect(env).toMatchObject({ AUTH: "jwt-hs256", AUTH_HS256_SECRET: await devSecret(dataDir) });
    await expectData(lines as Record<string, string>);
  });

  test("is refused beside a living owner, and does it no harm; a command joins that owner instead", async () => {
    const env = await environmentOf(launch("--json"));
    const second = launch("--json");
    const complaint = await textOf(second);
    expect(await ended(second)).toEqual([1, null]);
    expect(complaint).toMatch(/is in use, so nothing was started and nothing was changed.*Process \d+ has held it/);

    const joined = await start(attachOrStartEmbedded);
    expect(env).toMatchObject(joined.env);
    expect(joined.attached).toBe(true);
    await joined.stop();
    await leaveData(env);
  });

  test("a command that comes while the owner is still starting waits for it", async () => {
    const owner = launch("--json");
    await until(async () => exists(join(dataDir, "owner.json")));
    const joined = await start(attachOrStartEmbedded);
    expect(joined.attached).toBe(true);
    expect(await environmentOf(owner)).toMatchObject(joined.env);
  });

  test("of three that start at once one runs and two are refused", async () => {
    const racers = [launch("--json"), launch("--json"), launch("--json")];
    const ends = await Promise.all(
      racers.map((racer) =>
        Promise.race([
          once(racer.stdout ?? racer, "data").then(() => "runs"),
          once(racer, "exit").then(() => "refused"),
        ]),
      ),
    );
    expect(ends.sort()).toEqual(["refused", "refused", "runs"]);
  });

  test("after a kill -9 the next start has everything", async () => {
    const owner = launch("--json");
    const env = await environmentOf(owner);
    await leaveData(env);
    await end(owner, "SIGKILL");
    expect(await exists(join(dataDir, "embedded.json"))).toBe(true); // and must not be believed

    const next = await start(attachOrStartEmbedded);
    expect(next.attached).toBe(false);
    await expectData(next.env);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s to its whole group ends everything", async (signal) => {
    const owner = launch("--json");
    const env = await environmentOf(owner);
    const postmaster = await postmasterPid();
    process.kill(-(owner.pid ?? 0), signal);
    process.kill(-(owner.pid ?? 0), signal); // npm passes on what the terminal has sent already
    expect(await ended(owner)).toEqual([0, null]);
    expect(await identifyProcess(postmaster)).toBeUndefined();
    await expect(fetch(env["S3_ENDPOINT"] ?? "")).rejects.toThrow("fetch failed");
    expect((await readdir(dataDir)).sort()).toEqual(["auth-secret", "postgres", "s3", "s3-credentials.json"]);
  });

  test("Ctrl-C in the middle of a start leaves nothing behind", async () => {
    const owner = launch("--json");
    await until(async () => exists(join(dataDir, "postgres", "data", "postmaster.pid")));
    const postmaster = await postmasterPid();
    process.kill(-(owner.pid ?? 0), "SIGINT");
    expect(await ended(owner)).toEqual([0, null]);
    expect(await identifyProcess(postmaster)).toBeUndefined();
    expect((await readdir(dataDir)).filter((name) => name.endsWith(".json"))).toEqual(["s3-credentials.json"]);
  });

  test("a port that is none is named", async () => {
    const child = launch("--json", { EMBEDDED_S3_PORT: "80000" });
    expect(await textOf(child)).toContain('EMBEDDED_S3_PORT is "80000": it must be a port');
    expect(await ended(child)).toEqual([1, null]);
  });
});

async function start(how: typeof startEmbedded, options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const parts = { postgres: { port: 0 }, s3: { port: 0 } };
  const embedded = await how({ dataDir, durable: false, log: () => undefined, ...parts, ...options });
  running.push(embedded);
  return embedded;
}

/** In a process group of its own, as a terminal would start it. */
function launch(flag?: string, env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [CLI, ...(flag === undefined ? [] : [flag])], {
    cwd: "/",
    env: { PATH: process.env["PATH"], DATA_DIR: dataDir, EMBEDDED_POSTGRES_PORT: "0", EMBEDDED_S3_PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  children.push(child);
  return child;
}

async function environmentOf(child: ChildProcess): Promise<Record<string, string>> {
  if (child.stdout === null) throw new TypeError("its output is not piped");
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Record<string, string>;
  throw new Error("the process ended without a word");
}

async function textOf(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stderr ?? []) text += String(chunk);
  return text;
}

async function ended(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return [child.exitCode, child.signalCode];
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined) return;
  child.kill(signal);
  await ended(child);
}

async function leaveData(env: Record<string, string>): Promise<void> {
  await query(env, "create table kept as select 42 as answer");
  await onStore(env, (client) =>
    client.send(new PutObjectCommand({ Bucket: env["S3_BUCKET"], Key: "kept", Body: "42" })),
  );
}

async function expectData(env: Record<string, string>): Promise<void> {
  expect(await query(env, "select answer from kept")).toEqual([{ answer: 42 }]);
  const text = await onStore(env, async (client) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: env["S3_BUCKET"], Key: "kept" }));
    return Body?.transformToString();
  });
  expect(text).toBe("42");
}

async function query(env: Record<string, string>, sql: string): Promise<unknown[]> {
  const client = new pg.Client(env["DATABASE_URL"]);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function onStore<T>(env: Record<string, string>, act: (client: S3Client) => Promise<T>): Promise<T> {
  const client = new S3Client({
    endpoint: env["S3_ENDPOINT"],
    region: env["S3_REGION"],
    forcePathStyle: env["S3_FORCE_PATH_STYLE"] === "true",
    credentials: { accessKeyId: env["AWS_ACCESS_KEY_ID"] ?? "", secretAccessKey: env["AWS_SECRET_ACCESS_KEY"] ?? "" },
  });
  try {
    return await act(client);
  } finally {
    client.destroy();
  }
}

async function postmasterPid(): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, "postgres", "data", "postmaster.pid"), "utf8"), 10);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
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
