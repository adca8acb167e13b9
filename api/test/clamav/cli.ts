import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeScratchDir } from "../../embedded/scratch-dir.fixture.js";

/**
 * `npm run test:clamav [-- -t NAME]`: the suites beside this file, one after another, against a real clamd. They are no
 * part of `npm test`, which needs nothing installed. More words go to Jest.
 * The last line is "N passed, N failed"; the exit code is 0 only when nothing failed.
 */

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const DIST = fileURLToPath(new URL("../../", import.meta.url));
const JEST = join(ROOT, "node_modules/jest/bin/jest.js");

const CONFIG = {
  rootDir: DIST,
  testMatch: ["<rootDir>/test/clamav/*.clamav.js"],
  transform: {},
  testEnvironment: "node",
  testTimeout: 120_000,
  globalSetup: "<rootDir>/test/global-setup.js",
  globalTeardown: "<rootDir>/test/global-teardown.js",
};

interface Told {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

async function main(): Promise<void> {
  const dir = await makeScratchDir("clamav-results");
  const results = join(dir, "results.json");
  const node = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
  const options = ["--config", JSON.stringify(CONFIG), "--runInBand", "--json", "--outputFile", results];
  try {
    const child = spawn(process.execPath, [...node, JEST, ...options, ...process.argv.slice(2)], {
      ...{ cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] },
    });
    const [code] = (await once(child, "close")) as [number | null];
    const told = JSON.parse(await readFile(results, "utf8")) as Told;
    // Suites that did not even load have no tests; a run that broke off otherwise has failed too.
    const failed = told.numFailedTests + told.numRuntimeErrorTestSuites || (code === 0 ? 0 : 1);
    console.log(`${told.numPassedTests} passed, ${failed} failed`);
    process.exitCode = failed > 0 ? 1 : 0;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 2;
});
