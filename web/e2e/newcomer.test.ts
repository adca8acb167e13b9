import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { accessibilityOf } from "./newcomer-tree.js";
import type { AccessibilityTree } from "./newcomer-tree.js";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { arrive, sha256Of } from "./person.js";
import type { Person } from "./person.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";
import { expectSoon } from "./soon.js";

/**
 * Somebody who has never been here uploads a file, finds it among others, shares its link, deletes it and takes that
 * back: three times, with the mouse, with the keyboard, and through what a screen reader is told. Nothing but roles and
 * names that people see or hear leads the way.
 */
const NAME = "holiday plan.txt";
const CONTENT = "Monday: arrive. Tuesday: nothing at all.";
const DOWNLOAD_SECONDS = 3;

let product: Product;
let chromium: TestBrowser;
let folder: string;
let path: string;
let account: Account;
let person: Person;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-newcomer-"));
  path = join(folder, NAME);
  await writeFile(path, CONTENT);
  const env = { DOWNLOAD_URL_TTL_SECONDS: String(DOWNLOAD_SECONDS) };
  [product, chromium] = await Promise.all([startProduct({ env }), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

let people = 0;
beforeEach(async () => {
  account = await openAccount(product, `newcomer-${++people}`);
  for (const name of ["holiday photo.txt", "tax.txt"]) await account.put(name, "text/plain", Buffer.from(name));
  person = await arrive(chromium.browser, product.page, { token: account.token });
  page = person.page;
  // From here on the browser hands every choice of files to the test; a key can be faster than asking for it later.
  page.on("filechooser", () => undefined);
  await person.context.grantPermissions(["clipboard-read", "clipboard-write"]);
}, 60_000);

afterEach(async () => {
  const { complaints } = person;
  await person.leave();
  expect(complaints).toEqual([]);
}, 60_000);

const button = (name: string): Locator =>
  page.getByRole("button", { name, exact: true }).or(page.getByRole("menuitem", { name, exact: true }));
const link = (name: string): Locator => page.getByRole("link", { name, exact: true });
const clipboard = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

const filesOf = async (status: string): Promise<string> => {
  const { nodes } = await account.files.files({ search: "", after: undefined });
  const names = nodes.filter((row) => row.status === status).map(({ filename }) => filename);
  return names.sort().join(", ");
};

/** Opens what was copied, as a colleague would who has the same account. */
async function expectLinkToWork(url: string): Promise<void> {
  const tab = await person.context.newPage();
  await tab.goto(url);
  await tab.getByText(CONTENT).waitFor();
  await tab.close();
  await page.bringToFront();
}

test("with the mouse: everything needed is on the screen from the start", async () => {
  const inView = async (control: Locator): Promise<Locator> => {
    await control.waitFor();
    const box = await control.boundingBox();
    const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
    expect(box && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height).toBe(true);
    return control;
  };
  const click = async (control: Locator): Promise<void> => (await inView(control)).click();

  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), click(button("Choose files"))]);
  await chooser.setFiles(path);
  await inView(link(NAME));
  await expectSoon(() => filesOf("READY"), `holiday photo.txt, ${NAME}, tax.txt`);

  await click(page.getByRole("searchbox"));
  await page.keyboard.type("plan");
  await link("tax.txt").waitFor({ state: "detached" });
  await click(button(`Copy the link to ${NAME}`));
  await page.getByText("Link copied").waitFor();
  await expectLinkToWork(await clipboard());

  await click(button(`More for ${NAME}`));
  await click(button("Delete"));
  await link(NAME).waitFor({ state: "detached" });
  await expectSoon(() => filesOf("READY"), "holiday photo.txt, tax.txt");
  await click(button("Undo"));
  await inView(link(NAME));
  await expectSoon(() => filesOf("READY"), `holiday photo.txt, ${NAME}, tax.txt`);
}, 60_000);

test("with the keyboard alone, and the focus is never lost", async () => {
  /** What has the focus, as it is called. */
  const focused = (): Promise<string> =>
    page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return "";
      return element.getAttribute("aria-label") ?? (element.textContent?.trim() || element.id);
    });
  const tabTo = async (name: string | RegExp, key = "Tab"): Promise<void> => {
    for (let step = 0; step < 60; step++) {
      const found = await focused();
      if (typeof name === "string" ? found === name : name.test(found)) return;
      await page.keyboard.press(key);
    }
    throw new Error(`${String(name)} is not within 60 times ${key}`);
  };

  await link("tax.txt").waitFor();
  // The first stop leads past everything to the list.
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("Skip to the list of files");
  await tabTo("Choose files");
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
  await chooser.setFiles(path);
  await link(NAME).waitFor();
  await expectSoon(() => filesOf("READY"), `holiday photo.txt, ${NAME}, tax.txt`);

  await tabTo(/search/i);
  await page.keyboard.type("plan");
  await link("tax.txt").waitFor({ state: "detached" });
  await tabTo(`Copy the link to ${NAME}`);
  await page.keyboard.press("Enter");
  await page.getByText("Link copied").waitFor();
  await expectLinkToWork(await clipboard());

  expect(await focused()).toBe(`Copy the link to ${NAME}`);
  await tabTo(`More for ${NAME}`);
  await page.keyboard.press("Enter");
  await button("Delete").waitFor();
  await tabTo("Delete");
  await page.keyboard.press("Enter");
  await link(NAME).waitFor({ state: "detached" });
  await expectSoon(async () => (await focused()) !== "", true);
  await tabTo("Undo");
  await page.keyboard.press("Enter");
  await link(NAME).waitFor();
  await expectSoon(() => filesOf("READY"), `holiday photo.txt, ${NAME}, tax.txt`);
  await expectSoon(async () => (await focused()) !== "", true);
}, 60_000);

describe("through the accessibility tree", () => {
  let tree: AccessibilityTree;

  test("every control has a name, every step is told", async () => {
    tree = accessibilityOf(person);
    await tree.find("link", "tax.txt");
    await expectOrder();
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), tree.press("button", "Choose files")]);
    await chooser.setFiles(path);
    await tree.find("status", "1 file uploaded");
    await tree.find("link", NAME);
    await expectOrder();

    await tree.type("searchbox", "Search by name", "plan");
    await tree.findNone("link", "tax.txt");
    await tree.find("heading", "Files 1");
    await tree.press("button", `Copy the link to ${NAME}`);
    await tree.find("status", "Link copied");
    await expectLinkToWork(await clipboard());

    await tree.press("button", `More for ${NAME}`);
    await tree.find("button", "Delete");
    await expectOrder();
    await tree.press("button", "Delete");
    await tree.findNone("link", NAME);
    await tree.find("status", `Deleted ${NAME}`);
    await expectOrder();
    await tree.press("button", "Undo");
    await tree.find("link", NAME);
    await tree.find("status", `${NAME} is back`);
    await expectOrder();
    await expectSoon(() => filesOf("READY"), `holiday photo.txt, ${NAME}, tax.txt`);
  }, 60_000);

  /** What holds in every state: landmarks, one first heading, and no control without a name. */
  async function expectOrder(): Promise<void> {
    const nodes = await tree.nodes();
    const count = (role: string): number => nodes.filter((node) => node.role === role).length;
    expect([count("main"), count("banner"), count("search")]).toEqual([1, 1, 1]);
    expect(nodes.filter(({ role, level }) => role === "heading" && level === 1).map(({ name }) => name)).toEqual([
      "Files",
    ]);
    expect(nodes.filter(({ isControl, name }) => isControl && name === "")).toEqual([]);
  }
});

test("back after ten minutes: links that the page got before have run out, and still nothing is broken", async () => {
  await page.clock.install();
  await page.reload();
  await account.put(NAME, "text/plain", Buffer.from(CONTENT));
  await page.reload();
  await link(NAME).waitFor();
  const arrivedAt = Date.now();
  // Every address that was signed by now is dead for real; the page's clock says ten minutes.
  await expectSoon(() => Date.now() > arrivedAt + (DOWNLOAD_SECONDS + 1) * 1000, true);
  await page.clock.fastForward(10 * 60_000);
  await button(`Copy the link to ${NAME}`).click();
  await page.getByText("Link copied").waitFor();
  await expectLinkToWork(await clipboard());
  const [download] = await Promise.all([page.waitForEvent("download"), button(`Download ${NAME}`).click()]);
  expect(await sha256Of(await download.path())).toBe(await sha256Of(path));
}, 60_000);
