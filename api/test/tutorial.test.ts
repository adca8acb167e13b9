import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { makeScratchDir } from "../embedded/scratch-dir.fixture.js";
import { sha256Of } from "./content.js";
import { MAIN, processesOf, REPOSITORY_ROOT, startCommand } from "./command-process.js";
import type { CommandProcess } from "./command-process.js";
import { postgresProcesses } from "./product-process.js";
import { until } from "./records.js";
import { download } from "./store-client.js";

/** A day with the product as the README tells it: start, three calls with curl, Ctrl-C, start again. */

const run = promisify(execFile);

let folder: string;
let dataDir: string;
let product: CommandProcess | undefined;
beforeAll(async () => {
  folder = await makeScratchDir("tutorial");
  dataDir = join(folder, "data");
});
afterAll(async () => {
  await product?.stop("SIGTERM");
  await rm(folder, { recursive: true, force: true });
});

const environment = () => ({ DATA_DIR: dataDir, PORT: "0", EMBEDDED_S3_PORT: "0", EMBEDDED_POSTGRES_PORT: "0" });

interface Urls {
  readonly url: string;
  readonly page: string;
  readonly graphql: string;
  readonly sandbox: string;
  readonly explorer: string;
  readonly devToken: string;
}
let urls: Urls;
let token: string;
/** What the second start finds of the first. */
let hello: { id: string };

/** npm may end a moment before the node that it started: all that counts is that both do, and soon. */
async function expectNoProcess(group: number): Promise<void> {
  await until(async () => (await processesOf(dataDir, group)).length === 0);
  expect(await postgresProcesses(dataDir)).toEqual([]);
}

const isReadyLine = (line: string): boolean => line.startsWith("{");

test("npm start -- --json prints one ready line with all URLs, and each of them answers", async () => {
  product = await startCommand(["npm", "start", "--", "--json"], environment(), isReadyLine);
  const lines = product.stdout.filter((line) => line !== "" && !line.startsWith("> "));
  expect(lines).toHaveLength(1);
  urls = JSON.parse(lines[0]!) as Urls;
  const { url } = urls;
  expect(url).toMatch(/^http:\/\/localhost:\d+$/);
  expect(urls).toEqual({
    ready: true,
    url,
    page: `${url}/`,
    graphql: `${url}/graphql`,
    sandbox: `${url}/graphql`,
    explorer: `${url}/explorer`,
    devToken: `${url}/dev/token`,
  });
  for (const page of [urls.page, urls.sandbox, urls.explorer]) {
    const response = await fetch(page, { headers: { accept: "text/html" } });
    expect([page, response.status]).toEqual([page, 200]);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
  }
  for (const path of ["/healthz", "/readyz"]) expect((await fetch(url + path)).status).toBe(200);
  ({ token } = (await (await fetch(urls.devToken)).json()) as { token: string });
}, 120_000);

test.each(["bash", "sh"])(
  "the README's three calls work as they stand, in %s",
  async (shell) => {
    const readme = await readFile(join(REPOSITORY_ROOT, "README.md"), "utf8");
    const [, block] = /^## Three calls\n[^#]*?```sh\n(.*?)^```$/ms.exec(readme)!;
    const script = block!.replace(/^API=.*$/m, `API=${urls.url}`);
    expect(script).toContain(`API=${urls.url}\n`);
    const { stdout, stderr } = await run(shell, ["-euc", script], { cwd: folder, timeout: 60_000 });
    expect(stderr).toBe("");
    const answer = JSON.parse(stdout) as {
      data: { confirmUpload: { file: { id: string; status: string; contentType: string; url: string } } };
    };
    const { file } = answer.data.confirmUpload;
    expect(file).toMatchObject({ status: "READY", contentType: "text/plain" });
    const sent = await readFile(join(folder, "hello.txt"));
    expect(sent.toString()).toBe("Hello, Signet\n");
    expect(await download(file.url)).toMatchObject({ status: 200, sha256: sha256Of(sent) });
    hello = file;
  },
  90_000,
);

test("Ctrl-C ends everything and leaves no process", async () => {
  const { pid } = product!;
  const running = await processesOf(dataDir, pid);
  for (const part of ["npm start", "main.js"])
    expect([part, running.some((line) => line.includes(part))]).toEqual([part, true]);
  expect(await postgresProcesses(dataDir)).not.toEqual([]);
  await product!.stop("SIGINT");
  await expectNoProcess(pid);
  await expect(fetch(urls.url)).rejects.toThrow("fetch failed");
}, 60_000);

test("the next start says where to go, and finds the token and the file", async () => {
  const isLastLine = (line: string): boolean => line.includes("Ctrl-C stops everything");
  product = await startCommand([process.execPath, MAIN], environment(), isLastLine);
  const welcome = product.stdout.join("\n");
  const [url] = /http:\/\/localhost:\d+/.exec(welcome)!;
  expect(welcome).toContain(`${url}/graphql`);
  expect(welcome).toContain(`${url}/explorer`);
  const response = await fetch(`${url}/files/${hello.id}`, { headers: { authorization: `Bearer ${token}` } });
  expect([response.status, await response.text()]).toEqual([200, "Hello, Signet\n"]);
}, 120_000);

test("what the start prints to be pasted works as it stands", async () => {
  const welcome = product!.stdout.join("\n");
  const [pasted] = /^ +curl .*\\\n.*$/m.exec(welcome)!;
  const { stdout } = await run("sh", ["-euc", pasted], { timeout: 30_000 });
  expect(JSON.parse(stdout)).toEqual({
    data: { viewer: { usage: { usedBytes: 2 * 14, quotaBytes: 50 * 1024 ** 3 } } },
  });
});

test("SIGTERM ends it as well: code 0, a farewell, no process", async () => {
  expect(await product!.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(product!.stdout.at(-1)).toBe("Stopping. Your files stay.");
  expect(product!.stderr.join("\n")).not.toMatch(/error|at .+:\d+:\d+/i);
  await expectNoProcess(product!.pid);
}, 60_000);
