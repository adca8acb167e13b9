import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPartFile } from "./part-file.js";
import type { PartFile } from "./part-file.js";
import { createStateFolder } from "./state-folder.js";

const BYTES = Buffer.from("0123456789");
const SHA256 = createHash("sha256").update(BYTES).digest("hex");

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-part-"));
  target = join(folder, "report.pdf");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** As a command of its own does it. */
function open(force = false): Promise<PartFile> {
  const state = createStateFolder(join(folder, ".state"));
  const server = new URL("http://localhost:4000/");
  return openPartFile({ target, fileId: "file_1", sizeBytes: BYTES.byteLength, server, state, force });
}

const here = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name !== ".state");

describe("what arrives of a file", () => {
  test("goes on where another command stopped, and gets its name when it is whole", async () => {
    const first = await open();
    await first.begin('"e"');
    await first.write(BYTES.subarray(0, 4));
    await first.close();
    const second = await open();
    expect([second.startBytes, second.etag]).toEqual([4, '"e"']);
    await second.write(BYTES.subarray(4));
    await second.check(SHA256);
    await second.finish(false);
    expect(await here()).toEqual(["report.pdf"]);
    expect(await readFile(target)).toEqual(BYTES);
  });

  test("replaces no FILE.part of somebody else's, unless it is told to", async () => {
    await writeFile(`${target}.part`, "precious");
    const part = await open();
    await expect(part.begin('"e"')).rejects.toMatchObject({ code: "EXISTS" });
    await part.close();
    expect(await readFile(`${target}.part`, "utf8")).toBe("precious");
    const forced = await open(true);
    await forced.begin('"e"');
    await forced.write(BYTES);
    await forced.check(undefined);
    await forced.finish(true);
    expect(await here()).toEqual(["report.pdf"]);
  });

  test("is never written through a link that somebody has put there", async () => {
    const victim = join(folder, "victim");
    await writeFile(victim, "precious");
    const first = await open();
    await first.begin('"e"');
    await first.write(BYTES.subarray(0, 4));
    await first.close();
    await rm(`${target}.part`);
    await symlink(victim, `${target}.part`);
    const second = await open();
    expect(second.startBytes).toBe(0);
    await second.begin('"e"');
    await second.write(BYTES);
    await second.close();
    expect(await readFile(victim, "utf8")).toBe("precious");
  });

  test("is not mixed when two commands fetch it at once: one of them gives up", async () => {
    const first = await open();
    await first.begin(undefined);
    await first.write(BYTES.subarray(0, 4));
    const second = await open();
    await second.begin(undefined);
    await second.write(BYTES.subarray(0, 2));
    await first.write(BYTES.subarray(4));
    // Without a digest nothing but the disk can tell.
    await expect(first.check(undefined)).rejects.toMatchObject({ code: "BUSY" });
    await first.close();
    await second.write(BYTES.subarray(2));
    await second.check(SHA256);
    await second.finish(false);
    expect(await readFile(target)).toEqual(BYTES);
  });

  test("is thrown away when two commands went on with it at once", async () => {
    const begun = await open();
    await begun.begin('"e"');
    await begun.write(BYTES.subarray(0, 4));
    await begun.close();
    const [first, second] = [await open(), await open()];
    await first.write(BYTES.subarray(4, 6));
    await second.write(BYTES.subarray(4));
    await first.write(BYTES.subarray(6));
    await expect(first.check(undefined)).rejects.toMatchObject({ code: "DAMAGED" });
    await expect(second.check(undefined)).rejects.toMatchObject({ code: "BUSY" });
    await Promise.all([first.close(), second.close()]);
    expect(await here()).toEqual([]);
  });
});
