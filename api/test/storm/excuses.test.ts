import { expect, test } from "@jest/globals";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { makeScratchDir } from "../../embedded/scratch-dir.fixture.js";
import { inspectLog } from "./api-log.js";
import { createFaultLog } from "./fault-log.js";
import { openHistory } from "./history.js";
import { createPacer } from "./pacer.js";

/** What a storm takes as an excuse, and what not. */

async function faultsIn(log: string): Promise<readonly string[]> {
  const dir = await makeScratchDir("excuses");
  const history = openHistory(join(dir, "history.jsonl"));
  inspectLog("api-0#1", log, history);
  await history.close();
  await rm(dir, { recursive: true, force: true });
  return history.faults;
}

const line = (level: string, msg: string, message: string): string =>
  `${JSON.stringify({ level, err: { message }, msg })}\n`;

test("an error in a log is excused by an outage alone", async () => {
  expect(await faultsIn(line("error", "a sweep could not be queued", "connect ECONNREFUSED 127.0.0.1:1"))).toEqual([]);
  expect(await faultsIn(line("warn", "anything", "at all"))).toEqual([]);
  expect(await faultsIn(line("error", "a request failed", "x is not a function"))).toHaveLength(1);
  expect(await faultsIn(line("fatal", "an item failed", "duplicate key value"))).toHaveLength(1);
});

test("what is no line of a log is a fault, but for the job library's notices of an outage", async () => {
  const frames = "    at doNext (worker.js:1:1)\n    at run (main.js:2:2)\n";
  expect(await faultsIn(`Trace: Error: Connection terminated unexpectedly\n${frames}`)).toEqual([]);
  expect(await faultsIn(`Trace: Error: x is not a function\n${frames}`)).toHaveLength(1);
  expect(await faultsIn(`TypeError: Connection terminated unexpectedly\n${frames}`)).toHaveLength(1);
  expect(await faultsIn("(node:1) Warning: a leak\n")).toHaveLength(1);
  // Half a line: it was killed while it wrote.
  expect(await faultsIn(`${line("info", "fine", "")}{"level":"err`)).toEqual([]);
});

test("a broken connection is excused while what it led to was struck", () => {
  let nowMs = 0;
  const faults = createFaultLog(() => nowMs);
  nowMs = 100;
  const end = faults.begin("store");
  nowMs = 200;
  faults.begin("api-0#1");
  end();
  nowMs = 300;
  expect(faults.struck(["store"], 0, 99)).toBe(false);
  expect(faults.struck(["store"], 50, 150)).toBe(true);
  expect(faults.struck(["store"], 201, 300)).toBe(false);
  expect(faults.struck(["api-0#1"], 250, 300)).toBe(true);
  expect(faults.struck(["api-0#2"], 0, 300)).toBe(false);
  expect(faults.anything(250, 300)).toBe(true);
});

test("neither uploads nor kills run ahead of the others", async () => {
  const pacer = createPacer({ uploads: 100, kills: 10 });
  const seen: string[] = [];
  const note = (what: string) => () => void seen.push(what);
  await pacer.mayUpload(0);
  await pacer.mayKill(0);
  void pacer.mayUpload(90).then(note("upload 90"));
  void pacer.mayKill(5).then(note("kill 5"));
  for (let upload = 0; upload < 40; upload += 1) pacer.uploaded();
  await Promise.resolve();
  expect(seen).toEqual([]);
  for (let upload = 40; upload < 50; upload += 1) pacer.uploaded();
  for (let kill = 0; kill < 9; kill += 1) pacer.killed();
  await new Promise((wake) => setImmediate(wake));
  expect(seen.sort()).toEqual(["kill 5", "upload 90"]);
});
