import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DataDirOwner } from "./data-dir-owner.js";
import { claimDataDir, readDataDirOwner } from "./data-dir-owner.js";
import { identifyProcess } from "./process-identity.js";
import { makeScratchDir } from "./scratch-dir.fixture.js";

const FIXTURE = fileURLToPath(new URL("./data-dir-owner.fixture.js", import.meta.url));

let scratch: string;
let dir: string;
let gone: DataDirOwner;
const children: ChildProcess[] = [];

beforeAll(async () => {
  scratch = await makeScratchDir("owner-test");
  dir = await mkdtemp(join(scratch, "killed-"));
  gone = await leaveKilledOwner(); // a real one: whatever it wrote is what a dead owner leaves
});

beforeEach(async () => {
  dir = await mkdtemp(join(scratch, "dir-"));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
});

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

test("one claim at a time; a second says who holds it; released, it can be had again", async () => {
  const first = await claimDataDir(dir);
  await expect(claimDataDir(dir)).rejects.toMatchObject({
    code: "DATA_DIR_IN_USE",
    message: expect.stringMatching(/nothing was started and nothing was changed.*This very process.*DATA_DIR/),
  });
  expect(await readDataDirOwner(dir)).toEqual(first.owner);
  await first.release();
  await first.release();
  expect(await readdir(dir)).toEqual([]);
  const second = await claimDataDir(dir);
  await first.release(); // an old claim has no say in the new one
  expect(await readDataDirOwner(dir)).toEqual(second.owner);
  await second.release();
});

test("a living owner in another process is named", async () => {
  const child = race(Date.now());
  expect(await wordOf(child)).toBe("held");
  await expect(claimDataDir(dir)).rejects.toMatchObject({ message: expect.stringContaining(`kill ${child.pid}`) });
  child.kill("SIGTERM");
  await once(child, "exit");
  await (await claimDataDir(dir)).release();
});

test("an owner that was killed is replaced", async () => {
  await put(gone);
  expect(await readDataDirOwner(dir)).toBeUndefined();
  const claim = await claimDataDir(dir);
  expect((await readDataDirOwner(dir))?.pid).toBe(process.pid);
  await claim.release();
  expect(await readdir(dir)).toEqual([]);
});

if (process.platform === "linux") {
  test("a pid that another process has now, or had before a reboot, is not an owner", async () => {
    const living = await identifyProcess(process.pid);
    if (living === undefined) throw new Error("we do not run");
    for (const change of [{ startedAt: "1" }, { bootId: randomUUID() }]) {
      await put({ ...gone, ...living, ...change, token: randomUUID() });
      expect(await readDataDirOwner(dir)).toBeUndefined();
      await (await claimDataDir(dir)).release();
    }
  });

  test("an owner in another container is not guessed about: refused, with the file to remove", async () => {
    await put({ ...gone, pidNamespace: "pid:[1]" });
    await expect(claimDataDir(dir)).rejects.toMatchObject({
      code: "DATA_DIR_IN_USE",
      message: expect.stringContaining(`remove ${join(dir, "owner.json")}`),
    });
    expect(await readOwnerFile()).toMatchObject({ token: gone.token });
  });
}

test("a torn owner file belongs to nobody", async () => {
  await writeFile(join(dir, "owner.json"), '{"token":"2c');
  expect(await readDataDirOwner(dir)).toBeUndefined();
  await (await claimDataDir(dir)).release();
});

test("a killed process that was just replacing a killed owner is no obstacle", async () => {
  await put(gone);
  const replacing = { ...gone, token: randomUUID() };
  await writeFile(join(dir, `owner.json.${gone.token}`), JSON.stringify(replacing));
  const claim = await claimDataDir(dir);
  expect((await readOwnerFile()).token).toBe(claim.owner.token);
  await claim.release();
});

test("a living process that is just replacing a killed owner is not disturbed", async () => {
  await put(gone);
  const living = await identifyProcess(process.pid);
  const replacing = { ...gone, ...living, token: randomUUID() };
  await writeFile(join(dir, `owner.json.${gone.token}`), JSON.stringify(replacing));
  await expect(claimDataDir(dir)).rejects.toMatchObject({ code: "DATA_DIR_IN_USE" });
  expect((await readOwnerFile()).token).toBe(gone.token);
}, 20_000);

test.each([
  ["an empty folder", async () => undefined],
  ["the folder of a killed owner", async () => put(gone)],
  ["a folder with a torn owner file", async () => writeFile(join(dir, "owner.json"), "")],
])(
  "of fifty claims at once on %s exactly one wins, and nothing is left over",
  async (_, prepare) => {
    for (let round = 0; round < 20; round += 1) {
      await prepare();
      const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => claimDataDir(dir)));
      const winners = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      expect(winners).toHaveLength(1);
      expect(await readdir(dir)).toEqual(["owner.json"]);
      expect((await readOwnerFile()).token).toBe(winners[0]?.owner.token);
      await winners[0]?.release();
    }
  },
  60_000,
);

test("of eight processes that start in the same millisecond after a kill -9 exactly one wins", async () => {
  for (let round = 0; round < 3; round += 1) {
    await put({ ...gone, token: randomUUID() });
    const at = Date.now() + 1_500;
    const racers = Array.from({ length: 8 }, () => race(at));
    const words = await Promise.all(racers.map(wordOf));
    expect(words.sort()).toEqual([...Array.from({ length: 7 }, () => "DATA_DIR_IN_USE"), "held"]);
    for (const racer of racers) {
      racer.kill("SIGTERM");
      if (racer.exitCode === null && racer.signalCode === null) await once(racer, "exit");
    }
    expect(await readdir(dir)).toEqual([]);
  }
}, 60_000);

function race(at: number): ChildProcess {
  const child = spawn(process.execPath, [FIXTURE, dir, String(at)], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return child;
}

async function wordOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new TypeError("its output is not piped");
  const [word] = (await once(child.stdout, "data")) as [Buffer];
  return word.toString().trim();
}

async function leaveKilledOwner(): Promise<DataDirOwner> {
  const child = race(Date.now());
  expect(await wordOf(child)).toBe("held");
  const owner = await readOwnerFile();
  child.kill("SIGKILL");
  await once(child, "exit");
  return owner;
}

async function put(owner: DataDirOwner): Promise<void> {
  await writeFile(join(dir, "owner.json"), JSON.stringify(owner));
}

async function readOwnerFile(): Promise<DataDirOwner> {
  return JSON.parse(await readFile(join(dir, "owner.json"), "utf8")) as DataDirOwner;
}
