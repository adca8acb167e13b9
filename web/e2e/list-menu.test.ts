import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Locator, Page } from "playwright-core";
import { openAccount } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { arrive } from "./person.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";
import { expectSoon } from "./soon.js";

let product: Product;
let chromium: TestBrowser;

beforeAll(async () => {
  [product, chromium] = await Promise.all([startProduct(), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
}, 60_000);

/** Somebody with small files of these names, on the page. */
async function withFiles(user: string, names: readonly string[], act: (page: Page) => Promise<void>): Promise<void> {
  const account = await openAccount(product, user);
  for (const name of names) await account.put(name, "text/plain", Buffer.from(name));
  const person = await arrive(chromium.browser, `${product.page}?order=name`, { token: account.token });
  try {
    await person.page.locator(".file-row").first().waitFor();
    await act(person.page);
    expect(person.complaints).toEqual([]);
  } finally {
    await person.leave();
  }
}

const checkbox = (page: Page, name: string): Locator => page.getByRole("checkbox", { name: `Select ${name}` });

test("Esc closes the menu of a row and leaves the selection alone; the next one clears it", async () => {
  await withFiles("escaping", ["a.txt", "b.txt"], async (page) => {
    await checkbox(page, "a.txt").focus();
    await page.keyboard.press("Space");
    await page.getByRole("group", { name: "1 file selected" }).waitFor();
    await page.getByRole("button", { name: "More for b.txt" }).click();
    const rename = page.getByRole("button", { name: "Rename", exact: true });
    await rename.waitFor();
    await page.keyboard.press("Escape");
    await rename.waitFor({ state: "hidden" });
    expect(await checkbox(page, "a.txt").isChecked()).toBe(true);
    await page.keyboard.press("Escape");
    await page.locator(".selection-bar").waitFor({ state: "detached" });
  });
}, 60_000);

test("Shift takes a range out of the selection by the box that it unticks: boxes and count agree", async () => {
  await withFiles("shifting", ["a.txt", "b.txt", "c.txt", "d.txt"], async (page) => {
    const click = async (name: string, ...modifiers: "Shift"[]): Promise<void> => {
      await page.locator(".file-row").filter({ hasText: name }).hover();
      await checkbox(page, name).click({ modifiers });
    };
    await click("a.txt");
    await click("d.txt", "Shift");
    await page.getByRole("group", { name: "4 files selected" }).waitFor();
    await click("b.txt", "Shift");
    await page.getByRole("group", { name: "2 files selected" }).waitFor();
    const ticked = (): Promise<string> =>
      page.locator(".pick input").evaluateAll((all) => all.map((box) => (box as HTMLInputElement).checked).join());
    await expectSoon(ticked, "false,false,true,true");
  });
}, 60_000);

test("the rows stay under the pointer when something is selected", async () => {
  await withFiles("pointing", ["a.txt", "b.txt", "c.txt"], async (page) => {
    const place = (): Promise<number | undefined> =>
      page
        .locator(".file-row")
        .last()
        .boundingBox()
        .then((box) => box?.y);
    const before = await place();
    await checkbox(page, "a.txt").focus();
    await page.keyboard.press("Space");
    await page.getByRole("group", { name: "1 file selected" }).waitFor();
    expect(await place()).toBe(before);
  });
}, 60_000);

test("an empty page leads to what was deleted", async () => {
  await withFiles("emptying", ["only.txt"], async (page) => {
    await checkbox(page, "only.txt").focus();
    await page.keyboard.press("Delete");
    await page.getByText("Nothing uploaded yet.").waitFor();
    await page.getByRole("button", { name: "Recently deleted" }).click();
    await page.getByRole("button", { name: "Restore only.txt" }).waitFor();
    expect(new URL(page.url()).search).toContain("show=deleted");
  });
}, 60_000);
