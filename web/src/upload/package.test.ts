import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

let folder: string;
/** Somebody else's project, with the package and nothing else. */
let consumer: string;
let packed: string[];

async function run(command: string, words: string[], cwd: string): Promise<string> {
  const outcome = await promisify(execFile)(command, words, { cwd, env: { ...process.env, NODE_OPTIONS: "" } }).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`${command} ${words.join(" ")} failed:\n${error.stdout}${error.stderr}`);
    },
  );
  return outcome.stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-package-"));
  consumer = join(folder, "consumer");
  await mkdir(consumer);
  const answer = await run("npm", ["pack", "-w", "@signet/upload", "--pack-destination", folder, "--json"], ROOT);
  // A newer npm answers by name, an older one with a list.
  const packages = Object.values(JSON.parse(answer) as Record<string, { filename: string; files: { path: string }[] }>);
  packed = packages[0]!.files.map(({ path }) => path);
  await writeFile(join(consumer, "package.json"), '{ "name": "consumer", "private": true, "type": "module" }\n');
  const flags = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...flags, join(folder, packages[0]!.filename)], consumer);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the tarball holds what was built, its README and its licence, and no test", () => {
  expect(packed).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json", "dist/index.js"]));
  expect(
    packed.filter((path) => /\.(?:test|fixture)\.|^(?!dist\/|LICENSE$|README\.md$|package\.json$)/.test(path)),
  ).toEqual([]);
  // Each module with its declarations and its map.
  const modules = packed.filter((path) => path.endsWith(".js"));
  expect(modules.length).toBeGreaterThan(20);
  for (const path of modules) {
    expect(packed).toContain(`${path}.map`);
    expect(packed).toContain(path.replace(/js$/, "d.ts"));
  }
});

test("it brings no other package along", async () => {
  const modules = await readdir(join(consumer, "node_modules"));
  expect(modules.filter((name) => !name.startsWith("."))).toEqual(["@signet"]);
});

test("its maps bring their sources", async () => {
  const map = await readFile(join(consumer, "node_modules/@signet/upload/dist/upload-file.js.map"), "utf8");
  const { sourcesContent } = JSON.parse(map) as { sourcesContent?: string[] };
  expect(sourcesContent?.[0]).toContain("export async function uploadFile");
});

test("every entry can be imported by Node, and an upload works", async () => {
  await writeFile(
    join(consumer, "all.js"),
    `import { UploadError, uploadFile } from "@signet/upload";
     import * as browser from "@signet/upload/browser";
     import { bytesSource, createNodePut, nodeHash } from "@signet/upload/node";
     import manifest from "@signet/upload/package.json" with { type: "json" };
     await import("@signet/upload/hash-worker");
     const refusal = { code: "MOON_PHASE", message: "The moon is full.", retryable: false };
     const api = { create: async () => ({ ok: false, problem: refusal }) };
     const error = await uploadFile(bytesSource(Buffer.from("x"), "x"), { api, put: createNodePut(), hash: nodeHash }).catch((e) => e);
     process.stdout.write(JSON.stringify([error instanceof UploadError, error.code, error.problem.code, typeof browser.xhrPut, manifest.license]));`,
  );
  const said = await run(process.execPath, ["--disable-warning=ExperimentalWarning", "all.js"], consumer);
  expect(JSON.parse(said)).toEqual([true, "REFUSED", "MOON_PHASE", "function", "MIT"]);
});

test("what is not exported cannot be reached", async () => {
  await writeFile(join(consumer, "inside.js"), 'await import("@signet/upload/dist/plan.js");\n');
  await expect(run(process.execPath, ["inside.js"], consumer)).rejects.toThrow("ERR_PACKAGE_PATH_NOT_EXPORTED");
});

describe.each([
  ["nodenext", "nodenext"],
  ["bundler", "esnext"],
])("TypeScript with moduleResolution %s", (moduleResolution, module) => {
  const check = async (name: string, code: string, options: object): Promise<string> => {
    await writeFile(join(consumer, `${name}.ts`), code);
    const compilerOptions = {
      module,
      moduleResolution,
      target: "es2023",
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      ...options,
    };
    await writeFile(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
    return run(process.execPath, [TSC, "-p", "."], consumer);
  };

  const QUEUE = `
    import { UploadQueue, type UploadApi } from "@signet/upload";
    import { fileSource, xhrPut } from "@signet/upload/browser";
    interface Row { readonly id: string }
    export function start(api: UploadApi<Row>, files: File[]): UploadQueue<Blob, Row> {
      const queue = new UploadQueue<Blob, Row>({ api, put: xhrPut, onDone: (row) => document.append(row.id) });
      queue.add(files.map((file) => fileSource(file)));
      return queue;
    }`;

  test("knows the types of the engine and of browsers, without those of Node", async () => {
    await check("page", QUEUE, { lib: ["es2023", "dom", "dom.iterable"], types: [] });
  });

  test("knows the types for Node", async () => {
    const code = `
      import { uploadFile, type UploadApi } from "@signet/upload";
      import { createNodePut, nodeHash, openFileSource } from "@signet/upload/node";
      export async function put(api: UploadApi<string>, path: string): Promise<string> {
        const source = await openFileSource(path, "text/plain");
        return uploadFile(source, { api, put: createNodePut(), hash: nodeHash }).finally(() => source.close());
      }`;
    // Node's own declarations come from here: a project that runs in Node has them. Checking them is not our task.
    const types = { types: ["node"], typeRoots: [join(ROOT, "node_modules/@types")], skipLibCheck: true };
    await check("script", code, { lib: ["es2023", "dom"], ...types });
  });

  test("finds a wrong call", async () => {
    const wrong = QUEUE.replace("fileSource(file)", "file");
    await expect(check("wrong", wrong, { lib: ["es2023", "dom"], types: [] })).rejects.toThrow(
      /wrong\.ts\(\d+,\d+\): error/,
    );
  });
});
