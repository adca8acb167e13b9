import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeScratchDir } from "../../embedded/scratch-dir.fixture.js";
import { givenStore, storeVariable } from "../servers.js";
import type { TestStore } from "../servers.js";
import { ON_EMBEDDED_STORE_ONLY, suitesForAnyStore } from "./suites.js";

const USAGE = `SIGNET_TEST_STORE='{"endpoint","region","accessKeyId","secretAccessKey","uploadSigner"?}' node api/dist/test/on-store/cli.js
         [--known PROFILE|FILE] [--only conformance|suites]

Runs what this repository has to say about a store against the given one: the conformance suite, then the contract of the
storage port and every integration suite that needs nothing but S3. Both make buckets of their own (conformance, t-*); the
latter are left behind: use a store, or an account, that is thrown away afterwards.
The last line is "N passed, N failed" over all of it; the exit code is 0 only when nothing failed.`;

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const DIST = fileURLToPath(new URL("../../", import.meta.url));
const CONFORMANCE = fileURLToPath(new URL("../../embedded/s3/conformance/cli.js", import.meta.url));
const JEST = join(ROOT, "node_modules/jest/bin/jest.js");

/** Runs a command that speaks to the terminal itself; answers its exit code and what it wrote to stdout. */
async function run(words: readonly string[], env: Record<string, string>): Promise<{ code: number; out: string }> {
  const child = spawn(process.execPath, words, {
    ...{ cwd: ROOT, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] },
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    process.stdout.write(text);
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 1, out };
}

/** A step that fails without a failed count (it crashed, or never began) counts as one failure. */
const counted = (code: number, count: Count): Count => ({
  ...count,
  failed: count.failed === 0 && code !== 0 ? 1 : count.failed,
});

async function conformance(store: TestStore, known: string | undefined): Promise<Count> {
  const { endpoint, region, accessKeyId, secretAccessKey } = store;
  const where = ["--endpoint", endpoint, "--region", region];
  const who = ["--access-key", accessKeyId, "--secret-key", secretAccessKey];
  const { code, out } = await run(
    [CONFORMANCE, ...where, ...who, ...(known === undefined ? [] : ["--known", known])],
    {},
  );
  const [, passed = "0", failed = "0"] = [...out.matchAll(/^(\d+) passed, (\d+) failed/gm)].at(-1) ?? [];
  return counted(code, { passed: Number(passed), failed: Number(failed) });
}

async function suites(store: TestStore): Promise<Count> {
  const dir = await makeScratchDir("on-store");
  const results = join(dir, "results.json");
  const paths = `/dist/(${(await suitesForAnyStore(DIST)).join("|")})\\.test\\.js$`;
  // A store that answers in milliseconds where the embedded one needs none: a test may take as much longer.
  const options = [
    "--selectProjects",
    "api",
    "--testTimeout",
    "120000",
    "--maxWorkers",
    String(availableParallelism()),
  ];
  const words = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning", JEST, ...options];
  try {
    const { code } = await run([...words, "--testPathPatterns", paths, "--json", "--outputFile", results], {
      ...storeVariable(store),
    });
    const told = JSON.parse(await readFile(results, "utf8")) as Record<string, number>;
    // Suites that did not even load have no tests.
    const failed = told["numFailedTests"]! + told["numRuntimeErrorTestSuites"]!;
    return counted(code, { passed: told["numPassedTests"]!, failed });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { known: { type: "string" }, only: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  const store = givenStore();
  if (values.help === true || store === null) {
    console.log(USAGE);
    process.exitCode = values.help === true ? 0 : 2;
    return;
  }
  const steps: [name: string, step: () => Promise<Count>][] = [
    ["conformance", () => conformance(store, values.known)],
    ["suites", () => suites(store)],
  ];
  const sum = { passed: 0, failed: 0 };
  const told: string[] = [];
  for (const [name, step] of steps.filter(([name]) => values.only === undefined || values.only === name)) {
    const begun = performance.now();
    console.log(`== ${name}`);
    const { passed, failed } = await step();
    sum.passed += passed;
    sum.failed += failed;
    told.push(`${name}: ${passed} passed, ${failed} failed, ${Math.round((performance.now() - begun) / 1000)} s`);
  }
  console.log(`\n${told.join("\n")}`);
  console.log(`not run here, each with its reason in suites.ts: ${Object.keys(ON_EMBEDDED_STORE_ONLY).length} suites`);
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
  process.exitCode = sum.failed > 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 2;
});
