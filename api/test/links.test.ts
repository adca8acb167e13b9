import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { PNG, sha256Of } from "./content.js";
import { ask, deleteFile, openUpload, readFile, restoreFile, upload } from "./operations.js";
import type { ApiFile } from "./operations.js";
import { download } from "./store-client.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** File.url and the permalink: what a browser is given, and what it does with it. */

const USER = "ann";
const TTL_SECONDS = 3600;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const BOTH = "query ($id: ID!) { file(id: $id) { inline: url attachment: url(disposition: ATTACHMENT) urlExpiresAt } }";
const bothUrls = (id: string) =>
  ask<{ inline: string; attachment: string; urlExpiresAt: string }>(app, USER, BOTH, { id });

describe("the download URL", () => {
  test("is one string inside a signing window, and has at least half of its life left", async () => {
    const { id } = await upload(app, USER, "hello");
    const first = await bothUrls(id);
    expect(await bothUrls(id)).toEqual(first);
    expect((await readFile(app, USER, id))!.url).toBe(first.inline);
    const leftMs = Date.parse(first.urlExpiresAt) - Date.now();
    expect(leftMs).toBeGreaterThan((TTL_SECONDS / 2 - 2) * 1000);
    expect(leftMs).toBeLessThanOrEqual(TTL_SECONDS * 1000);
    const query = new URL(first.inline).searchParams;
    expect(query.get("X-Amz-Expires")).toBe(String(TTL_SECONDS));
    expect(query.get("X-Amz-SignedHeaders")).toBe("host");
  });

  test("is given anew in the next window, and the old one goes on for its time", async () => {
    const brief = await startTestApp({ beside: app, env: { DOWNLOAD_URL_TTL_SECONDS: "4" } });
    try {
      const file = await upload(brief, USER, "hello");
      expect((await download(file.url!)).status).toBe(200);
      let next = file.url;
      const changedBy = Date.now() + 3000;
      while (next === file.url && Date.now() < changedBy) next = (await readFile(brief, USER, file.id))!.url;
      expect(next).not.toBe(file.url);
      expect(await download(file.url!)).toMatchObject({ status: 200, sha256: sha256Of("hello") });
      expect(await download(next!)).toMatchObject({ status: 200, sha256: sha256Of("hello") });
      let status = 200;
      const deadBy = Date.now() + 6000;
      while (status === 200 && Date.now() < deadBy) status = (await download(file.url!)).status;
      expect(status).toBe(403);
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(file.urlExpiresAt!) - 1000);
    } finally {
      await brief.stop();
    }
  });

  test.each<[what: string, bytes: Uint8Array | string, declaredType: string, servedType: string, inline: boolean]>([
    ["a picture", PNG, "image/png", "image/png", true],
    ["plain text", "hello", "text/plain", "text/plain; charset=utf-8", true],
    ["a page", "<!doctype html><script>alert(1)</script>", "text/html", "text/html", false],
    [
      "a drawing with a script",
      '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
      "image/svg+xml",
      "image/svg+xml",
      false,
    ],
    ["a PDF", "%PDF-1.7\n1 0 obj\n<<>>\nendobj\n", "application/pdf", "application/pdf", false],
    ["anything", "hello", "application/octet-stream", "application/octet-stream", false],
    ["a script", "alert(1)", "text/javascript", "text/javascript", false],
    ["nothing", "", "text/plain", "text/plain; charset=utf-8", true],
  ])("of %s: what a browser does with it is signed", async (_what, bytes, contentType, servedType, inline) => {
    const file = await upload(app, USER, bytes, { filename: "a.bin", contentType });
    expect(file.inlineAllowed).toBe(inline);
    const urls = await bothUrls(file.id);
    const shown = await download(urls.inline);
    const saved = await download(urls.attachment);
    for (const got of [shown, saved]) {
      expect(got).toMatchObject({ status: 200, sha256: sha256Of(bytes) });
      expect(got.headers.get("content-type")).toBe(servedType);
      expect(got.headers.get("cache-control")).toBe(`private, max-age=${TTL_SECONDS / 2}, immutable`);
    }
    expect(shown.headers.get("content-disposition")).toMatch(inline ? /^inline; / : /^attachment; /);
    expect(saved.headers.get("content-disposition")).toMatch(/^attachment; /);
  });

  test.each([
    ["plain.txt", "plain.txt"],
    ["übergröße 日本 😀.txt", "_bergr__e __ _.txt"],
    [`it's "quoted" - 100%.txt`, "it's _quoted_ - 100_.txt"],
    ["; filename=evil.exe", "; filename=evil.exe"],
    ["-rf", "-rf"],
  ])("names the file %s", async (filename, fallback) => {
    const file = await upload(app, USER, "hello", { filename });
    const { headers } = await download(file.url!);
    const disposition = headers.get("content-disposition")!;
    expect(disposition).toMatch(/^attachment; filename="[^"]*"; filename\*=UTF-8''[\w!#$&+.^`|~%-]+$/);
    expect(/filename="([^"]*)"/.exec(disposition)![1]).toBe(fallback);
    expect(decodeURIComponent(disposition.split("UTF-8''")[1]!)).toBe(filename);
  });

  test.each<[name: string, change: (url: URL) => void]>([
    ["another type", ({ searchParams }) => searchParams.set("response-content-type", "image/svg+xml")],
    ["another disposition", ({ searchParams }) => searchParams.set("response-content-disposition", "inline")],
    ["no disposition", ({ searchParams }) => searchParams.delete("response-content-disposition")],
    ["a longer life", ({ searchParams }) => searchParams.set("X-Amz-Expires", "604800")],
    ["no signature", (url) => (url.search = "")],
  ])("does not hold with %s", async (_name, change) => {
    const { url } = await upload(app, USER, "<script>alert(1)</script>", { contentType: "text/html" });
    const changed = new URL(url!);
    change(changed);
    expect(changed.href).not.toBe(url);
    expect((await download(changed.href)).status).toBe(403);
  });

  test("serves ranges", async () => {
    const { url } = await upload(app, USER, "0123456789");
    const response = await fetch(url!, { headers: { range: "bytes=2-4" } });
    expect([response.status, await response.text()]).toEqual([206, "234"]);
    expect(response.headers.get("content-range")).toBe("bytes 2-4/10");
  });
});

describe("the permalink", () => {
  let file: ApiFile;
  beforeAll(async () => {
    file = await upload(app, USER, "hello", { filename: "a.txt", contentType: "text/plain" });
  });

  const visit = async (permalink: string, headers: Record<string, string>): Promise<Response> =>
    fetch(permalink, { headers, redirect: "manual" });
  const bearer = async (user: string) => ({ authorization: `Bearer ${await app.tokenOf(user)}` });

  test("leads its owner to the bytes by a 302 that nobody keeps", async () => {
    expect(file.permalink).toBe(`${app.url}/files/${file.id}`);
    const response = await visit(file.permalink, await bearer(USER));
    expect(response.status).toBe(302);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(response.headers.get("location")).toBe(file.url);
    expect(await response.text()).not.toContain("hello");
    const followed = await fetch(file.permalink, { headers: await bearer(USER) });
    expect(await followed.text()).toBe("hello");
  });

  test.each([
    ["none", {}],
    ["a malformed one", { authorization: "Bearer x" }],
    ["another scheme", { authorization: "Basic YW5uOg==" }],
    ["one in a cookie", { cookie: "token=x" }],
  ])("asks for a token: %s", async (_name, headers) => {
    const response = await visit(file.permalink, headers);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.json()).toMatchObject({ error: { code: "UNAUTHENTICATED" } });
  });

  test("gives a browser that navigates the page, and nothing of the file", async () => {
    const response = await visit(file.permalink, { accept: "text/html,*/*" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(await response.text()).not.toMatch(/X-Amz-Signature|a\.txt/);
    const unknown = await visit(`${app.url}/files/file_01890000-0000-7000-8000-000000000000`, { accept: "text/html" });
    expect(unknown.status).toBe(200);
  });

  test("is 404 alike for strangers, for no file and for one that is not READY", async () => {
    const { file: open } = await openUpload(app, USER, "open");
    const answers = await Promise.all([
      visit(file.permalink, await bearer("stranger")),
      visit(`${app.url}/files/file_01890000-0000-7000-8000-000000000000`, await bearer(USER)),
      visit(`${app.url}/files/nonsense`, await bearer(USER)),
      visit(open.permalink, await bearer(USER)),
    ]);
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    const told = bodies.map((body, index) => body.replace(answers[index]!.headers.get("x-request-id")!, "ID"));
    expect(new Set(told).size).toBe(1);
  });

  test("follows the file into the trash and out of it", async () => {
    await deleteFile(app, USER, file.id);
    expect((await visit(file.permalink, await bearer(USER))).status).toBe(404);
    await restoreFile(app, USER, file.id);
    expect((await visit(file.permalink, await bearer(USER))).status).toBe(302);
  });
});

test("storageOrigins names the host of every signed URL", async () => {
  const origins = await ask<string[]>(app, USER, "{ storageOrigins }");
  const ticket = await openUpload(app, USER, "hello");
  const { url } = await upload(app, USER, "hello");
  expect(origins).toEqual([new URL(url!).origin]);
  expect(new URL(ticket.uploadUrl!).origin).toBe(origins[0]);
});
