import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import type { TestBrowser } from "./browser.js";
import { arrive, chooseFiles } from "./person.js";
import type { Person } from "./person.js";
import type { Product } from "./product.js";

export const SMALL_FILES = 500;
const SMALL_BYTES = 20_000;
/** What `tsc` makes of the page's own modules: a browser can load them one by one, without a bundler. */
const MODULES = fileURLToPath(new URL("../", import.meta.url));

/** How small files went. */
export interface SmallFilesFigures {
  readonly seconds: number;
  /** How often the page called each operation of the API. */
  readonly calls: Readonly<Record<string, number>>;
}

/** Writes 500 files of 20 kB, no two alike; answers their paths. */
export async function writeSmallFiles(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths = Array.from({ length: SMALL_FILES }, (_, index) => join(folder, `note-${index}.bin`));
  for (const path of paths) await writeFile(path, randomBytes(SMALL_BYTES));
  return paths;
}

/**
 * Chooses all files at once on the page, and waits until the page says that all are uploaded.
 * @param latencyMs what the browser adds to every request, as for a server far away
 */
export async function uploadTogether(
  product: Product,
  { browser }: TestBrowser,
  paths: readonly string[],
  latencyMs: number,
): Promise<SmallFilesFigures> {
  const account = await openAccount(product, `together-${latencyMs}`);
  const person = await arrive(browser, product.page, { token: account.token });
  const { page } = person;
  try {
    await page.getByText("Nothing uploaded yet.").waitFor();
    await addLatency(person, latencyMs);
    const calls = countCalls(page);
    const startedAt = performance.now();
    await chooseFiles(person, paths);
    await untilHeading(page, `All ${paths.length} files uploaded`);
    const seconds = (performance.now() - startedAt) / 1000;
    await expectAllReady(account, paths.length);
    return { seconds, calls };
  } finally {
    await person.leave();
  }
}

/** The same engine, page and browser, but one file after the other and one call for each step. */
export async function uploadOneByOne(
  product: Product,
  { browser }: TestBrowser,
  paths: readonly string[],
  latencyMs: number,
): Promise<SmallFilesFigures> {
  const account = await openAccount(product, `one-by-one-${latencyMs}`);
  const person = await arrive(browser, product.page, { token: account.token });
  const { page, context } = person;
  try {
    await page.getByText("Nothing uploaded yet.").waitFor();
    await context.route("**/modules/**", async (route) => {
      const path = new URL(route.request().url()).pathname.slice("/modules/".length);
      await route.fulfill({ contentType: "text/javascript", body: await readFile(join(MODULES, path), "utf8") });
    });
    const input = await page.evaluateHandle(() => {
      const element = Object.assign(document.createElement("input"), {
        id: "one-by-one",
        type: "file",
        multiple: true,
      });
      return document.body.appendChild(element);
    });
    await input.setInputFiles([...paths]);
    await addLatency(person, latencyMs);
    const calls = countCalls(page);
    const milliseconds = await page.evaluate(runOneByOne, account.token);
    await expectAllReady(account, paths.length);
    return { seconds: milliseconds / 1000, calls };
  } finally {
    await person.leave();
  }
}

/** Runs in the browser. Answers the milliseconds that it took. */
async function runOneByOne(token: string): Promise<number> {
  type Modules = typeof import("../src/upload/index.js") &
    typeof import("../src/upload/browser.js") &
    typeof import("../src/api/execute.js") &
    typeof import("../src/api/session.js") &
    typeof import("../src/api/upload-calls.js");
  const load = (path: string): Promise<Modules> => import(`/modules/src/${path}.js`) as Promise<Modules>;
  const { uploadFile } = await load("upload/index");
  const { createWorkerHash, fileSource, xhrPut } = await load("upload/browser");
  const { createExecute } = await load("api/execute");
  const { createSession } = await load("api/session");
  const { createUploadApi } = await load("api/upload-calls");
  const session = createSession(() => Promise.resolve(token), sessionStorage);
  const options = {
    api: createUploadApi(createExecute("/graphql", session)),
    put: xhrPut,
    hash: createWorkerHash(() => new Worker("/modules/src/upload/hash-worker.js", { type: "module" })),
  };
  const startedAt = performance.now();
  for (const file of document.querySelector<HTMLInputElement>("#one-by-one")?.files ?? [])
    await uploadFile(fileSource(file), options);
  return performance.now() - startedAt;
}

async function addLatency({ devtools }: Person, latencyMs: number): Promise<void> {
  const unlimited = { offline: false, downloadThroughput: -1, uploadThroughput: -1 };
  await devtools.send("Network.emulateNetworkConditions", { ...unlimited, latency: latencyMs });
}

/** Looks for a heading now and then: a locator looks at the text of the whole page again for every frame. */
async function untilHeading(page: Page, text: string): Promise<void> {
  await page.waitForFunction(
    (wanted) => [...document.querySelectorAll("h2")].some(({ textContent }) => textContent === wanted),
    text,
    { polling: 200, timeout: 10 * 60_000 },
  );
}

function countCalls(page: Page): Record<string, number> {
  const calls: Record<string, number> = {};
  page.on("request", (request) => {
    if (!request.url().endsWith("/graphql")) return;
    const name = /(?:query|mutation|subscription) (\w+)/.exec(request.postData() ?? "")?.[1] ?? "?";
    calls[name] = (calls[name] ?? 0) + 1;
  });
  return calls;
}

/** @throws Error unless the account has so many files and all of them are ready */
async function expectAllReady(account: Account, count: number): Promise<void> {
  let after: string | undefined;
  let ready = 0;
  do {
    const { nodes, pageInfo } = await account.files.files({ search: "", after });
    ready += nodes.filter(({ status }) => status === "READY").length;
    after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined;
  } while (after !== undefined);
  if (ready !== count) throw new Error(`${ready} of ${count} files are ready`);
}
