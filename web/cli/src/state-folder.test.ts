import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStateFolder } from "./state-folder.js";

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "signet-state-"));
  folder = join(parent, "signet");
});
afterEach(() => rm(parent, { recursive: true, force: true }));

test("what was kept is found again, by its key alone", async () => {
  const state = createStateFolder(folder);
  await state.set(["put", "a"], { fileId: "1" });
  await state.set(["put", "b"], { fileId: "2" });
  expect(await createStateFolder(folder).get(["put", "a"])).toEqual({ fileId: "1" });
  expect(await state.get(["put", "ab"])).toBeUndefined();
  await state.remove(["put", "a"]);
  expect(await state.get(["put", "a"])).toBeUndefined();
  expect(await state.get(["put", "b"])).toEqual({ fileId: "2" });
});

test("asking makes no folder, and removing what is not there is no error", async () => {
  const state = createStateFolder(folder);
  expect(await state.get(["a"])).toBeUndefined();
  await state.remove(["a"]);
  expect(await readdir(parent)).toEqual([]);
});

test("folder and files are their owner's alone, and no key can be read in them", async () => {
  const state = createStateFolder(folder);
  await state.set(["put", "/home/somebody/secret.txt"], { fileId: "1" });
  const [name = ""] = await readdir(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  expect(name + (await readFile(join(folder, name), "utf8"))).not.toContain("secret");
});

test.each(["", "{", "[]", "null", '{"fileId":1}'])("a record that reads %s counts as none", async (text) => {
  const state = createStateFolder(folder);
  await state.set(["a"], { fileId: "1" });
  const [name = ""] = await readdir(folder);
  await writeFile(join(folder, name), text);
  expect(await state.get(["a"])).toBeUndefined();
});

test("many writers of one key leave one whole record and no half one", async () => {
  const state = createStateFolder(folder);
  await Promise.all(Array.from({ length: 20 }, (_, index) => state.set(["a"], { fileId: String(index) })));
  expect(await readdir(folder)).toHaveLength(1);
  expect(await state.get(["a"])).toHaveProperty("fileId");
});

test("what is 30 days old goes, with the next record that is kept", async () => {
  await createStateFolder(folder).set(["old"], { fileId: "1" });
  const [name = ""] = await readdir(folder);
  const longAgo = Date.now() / 1000 - 31 * 86_400;
  await utimes(join(folder, name), longAgo, longAgo);
  const state = createStateFolder(folder);
  await state.set(["new"], { fileId: "2" });
  expect(await state.get(["old"])).toBeUndefined();
  expect(await state.get(["new"])).toEqual({ fileId: "2" });
});
