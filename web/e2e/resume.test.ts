import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { appendFile, mkdtemp, open, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dialog, Locator, Page } from "playwright-core";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { arrive, axeFindings, chooseFiles, dropFiles, keepPicture, sha256Of, sidewaysScroll } from "./person.js";
import type { Person, PersonOptions } from "./person.js";
import { startProduct } from "./product.js";
import type { ProxiedProduct } from "./product.js";
import { expectSoon } from "./soon.js";

/** Five parts of 8 MiB, the last one smaller. */
const FORTY_MB = 40_000_000;
const PARTS = 5;
/** Parts that the store takes before everything stops. */
const STORED = 3;
/** Three parts of 40 MB. */
const STOPPED_AT = "62%";

let product: ProxiedProduct;
let chromium: TestBrowser;
let folder: string;
const here: Person[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-resume-"));
  [product, chromium] = await Promise.all([startProduct({ storeProxy: true }), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

afterEach(async () => {
  product.store.heal();
  const people = here.splice(0);
  const complaints = people.flatMap((person) => person.complaints);
  await Promise.all(people.map((person) => person.leave()));
  expect(complaints).toEqual([]);
  // Whatever was interrupted however: no part reached the store twice.
  expect(product.store.storedTwice()).toEqual([]);
});

/** Somebody new, with an account of their own. */
async function visit(user: string, options: PersonOptions = {}): Promise<Person & { readonly account: Account }> {
  const account = await openAccount(product, user);
  const person = await arrive(chromium.browser, product.page, { ...options, token: account.token });
  here.push(person);
  return { ...person, account };
}

/** A file whose time of change is a whole second, so that it can be set again. */
async function onDisk(name: string, bytes: Uint8Array = randomBytes(FORTY_MB)): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  await utimes(path, 1_790_000_000, 1_790_000_000);
  return path;
}

/** Chooses or drops files and waits until the store has three parts of each; the others are never let through. */
async function uploadInPart(person: Person, paths: readonly string[], how = chooseFiles): Promise<void> {
  const before = product.store.storedPuts().length;
  product.store.fault(
    { holdUntil: () => new Promise(() => undefined) },
    { when: ({ method, partNumber }) => method === "PUT" && partNumber > STORED },
  );
  await how(person, paths);
  await expectSoon(() => product.store.storedPuts().length - before, STORED * paths.length);
}

/** Leaves and comes back, as the reload button does it; says yes to leaving. */
async function reload({ page }: Person, asks: readonly string[] = ["beforeunload"]): Promise<void> {
  const asked: string[] = [];
  const onDialog = (dialog: Dialog): void => {
    asked.push(dialog.type());
    void dialog.accept();
  };
  page.on("dialog", onDialog);
  await page.reload();
  page.off("dialog", onDialog);
  product.store.heal();
  expect(asked).toEqual(asks);
}

/** The same browser in another tab. */
async function newTab(person: Person): Promise<Person> {
  const page = await person.context.newPage();
  page.on("pageerror", (error) => person.complaints.push(String(error)));
  const tab = { ...person, page, devtools: await person.context.newCDPSession(page) };
  await page.goto(product.page);
  return tab;
}

/** As after the browser was restarted: it knows the handle and asks before it opens it. Returns how often it asked. */
async function forgetPermission({ context }: Person, answer: PermissionState = "granted"): Promise<void> {
  await context.addInitScript((given) => {
    const asking = {
      queryPermission: () => Promise.resolve("prompt"),
      requestPermission: () => {
        if (!navigator.userActivation.isActive) return Promise.reject(new DOMException("no click", "SecurityError"));
        return Promise.resolve(given);
      },
    };
    Object.assign(FileSystemFileHandle.prototype, asking);
  }, answer);
}

const notice = (page: Page): Locator => page.locator(".interrupted");
const listRow = (page: Page, name: string): Locator => page.locator(".file-row").filter({ hasText: name });
const uploadRow = (page: Page, name: string): Locator => page.locator(".upload-row").filter({ hasText: name });
const button = (page: Page, name: string): Locator => page.getByRole("button", { name, exact: true });
const focused = (page: Page): Promise<string | undefined> => page.evaluate(() => document.activeElement?.id);

async function pick(page: Page, name: string, paths: readonly string[]): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), button(page, name).click()]);
  await chooser.setFiles([...paths]);
}

/** It became a file of the same bytes. */
async function expectWhole(page: Page, name: string, path: string): Promise<void> {
  await listRow(page, name).getByText("Ready").waitFor();
  const [started] = await Promise.all([page.waitForEvent("download"), button(page, `Download ${name}`).click()]);
  expect(await sha256Of(await started.path())).toBe(await sha256Of(path));
  await notice(page).waitFor({ state: "detached" });
}

/** What the browser has written down. */
function recordsOf(page: Page): Promise<Record<string, unknown>[]> {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("signet");
        opening.onerror = () => reject(opening.error ?? new Error("IndexedDB"));
        opening.onsuccess = () => {
          const reading = opening.result.transaction("uploads").objectStore("uploads").getAll();
          reading.onsuccess = () => resolve(reading.result as Record<string, unknown>[]);
        };
      }),
  );
}

/** PUTs that the store took while `act` ran. */
async function storedDuring(act: () => Promise<unknown>): Promise<number> {
  const before = product.store.storedPuts().length;
  await act();
  return product.store.storedPuts().length - before;
}

describe("an upload that is interrupted", () => {
  test("by a reload: the same file is chosen again and only what is missing is sent", async () => {
    const path = await onDisk("holiday.bin");
    const person = await visit("reloader");
    const { page } = person;
    await uploadInPart(person, [path]);
    await reload(person);

    await page.getByRole("heading", { name: "1 upload was interrupted." }).waitFor();
    await notice(page)
      .getByText(`holiday.bin stopped at ${STOPPED_AT}. Choose the same file to go on from there.`)
      .waitFor();
    // What the notice shows does not stand in the list as well.
    expect(await listRow(page, "holiday.bin").count()).toBe(0);
    expect(await axeFindings(person)).toEqual([]);
    await keepPicture(person, "resume-notice");

    // Never a presigned URL, a token or content.
    const [record] = await recordsOf(page);
    expect(record).toEqual({
      fileId: expect.stringMatching(/^file_/),
      owner: expect.stringMatching(/^viewer_/),
      name: "holiday.bin",
      path: "holiday.bin",
      type: "application/octet-stream",
      sizeBytes: FORTY_MB,
      lastModified: 1_790_000_000_000,
      fingerprint: expect.stringMatching(/^holiday\.bin [0-9a-f]{64}$/),
      startedAtMs: expect.any(Number),
      paused: false,
    });

    const sent = await storedDuring(async () => {
      await pick(page, "Choose file for holiday.bin", [path]);
      await expectWhole(page, "holiday.bin", path);
    });
    expect(sent).toBe(PARTS - STORED);
    expect(await recordsOf(page)).toEqual([]);
    await page.reload();
    await listRow(page, "holiday.bin").waitFor();
    expect(await notice(page).count()).toBe(0);
  }, 90_000);

  test("by a reload: adding the file in the usual way goes on as well", async () => {
    const path = await onDisk("again.bin");
    const person = await visit("dropper");
    await uploadInPart(person, [path]);
    await reload(person);
    await notice(person.page).waitFor();
    const sent = await storedDuring(async () => {
      await chooseFiles(person, [path]);
      await expectWhole(person.page, "again.bin", path);
    });
    expect(sent).toBe(PARTS - STORED);
  }, 90_000);

  test("by a reload, where the browser keeps the file: one click goes on", async () => {
    const path = await onDisk("dropped.bin");
    const person = await visit("keeper");
    const { page } = person;
    await uploadInPart(person, [path], dropFiles);
    await forgetPermission(person);
    await reload(person);
    await notice(page).getByText(`dropped.bin stopped at ${STOPPED_AT}. It can go on from there.`).waitFor();
    const sent = await storedDuring(async () => {
      await button(page, "Continue dropped.bin").press("Enter");
      await expectSoon(() => focused(page), "uploads-title");
      await expectWhole(page, "dropped.bin", path);
    });
    expect(sent).toBe(PARTS - STORED);
  }, 90_000);

  test("by a reload, where the browser may open the file: it goes on by itself, unless it was paused", async () => {
    const path = await onDisk("trusted.bin");
    const person = await visit("truster");
    const { page } = person;
    await uploadInPart(person, [path], dropFiles);
    await button(page, "Pause trusted.bin").click();
    await uploadRow(page, "trusted.bin").getByText("Paused").waitFor();
    // Nothing moves: nobody asks before leaving.
    await reload(person, []);
    await notice(page).getByText("It can go on from there.").waitFor();
    await button(page, "Continue trusted.bin").waitFor();

    product.store.fault({ holdUntil: () => new Promise(() => undefined) });
    const callsBefore = product.store.calls.length;
    await button(page, "Continue trusted.bin").click();
    await expectSoon(() => product.store.calls.length > callsBefore, true);
    await reload(person);
    await expectWhole(page, "trusted.bin", path);
  }, 90_000);

  test("by a crash of the tab", async () => {
    const path = await onDisk("crash.bin");
    const person = await visit("crasher");
    await uploadInPart(person, [path]);
    const crashed = person.page.waitForEvent("crash");
    // It never answers: there is nobody left to do so.
    person.devtools.send("Page.crash").catch(() => undefined);
    await crashed;
    product.store.heal();
    const { page } = await newTab(person);
    await notice(page).getByText(`crash.bin stopped at ${STOPPED_AT}.`).waitFor();
    const sent = await storedDuring(async () => {
      await pick(page, "Choose file for crash.bin", [path]);
      await expectWhole(page, "crash.bin", path);
    });
    expect(sent).toBe(PARTS - STORED);
  }, 90_000);

  test("several at once: files are chosen together and find their uploads; one is discarded", async () => {
    const paths = await Promise.all(["one.bin", "two.bin", "three.bin"].map((name) => onDisk(name)));
    const [one = "", two = ""] = paths;
    const stranger = await onDisk("stranger.bin", randomBytes(2_000_000));
    const person = await visit("collector", { width: 390, height: 844 });
    const { page, account } = person;
    const reserved = async (): Promise<number> => (await account.files.account()).viewer.usage.reservedBytes;
    await uploadInPart(person, paths);
    await reload(person);
    await page.getByRole("heading", { name: "3 uploads were interrupted." }).waitFor();
    expect(await reserved()).toBe(3 * FORTY_MB);
    expect(await axeFindings(person)).toEqual([]);
    expect(await sidewaysScroll(person)).toBe(0);
    await keepPicture(person, "resume-notice-many");

    await button(page, "Discard three.bin").press("Enter");
    await page.getByRole("heading", { name: "2 uploads were interrupted." }).waitFor();
    await expectSoon(() => focused(page), "interrupted-title");
    expect(await reserved()).toBe(2 * FORTY_MB);

    await pick(page, "Choose files to go on with", [two, stranger]);
    await notice(page).getByText("1 of 2 files was not among these, or changed on your disk since.").waitFor();
    await page.getByRole("heading", { name: "1 upload was interrupted." }).waitFor();
    await pick(page, "Choose file for one.bin", [one]);
    for (const name of ["one.bin", "two.bin"]) await listRow(page, name).getByText("Ready").waitFor();
    await notice(page).waitFor({ state: "detached" });
    expect(await reserved()).toBe(0);
    expect(await listRow(page, "three.bin").count()).toBe(0);
  }, 120_000);
});

describe("a file that is not the same", () => {
  test("another one is chosen: it is said, and can be uploaded as a new one", async () => {
    const path = await onDisk("report.bin");
    const person = await visit("mistaken");
    const { page } = person;
    await uploadInPart(person, [path]);
    await reload(person);
    const other = await onDisk("notes.bin", randomBytes(3_000_000));
    await pick(page, "Choose file for report.bin", [other]);
    await page
      .getByRole("alert")
      .getByText(/^That is a different file: report\.bin was 40 MB, saved .+\.$/)
      .waitFor();
    await keepPicture(person, "resume-different-file");
    await button(page, "Start new notes.bin").click();
    await listRow(page, "notes.bin").getByText("Ready").waitFor();
    await button(page, "Choose file for report.bin").waitFor();

    await pick(page, "Choose file for report.bin", [path]);
    await expectWhole(page, "report.bin", path);
  }, 90_000);

  test("it changed on the disk meanwhile: it is said, whichever way it comes", async () => {
    const path = await onDisk("draft.bin");
    const person = await visit("editor");
    const { page, account } = person;
    await uploadInPart(person, [path], dropFiles);
    await forgetPermission(person);
    await reload(person);
    await button(page, "Continue draft.bin").waitFor();
    await appendFile(path, "one more line");
    await button(page, "Continue draft.bin").click();
    await page
      .getByRole("alert")
      .getByText(/^draft\.bin has changed on your disk: it was 40 MB, saved .+\.$/)
      .waitFor();
    await pick(page, "Choose file for draft.bin", [path]);
    await page.getByRole("alert").getByText("That is a different file: draft.bin was 40 MB").waitFor();

    // Again, and then the new version in place of the old one.
    await page.reload();
    await button(page, "Continue draft.bin").click();
    await button(page, "Start new draft.bin").click();
    await expectWhole(page, "draft.bin", path);
    expect((await account.files.account()).viewer.usage.reservedBytes).toBe(0);
  }, 90_000);

  test("it is gone from the disk: it is said", async () => {
    const path = await onDisk("moved.bin");
    const person = await visit("tidy");
    const { page } = person;
    await uploadInPart(person, [path], dropFiles);
    await forgetPermission(person);
    await reload(person);
    await rm(path);
    await button(page, "Continue moved.bin").click();
    await page.getByRole("alert").getByText("moved.bin can't be read any more.").waitFor();
    expect(await recordsOf(page)).toHaveLength(1);
  }, 90_000);

  test("a change in the middle that kept size and time is found by the digests of the stored parts", async () => {
    const path = await onDisk("middle.bin");
    const person = await visit("forger");
    const { page, account } = person;
    await uploadInPart(person, [path]);
    await reload(person);
    await notice(page).waitFor();
    const file = await open(path, "r+");
    await file.write(randomBytes(1_000), 0, 1_000, 5_000_000);
    await file.close();
    await utimes(path, 1_790_000_000, 1_790_000_000);
    const sent = await storedDuring(async () => {
      await pick(page, "Choose file for middle.bin", [path]);
      await uploadRow(page, "middle.bin").getByText("That is a different file: middle.bin has other content").waitFor();
    });
    expect(sent).toBe(0);
    await button(page, "Start again middle.bin").click();
    await listRow(page, "middle.bin").getByText("Ready").waitFor();
    // The other one is still there, for whoever finds the old content.
    const { nodes } = await account.files.files({ search: "middle", after: undefined });
    expect(nodes.map(({ status }) => status).sort()).toEqual(["PENDING", "READY"]);
  }, 90_000);

  test("the browser is not allowed to open it: choosing still works", async () => {
    const path = await onDisk("locked.bin");
    const person = await visit("refuser");
    const { page } = person;
    await uploadInPart(person, [path], dropFiles);
    await forgetPermission(person, "denied");
    await reload(person);
    await button(page, "Continue locked.bin").click();
    await page.getByRole("alert").getByText("The browser was not allowed to open locked.bin.").waitFor();
    const sent = await storedDuring(async () => {
      await pick(page, "Choose file for locked.bin", [path]);
      await expectWhole(page, "locked.bin", path);
    });
    expect(sent).toBe(PARTS - STORED);
  }, 90_000);
});

describe("two places at once", () => {
  test("two tabs with one file: the second says so, and goes on when the first is closed", async () => {
    const path = await onDisk("twice.bin");
    const first = await visit("tabber");
    await uploadInPart(first, [path]);
    const { page } = await newTab(first);
    await notice(page).getByText("twice.bin is already uploading in another tab.").waitFor();
    const second = { ...first, page };
    await chooseFiles(second, [path]);
    await uploadRow(page, "twice.bin").getByText("twice.bin is already uploading in another tab.").waitFor();
    await keepPicture(second, "resume-two-tabs");

    await first.page.close();
    product.store.heal();
    await page.getByRole("heading", { name: "1 upload was interrupted." }).waitFor();
    const sent = await storedDuring(async () => {
      await button(page, "Retry twice.bin").click();
      await expectWhole(page, "twice.bin", path);
    });
    expect(sent).toBe(PARTS - STORED);
  }, 90_000);

  test("another device: the row in the list goes on with the same file, and with no other", async () => {
    const path = await onDisk("phone.bin");
    const phone = await visit("roamer");
    await uploadInPart(phone, [path]);
    const laptop = await visit("roamer");
    const { page } = laptop;
    await phone.page.close();
    product.store.heal();
    expect(await notice(page).count()).toBe(0);

    const goOnWith = async (chosen: string): Promise<void> => {
      await listRow(page, "phone.bin").getByRole("button", { name: "More for phone.bin" }).click();
      await pick(page, "Continue upload…", [chosen]);
    };
    await goOnWith(await onDisk("shorter.bin", randomBytes(2_000_000)));
    await page.getByText("That is a different file: phone.bin is 40 MB.").waitFor();
    await goOnWith(await onDisk("other.bin"));
    await uploadRow(page, "other.bin").getByText("That is a different file: other.bin has other content").waitFor();
    await button(page, "Remove other.bin from this list").click();

    const sent = await storedDuring(async () => {
      await goOnWith(path);
      await expectWhole(page, "phone.bin", path);
    });
    expect(sent).toBe(PARTS - STORED);
  }, 90_000);
});

test("while bytes move the screen stays awake, not while they are paused", async () => {
  const path = await onDisk("awake.bin");
  const person = await visit("reader");
  const { page } = person;
  await person.context.addInitScript(() => {
    const state = globalThis as unknown as { held: number };
    state.held = 0;
    const request = WakeLock.prototype.request;
    WakeLock.prototype.request = async function (type) {
      const sentinel = await request.call(this, type);
      state.held++;
      sentinel.addEventListener("release", () => state.held--);
      return sentinel;
    };
  });
  await person.context.grantPermissions(["screen-wake-lock"]);
  await page.reload();
  const held = (): Promise<number> => page.evaluate(() => (globalThis as unknown as { held: number }).held);
  expect(await held()).toBe(0);
  await uploadInPart(person, [path]);
  await expectSoon(held, 1);
  await button(page, "Pause awake.bin").click();
  await expectSoon(held, 0);
  await button(page, "Resume awake.bin").click();
  await expectSoon(held, 1);
  await reload(person);
  await notice(page).waitFor();
  expect(await held()).toBe(0);
}, 90_000);

test("without IndexedDB uploads go as ever, and nothing is kept", async () => {
  const path = await onDisk("private.bin");
  const account = await openAccount(product, "private");
  const person = await arrive(chromium.browser, new URL("/explorer", product.page).href, { token: account.token });
  here.push(person);
  person.complaints.splice(0);
  await person.context.addInitScript(() => Object.defineProperty(globalThis, "indexedDB", { value: undefined }));
  await person.page.goto(product.page);
  await uploadInPart(person, [path]);
  await reload(person);
  await listRow(person.page, "private.bin").waitFor();
  expect(await notice(person.page).count()).toBe(0);
}, 90_000);
