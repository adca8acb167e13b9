import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";

const WEB = fileURLToPath(new URL("../../", import.meta.url));
const VITE = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin/vite.js");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-budget-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The queue and all that it needs; with batching of small files; and with every adapter for browsers. */
type EngineMode = "engine" | "engine-batching" | "engine-browser";

/** Builds in a process of its own: the bundler's native half does not work inside a test's sandbox. */
async function build(mode: "production" | EngineMode): Promise<string> {
  const outDir = join(folder, mode);
  const words = ["build", WEB, "--mode", mode, "--outDir", outDir, "--emptyOutDir", "--logLevel", "error"];
  await promisify(execFile)(process.execPath, [VITE, ...words], {
    env: { ...process.env, NODE_OPTIONS: "", NODE_ENV: "production" },
  });
  return outDir;
}

const gzipBytes = (content: string): number => gzipSync(content, { level: 9 }).byteLength;

describe("the page as it is served", () => {
  const files = new Map<string, string>();
  let html: string;

  beforeAll(async () => {
    const dist = await build("production");
    html = await readFile(join(dist, "index.html"), "utf8");
    for (const name of await readdir(join(dist, "assets")))
      files.set(name, await readFile(join(dist, "assets", name), "utf8"));
  }, 60_000);

  const total = (extension: string, counts: (name: string) => boolean = () => true): number =>
    [...files]
      .filter(([name]) => name.endsWith(extension) && counts(name))
      .reduce((sum, [, content]) => sum + gzipBytes(content), 0);
  /** Loaded only where the server names an OpenID provider. */
  const isSignIn = (name: string): boolean => name.startsWith("oidc-");

  test("JavaScript of every visit: 70 kB gzip at most", () => {
    expect(total(".js", (name) => !isSignIn(name))).toBeGreaterThan(10_000);
    expect(total(".js", (name) => !isSignIn(name))).toBeLessThanOrEqual(70_000);
  });

  test("all JavaScript, with the client of OpenID Connect, which is a file of its own: 85 kB gzip at most", () => {
    expect([...files.keys()].filter(isSignIn)).toHaveLength(1);
    expect(html).not.toContain("oidc-");
    expect(total(".js")).toBeLessThanOrEqual(85_000);
  });

  test("all CSS together: 6 kB gzip at most", () => {
    expect(total(".css")).toBeGreaterThan(1_000);
    expect(total(".css")).toBeLessThanOrEqual(6_000);
  });

  test("nothing is written into the page itself, so that its policy can forbid it", () => {
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|data:/);
  });
});

describe.each<{ mode: EngineMode; holds: string; most: number }>([
  { mode: "engine", holds: "UploadQueue", most: 6_000 },
  { mode: "engine-batching", holds: "batchCalls", most: 6_475 },
  { mode: "engine-browser", holds: "xhrPut", most: 8_200 },
])("the engine alone, as another front end would load it: --mode $mode", ({ mode, holds, most }) => {
  let code: string;
  let sources: string[];

  beforeAll(async () => {
    const dist = await build(mode);
    // The map is a file of its own and not named in the code.
    code = await readFile(join(dist, "engine.js"), "utf8");
    const map = JSON.parse(await readFile(join(dist, "engine.js.map"), "utf8")) as { sources: string[] };
    sources = map.sources.map((source) => join(dist, source)).filter((source) => !source.endsWith("/engine-entry"));
  }, 60_000);

  test("is small", () => {
    expect(code).toMatch(new RegExp(`as ${holds}\\b`));
    expect(gzipBytes(code)).toBeLessThanOrEqual(most);
  });

  test("nothing but its own files: no React, no GraphQL, nothing of Node", () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter((source) => !source.startsWith(join(WEB, "src/upload/")))).toEqual([]);
    expect(code).not.toMatch(/\bfrom\s*["'`]|\bimport\(|node:/);
  });
});
