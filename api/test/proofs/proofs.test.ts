import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { processesWorkingIn } from "../../embedded/process-identity.js";
import { makeScratchDir } from "../../embedded/scratch-dir.fixture.js";
import { until } from "../records.js";
import { PROOFS } from "./cli.js";
import type { Figure } from "./proof.js";

/** The command itself; that what it proves holds is tested beside what it is about. */

const CLI = fileURLToPath(new URL("cli.js", import.meta.url));

let dir = "";
beforeEach(async () => {
  dir = await makeScratchDir("proofs-test");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function prove(...words: string[]) {
  const child = spawn(process.execPath, ["--no-warnings", CLI, ...words], { env: { ...process.env, TMPDIR: dir } });
  let out = "";
  let progress = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (progress += text));
  const ended = once(child, "close") as Promise<[number | null]>;
  return { child, out: () => out, progress: () => progress, code: ended.then(([code]) => code) };
}

test("without a name it lists every proof; an unknown one is refused", async () => {
  const [list, unknown] = [prove(), prove("R99")];
  expect([await list.code, await unknown.code]).toEqual([0, 2]);
  for (const { id, title } of PROOFS) expect(list.out()).toContain(`${id.padEnd(4)} ${title}`);
  expect(unknown.progress()).toContain("R99");
  expect(new Set(PROOFS.map(({ id }) => id)).size).toBe(PROOFS.length);
});

test("the replay battery in small: its figures hold, one object a line, and nothing is left behind", async () => {
  const { out, progress, code } = prove("r5", "--small", "--json", "--seed", "fixed");
  expect([await code, progress()]).toEqual([0, expect.stringMatching(/^seed fixed, small/)]);
  const figures = out()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Figure & { id: string; seed: string });
  expect(figures.map(({ id, seed, figure, holds }) => [id, seed, figure, holds])).toEqual([
    ["R5", "fixed", "0", "must"],
    ["R5", "fixed", "0", "must"],
    ["R5", "fixed", "0; 0", "must"],
  ]);
  expect(await readdir(dir)).toEqual([]);
});

test("malformed input in small: its figures hold", async () => {
  const { out, progress, code } = prove("r6", "--small", "--json");
  // The seed, to send the same again; and each input that was taken badly.
  expect([await code, progress()]).toEqual([0, expect.any(String)]);
  const figures = out()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Figure);
  expect(figures.map(({ figure }) => figure).slice(0, 2)).toEqual(["0", "0; hold"]);
});

test("Ctrl-C in the middle: its servers and processes end, and their data goes", async () => {
  const { child, progress, code } = prove("R5", "--small");
  await until(() => /replays over/.test(progress()), 60_000);
  const [own] = await readdir(dir);
  expect(await processesWorkingIn(join(dir, own!, "postgres", "data"))).not.toEqual([]);
  child.kill("SIGINT");
  expect(await code).toBe(130);
  expect(await readdir(dir)).toEqual([]);
});
