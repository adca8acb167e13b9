import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { arrive, chooseFiles, dropFiles, findBarriers, holdFiles, limitUploads } from "./person.js";
import type { Person, PersonOptions } from "./person.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";

let product: Product;
let chromium: TestBrowser;
let folder: string;
let newcomer: Account;
let regular: Account;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-access-"));
  const env = { MAX_FILE_SIZE_BYTES: "45000000", OWNER_QUOTA_BYTES: "2000000000" };
  [product, chromium] = await Promise.all([startProduct({ env }), launchBrowser()]);
  newcomer = await openAccount(product, "newcomer");
  regular = await openAccount(product, "regular");

  await writeFile(join(folder, "Keynote 2026 – final cut.mp4"), randomBytes(40_000_000));
  await writeFile(join(folder, "to be heard.bin"), randomBytes(40_000_000));
  await writeFile(join(folder, "too large.iso"), new Uint8Array(45_000_001));
  await writeFile(join(folder, "photo.png"), "<!doctype html><html><body>not a photo</body></html>");

  await mkdir(join(folder, "Notes"));
  for (let index = 1; index <= 201; index++) await writeFile(join(folder, "Notes", `${index}.txt`), `${index}`);

  const bytes = randomBytes(84_000);
  for (const name of ["notes.md", "export.csv", "invoice-0042.txt"])
    await regular.put(name, "text/plain", Buffer.from(name));
  await regular.put("holiday.jpeg", "image/jpeg", bytes).catch(() => undefined);
  await regular.put(
    "Quarterly report – Q3 2026 (board version, final, reviewed by everybody).bin",
    "application/octet-stream",
    bytes,
  );
  const begun = await regular.uploads.create({
    filename: "team.zip",
    contentType: "application/zip",
    sizeBytes: 3_100_000,
    partChecksum: "NONE",
    idempotencyKey: "begun-elsewhere",
  });
  expect(begun.ok).toBe(true);
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Brings the page into a state; what it leaves behind on the server must not change what the next visit sees. */
const STATES: Readonly<Record<string, (person: Person) => Promise<void>>> = {
  empty: async ({ page }) => {
    await page.getByText("Nothing uploaded yet.").waitFor();
  },
  list: async ({ page }) => {
    await page.locator(".badge").getByText("Waiting").first().waitFor();
    await page.locator(".badge").getByText("Rejected").first().waitFor();
  },
  menu: async ({ page }) => {
    await page.getByRole("button", { name: "More for notes.md" }).click();
    await page.getByRole("button", { name: "Copy link", exact: true }).waitFor();
  },
  deleted: async (person) => {
    await STATES["menu"]?.(person);
    await person.page.getByRole("button", { name: "Delete", exact: true }).click();
    await person.page.getByRole("button", { name: "Undo" }).waitFor();
  },
  uploading: async (person) => {
    await limitUploads(person, 3_000_000);
    await dropFiles(person, [join(folder, "Keynote 2026 – final cut.mp4")]);
    // Speed and time left are told after two seconds.
    await person.page.getByText(/left$/).first().waitFor();
  },
  errors: async (person) => {
    await chooseFiles(
      person,
      ["too large.iso", "photo.png"].map((name) => join(folder, name)),
    );
    await person.page.getByRole("alert").filter({ hasText: "was not added" }).waitFor();
    await person.page
      .getByText(/Not accepted/)
      .first()
      .waitFor();
  },
  paused: async (person) => {
    await STATES["uploading"]?.(person);
    await person.page.getByRole("button", { name: "Pause all" }).click();
    await person.page.getByText(/^Paused at \d+%$/).waitFor();
  },
  collapsed: async (person) => {
    await STATES["uploading"]?.(person);
    await person.page.getByRole("button", { name: "Show one line of the uploads" }).click();
    await person.page.getByRole("button", { name: "Show all uploads" }).waitFor();
  },
  question: async (person) => {
    await dropFiles(person, [join(folder, "Notes")]);
    await person.page
      .getByRole("dialog")
      .getByText(/^Upload 201 files .* from Notes\?$/)
      .waitFor();
  },
  dragging: async (person) => {
    await holdFiles(person, [join(folder, "photo.png")]);
  },
};

/** Puts back what the state changed. */
const AFTERWARDS: Readonly<Record<string, (person: Person) => Promise<void>>> = {
  deleted: async ({ page }) => {
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("notes.md is back").waitFor();
  },
  uploading: async ({ page }) => {
    await page.getByRole("button", { name: /^Cancel Keynote/ }).click();
    await page.locator(".upload-row").waitFor({ state: "detached" });
  },
  paused: async (person) => AFTERWARDS["uploading"]?.(person),
  collapsed: async (person) => {
    await person.page.getByRole("button", { name: "Show all uploads" }).click();
    await AFTERWARDS["uploading"]?.(person);
  },
  errors: async () => {
    const { nodes } = await regular.files.files({ search: "photo.png", after: undefined });
    for (const { id } of nodes) await regular.files.remove(id);
  },
};

async function expectNoBarriers(
  state: string,
  name: string,
  options: PersonOptions,
  also: (person: Person) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const account = state === "empty" ? newcomer : regular;
  const person = await arrive(chromium.browser, product.page, { ...options, token: account.token });
  try {
    await person.page.getByText(/ used$/).waitFor();
    if (state !== "empty") await person.page.getByText("notes.md").waitFor();
    await STATES[state]?.(person);
    expect(await findBarriers(person, name, options)).toEqual([]);
    await also(person);
    await AFTERWARDS[state]?.(person);
    expect(person.complaints).toEqual([]);
  } finally {
    await person.leave();
  }
}

describe.each(Object.keys(STATES))("%s", (state) => {
  test("on a desk, light and dark: axe finds nothing, nothing sticks out", async () => {
    await expectNoBarriers(state, `desk-${state}`, {});
  }, 60_000);
  test("on a phone, light and dark: axe finds nothing, nothing sticks out", async () => {
    await expectNoBarriers(state, `phone-${state}`, { width: 390, height: 844, touch: true });
  }, 60_000);
});

test("at 320 px, which is 400 % zoom on a desk, nothing sticks out", async () => {
  await expectNoBarriers("list", "zoomed-list", { width: 320, height: 256 });
}, 60_000);

test("at 200 % zoom the uploads stick out nowhere", async () => {
  await expectNoBarriers("uploading", "zoomed-uploading", { width: 640, height: 430 });
}, 60_000);

test("with the reader's own colours a bar still shows how far it is", async () => {
  await expectNoBarriers("uploading", "forced-colors-uploading", { forcedColors: "active" }, async ({ page }) => {
    const picture = await page.getByRole("progressbar", { name: /^Keynote/ }).screenshot();
    const [done, open] = await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
      if (!canvas) throw new Error("no canvas");
      canvas.drawImage(bitmap, 0, 0);
      const colourAt = (part: number): string =>
        canvas.getImageData(Math.floor(bitmap.width * part), Math.floor(bitmap.height / 2), 1, 1).data.join();
      return [colourAt(0.03), colourAt(0.97)];
    }, picture.toString("base64"));
    expect(done).not.toBe(open);
  });
}, 60_000);

test("the theme can be chosen and stays", async () => {
  const person = await arrive(chromium.browser, product.page, { token: newcomer.token });
  const colour = (): Promise<string> => person.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  try {
    const light = await colour();
    await person.page.getByRole("button", { name: "Theme: as the system" }).click();
    await person.page.getByRole("button", { name: "Theme: light" }).click();
    await person.page.getByRole("button", { name: "Theme: dark" }).waitFor();
    const dark = await colour();
    expect(dark).not.toBe(light);
    await person.page.reload();
    await person.page.getByRole("button", { name: "Theme: dark" }).waitFor();
    expect(await colour()).toBe(dark);
  } finally {
    await person.leave();
  }
}, 60_000);

test("a screen reader hears what was added, how far it is, and the end", async () => {
  const account = await openAccount(product, "listener");
  const person = await arrive(chromium.browser, product.page, { token: account.token });
  try {
    await person.page.getByText("Nothing uploaded yet.").waitFor();
    await person.page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      const region = document.querySelector("main .visually-hidden [role=status]");
      if (!region) throw new Error("nothing to listen to");
      new MutationObserver(() => region.textContent && heard.push(region.textContent)).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
    await limitUploads(person, 8_000_000);
    await dropFiles(person, [join(folder, "to be heard.bin")]);
    await person.page.getByText("1 file uploaded").first().waitFor();
    const heard = await person.page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
    expect(heard[0]).toBe("1 file added");
    expect(heard).toContain("50% uploaded");
    expect(heard.at(-1)).toBe("1 file uploaded");
    expect(heard.length).toBeLessThanOrEqual(5);
  } finally {
    await person.leave();
  }
}, 60_000);
