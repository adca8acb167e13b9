import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { arrive, findBarriers } from "./person.js";
import type { Person, PersonOptions } from "./person.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";

let product: Product;
let chromium: TestBrowser;
let account: Account;

const LONG = "Quarterly report – Q3 2026 (board version, final, reviewed by everybody, really).txt";
/** One pixel: browsers draw it, so that a row has a picture. */
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

beforeAll(async () => {
  [product, chromium] = await Promise.all([startProduct(), launchBrowser()]);
  account = await openAccount(product, "states");
  for (let page = 1; page <= 11; page++) await account.put(`page ${page}.txt`, "text/plain", Buffer.from(`${page}`));
  await account.put(LONG, "text/plain", Buffer.alloc(84_000, "report "));
  await account.put("pixel.png", "image/png", PIXEL);
  await account.put("holiday.jpeg", "image/jpeg", Buffer.from("no picture")).catch(() => undefined);
  for (const name of ["old notes.txt", "older notes.txt"]) {
    const { id } = await account.put(name, "text/plain", Buffer.from(name));
    await account.files.remove(id);
  }
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
}, 60_000);

const SELECTED = ({ page }: Person) => page.getByRole("group", { name: /selected$/ });

/** Selects by keyboard: on narrow pages checkboxes are there only for those who come to them. */
async function select({ page }: Person, count: number): Promise<void> {
  await page.getByRole("checkbox").first().focus();
  await page.keyboard.press("Space");
  for (let more = 1; more < count; more++) await page.keyboard.press("Shift+ArrowDown");
}

/** Brings the list into a state that leaves nothing behind on the server. */
const STATES: Readonly<Record<string, { address: string; reach: (person: Person) => Promise<void> }>> = {
  selected: {
    address: "/?order=name",
    async reach(person) {
      await person.page.getByText("pixel.png").waitFor();
      await select(person, 3);
      await SELECTED(person).getByText("3 files selected").waitFor();
    },
  },
  renaming: {
    address: "/?q=report",
    async reach({ page }) {
      await page.getByText(LONG).waitFor();
      await page.getByRole("checkbox").first().focus();
      await page.keyboard.press("F2");
      await page.keyboard.type("a/b");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").getByText("A name can't be empty").waitFor();
    },
  },
  trash: {
    address: "/?show=deleted",
    async reach(person) {
      await person.page.getByText("Deleting all of it forever frees").waitFor();
      await person.page.getByRole("button", { name: "Restore older notes.txt" }).waitFor();
      await select(person, 2);
      await SELECTED(person).getByRole("button", { name: "Restore" }).waitFor();
    },
  },
  question: {
    address: "/?q=page",
    async reach(person) {
      await person.page.getByText("page 1.txt").waitFor();
      await select(person, 11);
      await person.page.keyboard.press("Delete");
      await person.page.getByRole("dialog", { name: "Delete 11 files?" }).waitFor();
    },
  },
  forever: {
    address: "/?show=deleted",
    async reach({ page }) {
      await page.getByRole("button", { name: "More for old notes.txt" }).click();
      await page.getByRole("button", { name: "Delete forever" }).click();
      await page.getByRole("dialog", { name: "Delete old notes.txt forever?" }).waitFor();
    },
  },
  "no-match": {
    address: "/?q=nothing%20like%20it",
    async reach({ page }) {
      await page.getByText("No file name contains “nothing like it”.").waitFor();
    },
  },
  failed: {
    address: "/?order=name",
    async reach({ page }) {
      await page.getByText("pixel.png").waitFor();
      await page.route("**/graphql", (route) =>
        route.request().postData()?.includes("query Files")
          ? route.fulfill({ json: { errors: [{ message: "no", extensions: { code: "BAD_USER_INPUT" } }] } })
          : route.fallback(),
      );
      await page.getByRole("combobox", { name: "Order" }).selectOption("Largest first");
      await page.getByRole("alert").getByText("The list couldn't be loaded.").waitFor();
    },
  },
};

async function expectNoBarriers(state: string, name: string, options: PersonOptions): Promise<void> {
  const { address, reach } = STATES[state]!;
  const person = await arrive(chromium.browser, new URL(address, product.page).href, {
    ...options,
    token: account.token,
  });
  try {
    await person.page.getByText(/ used$/).waitFor();
    await reach(person);
    expect(await findBarriers(person, name, options)).toEqual([]);
    expect(person.complaints).toEqual([]);
  } finally {
    await person.leave();
  }
}

describe.each(Object.keys(STATES))("%s", (state) => {
  test("on a desk, light and dark: axe finds nothing, nothing sticks out", async () => {
    await expectNoBarriers(state, `desk-list-${state}`, {});
  }, 60_000);
  test("on a phone, light and dark: axe finds nothing, nothing sticks out", async () => {
    await expectNoBarriers(state, `phone-list-${state}`, { width: 390, height: 844, touch: true });
  }, 60_000);
});

test("at 200 % zoom nothing of a selection or a question sticks out", async () => {
  await expectNoBarriers("selected", "zoomed-list-selected", { width: 640, height: 430 });
  await expectNoBarriers("question", "zoomed-list-question", { width: 320, height: 256 });
}, 60_000);

test("with the reader's own colours a selected row can be told from the others", async () => {
  await expectNoBarriers("selected", "forced-colors-list-selected", { forcedColors: "active" });
}, 60_000);
