import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "puppeteer-core";
import type { Browser } from "puppeteer-core";

/** A real Firefox, spoken to over WebDriver BiDi; `close` also removes its profile. */
export interface FirefoxBrowser {
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Where Firefox installs itself. */
const INSTALLED = [
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
  "/snap/bin/firefox",
  "/Applications/Firefox.app/Contents/MacOS/firefox",
  "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
];

/** The Firefox that `FIREFOX_PATH` names, else one that is installed; undefined when there is none. */
export function findFirefox(): string | undefined {
  return process.env["FIREFOX_PATH"] || INSTALLED.find((candidate) => existsSync(candidate));
}

/** Starts Firefox without a window and with a home of its own: it writes there, and refuses to where it is not at home. */
export async function launchFirefox(path: string): Promise<FirefoxBrowser> {
  const home = await mkdtemp(join(tmpdir(), "signet-firefox-home-"));
  const remove = (): Promise<void> => rm(home, { recursive: true, force: true, maxRetries: 5 });
  try {
    const browser = await launch({
      browser: "firefox",
      executablePath: path,
      headless: true,
      timeout: 60_000,
      env: { ...process.env, HOME: home, TMPDIR: home },
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
