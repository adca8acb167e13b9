import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { startProduct } from "../../e2e/product.js";
import type { Product } from "../../e2e/product.js";
import { becomeSomebodyNew, openDesk } from "./command.js";
import type { Desk, Outcome } from "./command.js";

let product: Product;
let desk: Desk;

beforeAll(async () => {
  product = await startProduct({ env: { MAX_FILE_SIZE_BYTES: "40000000" } });
}, 120_000);
afterAll(() => product?.stop(), 60_000);

beforeEach(async () => {
  desk = await openDesk(product.page);
  await becomeSomebodyNew(desk);
});
afterEach(() => desk.close());

const objects = (outcome: Outcome): Record<string, unknown>[] =>
  outcome.out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function put(name: string, bytes: Uint8Array | string): Promise<string> {
  await writeFile(join(desk.folder, name), bytes);
  const outcome = await desk.run("put", "--json", name);
  expect(outcome).toMatchObject({ code: 0, err: "" });
  return objects(outcome)[0]!["id"] as string;
}

describe("put, ls and get", () => {
  test("three files: a large one, an empty one, and one with a name in many scripts", async () => {
    const large = randomBytes(30_000_000);
    const unicode = "grüße – 日本語 📎.txt";
    await writeFile(join(desk.folder, "large.bin"), large);
    await writeFile(join(desk.folder, "empty.txt"), "");
    await writeFile(join(desk.folder, unicode), "hello\n");

    const up = await desk.run("put", "large.bin", "empty.txt", unicode);
    expect(up.code).toBe(0);
    const lines = up.out.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines.every((line) => /^\S.* {2}\d+ (bytes|MB) {2}http\S+\/files\/file_\S+$/.test(line))).toBe(true);
    expect(up.err).toMatch(/^3 files, 30 MB in [\d.]+ s\.\n$/);

    const listed = objects(await desk.run("ls", "--json"));
    expect(new Map(listed.map(({ name, sizeBytes, status }) => [name, [sizeBytes, status]]))).toEqual(
      new Map([
        ["large.bin", [30_000_000, "READY"]],
        ["empty.txt", [0, "READY"]],
        [unicode, [6, "READY"]],
      ]),
    );
    expect(listed.find(({ name }) => name === unicode)).toMatchObject({ type: "text/plain" });

    await mkdir(join(desk.folder, "back"));
    for (const { name, permalink, id } of listed) {
      // By id and by permalink, into a folder.
      const reference = name === unicode ? id : permalink;
      const down = await desk.run("get", reference as string, "-o", "back");
      expect(down).toMatchObject({ code: 0, err: "" });
      const bytes = await readFile(join(desk.folder, "back", name as string));
      expect(bytes.equals(await readFile(join(desk.folder, name as string)))).toBe(true);
    }
    expect((await readdir(join(desk.folder, "back"))).toSorted()).toEqual(
      ["empty.txt", unicode, "large.bin"].toSorted(),
    );
    // Nothing is remembered of what is done.
    expect(await readdir(join(desk.state, "signet"))).toEqual([]);
  }, 60_000);

  test("nothing that moves, no colour and no bar where nobody watches", async () => {
    await put("a.txt", "a\n");
    await writeFile(join(desk.folder, "b.txt"), "b\n");
    const { out, err } = await desk.run("put", "b.txt");
    expect(out + err).not.toMatch(/\x1b|\r/); // eslint-disable-line no-control-regex
    expect(out.split("\n")).toHaveLength(2);
    expect(err).toBe("");
  });

  test("one file that cannot go stops no other, and the code says that something failed", async () => {
    await writeFile(join(desk.folder, "good.txt"), "good\n");
    await writeFile(join(desk.folder, "toolarge.bin"), Buffer.alloc(40_000_001));
    await mkdir(join(desk.folder, "folder"));
    const outcome = await desk.run("put", "nowhere.txt", "good.txt", "folder", "toolarge.bin");
    expect(outcome.code).toBe(1);
    expect(outcome.out).toContain("good.txt");
    expect(outcome.err).toContain("nowhere.txt: There is no such file.");
    expect(outcome.err).toContain("folder: This is a folder");
    expect(outcome.err).toContain("toolarge.bin: Too large: the server takes 40 MB at most.");
    const asObjects = objects(await desk.run("put", "--json", "nowhere.txt", "good.txt"));
    expect(asObjects.map(({ status, code }) => [status, code])).toEqual([
      ["FAILED", "ENOENT"],
      ["READY", undefined],
    ]);
  });

  test("300 small files go in one command", async () => {
    const names = Array.from({ length: 300 }, (_, index) => `small-${index}.txt`);
    await Promise.all(names.map((name) => writeFile(join(desk.folder, name), `${name}\n`)));
    const up = await desk.run("put", "--json", ...names);
    expect(up).toMatchObject({ code: 0, err: "" });
    expect(objects(up)).toHaveLength(300);
    // More than one page.
    const all = objects(await desk.run("ls", "--all", "--json"));
    expect(new Set(all.map(({ name }) => name))).toEqual(new Set(names));
    const some = await desk.run("ls", "--limit", "120");
    expect(some.out.trimEnd().split("\n")).toHaveLength(120);
    expect(some.err).toContain("--all");
  }, 60_000);

  test("--name and --type are what the server has, and a wrong type is told with the right one", async () => {
    await writeFile(join(desk.folder, "a"), "col1,col2\n");
    const [row] = objects(await desk.run("put", "a", "--name", "table.csv", "--type", "text/csv", "--json"));
    expect(row).toMatchObject({ name: "table.csv" });
    const [listed] = objects(await desk.run("ls", "--search", "TABLE", "--json"));
    expect(listed).toMatchObject({ name: "table.csv", type: "text/csv" });
    const refused = await desk.run("put", "a", "--type", "image/png");
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("image/png");
  });
});

describe("get", () => {
  test("writes to standard output, byte for byte, and nothing else", async () => {
    const id = await put("a.txt", "hello\n");
    expect(await desk.run("get", id, "-o", "-")).toEqual({ code: 0, out: "hello\n", err: "" });
  });

  test("replaces no file unless it is told to", async () => {
    const id = await put("a.txt", "new\n");
    await writeFile(join(desk.folder, "a.txt"), "old\n");
    const refused = await desk.run("get", id);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("--force");
    expect(await readFile(join(desk.folder, "a.txt"), "utf8")).toBe("old\n");
    expect((await desk.run("get", id, "--force")).code).toBe(0);
    expect(await readFile(join(desk.folder, "a.txt"), "utf8")).toBe("new\n");
    expect((await readdir(desk.folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("somebody else's file is as good as none", async () => {
    const id = await put("a.txt", "mine\n");
    delete desk.env["SIGNET_TOKEN"]; // the development server's own user
    const outcome = await desk.run("get", id);
    expect(outcome.code).toBe(1);
    expect(outcome.err).toContain("There is no such file, or it is somebody else's");
  });
});

describe("rm and restore", () => {
  test("to the trash and back, then for good", async () => {
    const id = await put("a.txt", "a\n");
    const removed = await desk.run("rm", id);
    expect(removed.code).toBe(0);
    expect(removed.out).toMatch(/^deleted a\.txt, until \d{4}-\d\d-\d\d in the trash\n$/);
    expect((await desk.run("ls", "--json")).out).toBe("");
    expect((await desk.run("ls", "--status", "deleted", "--json")).out).toContain(id);
    expect((await desk.run("get", id)).err).toContain("in the trash");
    expect(await desk.run("restore", id)).toMatchObject({ code: 0, out: "restored a.txt\n" });

    // Nobody can answer here, and nothing is deleted unasked.
    const unasked = await desk.run("rm", "--forever", id);
    expect(unasked.code).toBe(2);
    expect(unasked.err).toContain("--yes");
    expect((await desk.run("ls", "--json")).out).toContain(id);
    expect((await desk.run("rm", "--forever", "--yes", id)).code).toBe(0);
    expect((await desk.run("restore", id)).code).toBe(1);
  });

  test("one unknown file stops no other", async () => {
    const id = await put("a.txt", "a\n");
    const outcome = await desk.run("rm", "file_nothing", id);
    expect(outcome.code).toBe(1);
    expect(outcome.out).toContain("deleted a.txt");
    expect(outcome.err).toContain("file_nothing: There is no such file");
  });
});

describe("exit codes", () => {
  test.each([
    [["put"], "put needs the name of a file"],
    [["put", "-"], "standard input"],
    [["put", "a", "b", "--name", "c"], "--name is for a single file"],
    [["put", "a", "--concurrency", "0"], "whole number from 1"],
    [["put", "a", "--type", "png"], "media type"],
    [["put", "--nope"], "--nope"],
    [["get"], "one id or permalink"],
    [["get", "not/an/id"], "neither"],
    [["ls", "report"], "--search report"],
    [["ls", "--status", "FINE"], "PENDING"],
    [["rm"], "needs the id"],
    [["upload", "a"], 'no command "upload"'],
    [[], "Usage: signet COMMAND"],
  ])("2: %j", async (words, told) => {
    const outcome = await desk.run(...words);
    expect(outcome).toMatchObject({ code: 2, out: "" });
    expect(outcome.err).toContain(told);
  });

  test("2: an address that is none, and a token file that is not there", async () => {
    expect(await desk.run("ls", "--token-file", "nowhere")).toMatchObject({ code: 2 });
    desk.env["SIGNET_URL"] = "ftp://files.example";
    expect(await desk.run("ls")).toMatchObject({ code: 2 });
  });

  test("3: a token that the server refuses, and no word of it is said", async () => {
    desk.env["SIGNET_TOKEN"] = "not-a-token-at-all";
    await writeFile(join(desk.folder, "a.txt"), "a\n");
    for (const words of [["ls"], ["put", "a.txt"], ["get", "file_1"], ["rm", "file_1"]]) {
      const outcome = await desk.run(...words);
      expect(outcome).toMatchObject({ code: 3, out: "" });
      expect(outcome.err).toContain("refuses the token");
      expect(outcome.err).not.toContain("not-a-token-at-all");
    }
  });

  test("3: no token, where no development server gives one", async () => {
    const server = createServer((_, response) => response.writeHead(404).end("{}"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      delete desk.env["SIGNET_TOKEN"];
      desk.env["SIGNET_URL"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const outcome = await desk.run("ls");
      expect(outcome.code).toBe(3);
      expect(outcome.err).toContain("wants a token");
    } finally {
      server.close();
    }
  });

  test("4: nobody there, and somebody else there; told at once", async () => {
    const server = createServer((_, response) => response.end("<h1>It works!</h1>"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    desk.env["SIGNET_URL"] = `http://127.0.0.1:${port}`;
    const other = await desk.run("ls");
    expect(other.code).toBe(4);
    expect(other.err).toContain("not a Signet server");
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await writeFile(join(desk.folder, "a.txt"), "a\n");
    for (const words of [["ls"], ["put", "a.txt"]]) {
      const outcome = await desk.run(...words);
      expect(outcome).toMatchObject({ code: 4, out: "" });
      expect(outcome.err).toContain("does not answer");
    }
  });

  test("the token comes from a file just as well", async () => {
    await writeFile(join(desk.folder, "token"), `${desk.env["SIGNET_TOKEN"]}\n`);
    const id = await put("a.txt", "a\n");
    delete desk.env["SIGNET_TOKEN"];
    expect((await desk.run("ls", "--token-file", "token")).out).toContain(id);
    expect((await desk.run("ls")).out).not.toContain(id);
  });
});

describe("help", () => {
  test.each(["put", "get", "ls", "rm", "restore"])("of %s, in two ways, needs no server", async (command) => {
    desk.env["SIGNET_URL"] = "http://127.0.0.1:1";
    const outcome = await desk.run(command, "--help");
    expect(outcome).toMatchObject({ code: 0, err: "" });
    expect(outcome.out).toContain(`Usage: signet ${command} `);
    expect(await desk.run("help", command)).toEqual(outcome);
    expect((await desk.run("--help")).out).toMatch(new RegExp(`^  ${command} `, "m"));
  });

  test("the version is the package's", async () => {
    const outcome = await desk.run("--version");
    expect(outcome).toMatchObject({ code: 0, err: "" });
    expect(outcome.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
