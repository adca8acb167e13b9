import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { BrowserContext, Page } from "playwright-core";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { startCanary } from "./canary.js";
import type { Canary } from "./canary.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";
import { expectSoon } from "./soon.js";

/**
 * Files that were made to run, uploaded and opened through `File.url` in a browser. The same bytes under the type that they
 * were made for do run: what is quiet here would have been heard.
 */

/** As the API's test declares it: api/test/hostile-files.ts. */
interface HostileFile {
  readonly name: string;
  readonly outcomes: Readonly<Record<string, "REJECTED" | { readonly saved: string } | { readonly shown: string }>>;
  /** The type under which a browser runs it; null: it needs another program. */
  readonly runsAs: string | null;
}

/** One that the service has taken, under one of the types that it was declared with. */
interface Taken extends HostileFile {
  readonly declared: string;
  /** Served so. */
  readonly contentType: string;
  readonly inline: boolean;
  readonly url: string;
}

const CLI = fileURLToPath(new URL("../../../api/dist/test/hostile-files-cli.js", import.meta.url));
/** Hundreds of calls of one user in some seconds. */
const UNLIMITED = { RATE_LIMIT_OWNER_PER_MINUTE: "0", RATE_LIMIT_ADDRESS_PER_MINUTE: "0" };
const UPLOADS_AT_ONCE = 6;
const PAGES_AT_ONCE = 6;
/** After everything has been answered: for what would begin then. */
const SETTLE_MS = 500;

let product: Product;
let chromium: TestBrowser;
let canary: Canary;
let folder = "";
let files: readonly HostileFile[] = [];
let taken: readonly Taken[] = [];
let context: BrowserContext;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-hostile-"));
  // One after the other: whatever has started is known to afterAll when the next does not.
  canary = await startCanary();
  product = await startProduct({ env: UNLIMITED });
  chromium = await launchBrowser();
  await promisify(execFile)(process.execPath, [CLI, folder, canary.origin]);
  files = JSON.parse(await readFile(join(folder, "table.json"), "utf8")) as HostileFile[];
  taken = await uploadAll(await openAccount(product, "mallory"));
  context = await chromium.browser.newContext({ acceptDownloads: true });
}, 120_000);
afterAll(async () => {
  await context?.close();
  await chromium?.close();
  await canary?.stop();
  await product?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);
afterEach(async () => {
  await Promise.all((context?.pages() ?? []).map((page) => page.close()));
});

/** Everything that the table says is taken: the rest has no URL. */
async function uploadAll(account: Account): Promise<Taken[]> {
  const wanted = files.flatMap((file) =>
    Object.entries(file.outcomes)
      .filter(([, outcome]) => outcome !== "REJECTED")
      .map(([declared, outcome]) => ({ file, declared, outcome })),
  );
  return inTurns(wanted, UPLOADS_AT_ONCE, async ({ file, declared, outcome }) => {
    const { id } = await account.put(file.name, declared, await readFile(join(folder, file.name)));
    const { url, contentType, inlineAllowed: inline } = await askFor(account, id);
    expect(inline ? { shown: contentType } : { saved: contentType }).toEqual(outcome);
    return { ...file, declared, contentType, inline, url };
  });
}

async function askFor(account: Account, id: string) {
  const query = "query ($id: ID!) { file(id: $id) { url(disposition: INLINE) contentType inlineAllowed } }";
  const response = await fetch(product.graphql, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${account.token}` },
    body: JSON.stringify({ query, variables: { id } }),
  });
  const { data } = (await response.json()) as {
    data: { file: { url: string; contentType: string; inlineAllowed: boolean } };
  };
  return data.file;
}

/** Some at a time; answers in the order of the items. */
async function inTurns<Item, Answer>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) answers[index] = await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return answers;
}

const hasRun = (page: Page): Promise<boolean> => page.evaluate(() => document.title === "ran" || "ran" in globalThis);
const nameOf = ({ name, declared }: Taken): string => `${name} as ${declared}`;

/** Goes there, and tells whether it became a download; a download that has begun is ended. */
async function open(url: string): Promise<{ downloaded: boolean; ran: boolean; shown: string; at: string }> {
  const page = await context.newPage();
  const download = page.waitForEvent("download", { timeout: 0 }).then(
    (begun) => begun.cancel().then(() => true),
    () => false,
  );
  try {
    const downloaded = await page.goto(url, { waitUntil: "load" }).then(
      () => false,
      (error: unknown) => {
        if (!/Download is starting|ERR_ABORTED/.test(String(error))) throw error;
        return download;
      },
    );
    const shown = downloaded ? "" : await page.evaluate(() => document.body?.innerText ?? "");
    return { downloaded, ran: await hasRun(page), shown, at: page.url() };
  } finally {
    await page.close();
  }
}

test("at least 30 kinds are taken under some type", () => {
  expect(new Set(taken.map(({ name }) => name)).size).toBeGreaterThanOrEqual(30);
});

describe("the canary is heard", () => {
  test("from every file that was made to run, under the type that it was made for", async () => {
    const dangerous = files.filter(({ runsAs }) => runsAs !== null);
    expect(dangerous.length).toBeGreaterThan(20);
    canary.takeHits();
    await inTurns(dangerous, PAGES_AT_ONCE, async ({ name, runsAs }) => {
      const body = await readFile(join(folder, name));
      const url = canary.serve(`/bare/${name}`, runsAs!, body);
      const page = await context.newPage();
      if (runsAs === "text/javascript") canary.serve(`/page/${name}`, "text/html", `<script src="${url}"></script>`);
      else if (runsAs === "text/css")
        canary.serve(`/page/${name}`, "text/html", `<!doctype html><link rel="stylesheet" href="${url}"><p>x`);
      const isPage = runsAs !== "text/javascript" && runsAs !== "text/css";
      await page.goto(isPage ? url : `${canary.origin}/page/${name}`, { waitUntil: "load" });
    });
    const heard = new Set<string>();
    await expectSoon(() => {
      for (const { how, name } of canary.takeHits()) if (how === "ran") heard.add(name);
      return dangerous
        .map(({ name }) => name)
        .filter((name) => !heard.has(name))
        .join(", ");
    }, "");
  }, 60_000);
});

describe("opened by its URL", () => {
  test("nothing runs; what is not shown is downloaded; text is text", async () => {
    canary.takeHits();
    const seen = await inTurns(taken, PAGES_AT_ONCE, async (file) => ({ file, ...(await open(file.url)) }));
    expect(seen.filter(({ ran }) => ran).map(({ file }) => nameOf(file))).toEqual([]);
    // Text with zeros in it is no text to a browser: it saves it rather than showing it.
    const isShown = (file: Taken): boolean => file.inline && file.name !== "binary.txt";
    const wrong = seen.filter(({ file, downloaded }) => downloaded === isShown(file));
    expect(wrong.map(({ file, downloaded }) => [nameOf(file), downloaded])).toEqual([]);
    const shown = seen.filter(
      ({ file }) => /^(page|far|bom|utf-16|utf-7|fragment)\b.*$/.test(file.name) && file.contentType === "text/plain",
    );
    expect(shown.length).toBeGreaterThan(3);
    for (const { shown: text, at, file } of shown) {
      expect(text).toContain(file.name === "utf-7.txt" ? "+ADw-script+AD4-" : "<script>");
      expect(at).toBe(file.url);
    }
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    expect(canary.takeHits()).toEqual([]);
  }, 60_000);
});

/**
 * A page that names a script or a style sheet runs it in its own name: the store cannot forbid it, for a presigned GET cannot
 * set `X-Content-Type-Options`. Files that are nothing but script or style are therefore heard there, and in that page alone;
 * what is served as a picture or a sound is not.
 */
const isMeantFor = (kind: string, { runsAs, contentType }: Taken): boolean =>
  (kind === "script" && runsAs === "text/javascript" && !/^(image|audio|video)\//.test(contentType)) ||
  (kind === "stylesheet" && contentType === "text/css");

describe("in a page of another origin", () => {
  test.each([
    ["img", (url: string) => `<img src="${url}">`],
    ["iframe", (url: string) => `<iframe src="${url}"></iframe>`],
    ["object", (url: string) => `<object data="${url}"></object>`],
    ["embed", (url: string) => `<embed src="${url}">`],
    ["script", (url: string) => `<script src="${url}"></script>`],
    ["stylesheet", (url: string) => `<link rel="stylesheet" href="${url}">`],
  ])(
    "as %s nothing of it runs",
    async (kind, element) => {
      canary.takeHits();
      const elements = taken.map(({ url }) => element(url.replaceAll("&", "&amp;")));
      const url = canary.serve(
        `/embeds/${kind}`,
        "text/html",
        `<!doctype html><title>${kind}</title><p>${elements.join("\n")}`,
      );
      const page = await context.newPage();
      const answered = new Set<string>();
      page.on("response", (response) => answered.add(response.url()));
      // Refused by the browser itself: no script, no picture, no style sheet.
      page.on("requestfailed", (request) => answered.add(request.url()));
      await page.goto(url, { waitUntil: "load" });
      await expectSoon(
        () =>
          taken
            .filter((file) => !answered.has(file.url))
            .map(nameOf)
            .join(", "),
        "",
      );
      await page.waitForTimeout(SETTLE_MS);
      expect(page.url()).toBe(url);
      const hits = canary.takeHits();
      const meant = taken.filter((file) => isMeantFor(kind, file));
      const meantNames = new Set(meant.map(({ name }) => name));
      expect(new Set(hits.map(({ name }) => name))).toEqual(meantNames);
      // What a style sheet asks for comes from the style sheet, which is no script.
      const isOwn = (from: string | null): boolean => kind === "stylesheet" || from === canary.origin;
      expect(hits.filter(({ from }) => !isOwn(from))).toEqual([]);
      if (meant.length === 0) {
        expect(await hasRun(page)).toBe(false);
        expect(await page.title()).toBe(kind);
      }
      for (const frame of page.frames().slice(1)) {
        expect(await frame.evaluate(() => "ran" in globalThis).catch(() => false)).toBe(false);
      }
    },
    60_000,
  );
});
