import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Locator, Page } from "playwright-core";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { arrive } from "./person.js";
import type { Person } from "./person.js";
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

const NAMES = ["apple.txt", "banana.csv", "cherry.txt", "date.md", "elder.txt"];

/** Somebody with small files of these names, the first one oldest, each longer than the one before. */
async function withFiles(user: string, names: readonly string[] = NAMES): Promise<Account> {
  const account = await openAccount(product, user);
  for (const [index, name] of names.entries()) {
    await account.put(name, "text/plain", Buffer.from("fruit ".repeat(index + 1)));
  }
  return account;
}

/** Visits, and leaves when `act` is done; the browser must have had nothing to complain about. */
async function visit(account: Account, address: string, act: (person: Person) => Promise<void>): Promise<void> {
  const person = await arrive(chromium.browser, new URL(address, product.page).href, { token: account.token });
  try {
    await act(person);
    expect(person.complaints).toEqual([]);
  } finally {
    await person.leave();
  }
}

/** Asks until the answer is equal to what is expected. */
const expectEqualSoon = async <T>(ask: () => Promise<T>, expected: T): Promise<void> =>
  expectSoon(async () => JSON.stringify(await ask()), JSON.stringify(expected));

const row = (page: Page, name: string): Locator => page.locator(".file-row").filter({ hasText: name });
const names = (page: Page): Promise<string[]> => page.locator(".file-row .file-name").allInnerTexts();
const checkbox = (page: Page, name: string): Locator => page.getByRole("checkbox", { name: `Select ${name}` });
const focused = (page: Page): Promise<string | null> =>
  page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.id ?? null);
const show = (page: Page): Locator => page.getByRole("combobox", { name: "Show" });
const order = (page: Page): Locator => page.getByRole("combobox", { name: "Order" });
const toastSays = (page: Page, words: string): Promise<void> =>
  page.getByRole("region", { name: "Messages" }).getByText(words).waitFor();

describe("what is shown", () => {
  test("search, filter and order stand in the address: a reload keeps them, the browser's history leads back", async () => {
    const account = await withFiles("addresses");
    await visit(account, "/", async ({ page }) => {
      await expectEqualSoon(() => names(page), [...NAMES].reverse());
      await order(page).selectOption("By name");
      await expectEqualSoon(() => names(page), NAMES);
      await order(page).selectOption("Smallest first");
      await expectEqualSoon(() => names(page), NAMES);
      await order(page).selectOption("Largest first");
      await page.getByRole("searchbox").fill("txt");
      await expectEqualSoon(() => names(page), ["elder.txt", "cherry.txt", "apple.txt"]);
      await expectEqualSoon(() => Promise.resolve(new URL(page.url()).search), "?q=txt&order=largest");
      await page.reload();
      await expectEqualSoon(() => names(page), ["elder.txt", "cherry.txt", "apple.txt"]);
      expect(await page.getByRole("searchbox").inputValue()).toBe("txt");

      await page.getByRole("searchbox").fill("");
      await show(page).selectOption("Images");
      await page.getByText("No images here.").waitFor();
      await show(page).selectOption("Recently deleted");
      await page.getByText("Nothing has been deleted lately.").waitFor();
      await page.goBack();
      await page.getByText("No images here.").waitFor();
      await page.getByRole("button", { name: "Show all files" }).click();
      await expectEqualSoon(() => names(page), [...NAMES].reverse());
      expect(await order(page).inputValue()).toBe("largest");
    });
  }, 60_000);

  test("an address with nonsense shows everything; one that was sent shows what it says", async () => {
    const account = await withFiles("guests", ["one.txt", "two.txt"]);
    await visit(account, "/?show=nothing&order=random", async ({ page }) => {
      await expectEqualSoon(() => names(page), ["two.txt", "one.txt"]);
    });
    await visit(account, "/?q=ONE", async ({ page }) => {
      await expectEqualSoon(() => names(page), ["one.txt"]);
      expect(await page.getByRole("searchbox").inputValue()).toBe("ONE");
    });
  }, 60_000);

  test("what is uploaded elsewhere stands where the order puts it", async () => {
    const account = await withFiles("orderly", ["b.txt", "d.txt"]);
    await visit(account, "/?order=name", async ({ page }) => {
      await expectEqualSoon(() => names(page), ["b.txt", "d.txt"]);
      await account.put("c.txt", "text/plain", Buffer.from("in between"));
      await expectEqualSoon(() => names(page), ["b.txt", "c.txt", "d.txt"]);
    });
  }, 60_000);
});

describe("a new name", () => {
  test("F2, type, Enter; the kind stays; what is not taken is said beside it and can be mended", async () => {
    const account = await withFiles("renamer");
    await visit(account, "/", async ({ page }) => {
      await checkbox(page, "date.md").focus();
      await page.keyboard.press("F2");
      const field = page.getByRole("textbox", { name: "New name for date.md" });
      await field.waitFor();
      await page.keyboard.type("calendar");
      expect(await field.inputValue()).toBe("calendar.md");
      await page.keyboard.press("Enter");
      await toastSays(page, "Renamed to calendar.md");
      await expectEqualSoon(() => focused(page), "Select calendar.md");

      await page.keyboard.press("F2");
      await page.keyboard.type("a/b");
      await page.keyboard.press("Enter");
      await page.getByText("A name can't be empty, longer than 255 bytes, or contain / or \\.").waitFor();
      const again = page.getByRole("textbox", { name: "New name for calendar.md" });
      expect(await again.inputValue()).toBe("a/b.md");
      await again.fill("ab.md");
      await page.keyboard.press("Enter");
      await row(page, "ab.md").waitFor();

      // Esc leaves it as it was; Ctrl+Z takes the last one back.
      await page.keyboard.press("F2");
      await page.keyboard.type("never");
      await page.keyboard.press("Escape");
      await expectEqualSoon(() => focused(page), "Select ab.md");
      await page.keyboard.press("Control+z");
      await row(page, "calendar.md").waitFor();
      await page.reload();
      await row(page, "calendar.md").waitFor();
      expect(await row(page, "never").count()).toBe(0);
    });
  }, 60_000);
});

describe("many at once", () => {
  test("by keyboard: select a range, delete, one undo for all", async () => {
    const account = await withFiles("keyboard");
    await visit(account, "/?order=name", async ({ page }) => {
      await row(page, "apple.txt").waitFor();
      await checkbox(page, "banana.csv").focus();
      await page.keyboard.press("Space");
      await page.keyboard.press("Shift+ArrowDown");
      await page.keyboard.press("Shift+ArrowDown");
      await page.getByRole("group", { name: "3 files selected" }).waitFor();
      expect(await checkbox(page, "date.md").isChecked()).toBe(true);
      await page.keyboard.press("Delete");
      await expectEqualSoon(() => names(page), ["apple.txt", "elder.txt"]);
      await expectEqualSoon(() => focused(page), "Select elder.txt");
      await toastSays(page, "Deleted 3 files");
      await page.keyboard.press("Control+z");
      await toastSays(page, "3 files are back");
      await expectEqualSoon(() => names(page), NAMES);
      await page.keyboard.press("Control+a");
      await page.getByRole("group", { name: "5 files selected" }).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("group", { name: "selected" }).waitFor({ state: "detached" });
      await page.keyboard.press("End");
      await expectEqualSoon(() => focused(page), "Select elder.txt");
      await page.keyboard.press("Home");
      await expectEqualSoon(() => focused(page), "Select apple.txt");
    });
  }, 60_000);

  test("by mouse with Shift; more than ten are deleted only after a question", async () => {
    const account = await withFiles(
      "many",
      Array.from({ length: 12 }, (_, index) => `page ${String(index + 1).padStart(2, "0")}.txt`),
    );
    await visit(account, "/?order=name", async ({ page }) => {
      await row(page, "page 01.txt").hover();
      await checkbox(page, "page 01.txt").click();
      await checkbox(page, "page 11.txt").click({ modifiers: ["Shift"] });
      const bar = page.getByRole("group", { name: "11 files selected" });
      await bar.getByRole("button", { name: "Delete" }).click();
      const question = page.getByRole("dialog", { name: "Delete 11 files?" });
      await question.getByText("brought back from “Recently deleted” for about 7 days").waitFor();
      await page.keyboard.press("Escape");
      await question.waitFor({ state: "detached" });
      expect(await page.locator(".file-row").count()).toBe(12);

      await bar.getByRole("button", { name: "Delete" }).click();
      await question.getByRole("button", { name: "Delete" }).click();
      await expectEqualSoon(() => names(page), ["page 12.txt"]);
      await page.getByRole("button", { name: "Undo" }).click();
      await expectEqualSoon(() => page.locator(".file-row").count(), 12);
    });
  }, 60_000);
});

test("the trash: what was deleted, back again, or gone for good", async () => {
  const account = await withFiles("trash");
  await visit(account, "/", async ({ page }) => {
    for (const name of ["cherry.txt", "date.md"]) {
      await page.getByRole("button", { name: `More for ${name}` }).click();
      await page.getByRole("button", { name: "Delete", exact: true }).click();
      await row(page, name).waitFor({ state: "detached" });
    }
    await show(page).selectOption("Recently deleted");
    await row(page, "cherry.txt").getByText("gone for good in about 7 days").waitFor();
    await page.getByRole("button", { name: "Restore cherry.txt" }).click();
    await toastSays(page, "cherry.txt is back");
    await expectEqualSoon(() => names(page), ["date.md"]);

    await page.getByRole("button", { name: "More for date.md" }).click();
    await page.getByRole("button", { name: "Delete forever" }).click();
    const question = page.getByRole("dialog", { name: "Delete date.md forever?" });
    await question.getByText("This cannot be undone.").waitFor();
    await question.getByRole("button", { name: "Delete forever" }).click();
    await page.getByText("Nothing has been deleted lately.").waitFor();
    await page.getByRole("button", { name: "Show all files" }).first().click();
    await expectEqualSoon(() => names(page), ["elder.txt", "cherry.txt", "banana.csv", "apple.txt"]);
  });
  await expectSoon(async () => (await account.files.account()).viewer.usage.trashBytes, 0);
}, 60_000);

test("what could not be deleted is said and stays", async () => {
  const account = await withFiles("refused", ["stays.txt"]);
  const person = await arrive(chromium.browser, product.page, { token: account.token });
  const { page } = person;
  try {
    await row(page, "stays.txt").waitFor();
    await page.route("**/graphql", (route) =>
      route.request().postData()?.includes("DeleteFile") ? route.abort() : route.fallback(),
    );
    await checkbox(page, "stays.txt").focus();
    await page.keyboard.press("Delete");
    await toastSays(page, "stays.txt couldn't be deleted. Try again in a moment.");
    await row(page, "stays.txt").waitFor();
  } finally {
    await person.leave();
  }
}, 60_000);

test("a keyboard is enough: find, rename, share, delete, undo", async () => {
  const account = await withFiles("hands");
  const person = await arrive(chromium.browser, product.page, { token: account.token });
  const { page, context } = person;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  try {
    await row(page, "apple.txt").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter"); // the skip link leads to the search
    await expectEqualSoon(() => focused(page), "Search by name");
    await page.keyboard.type("apple");
    await expectEqualSoon(() => names(page), ["apple.txt"]);
    // Past filter and order to the row.
    for (let step = 0; step < 3; step++) await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Select apple.txt");
    await page.keyboard.press("F2");
    await page.keyboard.type("apple pie");
    await page.keyboard.press("Enter");
    await row(page, "apple pie.txt").waitFor();
    await expectEqualSoon(() => focused(page), "Select apple pie.txt");

    while ((await focused(page)) !== "Copy the link to apple pie.txt") await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await toastSays(page, "Link copied");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("/files/file_");

    await page.keyboard.press("Delete");
    await row(page, "apple pie.txt").waitFor({ state: "detached" });
    await expectEqualSoon(() => focused(page), "Search by name");
    // In the field the shortcut is the field's; from anywhere else it takes the deletion back.
    await page.keyboard.press("Tab");
    await page.keyboard.press("Control+z");
    await row(page, "apple pie.txt").getByText("Ready").waitFor();
    expect(person.complaints).toEqual([]);
  } finally {
    await person.leave();
  }
}, 60_000);
