import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { appendFile, mkdtemp, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { arrive, chooseFiles, sha256Of } from "./person.js";
import type { Person } from "./person.js";
import { startProduct } from "./product.js";
import type { ProxiedProduct } from "./product.js";
import { expectSoon } from "./soon.js";
import type { StoreCall } from "./store-fault.js";

/** Five parts of 8 MiB at most: fewer than there are connections, so that all are under way at once. */
const LARGE_BYTES = 40_000_000;
const PART_COUNT = 5;
const SMALL_BYTES = 20_000;

const DAMAGED_WORDS = "Some bytes arrived damaged, so nothing was saved from this part. Trying it again.";
const UNANSWERED_WORDS = "Storage did not answer – trying again.";

let product: ProxiedProduct;
let chromium: TestBrowser;
let folder: string;
let large: string;
let small: string;
let account: Account;
let person: Person;
let page: Page;
/** Calls that the store had before this test. */
let before: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-faults-"));
  [large, small] = await Promise.all([onDisk("large.bin", LARGE_BYTES), onDisk("small.bin", SMALL_BYTES)]);
  // Links live as short as can be said and still work under load.
  const env = { UPLOAD_URL_TTL_SECONDS: "4" };
  [product, chromium] = await Promise.all([startProduct({ storeProxy: true, env }), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

beforeEach(async () => {
  before = product.store.calls.length;
  account = await openAccount(product, `person-${randomBytes(6).toString("hex")}`);
  person = await arrive(chromium.browser, product.page, { token: account.token });
  page = person.page;
}, 60_000);

afterEach(async () => {
  product.store.heal();
  await person.leave();
}, 60_000);

/** A file of random bytes that was last changed an hour ago. */
async function onDisk(name: string, sizeBytes: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, randomBytes(sizeBytes));
  const anHourAgo = Date.now() / 1000 - 3600;
  await utimes(path, anHourAgo, anHourAgo);
  return path;
}

const calls = (): readonly StoreCall[] => product.store.calls.slice(before);
const storedParts = (): number[] =>
  product.store
    .storedPuts()
    .filter((call) => calls().includes(call))
    .map(({ partNumber }) => partNumber)
    .sort((a, b) => a - b);
const ALL_PARTS = Array.from({ length: PART_COUNT }, (_, index) => index + 1);

const isPart =
  (number: number) =>
  ({ method, partNumber }: StoreCall): boolean =>
    method === "PUT" && partNumber === number;

/** Waits for the page's word, and then asks the server. */
async function expectReady(...names: readonly string[]): Promise<void> {
  for (const name of names) await rowSays(name, "Ready");
  await expectNames("READY", names);
  expect(product.store.storedTwice(calls())).toEqual([]);
}

/** Asks the server for the names of all files that have come so far. */
async function expectNames(status: string, names: readonly string[]): Promise<void> {
  const { nodes } = await account.files.files({ search: "", after: undefined });
  const found = nodes.filter((row) => row.status === status).map((row) => row.filename);
  expect(found.sort()).toEqual([...names].sort());
}

const listRow = (name: string): Locator => page.locator(".file-row").filter({ hasText: name });
const uploadRow = (name: string): Locator => page.locator(".upload-row").filter({ hasText: name });
const rowSays = (name: string, words: string): Promise<void> => listRow(name).getByText(words).waitFor();
const says = (words: string | RegExp): Locator => page.getByText(words).first();

/** Lets the page's clock jump over waits until it says something. The requests themselves take the time they take. */
async function hurryUntil(words: string | RegExp): Promise<void> {
  const shown = (): Promise<boolean> =>
    says(words)
      .waitFor({ timeout: 300 })
      .then(
        () => true,
        () => false,
      );
  for (let jump = 0; jump < 60 && !(await shown()); jump++) await page.clock.fastForward(16_000);
  await says(words).waitFor({ timeout: 1_000 });
}

describe("a store that fails for a while", () => {
  test("503 twice: both files arrive, no part twice", async () => {
    product.store.fault({ answer: 503 }, { times: 2 });
    await chooseFiles(person, [large, small]);
    await expectReady("large.bin", "small.bin");
    expect(storedParts()).toEqual([1, ...ALL_PARTS]);
    expect(calls().length).toBe(PART_COUNT + 1 + 2);
  }, 60_000);

  test("connections that break in mid-part: both files arrive, no part twice", async () => {
    product.store.fault({ dropAfterBytes: 3_000_000 }, { times: 2, when: isPart(2) });
    product.store.fault({ dropAfterBytes: 1 }, { times: 2, when: isPart(1) });
    await chooseFiles(person, [large, small]);
    await expectReady("large.bin", "small.bin");
    expect(storedParts()).toEqual([1, ...ALL_PARTS]);
  }, 60_000);

  test("answers that are lost: the engine asks, and what the store has is not sent again", async () => {
    // The browser itself repeats a request on a connection that it has used before, with the same signature.
    const lost = product.store.fault({ loseAnswer: true }, { when: isPart(PART_COUNT) });
    await chooseFiles(person, [large]);
    await rowSays("large.bin", "Ready");
    lost();
    const signatures = calls()
      .filter(isPart(PART_COUNT))
      .map(({ url }) => url.searchParams.get("X-Amz-Signature"));
    expect(new Set(signatures).size).toBe(1);
    await expectNames("READY", ["large.bin"]);
  }, 60_000);

  test("a store that stops to read: given up after 30 s, sent again, arrives", async () => {
    await page.clock.install();
    await page.reload();
    product.store.fault({ stallAfterBytes: 100_000 }, { times: 1, when: isPart(2) });
    await chooseFiles(person, [large]);
    await expectSoon(() => storedParts().length, PART_COUNT - 1);
    // The engine's timers count in the page's time, which stands still from here on but for these jumps.
    await page.clock.pauseAt(Date.now() + 20_000);
    expect(await says(UNANSWERED_WORDS).isVisible()).toBe(false);
    await page.clock.fastForward(15_000);
    await says(UNANSWERED_WORDS).waitFor();
    await page.clock.resume();
    await expectReady("large.bin");
    expect(storedParts()).toEqual(ALL_PARTS);
  }, 60_000);

  test("links that run out before the store hears of them are signed again", async () => {
    const held: string[] = [];
    const holdUntil = async ({ url }: StoreCall): Promise<void> => {
      const { searchParams } = url;
      const [, ...digits] = /^(....)(..)(..T..)(..)(..Z)$/.exec(searchParams.get("X-Amz-Date") ?? "") ?? [];
      const signedAt = Date.parse(`${digits.slice(0, 3).join("-")}:${digits.slice(3).join(":")}`);
      const endsAt = signedAt + Number(searchParams.get("X-Amz-Expires")) * 1000;
      held.push(searchParams.get("X-Amz-Signature") ?? "");
      await expectSoon(() => Date.now() > endsAt + 1_000, true);
    };
    product.store.fault({ holdUntil }, { times: 2 });
    await chooseFiles(person, [large, small]);
    await expectReady("large.bin", "small.bin");
    expect(storedParts()).toEqual([1, ...ALL_PARTS]);
    const late = calls().filter(({ url }) => held.includes(url.searchParams.get("X-Amz-Signature") ?? ""));
    expect(late.map(({ storeStatus }) => storeStatus)).toEqual([403, 403]);
  }, 60_000);

  test("refused where the page may not read why: it says who can mend that, and goes on when that is done", async () => {
    await page.clock.install();
    await page.reload();
    const closed = product.store.fault({ answer: 403, cors: false });
    await chooseFiles(person, [small]);
    await hurryUntil(
      "The browser was not allowed to reach the storage server. An administrator has to allow this site (CORS).",
    );
    expect(storedParts()).toEqual([]);
    closed();
    await page.clock.resume();
    await page
      .getByRole("button", { name: /^Retry/ })
      .first()
      .click();
    await expectReady("small.bin");
  }, 60_000);
});

describe("bytes that are damaged on the way", () => {
  test("once: the store refuses the part, it is sent again, and what arrives is what left", async () => {
    product.store.fault({ flip: true }, { times: 1, when: isPart(3) });
    product.store.fault({ flip: true }, { times: 1, when: isPart(1) });
    await chooseFiles(person, [large]);
    await expectReady("large.bin");
    expect(
      calls()
        .map(({ storeStatus }) => storeStatus)
        .sort(),
    ).toEqual([...ALL_PARTS.map(() => 200), 400, 400]);
    const [started] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download large.bin" }).click(),
    ]);
    expect(await sha256Of(await started.path())).toBe(await sha256Of(large));
  }, 60_000);

  test("again and again: it is said, and nothing is stored", async () => {
    await page.clock.install();
    await page.reload();
    const damage = product.store.fault({ flip: true });
    await chooseFiles(person, [small]);
    await says(DAMAGED_WORDS).waitFor();
    await hurryUntil("Some bytes kept arriving damaged, so nothing was saved from this part.");
    expect(new Set(calls().map(({ storeStatus }) => storeStatus))).toEqual(new Set([400]));
    await expectNames("READY", []);
    damage();
    await page.clock.resume();
    await page
      .getByRole("button", { name: /^Retry/ })
      .first()
      .click();
    await expectReady("small.bin");
  }, 60_000);
});

describe("a connection that goes", () => {
  test("offline in the middle: it says so and goes on by itself, no part twice", async () => {
    product.store.bytesPerSecond = 2_500_000;
    await chooseFiles(person, [large]);
    // The last part is the shortest: the others are under way still.
    await expectSoon(() => storedParts().length > 0, true);
    await person.context.setOffline(true);
    await says("Connection lost – will go on by itself.").waitFor();
    product.store.heal();
    await person.context.setOffline(false);
    await expectReady("large.bin");
    expect(storedParts()).toEqual(ALL_PARTS);
  }, 60_000);

  test("the service is restarted in the middle: the upload goes on, no part twice", async () => {
    let goOn = (): void => undefined;
    const back = new Promise<void>((resolve) => (goOn = resolve));
    product.store.fault(
      { holdUntil: () => back },
      { when: ({ method, partNumber }) => method === "PUT" && partNumber > 3 },
    );
    await chooseFiles(person, [large]);
    await expectSoon(() => storedParts().length, 3);
    await product.stopService();
    try {
      goOn();
      await says(/^The server is busy\. Going on in /).waitFor();
    } finally {
      await product.startService();
    }
    await expectReady("large.bin");
    expect(storedParts()).toEqual(ALL_PARTS);
  }, 60_000);
});

describe("a file that changes on the disk between choice and sending", () => {
  const CHANGED = /changed on your disk while it was uploading\. Choose it again to upload the new version\./;
  const CHANGES: readonly [what: string, words: RegExp, change: (path: string) => Promise<unknown>][] = [
    ["gets longer", CHANGED, (path) => appendFile(path, "one more line")],
    [
      "is written anew at the same length",
      CHANGED,
      async (path) => writeFile(path, randomBytes((await stat(path)).size)),
    ],
    ["is written anew, and its date put back", CHANGED, rewriteInSecret],
    ["is cut", CHANGED, (path) => truncate(path, 5_000)],
    ["is deleted", /can't be read any more\. It may have been moved or deleted\./, (path) => rm(path)],
  ];

  test.each(CHANGES)(
    "%s: it is said, and nothing becomes a file",
    async (_what, words, change) => {
      // The large file waits for its signatures, the small one for its row: both have been read by then.
      for (const [name, sizeBytes, call] of [
        ["draft.bin", LARGE_BYTES, /signParts/i],
        ["note.bin", SMALL_BYTES, /"note\.bin"/],
      ] as const) {
        const path = await onDisk(name, sizeBytes);
        let waiting = false;
        let letGo = (): void => undefined;
        const gate = new Promise<void>((resolve) => (letGo = resolve));
        await page.route("**/graphql", async (route) => {
          if (call.test(route.request().postData() ?? "")) {
            waiting = true;
            await gate;
          }
          await route.fallback();
        });
        await chooseFiles(person, [path]);
        await expectSoon(() => waiting, true);
        await change(path);
        letGo();
        await uploadRow(name).getByText(words).waitFor();
      }
      expect(storedParts()).toEqual([]);
      await expectNames("READY", []);
    },
    60_000,
  );
});

async function rewriteInSecret(path: string): Promise<void> {
  const { size, atime, mtime } = await stat(path);
  await writeFile(path, randomBytes(size));
  await utimes(path, atime, mtime);
}
