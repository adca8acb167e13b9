import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { longestTaskMs } from "./long-tasks.js";
import { arrive, chooseFiles, dropFiles, limitUploads, sha256Of } from "./person.js";
import type { Person } from "./person.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";
import { expectSoon } from "./soon.js";
import { watchPuts } from "./watch-puts.js";

const SLOW = 3_000_000;
const TEN_MB = 10_000_000;

let product: Product;
let chromium: TestBrowser;
let folder: string;
const here: Person[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-uploads-"));
  const env = { MAX_FILE_SIZE_BYTES: "60000000", OWNER_QUOTA_BYTES: "100000000" };
  [product, chromium] = await Promise.all([startProduct({ env }), launchBrowser()]);
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

describe("files find their way in", () => {
  test("a dropped folder: all that is in it, told where it stood; what the system keeps there is left out", async () => {
    const person = await visit("dropper");
    const { page, account } = person;
    await onDisk("Trip/letter.txt", Buffer.from("from the trip"));
    await onDisk("Trip/Day 1/photo.bin", randomBytes(TEN_MB));
    await onDisk("Trip/Day 1/.DS_Store", Buffer.from("of the system"));
    await onDisk("Trip/Day 2/._photo.bin", Buffer.from("of the system"));
    await onDisk("Trip/Day 2/empty.txt", Buffer.alloc(0));
    await limitUploads(person, SLOW);
    await dropFiles(person, [join(folder, "Trip")]);
    await uploadRow(page, "photo.bin").getByText("Trip/Day 1", { exact: true }).waitFor();
    await page.getByText("2 system files, such as .DS_Store, were left out.").waitFor();
    await limitUploads(person, 0);
    for (const name of ["letter.txt", "photo.bin", "empty.txt"]) await listRow(page, name).getByText("Ready").waitFor();
    expect(await filesOf(account)).toEqual(["empty.txt", "letter.txt", "photo.bin"]);
    expect(await download(page, "photo.bin")).toBe(await sha256Of(join(folder, "Trip/Day 1/photo.bin")));
  }, 60_000);

  test("more than 200 files of a folder are asked about; no sends nothing, yes sends them all", async () => {
    const person = await visit("hoarder");
    const { page, account } = person;
    for (let index = 1; index <= 201; index++) await onDisk(`Notes/${index}.txt`, Buffer.from(`note ${index}`));
    const question = page.getByRole("dialog").getByRole("heading", { name: /^Upload 201 files \(.*\) from Notes\?$/ });
    await dropFiles(person, [join(folder, "Notes")]);
    await question.waitFor();
    await page.keyboard.press("Escape");
    await question.waitFor({ state: "detached" });
    expect(await page.locator(".upload-row").count()).toBe(0);

    await dropFiles(person, [join(folder, "Notes")]);
    await question.waitFor();
    await button(page, "Upload").click();
    await question.waitFor({ state: "detached" });
    const total = async (): Promise<number | null> =>
      (await account.files.files({ search: "", after: undefined })).totalCount;
    await page.getByRole("heading", { name: "All 201 files uploaded" }).waitFor();
    expect(await total()).toBe(201);
  }, 90_000);

  test("the folder button keeps the place of each file too", async () => {
    const person = await visit("picker");
    const { page } = person;
    await onDisk("Chosen/deep/down.bin", randomBytes(TEN_MB));
    await limitUploads(person, SLOW);
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), button(page, "Choose folder").click()]);
    await chooser.setFiles(join(folder, "Chosen"));
    await uploadRow(page, "down.bin").waitFor();
    expect(await uploadRow(page, "down.bin").locator(".folder").innerText()).toBe("Chosen/deep");
    await button(page, "Cancel down.bin").click();
    await uploadRow(page, "down.bin").waitFor({ state: "detached" });
  }, 60_000);

  test("pasted pictures and files, but not into a text field", async () => {
    const { page, account } = await visit("paster");
    const paste = (selector: string, name: string): Promise<void> =>
      page.evaluate(
        ([target, second]) => {
          const clipboardData = new DataTransfer();
          for (const one of ["image.txt", second ?? ""])
            clipboardData.items.add(new File([one], one, { type: "text/plain" }));
          const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
          document.querySelector(target ?? "")?.dispatchEvent(event);
        },
        [selector, name],
      );
    await paste("body", "report.txt");
    await listRow(page, "report.txt").waitFor();
    await listRow(page, "Pasted image").waitFor();
    expect(await listRow(page, "Pasted image").innerText()).toMatch(/Pasted image \d{4}-\d\d-\d\d \d\d\.\d\d\.txt/);
    await paste("#search", "not here.txt");
    await paste("body", "here.txt");
    await expectSoon(() => page.locator(".file-row").count(), 4);
    expect(await filesOf(account)).toEqual([
      expect.stringMatching(/^Pasted image/),
      expect.stringMatching(/^Pasted image/),
      "here.txt",
      "report.txt",
    ]);
  }, 60_000);

  test("a thousand files do not make the page stand still", async () => {
    for (let index = 1; index <= 1_000; index++) await onDisk(`Thousand/${index}.txt`, Buffer.from(`${index}`));
    const attempt = async (number: number): Promise<number> => {
      const person = await visit(`thousand-${number}`);
      const { page } = person;
      // They stand in the queue: nothing is sent while it is measured.
      await page.route("**/graphql", () => new Promise(() => undefined));
      const longest = await longestTaskMs(person, async () => {
        await dropFiles(person, [join(folder, "Thousand")]);
        await button(page, "Upload").click();
        await page.getByRole("heading", { name: "Uploading 1,000 of 1,000 files" }).waitFor();
        await page.getByText("and 960 more").waitFor();
      });
      expect(await page.locator(".upload-row").count()).toBe(40);
      expect(longest).toBeGreaterThan(0);
      return longest;
    };
    // A machine with much else to do is slow now and then; a page that is too slow is so each time.
    let longest = Number.POSITIVE_INFINITY;
    for (let number = 1; number <= 3 && longest >= 100; number++) longest = Math.min(longest, await attempt(number));
    expect(longest).toBeLessThan(100);
  }, 120_000);
});

describe("what cannot be is said before the mistake, or in words that help", () => {
  test("no room: how much there is, what it needs, and another try that asks again", async () => {
    const person = await visit("packrat");
    const { page, account } = person;
    const rows = [];
    for (const name of ["full-1.bin", "full-2.bin"])
      rows.push(await account.put(name, "application/octet-stream", randomBytes(40_000_000)));
    await page.reload();
    await page.getByText("Up to 60 MB each · room for 20 MB more").waitFor();
    await page.getByText("80 MB of 100 MB used").waitFor();
    const puts = watchPuts(page);
    await chooseFiles(person, [await onDisk("crowd.bin", randomBytes(30_000_000))]);
    const notice = page.getByRole("alert").filter({ hasText: "1 file was not added" });
    await notice
      .getByText("There is room for 20 MB more. crowd.bin needs 30 MB. Delete some files and try again.")
      .waitFor();
    expect(puts.started).toBe(0);

    await account.files.remove(rows[0]?.id ?? "");
    await button(page, "Retry").click();
    // In the trash it still takes its room.
    await notice.getByText("Files in the trash still take 40 MB.").waitFor();
    expect(await focused(page)).toBe("Retry");
    await removeForGood(account, rows[0]?.id ?? "");
    await button(page, "Retry").click();
    await notice.waitFor({ state: "detached" });
    await listRow(page, "crowd.bin").getByText("Ready").waitFor();
    await page.getByText("70 MB of 100 MB used").waitFor();
  }, 60_000);

  test("a refused file names its codes to whoever asks, ready to be copied", async () => {
    const person = await visit("reporter");
    const { page, context } = person;
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await chooseFiles(person, [await onDisk("photo.png", Buffer.from("<!doctype html><html>no photo</html>"))]);
    const row = uploadRow(page, "photo.png");
    await row
      .getByText(/^Not accepted: the content is .*, but the name says image\/png\. The file was deleted\.$/)
      .waitFor();
    expect(await row.locator("code").isVisible()).toBe(false);
    await row.getByText("Details").click();
    await row.getByText(/^REJECTED · CONTENT_MISMATCH · file_[0-9a-f-]{36}$/).waitFor();
    await row.getByRole("button", { name: "Copy" }).click();
    await row.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(await row.locator("code").innerText());
    await button(page, "Remove photo.png from this list").click();
    await expectSoon(() => focused(page), "Choose files");
  }, 60_000);

  test("signed out in the middle: signs in again, and it goes on", async () => {
    const person = await visit("returner");
    const { page, account } = person;
    let refusing = true;
    await page.route("**/dev/token", (route) => route.fulfill({ status: 404, body: "" }));
    await page.route("**/graphql", (route) =>
      refusing && route.request().postData()?.includes("CreateUpload")
        ? route.fulfill({ status: 401, body: "" })
        : route.continue(),
    );
    const signIn = async (): Promise<void> => {
      await page.getByLabel("Access token").fill(account.token);
      await page.keyboard.press("Enter");
    };
    await chooseFiles(person, [await onDisk("returned.txt", Buffer.from("returned"))]);
    await signIn();
    const row = uploadRow(page, "returned.txt");
    await row.getByText("You have been signed out. Sign in to go on; finished parts are kept.").waitFor();
    refusing = false;
    await row.getByRole("button", { name: "Sign in" }).click();
    await signIn();
    await listRow(page, "returned.txt").getByText("Ready").waitFor();
    // The browser reports the refusals themselves.
    expect(person.complaints.splice(0).filter((text) => !/status of 40[14]/.test(text))).toEqual([]);
  }, 60_000);

  test("a busy server: when it goes on", async () => {
    const person = await visit("queuer");
    const { page } = person;
    let refusals = 1;
    await page.route("**/graphql", (route) =>
      refusals > 0 && route.request().postData()?.includes("CreateUpload")
        ? (refusals--, route.fulfill({ status: 429, headers: { "retry-after": "3" }, body: "" }))
        : route.continue(),
    );
    await chooseFiles(person, [await onDisk("patient.txt", Buffer.from("patient"))]);
    await page.getByText(/^The server is busy\. Going on in [2-4] s\.$/).waitFor();
    await listRow(page, "patient.txt").getByText("Ready").waitFor();
    // The browser reports the refusal itself.
    expect(person.complaints.splice(0).filter((text) => !text.includes("429"))).toEqual([]);
  }, 60_000);

  test("each thing is announced once, also pausing and going on", async () => {
    const person = await visit("listener");
    const { page } = person;
    const path = await onDisk("heard.bin", randomBytes(TEN_MB));
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      // A screen reader says what is added.
      for (const region of document.querySelectorAll("main .visually-hidden [role]")) {
        new MutationObserver((changes) => {
          for (const { addedNodes } of changes) {
            for (const node of addedNodes) if (node.textContent) heard.push(node.textContent);
          }
        }).observe(region, { childList: true, characterData: true, subtree: true });
      }
    });
    const heard = (): Promise<string[]> => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
    await limitUploads(person, SLOW);
    await dropFiles(person, [path]);
    await moving(page, "heard.bin");
    for (const verb of ["Pause", "Resume", "Pause", "Resume"]) await button(page, `${verb} heard.bin`).click();
    await limitUploads(person, 0);
    await expectSoon(async () => (await heard()).at(-1), "1 file uploaded");
    const words = (await heard()).filter((text) => !text.endsWith("% uploaded"));
    expect(words).toEqual([
      "1 file added",
      ...["paused", "resumed", "paused", "resumed"].map((verb) => `heard.bin ${verb}`),
      "1 file uploaded",
    ]);
  }, 60_000);
});

/** Deletes past the trash. */
async function removeForGood({ token }: Account, id: string): Promise<void> {
  const response = await fetch(product.graphql, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({
      query: "mutation ($id: ID!) { deleteFile(id: $id, permanently: true) { __typename } }",
      variables: { id },
    }),
  });
  expect(await response.json()).toEqual({ data: { deleteFile: { __typename: "DeletedFile" } } });
}
