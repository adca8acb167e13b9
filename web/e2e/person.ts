import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";

/** How a person comes to the page. */
export interface PersonOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "light" | "dark";
  /** Who it is; default: whomever the development server takes them for. */
  readonly token?: string;
  readonly touch?: boolean;
  readonly forcedColors?: "active";
}

/** Somebody with a browser of their own: nothing is shared with others. */
export interface Person {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser complained about: errors in the console, exceptions, refusals by the Content Security Policy. */
  readonly complaints: string[];
  readonly devtools: CDPSession;
  leave(): Promise<void>;
}

/** Opens `url` as a person would, with a clean profile. */
export async function arrive(browser: Browser, url: string, options: PersonOptions = {}): Promise<Person> {
  const { width = 1280, height = 860, theme = "light", token, touch = false } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    hasTouch: touch,
    isMobile: touch,
    reducedMotion: "reduce",
    ...(options.forcedColors ? { forcedColors: options.forcedColors } : {}),
    acceptDownloads: true,
  });
  // Scripts of the test do not come through the page's policy, so that the policy stays as strict as it is.
  await context.addInitScript({ content: axe.source });
  if (token) await context.addInitScript((value) => sessionStorage.setItem("signet-token", value), token);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    // Without the query: a signed address is a secret.
    const from = message.location().url.split("?", 1)[0];
    if (message.type() === "error" || message.type() === "warning") complaints.push(`${message.text()} (${from})`);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  const devtools = await context.newCDPSession(page);
  await page.goto(url);
  return { page, context, complaints, devtools, leave: () => context.close() };
}

/** Holds files from the disk over the page, as the system does it: the page gets true Files. */
export async function holdFiles({ page, devtools }: Person, paths: readonly string[]): Promise<void> {
  await page.getByRole("button", { name: "Choose files" }).waitFor();
  for (;;) {
    await devtools.send("Input.dispatchDragEvent", { type: "dragEnter", ...held(paths) });
    await devtools.send("Input.dispatchDragEvent", { type: "dragOver", ...held(paths) });
    const seen = page.getByText(/^Drop \d+ files? to upload$/).waitFor({ timeout: 1_000 });
    if (
      await seen.then(
        () => true,
        () => false,
      )
    )
      return;
    // The page has been painted but did not listen yet.
    await devtools.send("Input.dispatchDragEvent", { type: "dragCancel", ...held(paths) });
  }
}

/** Drops files from the disk onto the page. */
export async function dropFiles(person: Person, paths: readonly string[]): Promise<void> {
  await holdFiles(person, paths);
  await person.devtools.send("Input.dispatchDragEvent", { type: "drop", ...held(paths) });
}

function held(paths: readonly string[]): {
  x: number;
  y: number;
  data: { items: []; files: string[]; dragOperationsMask: number };
} {
  return { x: 200, y: 300, data: { items: [], files: [...paths], dragOperationsMask: 1 } };
}

/** Chooses files with the page's own button. */
export async function chooseFiles({ page }: Person, paths: readonly string[]): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "Choose files" }).click(),
  ]);
  await chooser.setFiles([...paths]);
}

/** Slows uploads down to so many bytes a second; 0 lifts it. */
export async function limitUploads({ devtools }: Person, bytesPerSecond: number): Promise<void> {
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond || -1,
  });
}

/** One finding of axe-core, as text. */
export async function axeFindings({ page }: Person): Promise<string[]> {
  return page.evaluate(async () => {
    type Axe = { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> };
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ""}`),
    );
  });
}

/** Pixels by which the page is wider than its window: nobody should have to scroll sideways. */
export async function sidewaysScroll({ page }: Person): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/**
 * What is in somebody's way, in either theme of the system: that may change at any moment, also in the middle of an upload.
 * Keeps a picture of each. With the reader's own colours there is one: axe does not know what the page's become in the dark.
 */
export async function findBarriers(
  person: Person,
  name: string,
  { forcedColors }: PersonOptions = {},
): Promise<string[]> {
  const found: string[] = [];
  for (const theme of forcedColors ? (["light"] as const) : (["light", "dark"] as const)) {
    await person.page.emulateMedia({ colorScheme: theme });
    await keepPicture(person, `${name}-${theme}`);
    found.push(...(await axeFindings(person)).map((finding) => `${theme}: ${finding}`));
    const sideways = await sidewaysScroll(person);
    if (sideways !== 0) found.push(`${theme}: ${sideways} px wider than the window`);
  }
  return found;
}

const ARTEFACTS = fileURLToPath(new URL("../../e2e/artefacts/", import.meta.url));

/** Keeps a picture of what is on the screen, for people to look at. */
export async function keepPicture({ page }: Person, name: string): Promise<void> {
  await mkdir(ARTEFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTEFACTS, `${name}.png`), animations: "disabled" });
}

/** SHA-256 of a file on disk, in hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
