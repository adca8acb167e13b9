import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { appendFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startProduct } from "../../e2e/product.js";
import type { ProxiedProduct } from "../../e2e/product.js";
import { becomeSomebodyNew, openDesk, until } from "./command.js";
import type { Desk, Running } from "./command.js";

const FORTY_MB = 40_000_000;

let product: ProxiedProduct;
let desk: Desk;
let bytes: Buffer;

beforeAll(async () => {
  product = await startProduct({ storeProxy: true });
  bytes = randomBytes(FORTY_MB);
}, 120_000);
afterAll(() => product?.stop(), 60_000);
beforeEach(async () => {
  desk = await openDesk(product.page);
  await becomeSomebodyNew(desk);
  await writeFile(join(desk.folder, "forty.bin"), bytes);
});
afterEach(async () => {
  product.store.heal();
  await desk.close();
});

const putsSince = (count: number): readonly { partNumber: number }[] => product.store.storedPuts().slice(count);
const stateFiles = (): Promise<string[]> => readdir(join(desk.state, "signet"));

type StoreCall = ProxiedProduct["store"]["calls"][number];

interface Interrupted {
  readonly running: Running;
  /** PUTs that the store had taken before this upload. */
  readonly before: number;
  /** Lets the parts that are held go on to the store. */
  letGo(): void;
}

/** Begins to upload forty.bin; two parts reach the store, those after them are held on their way. */
async function beginToPut(...words: string[]): Promise<Interrupted> {
  const before = product.store.storedPuts().length;
  const passed = product.store.calls.length;
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const isLater = (call: StoreCall): boolean =>
    call.method === "PUT" && product.store.calls.slice(0, passed + 2).every((first) => first !== call);
  const lift = product.store.fault({ holdUntil: () => held }, { when: isLater });
  const running = desk.start("put", "forty.bin", ...words);
  await until(
    () => putsSince(before).length === 2 && product.store.calls.length > passed + 2,
    () => JSON.stringify(running.said),
  );
  return {
    running,
    before,
    letGo: () => {
      lift();
      letGo();
    },
  };
}

describe("put goes on", () => {
  test("after Ctrl-C: it ends at once, says how, and no stored part is sent twice", async () => {
    const { running, before } = await beginToPut();
    running.child.kill("SIGINT");
    const stopped = await running.ended;
    expect(stopped).toMatchObject({ code: 130, out: "" });
    expect(stopped.err).toContain("Stopped: 0 of 1 files are up.");
    expect(stopped.err).toContain("run the same command to go on");
    const stored = putsSince(before).map(({ partNumber }) => partNumber);

    product.store.heal();
    const again = await desk.run("put", "forty.bin", "--json");
    expect(again).toMatchObject({ code: 0, err: "" });
    const row = JSON.parse(again.out) as { status: string; id: string; resumedAtBytes: number };
    expect(row.status).toBe("READY");
    expect(row.resumedAtBytes).toBeGreaterThan(FORTY_MB / 10);
    expect(row.resumedAtBytes).toBeLessThan(FORTY_MB);
    const all = putsSince(before).map(({ partNumber }) => partNumber);
    expect(all.length).toBeGreaterThan(stored.length);
    expect(new Set(all).size).toBe(all.length);
    expect(product.store.storedTwice()).toEqual([]);
    expect(await stateFiles()).toEqual([]);

    expect((await desk.run("get", row.id, "-o", "back.bin")).code).toBe(0);
    expect((await readFile(join(desk.folder, "back.bin"))).equals(bytes)).toBe(true);
  });

  test("after it was killed, and says from where", async () => {
    const { running, before } = await beginToPut();
    running.child.kill("SIGKILL");
    expect((await running.ended).code).toBe(137);
    expect(await stateFiles()).toHaveLength(1);
    product.store.heal();
    const again = await desk.run("put", "forty.bin");
    expect(again.code).toBe(0);
    expect(again.err).toMatch(/^forty\.bin: resumed at \d\d? %\n/);
    const all = putsSince(before).map(({ partNumber }) => partNumber);
    expect(new Set(all).size).toBe(all.length);
  });

  test("what it keeps for that is its owner's alone, and holds neither URL nor token nor path", async () => {
    const { running } = await beginToPut();
    running.child.kill("SIGKILL");
    await running.ended;
    const [name = ""] = await stateFiles();
    const file = join(desk.state, "signet", name);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, "utf8")).toMatch(/^\{"fileId":"file_[\w-]+"\}\n$/);
  });

  test("not with a file that was written since: that is another one", async () => {
    const { running, before } = await beginToPut();
    running.child.kill("SIGKILL");
    await running.ended;
    product.store.heal();
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(0) ^ 1, 0);
    await writeFile(join(desk.folder, "forty.bin"), changed);
    const again = await desk.run("put", "forty.bin", "--json");
    expect(again.code).toBe(0);
    const row = JSON.parse(again.out) as { id: string; resumedAtBytes?: number };
    expect(row.resumedAtBytes).toBeUndefined();
    // Part 1 and 2 of the first upload, and every part of the second.
    expect(putsSince(before).filter(({ partNumber }) => partNumber === 1)).toHaveLength(2);
    expect((await desk.run("get", row.id, "-o", "back.bin")).code).toBe(0);
    expect((await readFile(join(desk.folder, "back.bin"))).equals(changed)).toBe(true);
  });

  test("not with --no-resume, which keeps nothing either", async () => {
    const { running, before } = await beginToPut();
    running.child.kill("SIGKILL");
    await running.ended;
    product.store.heal();
    const again = await desk.run("put", "forty.bin", "--no-resume");
    expect(again).toMatchObject({ code: 0, err: "" });
    expect(putsSince(before).filter(({ partNumber }) => partNumber === 1)).toHaveLength(2);
  });

  test("from the beginning, and without a word, when the server has given the upload up", async () => {
    const { running } = await beginToPut();
    running.child.kill("SIGKILL");
    await running.ended;
    product.store.heal();
    const [pending] = (await desk.run("ls", "--status", "PENDING", "--json")).out.split("\n");
    expect((await desk.run("rm", (JSON.parse(pending!) as { id: string }).id)).code).toBe(0);
    const again = await desk.run("put", "forty.bin");
    expect(again).toMatchObject({ code: 0, err: "" });
    expect(await stateFiles()).toEqual([]);
  });

  test("a file that changes while it is being sent is refused, and nothing of it is kept", async () => {
    const { running, letGo } = await beginToPut("--concurrency", "2");
    await appendFile(join(desk.folder, "forty.bin"), "more");
    letGo();
    const outcome = await running.ended;
    expect(outcome).toMatchObject({ code: 1, out: "" });
    expect(outcome.err).toContain("forty.bin: The file changed since its upload began");
    expect((await desk.run("ls", "--status", "PENDING,VERIFYING", "--json")).out).toBe("");
    expect(await stateFiles()).toEqual([]);
  });

  test("a second Ctrl-C ends it on the spot too", async () => {
    const { running } = await beginToPut();
    running.child.kill("SIGINT");
    running.child.kill("SIGINT");
    expect((await running.ended).code).toBe(130);
  });
});

describe("get goes on", () => {
  let id: string;
  const part = (): string => join(desk.folder, "back.bin.part");
  const partBytes = (): number => statSync(part(), { throwIfNoEntry: false })?.size ?? 0;

  beforeEach(async () => {
    const up = await desk.run("put", "forty.bin", "--json");
    id = (JSON.parse(up.out) as { id: string }).id;
  });

  /** Begins to fetch into back.bin, and is killed in the middle. */
  async function beginToGet(): Promise<void> {
    const running = desk.start("get", id, "-o", "back.bin");
    await until(
      () => partBytes() > 1_000_000,
      () => JSON.stringify(running.said),
    );
    running.child.kill("SIGKILL");
    expect((await running.ended).code).toBe(137);
    expect(partBytes()).toBeLessThan(FORTY_MB);
  }

  test("after it was killed, from what is there, to the same bytes", async () => {
    await beginToGet();
    const startBytes = partBytes();
    const again = await desk.run("get", id, "-o", "back.bin");
    expect(again.code).toBe(0);
    expect(again.err).toBe(`forty.bin: resumed at ${Math.floor((startBytes / FORTY_MB) * 100)} %\n`);
    expect((await readFile(join(desk.folder, "back.bin"))).equals(bytes)).toBe(true);
    expect(partBytes()).toBe(0);
    expect(await stateFiles()).toEqual([]);
  });

  test("not with what was begun of another file under this name", async () => {
    await beginToGet();
    await writeFile(join(desk.folder, "other.txt"), "other\n");
    const other = JSON.parse((await desk.run("put", "other.txt", "--json")).out) as { id: string };
    expect(await desk.run("get", other.id, "-o", "back.bin")).toMatchObject({ code: 0, err: "" });
    expect(await readFile(join(desk.folder, "back.bin"), "utf8")).toBe("other\n");
  });

  test("after a store in trouble, by itself", async () => {
    product.store.fault({ answer: 503 }, { times: 1, when: ({ method }) => method === "GET" });
    product.store.fault({ loseAnswer: true }, { times: 1, when: ({ method }) => method === "GET" });
    expect(await desk.run("get", id, "-o", "back.bin")).toMatchObject({ code: 0, err: "" });
    expect((await readFile(join(desk.folder, "back.bin"))).equals(bytes)).toBe(true);
  });
});
