import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { openAccount } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { arrive, chooseFiles, dropFiles, keepPicture, limitUploads, sha256Of } from "./person.js";
import type { Person, PersonOptions } from "./person.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";
import { expectSoon } from "./soon.js";

const FORTY_MB = 40_000_000;

let product: Product;
let chromium: TestBrowser;
let folder: string;
const here: Person[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-story-"));
  [product, chromium] = await Promise.all([
    startProduct({ env: { MAX_FILE_SIZE_BYTES: "60000000", OWNER_QUOTA_BYTES: "130000000" } }),
    launchBrowser(),
  ]);
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
  // The Content Security Policy blocks nothing that the page needs, and nothing else goes wrong unseen.
  expect(complaints).toEqual([]);
});

async function visit(path = "/", options: PersonOptions = {}): Promise<Person> {
  const person = await arrive(chromium.browser, new URL(path, product.page).href, options);
  here.push(person);
  return person;
}

async function onDisk(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const listRow = (page: Page, name: string): Locator => page.locator(".file-row").filter({ hasText: name });
const uploadRow = (page: Page, name: string): Locator => page.locator(".upload-row").filter({ hasText: name });
const heading = (page: Page, text: string | RegExp): Locator => page.getByRole("heading", { name: text });

async function download(page: Page, act: () => Promise<unknown>): Promise<string> {
  const [started] = await Promise.all([page.waitForEvent("download"), act()]);
  return sha256Of(await started.path());
}

test("the page comes with a policy that allows no script but its own", async () => {
  const response = await fetch(product.page);
  const policy = response.headers.get("content-security-policy") ?? "";
  const of = (name: string): string | undefined => new RegExp(`(?:^|; )${name} ([^;]*)`).exec(policy)?.[1];
  expect(of("script-src") ?? of("default-src")).toBe("'self'");
  expect(of("style-src") ?? of("default-src")).toBe("'self'");
  expect(await response.text()).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
});

describe("a person with a small file and one of 40 MB", () => {
  test("sees them go, opens them and gets the same bytes; deletes one and takes it back", async () => {
    const small = await onDisk("letter.txt", Buffer.from("Dear all,\nthis is a small file – grüße.\n"));
    const large = await onDisk("forty.bin", randomBytes(FORTY_MB));
    const person = await visit();
    const { page, context } = person;
    await heading(page, "Drop files here to upload").waitFor();

    await chooseFiles(person, [small]);
    await listRow(page, "letter.txt").getByText("Ready").waitFor();
    // The panel has done its work and folds away.
    await uploadRow(page, "letter.txt").waitFor({ state: "detached" });

    await limitUploads(person, 12_000_000);
    await dropFiles(person, [large]);
    const bar = page.getByRole("progressbar", { name: "forty.bin" });
    const seen = new Set<number>();
    while (!(await listRow(page, "forty.bin").isVisible())) {
      const value = await bar.getAttribute("value", { timeout: 1_000 }).catch(() => null);
      if (value !== null) seen.add(Number(value));
      await page.waitForTimeout(50);
    }
    expect([...seen]).toEqual([...seen].sort((a, b) => a - b));
    expect([...seen].filter((percent) => percent > 0 && percent < 100).length).toBeGreaterThan(5);
    await limitUploads(person, 0);

    // Downloaded, and opened in a tab of its own: text shows itself, unknown bytes are downloaded.
    expect(await download(page, () => page.getByRole("button", { name: "Download letter.txt" }).click())).toBe(
      await sha256Of(small),
    );
    expect(await download(page, () => page.getByRole("button", { name: "Download forty.bin" }).click())).toBe(
      await sha256Of(large),
    );
    const [text] = await Promise.all([
      context.waitForEvent("page"),
      page.getByRole("link", { name: "letter.txt" }).click(),
    ]);
    await text.waitForURL(/X-Amz-Signature=/);
    expect(await text.locator("body").innerText()).toContain("this is a small file – grüße.");
    const [tab] = await Promise.all([
      context.waitForEvent("page"),
      page.getByRole("link", { name: "forty.bin" }).click(),
    ]);
    expect(await download(tab, () => Promise.resolve())).toBe(await sha256Of(large));
    await tab.getByText("forty.bin is being downloaded.").waitFor();

    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy the link to letter.txt" }).click();
    await page.getByText("Link copied").waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toMatch(/^http:\/\/localhost:\d+\/files\/file_[0-9a-f-]{36}$/);

    // Away and back again.
    await listRow(page, "letter.txt").getByRole("button", { name: "More for letter.txt" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await listRow(page, "letter.txt").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await listRow(page, "letter.txt").getByText("Ready").waitFor();
    await page.getByText("letter.txt is back").waitFor();
    await page.reload();
    await listRow(page, "letter.txt").getByText("Ready").waitFor();
    expect(await page.locator(".file-row").count()).toBe(2);
  }, 120_000);

  test("cancels one: it leaves the page and the server, the other one arrives", async () => {
    const account = await openAccount(product, "canceller");
    const large = await onDisk("unwanted.bin", randomBytes(FORTY_MB));
    const small = await onDisk("wanted.txt", Buffer.from("wanted"));
    const person = await visit("/", { token: account.token });
    const { page } = person;
    await limitUploads(person, 2_000_000);
    await dropFiles(person, [large]);
    await page.getByRole("progressbar", { name: "unwanted.bin" }).waitFor();
    await expectSoon(() => uploadRow(page, "unwanted.bin").innerText(), /[1-9]\d?%/);
    const begun = await account.files.files({ search: "unwanted", after: undefined });
    expect(begun.nodes.map((row) => row.status)).toEqual(["PENDING"]);

    await page.getByRole("button", { name: "Cancel unwanted.bin" }).click();
    await uploadRow(page, "unwanted.bin").waitFor({ state: "detached" });
    await limitUploads(person, 0);
    await chooseFiles(person, [small]);
    await listRow(page, "wanted.txt").getByText("Ready").waitFor();
    expect(await listRow(page, "unwanted.bin").count()).toBe(0);
    const [row] = begun.nodes;
    const standing = async (): Promise<string> =>
      (await account.uploads.resume(row?.id ?? "", { withDigests: false }, AbortSignal.timeout(10_000))).state;
    await expectSoon(standing, "GONE");
  }, 60_000);

  test("goes offline in the middle, is told so, and it goes on by itself", async () => {
    const account = await openAccount(product, "commuter");
    const large = await onDisk("train.bin", randomBytes(FORTY_MB));
    const person = await visit("/", { token: account.token });
    const { page, context } = person;
    await limitUploads(person, 8_000_000);
    await dropFiles(person, [large]);
    await expectSoon(() => uploadRow(page, "train.bin").innerText(), /[1-9]\d?%/);
    await context.setOffline(true);
    await page.getByText("Connection lost – will go on by itself.").waitFor();
    await context.setOffline(false);
    await limitUploads(person, 0);
    await listRow(page, "train.bin").getByText("Ready").waitFor();
    // What broke off is what was wanted here.
    person.complaints.splice(0);
  }, 60_000);
});

describe("what goes wrong is said in words", () => {
  test("too large, no room, other content than the name says", async () => {
    const account = await openAccount(product, "unlucky");
    for (const name of ["one.bin", "two.bin"])
      await account.put(name, "application/octet-stream", randomBytes(50_000_000));
    const person = await visit("/", { token: account.token });
    const { page } = person;
    await listRow(page, "two.bin").waitFor();
    await page.getByText("Up to 60 MB each").waitFor();
    await chooseFiles(person, [
      await onDisk("huge.bin", new Uint8Array(60_000_001)),
      await onDisk("crowd.bin", randomBytes(FORTY_MB)),
      await onDisk("photo.png", Buffer.from("<!doctype html><html><body>not a photo</body></html>")),
    ]);
    const refused = page.getByRole("alert").filter({ hasText: "2 of 3 files were not added" });
    await refused.getByText("huge.bin is 60,000,001 bytes. The limit is 60,000,000 bytes per file.").waitFor();
    await refused
      .getByText("There is room for 30 MB more. crowd.bin needs 40 MB. Delete some files and try again.")
      .waitFor();
    await uploadRow(page, "photo.png")
      .getByText(/Not accepted: the content is .*, but the name says image\/png\. The file was deleted\./)
      .waitFor();
    await heading(page, "1 file was not uploaded").waitFor();
    await keepPicture(person, "story-errors");

    // Nothing of the three has become a file; the one that was looked at says why.
    const { nodes } = await account.files.files({ search: "", after: undefined });
    expect(nodes.map((row) => `${row.filename} ${row.status}`)).toEqual([
      "photo.png REJECTED",
      "two.bin READY",
      "one.bin READY",
    ]);
    await page.getByRole("button", { name: "Remove photo.png from this list" }).click();
    await uploadRow(page, "photo.png").waitFor({ state: "detached" });
    await listRow(page, "photo.png").getByText("Rejected").waitFor();
  }, 60_000);

  test("a file that changes on the disk meanwhile is not uploaded half old, half new", async () => {
    const account = await openAccount(product, "editor");
    const draft = await onDisk("draft.bin", randomBytes(58_000_000));
    const person = await visit("/", { token: account.token });
    const { page } = person;
    // More parts than connections, so that some are still to be read.
    await limitUploads(person, 10_000_000);
    await dropFiles(person, [draft]);
    await expectSoon(() => uploadRow(page, "draft.bin").innerText(), /[1-9]\d?%/);
    await appendFile(draft, "one more line");
    await page.getByText("changed on your disk while it was uploading. Choose it again").first().waitFor();
    await limitUploads(person, 0);

    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("button", { name: "Choose file", exact: true }).click(),
    ]);
    await chooser.setFiles(draft);
    await listRow(page, "draft.bin").getByText("Ready").waitFor();
    expect(await download(page, () => page.getByRole("button", { name: "Download draft.bin" }).click())).toBe(
      await sha256Of(draft),
    );
    // The browser reports the parts that it would not read any more.
    expect(person.complaints.filter((text) => !text.includes("ERR_UPLOAD_FILE_CHANGED"))).toEqual([]);
    person.complaints.splice(0);
  }, 60_000);

  test("a permalink opens the file for its owner; for others there is no such file", async () => {
    const owner = await openAccount(product, "owner");
    const { permalink, id } = await owner.put("shared.txt", "text/plain", Buffer.from("only for me"));
    const mine = await visit(new URL(permalink).pathname, { token: owner.token });
    await mine.page.waitForURL(/X-Amz-Signature=/);
    expect(await mine.page.locator("body").innerText()).toContain("only for me");

    const stranger = await visit(`/files/${id}`, { token: (await openAccount(product, "stranger")).token });
    await heading(stranger.page, "This file is not there").waitFor();
    await keepPicture(stranger, "story-not-there");
    await stranger.page.getByRole("link", { name: "Go to your files" }).click();
    await heading(stranger.page, "Drop files here to upload").waitFor();
  }, 60_000);

  test("where the server gives no token a person is asked for one, and again when it is refused", async () => {
    const account = await openAccount(product, "typist");
    await account.put("typed.txt", "text/plain", Buffer.from("typed"));
    const person = await visit("/explorer");
    const { page } = person;
    person.complaints.splice(0);
    // As in production: no token for the asking.
    await page.route("**/dev/token", (route) => route.fulfill({ status: 404, body: "" }));
    await page.goto(product.page);
    await page.getByLabel("Access token").fill("not-a-token");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("That token was not accepted. Check it and try again.").waitFor();
    await keepPicture(person, "story-sign-in");
    await page.getByLabel("Access token").fill(account.token);
    await page.keyboard.press("Enter");
    await listRow(page, "typed.txt").waitFor();
    await page.reload();
    await listRow(page, "typed.txt").waitFor();
    // The browser reports the refused calls themselves.
    expect(person.complaints.filter((text) => !/status of 40[14]/.test(text))).toEqual([]);
    person.complaints.splice(0);
  }, 60_000);
});

test("what is begun elsewhere is seen to become ready without a reload", async () => {
  const account = await openAccount(product, "traveller");
  const bytes = Buffer.from("sent from another device");
  const begun = await account.uploads.create({
    filename: "elsewhere.txt",
    contentType: "text/plain",
    sizeBytes: bytes.byteLength,
    partChecksum: "NONE",
    idempotencyKey: "another-device",
  });
  if (!begun.ok) throw new Error(begun.problem.message);
  const { page } = await visit("/", { token: account.token });
  await listRow(page, "elsewhere.txt").getByText("Waiting").waitFor();
  const { fileId, uploadUrl, headers } = begun.value;
  const sent = await fetch(uploadUrl ?? "", {
    method: "PUT",
    headers: headers.map(({ name, value }): [string, string] => [name, value]),
    body: bytes,
  });
  expect(sent.status).toBe(200);
  expect((await account.uploads.confirm(fileId, AbortSignal.timeout(10_000))).ok).toBe(true);
  await listRow(page, "elsewhere.txt").getByText("Ready").waitFor();
}, 60_000);

describe("many files", () => {
  test("paging, search and the whole list by keyboard", async () => {
    const account = await openAccount(product, "collector");
    for (let index = 1; index <= 30; index++)
      await account.put(`note ${index}.txt`, "text/plain", Buffer.from(`${index}`));
    const person = await visit("/", { token: account.token });
    const { page } = person;
    await heading(page, "Files 30").waitFor();
    expect(await page.locator(".file-row").count()).toBe(25);
    await page.getByText("Showing 25 of 30").waitFor();
    await page.getByRole("button", { name: "Show more" }).click();
    await listRow(page, "note 1.txt").first().waitFor();
    expect(await page.locator(".file-row").count()).toBe(30);

    await page.getByRole("searchbox", { name: "Search by name" }).fill("NOTE 2");
    await heading(page, "Files 11").waitFor();
    await page.getByRole("searchbox").fill("nothing like it");
    await page.getByText("No file name contains “nothing like it”.").waitFor();
    await page.getByRole("searchbox").fill("note 30");
    await heading(page, "Files 1").waitFor();

    // From the search box by Tab alone to the menu, and in it to its end.
    const tabTo = async (name: string): Promise<void> => {
      for (let step = 0; step < 12; step++) {
        await page.keyboard.press("Tab");
        const here = page.locator(":focus");
        if (name === ((await here.getAttribute("aria-label")) ?? (await here.innerText()))) return;
      }
      throw new Error(`Tab did not lead to ${name}`);
    };
    await tabTo("More for note 30.txt");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete", exact: true }).waitFor();
    await tabTo("Delete");
    await page.keyboard.press("Enter");
    await listRow(page, "note 30.txt").waitFor({ state: "detached" });
    await expectSoon(() => page.evaluate(() => document.activeElement?.id), "search");
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    await listRow(page, "note 30.txt").getByText("Ready").waitFor();
  }, 90_000);
});
