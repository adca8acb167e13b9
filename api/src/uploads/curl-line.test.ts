import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders, Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { curlLine } from "./curl-line.js";

const run = promisify(execFile);

interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

let sink: Server;
let origin: string;
let folder: string;
const received: Received[] = [];

beforeAll(async () => {
  sink = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks).toString("utf8") });
      response.statusCode = url.includes("refuse") ? 403 : 200;
      response.end();
    });
  });
  await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), "signet-curl-"));
});

afterAll(async () => {
  sink.closeAllConnections();
  await new Promise((resolve) => sink.close(resolve));
  await rm(folder, { recursive: true });
});

/** Runs a line as somebody who pastes it into a shell, with none of their own curl settings. */
async function paste(line: string): Promise<Received> {
  received.length = 0;
  await run("/bin/sh", ["-c", line], {
    cwd: folder,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", CURL_HOME: folder, HOME: folder },
  });
  expect(received).toHaveLength(1);
  return received[0]!;
}

const headers = [
  { name: "Content-Type", value: "image/png" },
  { name: "x-amz-checksum-sha256", value: "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=" },
];
const query = "partNumber=1&uploadId=a%2Fb~c&X-Amz-Credential=k%2F20261122&X-Amz-SignedHeaders=content-length%3Bhost";

describe("pasted into a shell", () => {
  test("sends the file with the signed headers, its length, and nothing that a store would refuse", async () => {
    await writeFile(join(folder, "cat.png"), "the bytes");
    const line = curlLine({ url: `${origin}/bucket/f/ab/key?${query}`, headers, filename: "cat.png" });
    const request = await paste(line!);
    expect(request).toMatchObject({ method: "PUT", url: `/bucket/f/ab/key?${query}`, body: "the bytes" });
    const { host, "user-agent": agent, accept, ...rest } = request.headers;
    expect(rest).toEqual({
      "content-length": "9",
      "content-type": "image/png",
      "x-amz-checksum-sha256": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
    });
    expect([host, agent, accept]).toEqual([new URL(origin).host, expect.stringContaining("curl/"), "*/*"]);
  });

  test("waits for no 100 Continue, however large the file", async () => {
    await writeFile(join(folder, "large.bin"), Buffer.alloc(3_000_000, "x"));
    const request = await paste(curlLine({ url: `${origin}/large`, headers: [], filename: "large.bin" })!);
    expect(request.headers.expect).toBeUndefined();
    expect(request.headers["content-type"]).toBeUndefined();
    expect(request.headers["content-length"]).toBe("3000000");
  });

  test("keeps brackets, braces, dollars, backticks and quotes of the URL", async () => {
    await writeFile(join(folder, "FILE"), "1");
    const line = curlLine({ url: `${origin}/[1-3]{a,b}$(id)\`id\`'"?q=$HOME`, headers: [], filename: "two words" });
    const request = await paste(line!);
    expect(decodeURIComponent(request.url)).toBe(`/[1-3]{a,b}$(id)\`id\`'"?q=$HOME`);
  });

  test("fails when the store refuses", async () => {
    await writeFile(join(folder, "FILE"), "1");
    const line = curlLine({ url: `${origin}/refuse`, headers: [], filename: "" });
    await expect(paste(line!)).rejects.toMatchObject({ code: 22 });
  });
});

describe("the file's name", () => {
  const fileIn = (filename: string) =>
    / --upload-file (\S+) '/.exec(curlLine({ url: "http://h/k", headers: [], filename })!)?.[1];

  test.each(["cat.png", "a-b_c.1", ".env", "A"])("%s stands in the line", (filename) => {
    expect(fileIn(filename)).toBe(filename);
  });

  test.each([
    "-rf",
    "--config",
    "-",
    ".",
    "..",
    "",
    "a b",
    "$(id)",
    "a;id",
    "a'b",
    'a"b',
    "a\nb",
    "猫.png",
    "~",
    "a/b",
    "{a,b}",
    "*",
  ])("%j does not", (filename) => {
    expect(fileIn(filename)).toBe("FILE");
  });
});

describe("has no line at all", () => {
  test.each(["", "-o/etc/passwd", "file:///etc/passwd", "ftp://h/k", "http:///k", "https://", "javascript:1"])(
    "for the URL %j",
    (url) => {
      expect(curlLine({ url, headers: [], filename: "a" })).toBeNull();
    },
  );

  test.each([
    ["Content-Type", "image/p'ng"],
    ["Content-Type", 'image/"png'],
    ["Content-Type", "image/p\\ng"],
    ["Content-Type", "a\r\nx-evil: 1"],
    ["Content-Type", "é"],
    ["Content-Type", ""],
    ["Content-Type", " x"],
    ["@/etc/passwd", "x"],
    ["a b", "x"],
    ["a'b", "x"],
    ["", "x"],
  ])("for the header %j: %j", (name, value) => {
    expect(curlLine({ url: "http://h/k", headers: [{ name, value }], filename: "a" })).toBeNull();
  });
});

const hostileText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(..."'\"\\`$(){}[];|&<>*?~#!\n\r\t\0 =%@-a\ud800é"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
});
const hostileInput = fc.record({
  url: hostileText.map((tail) => `https://store.example${tail.startsWith("/") ? "" : "/"}${tail}`),
  headers: fc.array(fc.record({ name: fc.oneof(fc.constant("content-type"), hostileText), value: hostileText }), {
    maxLength: 2,
  }),
  filename: hostileText,
});

test("hostile input never leaves its quotes, and JSON leaves the line alone", () => {
  fc.assert(
    fc.property(hostileInput, (input) => {
      const line = curlLine(input);
      if (line === null) return;
      expect(line).toMatch(
        /^curl -fsS --globoff -X PUT -H 'Expect:'( -H '[A-Za-z0-9-]+: [^']+')* --upload-file [A-Za-z0-9._-]+ 'https:\/\/[^' ]+'$/,
      );
      expect(line).toMatch(/^[\x20-\x7e]+$/);
      expect(JSON.stringify(line)).toBe(`"${line}"`);
    }),
    { numRuns: 5000 },
  );
});

test("a real shell reads hostile input as the same few words", async () => {
  const inputs = fc.sample(hostileInput, 300);
  const lines = inputs.flatMap((input) => curlLine(input) ?? []);
  expect(lines.length).toBeGreaterThan(50);
  // printf in place of curl: one word a line, then a mark
  const script = lines.map((line) => line.replace(/^curl /, "printf '%s\\n' ") + "; echo END").join("\n");
  const { stdout } = await run("/bin/sh", ["-c", script], { cwd: folder, env: {} });
  const words = stdout
    .split("END\n")
    .slice(0, -1)
    .map((text) => text.split("\n").slice(0, -1));
  expect(words).toHaveLength(lines.length);
  for (const [index, line] of lines.entries()) {
    const expected = [...line.slice("curl ".length).matchAll(/'([^']*)'|([^ ']+)/g)].map(
      (match) => match[1] ?? match[2],
    );
    expect(words[index]).toEqual(expected);
  }
});
