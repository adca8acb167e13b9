import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import type { Locator, Page } from "playwright-core";
import type { FileRow } from "../src/api/file-calls.js";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { brokenPng, pngOf, wavOf } from "./made-files.js";
import { arrive, axeFindings, keepPicture, sidewaysScroll } from "./person.js";
import type { Person, PersonOptions } from "./person.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";
import { expectSoon } from "./soon.js";

let chromium: TestBrowser;
/** Links live for an hour here. */
let product: Product;
let account: Account;
let blue: FileRow;
const here: Person[] = [];

const BLUE = pngOf(640, 400, [30, 90, 200]);
const NOTES = "# Notes\n\nBring the möbius strip – 帯.\n";
const LONG = `${"0123456789".repeat(10_000)}`;

beforeAll(async () => {
  [product, chromium] = await Promise.all([startProduct(), launchBrowser()]);
  account = await openAccount(product, "viewer");
  // Oldest first: the list shows them the other way round.
  await account.put("archive.zip", "application/octet-stream", Buffer.from("no picture at all"));
  await account.put("broken.png", "image/png", brokenPng());
  await account.put("long.txt", "text/plain", Buffer.from(LONG));
  await account.put("notes.md", "text/markdown", Buffer.from(NOTES));
  blue = await account.put("blue.png", "image/png", BLUE);
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
}, 60_000);

afterEach(async () => {
  const people = here.splice(0);
  // A link that has died, as the browser says it; the page is there to mend it.
  const complaints = people.flatMap((person) => person.complaints).filter((words) => !/status of 403/.test(words));
  await Promise.all(people.map((person) => person.leave()));
  expect(complaints).toEqual([]);
});

async function visit(of: Product, { token }: Account, options: PersonOptions = {}): Promise<Person> {
  const person = await arrive(chromium.browser, of.page, { ...options, token });
  here.push(person);
  await person.page.locator(".file-row").first().waitFor();
  return person;
}

const tile = (page: Page, name: string): Locator => page.getByRole("button", { name: `Preview ${name}`, exact: true });
const dialog = (page: Page): Locator => page.getByRole("dialog");
const title = (page: Page): Promise<string> => dialog(page).getByRole("heading").innerText();
const picture = (page: Page, name: string): Locator => dialog(page).getByRole("img", { name, exact: true });
const focused = (page: Page): Promise<string | null | undefined> =>
  page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
const isDrawn = (image: Locator): Promise<boolean> =>
  image.evaluate((element) => element instanceof HTMLImageElement && element.complete && element.naturalWidth > 0);

/** Counts the calls of one GraphQL operation. */
function countCalls(page: Page, operation: string): { count: number } {
  const calls = { count: 0 };
  page.on("request", (request) => {
    if (request.postData()?.includes(`query ${operation}(`)) calls.count++;
  });
  return calls;
}

describe("tiles", () => {
  test("pictures are shown on their tiles, with links for all of them from one call", async () => {
    const several = await openAccount(product, "collector");
    for (let index = 0; index < 5; index++) {
      await several.put(`${index}.png`, "image/png", pngOf(20, 20, [index * 40, 0, 0]));
    }
    const person = await visit(product, several);
    await expectSoon(() => isDrawn(tile(person.page, "0.png").locator("img")), true);
    const calls = countCalls(person.page, "Thumbnails");
    await person.page.reload();
    for (let index = 0; index < 5; index++) {
      await expectSoon(() => isDrawn(tile(person.page, `${index}.png`).locator("img")), true);
    }
    expect(calls.count).toBe(1);
  });

  test("rows far below ask for nothing until they come near", async () => {
    const many = await openAccount(product, "archivist");
    await many.put("deep.png", "image/png", pngOf(20, 20, [0, 90, 0]));
    await Promise.all(
      Array.from({ length: 24 }, (_, index) => many.put(`${index}.bin`, "application/octet-stream", Buffer.from("x"))),
    );
    const person = await visit(product, many, { height: 400 });
    const calls = countCalls(person.page, "Thumbnails");
    await person.page.reload();
    await tile(person.page, "0.bin").waitFor({ state: "attached" });
    expect(calls.count).toBe(0);
    await tile(person.page, "deep.png").scrollIntoViewIfNeeded();
    await expectSoon(() => isDrawn(tile(person.page, "deep.png").locator("img")), true);
    expect(calls.count).toBe(1);
  });

  test("a picture that cannot be fetched gets one fresh link; one that is broken, its kind in letters", async () => {
    const person = await visit(product, account);
    const { page } = person;
    await expectSoon(() => isDrawn(tile(page, "blue.png").locator("img")), true);
    let asked = 0;
    await page.route(/blue\.png/, (route) => (asked++ === 0 ? route.abort() : route.continue()));
    await page.reload();
    await expectSoon(() => isDrawn(tile(page, "blue.png").locator("img")), true);
    expect(asked).toBe(2);
    await expectSoon(() => tile(page, "broken.png").innerText(), "PNG");
    expect(await tile(page, "broken.png").locator("img").count()).toBe(0);
    person.complaints.splice(0);
  });
});

describe("the preview", () => {
  test("opens, shows the picture and its facts, goes to neighbours, and gives the focus back", async () => {
    const { page } = await visit(product, account);
    await tile(page, "blue.png").click();
    await expectSoon(() => isDrawn(picture(page, "blue.png")), true);
    const facts = await dialog(page).locator("dt, dd").allInnerTexts();
    expect(facts.map((fact) => fact.replace(/\s+/g, " "))).toEqual([
      "Type",
      "PNG image",
      "Size",
      `${(BLUE.byteLength / 1000).toFixed(1)} kB (${BLUE.byteLength.toLocaleString("en")} bytes)`,
      "Added",
      expect.stringMatching(/just now|min ago/),
      "Checked",
      "Whole content, SHA-256",
      "SHA-256",
      `${createHash("sha256").update(BLUE).digest("hex")} Copy the SHA-256`,
      "Link",
      blue.permalink,
    ]);
    expect(await dialog(page).getByRole("button", { name: "Previous file" }).isDisabled()).toBe(true);

    await page.keyboard.press("ArrowRight");
    await expectSoon(() => title(page), "notes.md");
    await dialog(page).getByText("Bring the möbius strip – 帯.").waitFor();
    await page.keyboard.press("ArrowLeft");
    await expectSoon(() => title(page), "blue.png");
    await dialog(page).getByRole("button", { name: "Next file" }).click();
    await expectSoon(() => title(page), "notes.md");

    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached" });
    expect(await focused(page)).toBe("Preview blue.png");
  });

  test("with the keyboard alone: open, neighbour, close", async () => {
    const { page } = await visit(product, account);
    await tile(page, "notes.md").focus();
    await page.keyboard.press("Enter");
    await expectSoon(() => title(page), "notes.md");
    for (let presses = 0; (await focused(page)) !== "Close"; presses++) {
      expect(presses).toBeLessThan(5);
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("ArrowRight");
    await expectSoon(() => title(page), "long.txt");
    expect(await focused(page)).toBe("Close");
    await page.keyboard.press("Enter");
    await dialog(page).waitFor({ state: "detached" });
    expect(await focused(page)).toBe("Preview notes.md");
  });

  test("of a long text the first 64 kB are fetched and shown", async () => {
    const { page } = await visit(product, account);
    let received = 0;
    page.on("response", async (response) => {
      if (response.url().includes("long.txt")) received = Number(response.headers()["content-length"]);
    });
    await tile(page, "long.txt").click();
    await dialog(page).getByText("The first 64 kB of 100 kB").waitFor();
    expect(await dialog(page).getByRole("region").innerText()).toBe(LONG.slice(0, 64_000));
    expect(received).toBe(64_000);
  });

  test("a file that no browser shows has its kind and its facts", async () => {
    const { page } = await visit(product, account);
    await tile(page, "archive.zip").click();
    await dialog(page).getByText("No preview for this file.").waitFor();
    await dialog(page).getByText("Whole content, SHA-256").waitFor();
    expect(await dialog(page).getByRole("button", { name: "Next file" }).isDisabled()).toBe(true);
  });

  test("a broken picture falls back to its facts, and can be tried again", async () => {
    const { page } = await visit(product, account);
    const calls = countCalls(page, "FileDetails");
    await tile(page, "broken.png").click();
    await dialog(page).getByText("The preview couldn't be loaded.").waitFor();
    expect(await dialog(page).getByRole("img").count()).toBe(0);
    await dialog(page).getByText("PNG image").waitFor();
    // The first answer and the one fresh link.
    expect(calls.count).toBe(2);
    await dialog(page).getByRole("button", { name: "Try again" }).click();
    await expectSoon(() => calls.count, 3);
    await dialog(page).getByText("The preview couldn't be loaded.").waitFor();
  });

  test("when the server does not answer it says so, and can be tried again", async () => {
    const { page, complaints } = await visit(product, account);
    let refused = true;
    await page.route("**/graphql", (route) =>
      refused && route.request().postData()?.includes("FileDetails")
        ? route.fulfill({ status: 400 })
        : route.continue(),
    );
    await tile(page, "blue.png").click();
    await dialog(page).getByText("The preview couldn't be loaded.").waitFor();
    refused = false;
    await dialog(page).getByRole("button", { name: "Try again" }).click();
    await expectSoon(() => isDrawn(picture(page, "blue.png")), true);
    complaints.splice(0);
  });

  test("copies the link and the digest, and says so where it is read; downloads", async () => {
    const person = await visit(product, account);
    const { page } = person;
    await person.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await tile(page, "blue.png").click();
    await dialog(page).getByRole("button", { name: "Copy the SHA-256" }).click();
    await dialog(page).getByRole("status").filter({ hasText: "SHA-256 copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      createHash("sha256").update(BLUE).digest("hex"),
    );
    await dialog(page).getByRole("button", { name: "Copy link" }).click();
    await dialog(page).getByRole("status").filter({ hasText: "Link copied" }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog(page).getByRole("button", { name: "Download" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("blue.png");
  });
});

describe("links that live for two seconds", () => {
  let shortLived: Product;
  let owner: Account;

  beforeAll(async () => {
    shortLived = await startProduct({ env: { DOWNLOAD_URL_TTL_SECONDS: "2" } });
    owner = await openAccount(shortLived, "hasty");
    await owner.put("silence.wav", "audio/wav", wavOf(400));
    await owner.put("blue.png", "image/png", BLUE);
  }, 120_000);
  afterAll(() => shortLived?.stop(), 60_000);

  test("a picture that is shown is renewed again and again, and never missing", async () => {
    const { page } = await visit(shortLived, owner);
    const calls = countCalls(page, "FileDetails");
    await tile(page, "blue.png").click();
    await expectSoon(() => isDrawn(picture(page, "blue.png")), true);
    const first = (await picture(page, "blue.png").getAttribute("src")) ?? "";
    await expectSoon(async () => (await fetch(first)).status, 403);
    await expectSoon(() => calls.count >= 3, true);
    await expectSoon(async () => (await picture(page, "blue.png").getAttribute("src")) !== first, true);
    await expectSoon(() => isDrawn(picture(page, "blue.png")), true);
    expect(await dialog(page).getByText("couldn't be loaded").count()).toBe(0);
    // The page lives on: opened once more, long after its first link has died.
    await page.keyboard.press("Escape");
    await tile(page, "blue.png").click();
    await expectSoon(() => isDrawn(picture(page, "blue.png")), true);
  }, 90_000);

  test("a sound goes on at the second where its link died", async () => {
    const person = await visit(shortLived, owner);
    const { page } = person;
    await tile(page, "silence.wav").click();
    const player = dialog(page).locator("audio");
    await player.waitFor();
    await expectSoon(() => player.evaluate((audio: HTMLMediaElement) => audio.readyState >= 1), true);
    expect(await axeFindings(person)).toEqual([]);
    await keepPicture(person, "desk-light-preview-silence-wav");
    const first = await player.evaluate((audio: HTMLMediaElement) => audio.src);
    await expectSoon(async () => (await fetch(first, { headers: { range: "bytes=0-0" } })).status, 403);
    // Never swapped while it works, though fresh links have come.
    expect(await player.evaluate((audio: HTMLMediaElement) => audio.src)).toBe(first);
    await player.evaluate((audio: HTMLMediaElement) => (audio.currentTime = 390));
    await expectSoon(() => player.evaluate((audio: HTMLMediaElement, old) => audio.src !== old, first), true);
    await expectSoon(
      () => player.evaluate((audio: HTMLMediaElement) => audio.readyState >= 2 && audio.currentTime >= 389),
      true,
    );
  }, 90_000);
});

describe("anybody can use it", () => {
  const STATES = ["blue.png", "notes.md", "archive.zip", "broken.png"] as const;
  const SEEN: Readonly<Record<(typeof STATES)[number], (page: Page) => Promise<void>>> = {
    "blue.png": async (page) => expectSoon(() => isDrawn(picture(page, "blue.png")), true),
    "notes.md": async (page) => dialog(page).getByRole("region").waitFor(),
    "archive.zip": async (page) => dialog(page).getByText("No preview for this file.").waitFor(),
    "broken.png": async (page) => dialog(page).getByText("The preview couldn't be loaded.").waitFor(),
  };

  test.each([
    ["desk-light", { theme: "light" }],
    ["desk-dark", { theme: "dark" }],
    ["phone-light", { theme: "light", width: 390, height: 844, touch: true }],
    ["phone-dark", { theme: "dark", width: 390, height: 844, touch: true }],
    ["forced-colors", { forcedColors: "active" }],
  ] as const)("%s: axe finds nothing, nothing sticks out", async (look, options) => {
    const person = await visit(product, account, options);
    await expectSoon(() => isDrawn(tile(person.page, "blue.png").locator("img")), true);
    await keepPicture(person, `${look}-tiles`);
    expect(await axeFindings(person)).toEqual([]);
    for (const name of STATES) {
      await tile(person.page, name).click();
      await SEEN[name](person.page);
      await dialog(person.page).getByText("Whole content, SHA-256").waitFor();
      await keepPicture(person, `${look}-preview-${name.replace(".", "-")}`);
      expect(await axeFindings(person)).toEqual([]);
      expect(await sidewaysScroll(person)).toBe(0);
      const box = await dialog(person.page).boundingBox();
      const { width, height } = person.page.viewportSize() ?? { width: 0, height: 0 };
      expect((box?.x ?? -1) >= 0 && (box?.y ?? -1) >= 0).toBe(true);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(height);
      await person.page.keyboard.press("Escape");
      await dialog(person.page).waitFor({ state: "detached" });
    }
  });
});
