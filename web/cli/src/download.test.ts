import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiError } from "../../src/api/execute.js";
import { download } from "./download.js";
import { CommandError, EXIT_CODE } from "./exit-code.js";
import type { Download } from "./download.js";

const BYTES = randomBytes(3_000_000);

/** What the next answers do, one after the other; then everything is as it should be. */
interface Trouble {
  cutAfter?: number;
  status?: number;
  ignoreRange?: true;
  wrongRange?: true;
}

let server: Server;
let troubles: Trouble[];
let content: { bytes: Buffer; etag: string };
let asked: { range: string | undefined; ifMatch: string | undefined }[];
let urls: number;

/** A store in one object: Range, If-Match, ETag. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const { range } = request.headers;
  const ifMatch = request.headers["if-match"];
  asked.push({ range, ifMatch });
  const trouble: Trouble = troubles.shift() ?? {};
  if (trouble.status) return void response.writeHead(trouble.status).end();
  const { bytes, etag } = content;
  if (ifMatch !== undefined && ifMatch !== etag) return void response.writeHead(412).end();
  const start = trouble.ignoreRange ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  const body = bytes.subarray(start);
  const shownStart = trouble.wrongRange ? start + 1 : start;
  response.writeHead(start > 0 ? 206 : 200, {
    etag,
    "content-length": body.byteLength,
    ...(start > 0 ? { "content-range": `bytes ${shownStart}-${bytes.byteLength - 1}/${bytes.byteLength}` } : {}),
  });
  if (trouble.cutAfter === undefined) return void response.end(body);
  response.write(body.subarray(0, trouble.cutAfter), () => setImmediate(() => response.destroy()));
}

beforeEach(async () => {
  troubles = [];
  asked = [];
  urls = 0;
  content = { bytes: BYTES, etag: '"one"' };
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Downloads into memory. */
async function fetchAll(
  start: Partial<Pick<Download, "startBytes" | "etag" | "sizeBytes" | "signal" | "freshUrl">> = {},
): Promise<Buffer> {
  const { port } = server.address() as AddressInfo;
  let got = BYTES.subarray(0, start.startBytes ?? 0);
  await download({
    sizeBytes: BYTES.byteLength,
    startBytes: 0,
    etag: undefined,
    freshUrl: () => Promise.resolve(`http://127.0.0.1:${port}/object?try=${++urls}`),
    begin: () => Promise.resolve(void (got = Buffer.alloc(0))),
    write: (chunk) => Promise.resolve(void (got = Buffer.concat([got, chunk]))),
    signal: new AbortController().signal,
    firstDelayMs: 20,
    ...start,
  });
  return got;
}

describe("a download", () => {
  test("is one request when nothing goes wrong", async () => {
    expect((await fetchAll()).equals(BYTES)).toBe(true);
    expect(asked).toEqual([{ range: undefined, ifMatch: undefined }]);
  });

  test("goes on after a cut from the byte that came last, of the same version, with a fresh URL", async () => {
    troubles = [{ cutAfter: 1_000_000 }];
    expect((await fetchAll()).equals(BYTES)).toBe(true);
    expect(asked).toHaveLength(2);
    expect(Number(/^bytes=(\d+)-$/.exec(asked[1]!.range!)![1])).toBeGreaterThan(0);
    expect(asked[1]!.ifMatch).toBe('"one"');
    expect(urls).toBe(2);
  });

  test("goes on from an earlier command's bytes", async () => {
    expect((await fetchAll({ startBytes: 1_234_567, etag: '"one"' })).equals(BYTES)).toBe(true);
    expect(asked).toEqual([{ range: "bytes=1234567-", ifMatch: '"one"' }]);
  });

  test("begins anew when the store has another version", async () => {
    expect((await fetchAll({ startBytes: 1_000, etag: '"old"' })).equals(BYTES)).toBe(true);
    expect(asked.map(({ range }) => range)).toEqual(["bytes=1000-", undefined]);
  });

  test("begins anew when the store knows no ranges", async () => {
    troubles = [{ ignoreRange: true }];
    expect((await fetchAll({ startBytes: 1_000, etag: '"one"' })).equals(BYTES)).toBe(true);
    expect(asked).toHaveLength(1);
  });

  test("tries a URL that has expired and a store in trouble again", async () => {
    troubles = [{ status: 403 }, { status: 503 }];
    expect((await fetchAll()).equals(BYTES)).toBe(true);
    expect(urls).toBe(3);
  });

  test("believes no answer for another range", async () => {
    troubles = [{ wrongRange: true }];
    await expect(fetchAll({ startBytes: 1_000, etag: '"one"' })).rejects.toMatchObject({
      code: "DAMAGED",
      exitCode: 1,
    });
  });

  test.each([
    ["a token that has expired", new ApiError("UNAUTHENTICATED", { status: 401 })],
    ["a file that was deleted meanwhile", new CommandError(EXIT_CODE.failed, "FILE_DELETED", "in the trash")],
  ])("tries nothing again that gives the same, and says why: %s", async (_what, error) => {
    let tries = 0;
    const freshUrl = (): Promise<string> => Promise.reject((tries++, error));
    await expect(fetchAll({ freshUrl })).rejects.toBe(error);
    expect(tries).toBe(1);
  });

  test("of nothing asks nobody", async () => {
    expect(await fetchAll({ sizeBytes: 0 })).toHaveLength(0);
    expect(asked).toEqual([]);
  });

  test("stops at once when it is told to", async () => {
    troubles = Array.from({ length: 5 }, () => ({ status: 503 }));
    const stopping = new AbortController();
    const outcome = fetchAll({ signal: stopping.signal });
    setTimeout(() => stopping.abort(new Error("interrupted")), 50);
    await expect(outcome).rejects.toThrow("interrupted");
  });

  test("gives up when no try brings a byte, and says that what is there is kept", async () => {
    server.closeAllConnections();
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const outcome = download({
      sizeBytes: 10,
      startBytes: 0,
      etag: undefined,
      freshUrl: () => Promise.resolve(`http://127.0.0.1:${port}/`),
      begin: () => Promise.resolve(),
      write: () => Promise.resolve(),
      signal: new AbortController().signal,
      firstDelayMs: 20,
    });
    await expect(outcome).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining("is kept") });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
});
