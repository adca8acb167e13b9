import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { sha256Of } from "./content.js";
import { confirmUpload, expectMember, openUpload } from "./operations.js";
import type { UploadOptions } from "./operations.js";
import { download } from "./store-client.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** The ticket's `curl`, pasted into a real sh as it stands in the raw JSON. */

const run = promisify(execFile);
const USER = "ann";

let app: TestApp;
let folder: string;
beforeAll(async () => {
  app = await startTestApp();
  folder = await mkdtemp(join(tmpdir(), "signet-curl-"));
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The line as it stands between the quotes of the raw answer: pasted, not parsed. */
async function pastedLine(content: string, options: UploadOptions): Promise<{ id: string; line: string }> {
  const { file } = await openUpload(app, USER, content, options);
  const response = await fetch(`${app.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${await app.tokenOf(USER)}` },
    body: JSON.stringify({ query: `{ file(id: "${file.id}") { upload { curl } } }` }),
  });
  const [, line] = /"curl":"([^"]*)"/.exec(await response.text())!;
  return { id: file.id, line: line! };
}

test.each<[filename: string, named: string, options: UploadOptions]>([
  ["plain-name_1.txt", "plain-name_1.txt", {}],
  ["with-digest.txt", "with-digest.txt", { declareSha256: true }],
  [".hidden", ".hidden", {}],
  ["with space.txt", "FILE", {}],
  ["$(touch pwned)", "FILE", {}],
  ["`touch pwned`", "FILE", {}],
  ["'; touch pwned; '", "FILE", {}],
  ['"; touch pwned; "', "FILE", {}],
  ["a&touch pwned", "FILE", {}],
  ["a|touch pwned", "FILE", {}],
  ["a>pwned", "FILE", {}],
  ["-o pwned", "FILE", {}],
  ["-", "FILE", {}],
  ["*", "FILE", {}],
  ["~root", "FILE", {}],
  ["$HOME", "FILE", {}],
  ["[1-3]{a,b}", "FILE", {}],
  ["größe 日本 😀.txt", "FILE", {}],
])("%s", async (filename, named, options) => {
  const content = `content of ${filename}`;
  const { id, line } = await pastedLine(content, { ...options, filename, contentType: "text/plain" });
  expect(line).not.toMatch(/["\\\n]/);
  expect(line).not.toContain("Bearer");
  expect(line).toContain(` --upload-file ${named} `);
  await writeFile(join(folder, named), content);
  // Asynchronously: the store answers from this very process.
  const { stdout, stderr } = await run("sh", ["-c", line], { cwd: folder, timeout: 20_000 });
  expect([stdout, stderr]).toEqual(["", ""]);
  await rm(join(folder, named));
  expect(await readdir(folder)).toEqual([]);

  const { file } = expectMember("ConfirmedUpload", await confirmUpload(app, USER, id));
  expect(file).toMatchObject({ filename, status: "READY" });
  expect((await download(file.url!)).sha256).toBe(sha256Of(content));
});

test("a file of another length: curl says that it was refused", async () => {
  const { line } = await pastedLine("hello", { filename: "short.txt" });
  await writeFile(join(folder, "short.txt"), "hell");
  await expect(run("sh", ["-c", line], { cwd: folder, timeout: 20_000 })).rejects.toMatchObject({
    code: 22,
    stderr: expect.stringContaining("403"),
  });
});

test("there is none when one PUT does not carry the file", async () => {
  expect((await openUpload(app, USER, "")).curl).toBeNull();
  expect((await openUpload(app, USER, Buffer.alloc(17 * 1024 ** 2))).curl).toBeNull();
});
