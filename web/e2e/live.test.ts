import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { arrive } from "./person.js";
import type { Person } from "./person.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";

/** What somebody does on another device shows on this one, by itself. */

let product: Product;
let chromium: TestBrowser;
const here: Person[] = [];

beforeAll(async () => {
  [product, chromium] = await Promise.all([startProduct(), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
}, 60_000);

afterEach(async () => {
  await Promise.all(here.splice(0).map((person) => person.leave()));
});

const STREAM = "/graphql/stream";

/** A person's page and, in Node, another device of the same person. */
interface TwoDevices {
  readonly page: Page;
  readonly elsewhere: Account;
  /** Names of the operations that the page has sent so far. */
  readonly sent: string[];
  /** Renames a file from the other device. */
  rename(id: string, filename: string): Promise<void>;
}

async function twoDevices({ stream, at = product }: { stream: "open" | "blocked"; at?: Product }): Promise<TwoDevices> {
  const elsewhere = await openAccount(at, `live-${randomUUID()}`);
  await elsewhere.put("first.txt", "text/plain", Buffer.from("first"));
  const person = await arrive(chromium.browser, new URL("/healthz", at.page).href, { token: elsewhere.token });
  here.push(person);
  const { page, complaints } = person;
  const sent: string[] = [];
  page.on("request", (request) => {
    const operation = /(?:query|mutation|subscription) (\w+)/.exec(request.postData() ?? "")?.[1];
    if (operation !== undefined) sent.push(operation);
  });
  if (stream === "blocked") await page.route(`**${STREAM}`, (route) => route.abort());
  const streams = page.waitForResponse((response) => response.url().endsWith(STREAM));
  if (stream === "blocked") streams.catch(() => undefined);
  await page.goto(at.page);
  await row(page, "first.txt").getByText("Ready").waitFor();
  if (stream === "open") expect((await streams).status()).toBe(200);
  expect(stream === "open" ? complaints : []).toEqual([]);
  return {
    page,
    elsewhere,
    sent,
    async rename(id, filename) {
      const query = `mutation ($id: ID!, $filename: String!) {
        renameFile(id: $id, filename: $filename) { __typename ... on Problem { message } } }`;
      const response = await fetch(at.graphql, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${elsewhere.token}` },
        body: JSON.stringify({ query, variables: { id, filename } }),
      });
      expect(await response.json()).toEqual({ data: { renameFile: { __typename: "RenamedFile" } } });
    },
  };
}

/** A file that stays on its way: nobody sends its bytes. */
async function openUpload({ uploads }: Account, filename: string): Promise<void> {
  const opened = await uploads.create({
    filename,
    contentType: "text/plain",
    sizeBytes: 5,
    partChecksum: "NONE",
    idempotencyKey: randomUUID(),
  });
  if (!opened.ok) throw new Error(opened.problem.code);
}

const row = (page: Page, name: string): Locator => page.locator(".file-row").filter({ hasText: name });

describe("what happens on another device", () => {
  test("shows here without a question: a file comes, becomes ready, is renamed, and goes", async () => {
    const { page, elsewhere, sent, rename } = await twoDevices({ stream: "open" });
    // Once to draw it, and once more if the stream opened only then: nothing in between is missed.
    await page.waitForTimeout(1_500);
    const asked = sent.filter((name) => name === "Files").length;
    expect(asked).toBeLessThanOrEqual(2);

    await openUpload(elsewhere, "from-afar.txt");
    await row(page, "from-afar.txt").waitFor();
    expect(await row(page, "from-afar.txt").getByText("Ready").count()).toBe(0);

    const file = await elsewhere.put("second.txt", "text/plain", Buffer.from("hello"));
    await row(page, "second.txt").getByText("Ready").waitFor();
    await rename(file.id, "renamed-afar.txt");
    await row(page, "renamed-afar.txt").getByText("Ready").waitFor();
    await row(page, "second.txt").waitFor({ state: "detached" });
    await elsewhere.files.remove(file.id);
    await row(page, "renamed-afar.txt").waitFor({ state: "detached" });
    expect(await row(page, "first.txt").count()).toBe(1);

    // Longer than an open file would be asked for again.
    await page.waitForTimeout(3_000);
    expect(sent.filter((name) => name === "Files")).toHaveLength(asked);
    // The usage in the page's head has followed.
    expect(sent.filter((name) => name === "Account").length).toBeGreaterThan(1);
  });

  test("is asked for where no stream can be had", async () => {
    const { page, elsewhere, sent } = await twoDevices({ stream: "blocked" });
    await openUpload(elsewhere, "open.txt");
    await page.reload();
    await row(page, "open.txt").waitFor();
    const asked = sent.filter((name) => name === "Files").length;
    const file = await elsewhere.put("second.txt", "text/plain", Buffer.from("hello"));
    await row(page, "second.txt").getByText("Ready").waitFor();
    expect(sent.filter((name) => name === "Files").length).toBeGreaterThan(asked);
    await elsewhere.files.remove(file.id);
    await row(page, "second.txt").waitFor({ state: "detached" });
  });

  test("shows once the server is back from a restart", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "signet-live-"));
    // As root the database runs as another user, who has to pass.
    await chmod(dataDir, 0o711);
    let restarted = await startProduct({ dataDir });
    try {
      const { page, elsewhere } = await twoDevices({ stream: "open", at: restarted });
      await restarted.stop();
      restarted = await startProduct({ dataDir, env: { PORT: new URL(restarted.page).port } });
      await elsewhere.put("meanwhile.txt", "text/plain", Buffer.from("hello"));
      await row(page, "meanwhile.txt").getByText("Ready").waitFor({ timeout: 60_000 });
      await elsewhere.put("afterwards.txt", "text/plain", Buffer.from("hello"));
      await row(page, "afterwards.txt").getByText("Ready").waitFor();
      expect(await row(page, "meanwhile.txt").count()).toBe(1);
    } finally {
      await restarted.stop();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    }
  }, 180_000);
});

test("a file of this tab is never shown twice while it is on its way", async () => {
  const { page } = await twoDevices({ stream: "open" });
  // Watches every state of the page, however short.
  await page.evaluate(() => {
    const seen = { both: 0, rows: 0 };
    Object.assign(globalThis, { seen });
    new MutationObserver(() => {
      const shows = (kind: string): boolean =>
        [...document.querySelectorAll(kind)].some((element) => element.textContent?.includes("mine-") === true);
      if (shows(".upload-row")) seen.rows += 1;
      if (
        shows(".upload-row") &&
        [...document.querySelectorAll(".file-row")].some((element) =>
          /Waiting|Checking/i.test(element.textContent ?? ""),
        )
      )
        seen.both += 1;
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "Choose files" }).click(),
  ]);
  await chooser.setFiles(
    Array.from({ length: 8 }, (_, index) => ({
      name: `mine-${index}.bin`,
      mimeType: "application/octet-stream",
      buffer: Buffer.alloc(300_000, index + 1),
    })),
  );
  for (let index = 0; index < 8; index += 1) await row(page, `mine-${index}.bin`).getByText("Ready").waitFor();
  const seen = await page.evaluate(() => (globalThis as unknown as { seen: { both: number; rows: number } }).seen);
  expect(seen.rows).toBeGreaterThan(0);
  expect(seen.both).toBe(0);
});
