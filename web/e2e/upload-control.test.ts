import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FileChooser, Locator, Page } from "playwright-core";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { arrive, dropFiles, limitUploads, sha256Of } from "./person.js";
import type { Person } from "./person.js";
import { startProduct } from "./product.js";
import type { ProxiedProduct } from "./product.js";
import { expectSoon } from "./soon.js";
import { watchPuts } from "./watch-puts.js";

const SLOW = 3_000_000;
const TEN_MB = 10_000_000;

let product: ProxiedProduct;
let chromium: TestBrowser;
let folder: string;
const here: Person[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-control-"));
  const env = { MAX_FILE_SIZE_BYTES: "60000000", OWNER_QUOTA_BYTES: "100000000" };
  [product, chromium] = await Promise.all([startProduct({ storeProxy: true, env }), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

afterEach(async () => {
  const people = here.splice(0);
  const complaints = people.flatMap((person) => person.complaints);
  await Promise.all(people.map((person) => person.leave()));
  expect(complaints).toEqual([]);
});

/** A person with an account of their own. */
async function visit(user: string): Promise<Person & { account: Account }> {
  const account = await openAccount(product, user);
  const person = await arrive(chromium.browser, product.page, { token: account.token });
  here.push(person);
  await person.page.getByText(/ used$/).waitFor();
  return { ...person, account };
}

async function onDisk(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

const uploadRow = (page: Page, name: string): Locator => page.locator(".upload-row").filter({ hasText: name });
const listRow = (page: Page, name: string): Locator => page.locator(".file-row").filter({ hasText: name });
const button = (page: Page, name: string): Locator => page.getByRole("button", { name, exact: true });
const moving = (page: Page, name: string): Promise<void> =>
  expectSoon(() => uploadRow(page, name).innerText(), /[1-9]\d?%/);
const focused = (page: Page): Promise<string | null | undefined> =>
  page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent);
const filesOf = async (account: Account): Promise<string[]> =>
  (await account.files.files({ search: "", after: undefined })).nodes.map(({ filename }) => filename).sort();

async function download(page: Page, name: string): Promise<string> {
  const [started] = await Promise.all([page.waitForEvent("download"), button(page, `Download ${name}`).click()]);
  return sha256Of(await started.path());
}

describe("a person is in charge of what is under way", () => {
  test("pauses one and goes on: meanwhile no byte moves, then the same bytes are there", async () => {
    const person = await visit("pauser");
    const { page } = person;
    const path = await onDisk("paused.bin", randomBytes(2 * TEN_MB));
    const puts = watchPuts(page);
    await limitUploads(person, SLOW);
    await dropFiles(person, [path]);
    await moving(page, "paused.bin");
    await expectSoon(() => page.title(), /^\d+% – Files$/);

    await button(page, "Pause paused.bin").click();
    await uploadRow(page, "paused.bin")
      .getByText(/^Paused at \d+%$/)
      .waitFor();
    await page.getByRole("heading", { name: "Paused 1 of 1 file" }).waitFor();
    expect(await page.title()).toBe("Files");
    await expectSoon(() => puts.inFlight, 0);
    const before = { started: puts.started, text: await uploadRow(page, "paused.bin").innerText() };
    // Longer than any of the page's own timers between two parts.
    await page.waitForTimeout(1_500);
    expect({ started: puts.started, text: await uploadRow(page, "paused.bin").innerText() }).toEqual(before);

    await limitUploads(person, 0);
    await button(page, "Resume paused.bin").click();
    await listRow(page, "paused.bin").getByText("Ready").waitFor();
    expect(await download(page, "paused.bin")).toBe(await sha256Of(path));
  }, 60_000);

  test("pauses all and goes on with all", async () => {
    const person = await visit("conductor");
    const { page } = person;
    const paths = [await onDisk("one.bin", randomBytes(TEN_MB)), await onDisk("two.bin", randomBytes(TEN_MB))];
    const puts = watchPuts(page);
    await limitUploads(person, SLOW);
    await dropFiles(person, paths);
    await moving(page, "one.bin");
    await button(page, "Pause all").click();
    await page.getByRole("heading", { name: "Paused 2 of 2 files" }).waitFor();
    await expectSoon(() => puts.inFlight, 0);
    await limitUploads(person, 0);
    await button(page, "Resume all").click();
    for (const [index, name] of ["one.bin", "two.bin"].entries()) {
      await listRow(page, name).getByText("Ready").waitFor();
      expect(await download(page, name)).toBe(await sha256Of(paths[index] ?? ""));
    }
  }, 60_000);

  test("sees that it is the network that is waited for", async () => {
    const person = await visit("waiter");
    const { page } = person;
    const goOn = product.store.fault({ stallAfterBytes: 100_000 });
    await dropFiles(person, [await onDisk("quiet.bin", randomBytes(2 * TEN_MB))]);
    await uploadRow(page, "quiet.bin").getByText("waiting for the network").waitFor();
    goOn();
    // The stalled connections would be given up by themselves after half a minute.
    await button(page, "Pause quiet.bin").click();
    await button(page, "Resume quiet.bin").click();
    await listRow(page, "quiet.bin").getByText("Ready").waitFor();
    expect(product.store.storedTwice()).toEqual([]);
  }, 60_000);

  test("cancels all, asked first when it is many", async () => {
    const person = await visit("quitter");
    const { page, account } = person;
    const paths: string[] = [];
    for (let index = 1; index <= 11; index++) paths.push(await onDisk(`quit-${index}.bin`, randomBytes(2_000_000)));
    await limitUploads(person, 200_000);
    await dropFiles(person, paths);
    await button(page, "Cancel all").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("heading", { name: "Cancel 11 uploads?" }).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await page.locator(".upload-row").count()).toBe(11);
    await button(page, "Cancel all").click();
    await button(page, "Cancel uploads").click();
    await expectSoon(() => page.locator(".upload-row").count(), 0);
    await expectSoon(() => focused(page), "Choose files");
    await expectSoon(async () => (await filesOf(account)).length, 0);
  }, 60_000);

  test("folds the panel to one line; it stays so while the tab is open", async () => {
    const person = await visit("tidy");
    const { page } = person;
    const path = await onDisk("folded.bin", randomBytes(TEN_MB));
    await limitUploads(person, SLOW);
    await dropFiles(person, [path]);
    const toggle = page.getByRole("button", { name: "Show one line of the uploads" });
    expect(await toggle.getAttribute("aria-expanded")).toBe("true");
    await toggle.click();
    await uploadRow(page, "folded.bin").waitFor({ state: "hidden" });
    await page.getByRole("progressbar", { name: "All uploads" }).waitFor();
    await button(page, "Cancel folded.bin").waitFor({ state: "hidden" });

    await button(page, "Show all uploads").click();
    await button(page, "Cancel folded.bin").click();
    await uploadRow(page, "folded.bin").waitFor({ state: "detached" });
    await dropFiles(person, [path]);
    await page.getByRole("button", { name: "Show one line of the uploads" }).click();
    await limitUploads(person, 0);
    await listRow(page, "folded.bin").getByText("Ready").waitFor();
    await limitUploads(person, SLOW);
    await dropFiles(person, [path]);
    await button(page, "Show all uploads").waitFor();
  }, 60_000);

  test("does it all with the keyboard, and the focus never gets lost", async () => {
    const person = await visit("typist");
    const { page } = person;
    const paths = [await onDisk("first.bin", randomBytes(TEN_MB)), await onDisk("second.bin", randomBytes(TEN_MB))];
    await limitUploads(person, 1_000_000);
    const tabTo = async (label: string): Promise<void> => {
      for (let step = 0; step < 30; step++) {
        if ((await focused(page)) === label) return;
        await page.keyboard.press("Tab");
      }
      expect(await focused(page)).toBe(label);
    };
    await tabTo("Choose files");
    // Listening takes a moment to arrive in the browser; a key does not wait for it as a click does.
    const chosen = new Promise<FileChooser>((resolve) => page.once("filechooser", resolve));
    await page.evaluate(() => document.activeElement?.id);
    await page.keyboard.press("Enter");
    await (await chosen).setFiles(paths);
    await moving(page, "first.bin");

    await tabTo("Pause first.bin");
    await page.keyboard.press("Enter");
    await expectSoon(() => focused(page), "Resume first.bin");
    await page.keyboard.press("Enter");
    await expectSoon(() => focused(page), "Pause first.bin");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Cancel first.bin");
    await page.keyboard.press("Enter");
    await uploadRow(page, "first.bin").waitFor({ state: "detached" });
    await expectSoon(() => focused(page), "Cancel second.bin");
    await page.keyboard.press("Enter");
    await uploadRow(page, "second.bin").waitFor({ state: "detached" });
    await expectSoon(() => focused(page), "Choose files");
  }, 60_000);
});
