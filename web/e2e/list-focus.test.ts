import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Locator, Page } from "playwright-core";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
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

const FRUIT = ["apple.txt", "banana.txt", "cherry.txt", "date.txt", "elder.txt"];

async function withFiles(user: string, names: readonly string[] = FRUIT): Promise<Account> {
  const account = await openAccount(product, user);
  for (const name of names) await account.put(name, "text/plain", Buffer.from(name));
  return account;
}

async function visit(account: Account, address: string, act: (page: Page) => Promise<void>): Promise<void> {
  const person = await arrive(chromium.browser, new URL(address, product.page).href, { token: account.token });
  try {
    await act(person.page);
  } finally {
    await person.leave();
  }
}

const idOf = async ({ files }: Account, name: string): Promise<string> =>
  (await files.files({ search: name, after: undefined })).nodes[0]?.id ?? "";
const row = (page: Page, name: string): Locator => page.locator(".file-row").filter({ hasText: name });
const checkbox = (page: Page, name: string): Locator => page.getByRole("checkbox", { name: `Select ${name}` });
/** What the focus is on; "BODY": it is lost. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const on = document.activeElement;
    return on?.getAttribute("aria-label") ?? (on?.id || on?.textContent?.trim() || on?.tagName || "");
  });
const focusSoon = (page: Page, on: string): Promise<void> => expectSoon(() => focused(page), on);
const say = (page: Page, words: string): Promise<void> =>
  page.getByRole("region", { name: "Messages" }).getByText(words).waitFor();
/** Until the server's changes arrive by themselves. */
async function live(page: Page, account: Account): Promise<void> {
  await account.files.rename(await idOf(account, "apple.txt"), "apple pie.txt");
  await row(page, "apple pie.txt").waitFor();
}

describe("the focus stays in reach", () => {
  test("after the answer to a question it is on the next row", async () => {
    const account = await withFiles("asked");
    for (const name of ["banana.txt", "cherry.txt", "date.txt"]) await account.files.remove(await idOf(account, name));
    await visit(account, "/?show=deleted&order=name", async (page) => {
      await checkbox(page, "banana.txt").focus();
      await page.keyboard.press("Delete");
      await page.getByRole("dialog").getByRole("button", { name: "Delete forever" }).click();
      await row(page, "banana.txt").waitFor({ state: "detached" });
      await focusSoon(page, "Select cherry.txt");
      await checkbox(page, "cherry.txt").click();
      await page.getByRole("button", { name: "Delete forever" }).first().click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete forever" }).click();
      await row(page, "cherry.txt").waitFor({ state: "detached" });
      await focusSoon(page, "Select date.txt");
    });
  }, 60_000);

  test("after the last file was deleted it is on the way to add some; Undo puts it on the row", async () => {
    const account = await withFiles("last", ["only.txt"]);
    await visit(account, "/", async (page) => {
      await checkbox(page, "only.txt").focus();
      await page.keyboard.press("Delete");
      await page.getByText("Nothing uploaded yet.").waitFor();
      await focusSoon(page, "choose-files");
      await page.getByRole("button", { name: "Undo" }).focus();
      await page.keyboard.press("Enter");
      await focusSoon(page, "Select only.txt");
    });
  }, 60_000);

  test("after the selection was cleared, a message closed, a new name undone", async () => {
    const account = await withFiles("cleared");
    await visit(account, "/?order=name", async (page) => {
      await checkbox(page, "banana.txt").focus();
      await page.keyboard.press("Space");
      await page.getByRole("button", { name: "Clear selection" }).focus();
      await page.keyboard.press("Enter");
      await focusSoon(page, "Select banana.txt");

      await page.keyboard.press("F2");
      await page.keyboard.type("blueberry");
      await page.keyboard.press("Enter");
      await say(page, "Renamed to blueberry.txt");
      await focusSoon(page, "Select blueberry.txt");
      await page.getByRole("button", { name: "Undo" }).focus();
      await page.keyboard.press("Enter");
      await say(page, "Renamed to banana.txt");
      await focusSoon(page, "Select banana.txt");
      await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Close" }).focus();
      await page.keyboard.press("Enter");
      await focusSoon(page, "Select banana.txt");
    });
  }, 60_000);

  test("after the row under it was deleted elsewhere, or a new name took it out of the search", async () => {
    const account = await withFiles("elsewhere");
    await visit(account, "/?order=name", async (page) => {
      await row(page, "elder.txt").waitFor();
      await live(page, account);
      await page.getByRole("button", { name: "More for banana.txt" }).focus();
      await account.files.remove(await idOf(account, "banana.txt"));
      await row(page, "banana.txt").waitFor({ state: "detached" });
      await focusSoon(page, "Select cherry.txt");

      await page.getByRole("searchbox").fill("e");
      await row(page, "date.txt").waitFor();
      await checkbox(page, "date.txt").focus();
      await page.keyboard.press("F2");
      await page.keyboard.press("Control+a");
      await page.keyboard.type("x.bin");
      await page.keyboard.press("Enter");
      await row(page, "date.txt").waitFor({ state: "detached" });
      await focusSoon(page, "Select elder.txt");
    });
  }, 60_000);

  test("of a preview whose file leaves; the file's return opens nothing", async () => {
    const account = await withFiles("shown");
    const id = await idOf(account, "banana.txt");
    await visit(account, "/?order=name", async (page) => {
      await row(page, "elder.txt").waitFor();
      await live(page, account);
      await checkbox(page, "banana.txt").focus();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "banana.txt" }).waitFor();
      await account.files.remove(id);
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await say(page, "banana.txt is no longer in this list.");
      await focusSoon(page, "Select cherry.txt");
      await account.files.restore(id);
      await row(page, "banana.txt").waitFor();
      await checkbox(page, "banana.txt").focus();
      expect(await page.getByRole("dialog").count()).toBe(0);
    });
  }, 60_000);
});

test("a held Delete key deletes one file", async () => {
  const account = await withFiles("held");
  await visit(account, "/?order=name", async (page) => {
    await checkbox(page, "apple.txt").focus();
    for (let press = 0; press < 3; press++) {
      await page.keyboard.down("Delete");
      await row(page, "apple.txt").waitFor({ state: "detached" });
    }
    await page.keyboard.up("Delete");
    await say(page, "Deleted apple.txt");
    expect(await page.locator(".file-row").count()).toBe(4);
  });
}, 60_000);

test("of several some could not be deleted: it is said, they stay, and Undo brings back the others", async () => {
  const account = await withFiles("partly");
  const kept = await idOf(account, "banana.txt");
  await visit(account, "/?order=name", async (page) => {
    await row(page, "elder.txt").waitFor();
    const restored: string[] = [];
    await page.route("**/graphql", (route) => {
      const sent = route.request().postData() ?? "";
      if (sent.includes("RestoreFile")) restored.push(sent);
      return sent.includes("DeleteFile") && sent.includes(kept) ? route.abort() : route.fallback();
    });
    await checkbox(page, "apple.txt").focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Delete");
    await say(page, "banana.txt couldn't be deleted. Try again in a moment.");
    await row(page, "banana.txt").waitFor();
    await page.getByRole("button", { name: "Undo" }).dblclick();
    await say(page, "2 files are back");
    await expectSoon(() => page.locator(".file-row").count(), 5);
    expect(restored).toHaveLength(2);
  });
}, 60_000);

test("a file that is gone when its new name arrives leaves, and that is said", async () => {
  const account = await withFiles("gone");
  await visit(account, "/?order=name", async (page) => {
    await row(page, "elder.txt").waitFor();
    await page.route("**/graphql", async (route) => {
      if (!route.request().postData()?.includes("RenameFile")) return route.fallback();
      const problem = { __typename: "FileNotFound", code: "FILE_NOT_FOUND", message: "There is no such file." };
      return route.fulfill({ json: { data: { renameFile: problem } } });
    });
    await page.route("**/graphql", async (route) =>
      route.request().postData()?.includes("query Files") ? route.abort() : route.fallback(),
    );
    await checkbox(page, "banana.txt").focus();
    await page.keyboard.press("F2");
    await page.keyboard.type("berry");
    await page.keyboard.press("Enter");
    await say(page, "This file is not there any more.");
    await row(page, "banana.txt").waitFor({ state: "detached" });
    await focusSoon(page, "Select cherry.txt");
  });
}, 60_000);

test("what is typed while a search begins stays typed", async () => {
  const account = await withFiles("typing");
  await visit(account, "/", async (page) => {
    await row(page, "elder.txt").waitFor();
    await page.evaluate(() => {
      const replace = history.replaceState.bind(history);
      let once = true;
      history.replaceState = (...given) => {
        replace(...given);
        if (!once) return;
        once = false;
        // The next key, before anything has been drawn.
        queueMicrotask(() => queueMicrotask(() => document.execCommand("insertText", false, "l")));
      };
    });
    await page.getByRole("searchbox").pressSequentially("e");
    await expectSoon(() => page.getByRole("searchbox").inputValue(), "el");
    await expectSoon(() => page.locator(".file-row").count(), 1);
    expect(await page.getByRole("searchbox").inputValue()).toBe("el");
  });
}, 60_000);

describe("more than a page", () => {
  let account: Account;
  beforeAll(async () => {
    account = await withFiles("paged", []);
    const names = Array.from({ length: 90 }, (_, index) => `sheet ${String(index).padStart(3, "0")}.txt`);
    const lane = async (left: IterableIterator<string>): Promise<void> => {
      for (const name of left) await account.put(name, "text/plain", Buffer.from(name));
    };
    const left = names.values();
    await Promise.all(Array.from({ length: 4 }, () => lane(left)));
  }, 120_000);

  test("a page that does not come is asked for once, not for ever; the button asks again", async () => {
    await visit(account, "/?order=name", async (page) => {
      let asked = 0;
      let broken = true;
      await page.route("**/graphql", (route) => {
        const sent = route.request().postData() ?? "";
        if (!sent.includes("query Files") || !sent.includes('"after":"')) return route.fallback();
        asked += 1;
        const errors = [{ message: "no", extensions: { code: "BAD_USER_INPUT" } }];
        return broken ? route.fulfill({ json: { errors } }) : route.fallback();
      });
      await page.reload();
      await page.getByText(/^Showing 25 of 90/).waitFor();
      await page.mouse.wheel(0, 20_000);
      await page.getByRole("alert").getByText("The list couldn't be loaded.").waitFor();
      // The first page is asked for again once changes arrive by themselves, and then this one may be as well: once.
      const afterAlert = asked;
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 3_000)));
      expect(asked).toBeLessThanOrEqual(afterAlert + 1);
      broken = false;
      await page.getByRole("button", { name: "Show more" }).click();
      await page.locator(".file-row").nth(30).waitFor();
    });
  }, 90_000);

  test("Show more puts the focus on the first row that it brought", async () => {
    await visit(account, "/?order=name", async (page) => {
      await page.getByText(/^Showing \d+ of 90/).waitFor();
      while (!(await page.getByText(/^Showing 75 of 90/).isVisible())) await page.mouse.wheel(0, 20_000);
      await page.getByRole("button", { name: "Show more" }).focus();
      await page.keyboard.press("Enter");
      await expectSoon(() => page.locator(".file-row").count(), 90);
      await focusSoon(page, "Select sheet 075.txt");
    });
  }, 90_000);
});

test("a slow refusal of one name neither closes the field of the next nor goes unheard", async () => {
  const account = await withFiles("slow");
  await visit(account, "/?order=name", async (page) => {
    await row(page, "elder.txt").waitFor();
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route("**/graphql", async (route) => {
      if (route.request().postData()?.includes("RenameFile")) await held;
      return route.fallback();
    });
    await checkbox(page, "apple.txt").focus();
    await page.keyboard.press("F2");
    await page.keyboard.type("a/b");
    await row(page, "cherry.txt").getByRole("button", { name: "More for cherry.txt" }).click();
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    const field = page.getByRole("textbox", { name: "New name for cherry.txt" });
    await field.fill("half a na");
    answer();
    await say(page, "A name can't be empty, longer than 255 bytes, or contain / or \\.");
    expect(await field.inputValue()).toBe("half a na");
  });
}, 60_000);
