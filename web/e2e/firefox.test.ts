import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { findFirefox, launchFirefox } from "./firefox.js";
import type { FirefoxBrowser } from "./firefox.js";
import { startProduct } from "./product.js";
import type { ProxiedProduct } from "./product.js";
import { expectSoon } from "./soon.js";

const LARGE_BYTES = 20_000_000;
const SEVEN_PARTS_BYTES = 58_000_000;
const PATIENCE_MS = 30_000;

const path = findFirefox();
if (path === undefined) {
  // One test, so that the run says what it did not look at.
  test("Firefox is not installed here: nothing is said about it (FIREFOX_PATH names one)", () => {
    expect(path).toBeUndefined();
  });
} else {
  describe("in Firefox, over WebDriver BiDi", () => inFirefox(path));
}

function inFirefox(executable: string): void {
  let product: ProxiedProduct;
  let firefox: FirefoxBrowser;
  let folder: string;
  let account: Account;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "signet-firefox-"));
    [product, firefox] = await Promise.all([startProduct({ storeProxy: true }), launchFirefox(executable)]);
    account = await openAccount(product, "fox");
    page = await firefox.browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.evaluateOnNewDocument((token) => sessionStorage.setItem("signet-token", token), account.token);
    await page.goto(product.page);
    await text("Nothing uploaded yet.");
  }, 120_000);

  afterAll(async () => {
    await firefox?.close();
    await product?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  /** Waits until the page shows it. */
  const text = (words: string): Promise<unknown> => page.locator(`::-p-text(${words})`).wait();
  const press = (name: string): Promise<void> =>
    page.locator(`::-p-aria([name="${name}"][role="button"])`).setEnsureElementIsInTheViewport(false).click();
  const row = (name: string): Promise<string> =>
    page.$$eval(
      ".file-row",
      (rows, wanted) => rows.map((each) => each.textContent).find((words) => words.includes(wanted)) ?? "",
      name,
    );

  async function choose(...paths: readonly string[]): Promise<void> {
    const [chooser] = await Promise.all([page.waitForFileChooser(), press("Choose files")]);
    await chooser.accept([...paths]);
  }

  async function onDisk(name: string, sizeBytes: number): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, randomBytes(sizeBytes));
    return file;
  }

  const readyNames = async (): Promise<string> => {
    const { nodes } = await account.files.files({ search: "", after: undefined });
    return nodes
      .filter(({ status }) => status === "READY")
      .map(({ filename }) => filename)
      .sort()
      .join();
  };

  test("a file is uploaded, paused and resumed; no part goes twice", async () => {
    const large = await onDisk("large.bin", LARGE_BYTES);
    product.store.bytesPerSecond = 1_000_000;
    await choose(large);
    await expectSoon(() => product.store.calls.some(({ passedBytes }) => passedBytes > 0), true);
    await press("Pause large.bin");
    await press("Resume large.bin");
    product.store.heal();
    await expectSoon(() => row("large.bin"), /Ready/);
    expect(await readyNames()).toBe("large.bin");
    expect(product.store.storedTwice()).toEqual([]);
  }, 90_000);

  test("it is deleted, and the deletion taken back", async () => {
    await press("More for large.bin");
    await press("Delete");
    await text("Undo");
    await expectSoon(() => row("large.bin"), "");
    expect(await readyNames()).toBe("");
    await press("Undo");
    await expectSoon(() => row("large.bin"), /Ready/);
    expect(await readyNames()).toBe("large.bin");
  }, 60_000);

  test("a file that is written anew between choice and sending is not uploaded, although Firefox would", async () => {
    // More parts than connections: the last one has been hashed, and is not read to be sent before the gate opens.
    const draft = await onDisk("draft.bin", SEVEN_PARTS_BYTES);
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    product.store.fault({ holdUntil: () => gate });
    const before = product.store.calls.length;
    await choose(draft);
    await expectSoon(() => product.store.calls.length - before, 6);
    const { atime, mtime } = await stat(draft);
    await writeFile(draft, randomBytes(SEVEN_PARTS_BYTES));
    await utimes(draft, atime, mtime);
    letGo();
    await text("changed on your disk while it was uploading. Choose it again to upload the new version.");
    expect(await readyNames()).toBe("large.bin");
    expect(product.store.calls.filter(({ storeStatus }) => storeStatus === 400).length).toBeGreaterThan(0);
  }, 60_000);
}
