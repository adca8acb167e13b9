/**
 * Builds what runs: `node build.mjs [--if-stale] [--api] [--web] [--upload] [--cli] [--tests]`; without a part, all.
 *
 * - api: TypeScript → api/dist (server, embedded servers, their tests), and of it api/dist/bundle, which is what runs
 * - web: Vite → web/dist (the page)
 * - upload: TypeScript → web/src/upload/dist (the package @signet/upload)
 * - cli: Vite → web/cli/dist (the command signet, one file)
 * - tests: TypeScript → web/dist-test (the page's parts that Node can test)
 *
 * With `--if-stale` a part is skipped when its sources are the ones that its last build saw. Says nothing unless
 * something fails. Outputs appear file by file when a part is whole: what runs from them meanwhile, or another build at
 * the same time, never meets half a file, and a deleted source leaves no output.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, readFile, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const ROOT = dirname(fileURLToPath(import.meta.url));
const STAMP = ".built-from";
const SHARED = ["build.mjs", "package.json", "package-lock.json", "tsconfig.base.json"];
const TSC = "node_modules/typescript/bin/tsc";
const VITE = "node_modules/vite/bin/vite.js";
const run = promisify(execFile);

/** @type {Record<string, { output: string; sources: string[]; commands: (output: string) => string[][] }>} */
const PARTS = {
  api: {
    output: "api/dist",
    sources: [
      "api/src",
      "api/embedded",
      "api/test",
      "api/bench",
      "api/tsconfig.json",
      "api/package.json",
      "api/bundle.mjs",
      ...SHARED,
    ],
    commands: (output) => [
      [TSC, "-p", "api", "--outDir", output],
      ["api/bundle.mjs", output],
    ],
  },
  web: {
    output: "web/dist",
    sources: [
      "web/src",
      "web/public",
      "web/index.html",
      "web/vite.config.ts",
      "web/tsconfig.json",
      "web/package.json",
      ...SHARED,
    ],
    commands: (output) => [
      [VITE, "build", "web", "--outDir", join(ROOT, output), "--emptyOutDir", "--logLevel", "warn"],
    ],
  },
  upload: {
    output: "web/src/upload/dist",
    sources: ["web/src/upload", ...SHARED],
    commands: (output) => [[TSC, "-p", "web/src/upload", "--outDir", output]],
  },
  cli: {
    output: "web/cli/dist",
    sources: [
      "web/cli/src",
      "web/src/api",
      "web/src/gql",
      "web/src/upload",
      "web/vite.config.ts",
      "web/package.json",
      ...SHARED,
    ],
    commands: (output) => [
      [VITE, "build", "web", "--mode", "cli", "--outDir", join(ROOT, output), "--logLevel", "warn"],
    ],
  },
  tests: {
    output: "web/dist-test",
    sources: [
      "web/src",
      "web/e2e",
      "web/cli/src",
      "web/cli/test",
      "web/snippets",
      "web/tsconfig.test.json",
      "web/package.json",
      ...SHARED,
    ],
    commands: (output) => [[TSC, "-p", "web/tsconfig.test.json", "--outDir", output]],
  },
};

/** Every file under the paths that exist, relative to the root, in order; not what a build made below them. */
async function filesUnder(paths) {
  const found = await Promise.all(
    paths.map(async (path) => {
      const stats = await lstat(join(ROOT, path)).catch(() => undefined);
      if (stats === undefined) return [];
      if (!stats.isDirectory()) return [path];
      const names = (await readdir(join(ROOT, path))).filter((name) => !/^dist$|\.next-\d+$/.test(name));
      return filesUnder(names.map((name) => join(path, name)));
    }),
  );
  return found.flat().sort();
}

/** Changes when a source is added, removed, renamed or written; reads no file's content. */
async function fingerprint(sources) {
  const hash = createHash("sha256");
  const files = await filesUnder(sources);
  const stats = await Promise.all(files.map((file) => lstat(join(ROOT, file))));
  files.forEach((file, index) => hash.update(`${file}\0${stats[index].size}\0${stats[index].mtimeMs}\n`));
  return hash.digest("hex");
}

/** Moves a finished build over the last one: new files first, the page that names them last, then the leftovers go. */
async function publish(from, to) {
  const strip = (dir, files) => files.map((file) => file.slice(dir.length + 1));
  const fresh = strip(from, await filesUnder([from]));
  const isPage = (file) => file.endsWith(".html");
  for (const file of [...fresh.filter((name) => !isPage(name)), ...fresh.filter(isPage)]) {
    await mkdir(dirname(join(ROOT, to, file)), { recursive: true });
    await rename(join(ROOT, from, file), join(ROOT, to, file));
  }
  const kept = new Set([...fresh, STAMP]);
  for (const file of strip(to, await filesUnder([to]))) {
    if (kept.has(file)) continue;
    await rm(join(ROOT, to, file), { force: true });
    for (let dir = dirname(file); dir !== "."; dir = dirname(dir)) {
      if (
        !(await rmdir(join(ROOT, to, dir)).then(
          () => true,
          () => false,
        ))
      )
        break; // not empty
    }
  }
}

async function build(name, { ifStale }) {
  const { output, sources, commands } = PARTS[name];
  const stamp = join(ROOT, output, STAMP);
  const sourcesNow = await fingerprint(sources);
  if (ifStale && (await readFile(stamp, "utf8").catch(() => "")) === sourcesNow) return;
  if (process.stderr.isTTY) process.stderr.write(`building ${name} …\n`);
  await removeAbandoned(output);
  // Beside the real place and not in the temp folder: source maps count the folders up to their sources.
  const next = `${output}.next-${process.pid}`;
  try {
    for (const words of commands(next)) await run(process.execPath, words, { cwd: ROOT, maxBuffer: 64 * 2 ** 20 });
    await mkdir(join(ROOT, output), { recursive: true });
    await publish(next, output);
    await writeFile(stamp, sourcesNow);
  } finally {
    await rm(join(ROOT, next), { recursive: true, force: true });
  }
}

/** What a build that was killed left. */
async function removeAbandoned(output) {
  const parent = join(ROOT, dirname(output));
  for (const name of await readdir(parent)) {
    const [, pid] = /\.next-(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

const { values: flags } = parseArgs({
  options: {
    "if-stale": { type: "boolean" },
    ...Object.fromEntries(Object.keys(PARTS).map((name) => [name, { type: "boolean" }])),
  },
});
if (!existsSync(join(ROOT, TSC))) {
  console.error("Nothing is installed yet: run npm ci first.");
  process.exit(1);
}
const named = Object.keys(PARTS).filter((name) => flags[name]);
const wanted = named.length > 0 ? named : Object.keys(PARTS);
const outcomes = await Promise.allSettled(wanted.map((name) => build(name, { ifStale: flags["if-stale"] ?? false })));
outcomes.forEach((outcome, index) => {
  if (outcome.status === "fulfilled") return;
  const { stdout = "", stderr = "", message } = outcome.reason;
  console.error(`The build of ${wanted[index]} failed:\n${`${stdout}${stderr}`.trim() || message}`);
  process.exitCode = 1;
});
