/** A page that is not served over https, as on many a home server: browsers take half of their APIs away there. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAccount } from "./account.js";
import type { Account } from "./account.js";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import {
  arrive,
  axeFindings,
  chooseFiles,
  dropFiles,
  keepPicture,
  limitUploads,
  sha256Of,
  sidewaysScroll,
} from "./person.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";
import { expectSoon } from "./soon.js";

const TWENTY_MB = 20_000_000;
/** Nobody's name; the browser is told that it is this machine. */
const HOST = "files.test";

let product: Product;
let chromium: TestBrowser;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-plain-"));
  const port = await freePort();
  url = `http://${HOST}:${port}/`;
  const env = { PORT: String(port), PUBLIC_URL: url.slice(0, -1) };
  [product, chromium] = await Promise.all([
    startProduct({ env }),
    launchBrowser({ args: [`--host-resolver-rules=MAP ${HOST} 127.0.0.1`] }),
  ]);
  // Development tokens are given to this machine only, and to nobody who comes by another name.
  product = { ...product, page: `http://127.0.0.1:${port}/`, graphql: `http://127.0.0.1:${port}/graphql` };
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test("20 MB and a folder arrive, every part with its checksum; pausing, links and details work too", async () => {
  const account = await openAccount(product, "homelab");
  const person = await arrive(chromium.browser, url, { token: account.token });
  const { page } = person;
  try {
    expect(
      await page.evaluate(() => [
        isSecureContext,
        "subtle" in crypto,
        "randomUUID" in crypto,
        "locks" in navigator,
        "clipboard" in navigator,
        "wakeLock" in navigator,
        "serviceWorker" in navigator,
      ]),
    ).toEqual([false, false, false, false, false, false, false]);
    await page
      .getByText("This page is not served over https: hashing is slower and resume needs re-picking.")
      .waitFor();

    const workers: string[] = [];
    page.on("worker", (worker) => workers.push(worker.url()));
    const large = join(folder, "twenty.bin");
    await writeFile(large, randomBytes(TWENTY_MB));
    await limitUploads(person, 4_000_000);
    await dropFiles(person, [large]);
    await page.getByText(/^[1-9]\d?%$/).waitFor();
    await page.getByRole("button", { name: "Pause twenty.bin" }).click();
    await page.getByText(/^Paused at \d+%$/).waitFor();
    await limitUploads(person, 0);
    await page.getByRole("button", { name: "Resume twenty.bin" }).click();
    const row = page.locator(".file-row").filter({ hasText: "twenty.bin" });
    await row.getByText("Ready").waitFor();
    expect(await integrityOf(account, "twenty.bin")).toMatch(/^(PARTS_)?SHA256$/);
    const [started] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download twenty.bin" }).click(),
    ]);
    expect(await sha256Of(await started.path())).toBe(await sha256Of(large));

    // Nothing but that one worker may run WebAssembly.
    const [hashing] = workers.map((one) => one.replace(HOST, "127.0.0.1"));
    expect((await fetch(hashing ?? "")).headers.get("content-security-policy")).toContain("'wasm-unsafe-eval'");
    expect((await fetch(product.page)).headers.get("content-security-policy")).not.toContain("wasm");

    // A folder comes the older way here: without handles.
    await mkdir(join(folder, "Trip/Day 1"), { recursive: true });
    await writeFile(join(folder, "Trip/Day 1/small.txt"), "small");
    await dropFiles(person, [join(folder, "Trip")]);
    await page.locator(".file-row").filter({ hasText: "small.txt" }).getByText("Ready").waitFor();
    expect(await integrityOf(account, "small.txt")).toBe("SHA256");

    await page.getByRole("button", { name: "Copy the link to twenty.bin" }).click();
    await page.getByText("Link copied").waitFor();
    const fake = join(folder, "photo.png");
    await writeFile(fake, "<!doctype html><html>no photo</html>");
    await chooseFiles(person, [fake]);
    const refused = page.locator(".upload-row").filter({ hasText: "photo.png" });
    await refused.getByText("Details").click();
    await refused.getByRole("button", { name: "Copy" }).click();
    await refused.getByRole("button", { name: "Copied" }).waitFor();
    await expectSoon(() => person.complaints.filter((text) => !isAboutTheOrigin(text)).join("\n"), "");
  } finally {
    await person.leave();
  }
}, 90_000);

test.each([
  ["desk-light", {}],
  ["desk-dark", { theme: "dark" as const }],
  ["phone-light", { width: 390, height: 844, touch: true }],
  ["phone-dark", { theme: "dark" as const, width: 390, height: 844, touch: true }],
])(
  "the notice, %s: axe finds nothing, nothing sticks out",
  async (name, options) => {
    const account = await openAccount(product, "reader");
    const person = await arrive(chromium.browser, url, { ...options, token: account.token });
    try {
      await person.page.getByText("Nothing uploaded yet.").waitFor();
      await person.page.getByText(/^This page is not served over https/).waitFor();
      await keepPicture(person, `${name}-plain-http`);
      expect(await axeFindings(person)).toEqual([]);
      expect(await sidewaysScroll(person)).toBe(0);
    } finally {
      await person.leave();
    }
  },
  60_000,
);

/** The browser says of some headers that they mean nothing on such an origin. */
function isAboutTheOrigin(complaint: string): boolean {
  return /Cross-Origin-Opener-Policy|Origin-Agent-Cluster|untrustworthy/.test(complaint);
}

async function integrityOf({ token }: Account, filename: string): Promise<string | undefined> {
  const response = await fetch(product.graphql, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: "{ files { nodes { filename integrity } } }" }),
  });
  const { data } = (await response.json()) as {
    data: { files: { nodes: { filename: string; integrity: string }[] } };
  };
  return data.files.nodes.find((node) => node.filename === filename)?.integrity;
}

/** Free a moment ago; the page's origin has to be known before the server binds. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
