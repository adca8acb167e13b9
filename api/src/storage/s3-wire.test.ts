/** What a store, or whatever stands before it, may answer; scripted, since no good store answers so. */

import { createHash } from "node:crypto";
import { getEventListeners } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isSet } from "node:util/types";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ListedPart } from "./object-storage.js";
import type { S3StorageOptions, StoppableStorage } from "./s3-storage.js";
import { createS3Storage } from "./s3-storage.js";

interface Received {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

type Answer = (response: ServerResponse, request: Received) => void;

const key = "f/ab/019b0c3e-7d4a-7c31-9a2f-0123456789ab";
const upload = { key, uploadId: "u1" };

let server: Server;
let received: Received[];
let script: Answer[];
let storage: StoppableStorage;

beforeEach(async () => {
  received = [];
  script = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString("utf8") };
      received.push(one);
      // the last answer is repeated
      (script.length > 1 ? script.shift() : script[0])?.(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  storage = open({});
});

afterEach(async () => {
  storage.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function open(change: Partial<S3StorageOptions>): StoppableStorage {
  return createS3Storage({
    bucket: "b",
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forcePathStyle: true,
    credentials: { accessKeyId: "k", secretAccessKey: "s" },
    ...change,
  });
}

function reply(status: number, body = "", headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(status, headers).end(body);
}

function errorXml(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>m</Message><Key>${key}</Key></Error>`;
}

const silence: Answer = () => undefined;
const PROXY_PAGE = "<!doctype html><html><body>Welcome</body></html>";

function partsXml(parts: string, more = "<IsTruncated>false</IsTruncated>"): string {
  return `<ListPartsResult><Bucket>b</Bucket><Key>${key}</Key><UploadId>u1</UploadId>${more}${parts}</ListPartsResult>`;
}

function partXml(number: number, etag = "&quot;e&quot;"): string {
  return `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag><Size>5</Size></Part>`;
}

const part: ListedPart = { number: 1, sizeBytes: 5, etag: '"e"', sha256: null };
const complete = () => storage.completeMultipartUpload({ ...upload, parts: [part] });
const COMPLETED = `<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>${key}</Key><ETag>"x-1"</ETag></CompleteMultipartUploadResult>`;

describe("Complete", () => {
  test.each<[string, Answer]>([
    ["an error under 200", reply(200, errorXml("InternalError"))],
    [
      "an error under 200, after the spaces that keep a connection awake, and before a newline",
      reply(200, `  \n ${errorXml("InternalError")}\n`),
    ],
    ["an error under 200 that looks definite", reply(200, errorXml("InvalidPart"))],
    ["a proxy's page", reply(200, PROXY_PAGE)],
    ["another result", reply(200, partsXml(""))],
    ["nothing under 200", reply(200, "")],
    [
      "half a result",
      (response) => response.writeHead(200, { "content-length": "9999" }).write("<Comple", () => response.destroy()),
    ],
    ["500", reply(500, errorXml("InternalError"))],
    ["503", reply(503, errorXml("SlowDown"))],
    ["a closed connection", (response) => void response.destroy()],
  ])("answered by %s may have sealed, and is sent once", async (_, answer) => {
    script = [answer];
    await expect(complete()).rejects.toMatchObject({ name: "StorageError", kind: "UNAVAILABLE" });
    expect(received).toHaveLength(1);
  });

  test.each([
    [400, "InvalidPart", "INVALID_PART"],
    [400, "InvalidPartOrder", "INVALID_PART"],
    [400, "EntityTooSmall", "INVALID_PART"],
    [400, "BadDigest", "INVALID_PART"],
    [404, "NoSuchUpload", "NO_SUCH_UPLOAD"],
    [404, "NoSuchKey", "NO_SUCH_UPLOAD"],
    [404, "NoSuchBucket", "REFUSED"],
    [403, "AccessDenied", "REFUSED"],
    [400, "ExpiredToken", "UNAVAILABLE"],
    [409, "OperationAborted", "UNAVAILABLE"],
    [429, "TooManyRequests", "UNAVAILABLE"],
  ])("answered by %d %s is %s", async (status, code, kind) => {
    script = [reply(status, errorXml(code))];
    await expect(complete()).rejects.toMatchObject({ kind, s3Code: code });
    expect(received).toHaveLength(1);
  });

  test("sends ETags and digests to the letter", async () => {
    script = [reply(200, partsXml(`${partXml(2, "no-quotes&amp;&lt;")}${partXml(1)}`)), reply(200, COMPLETED)];
    const parts = await storage.listParts(upload);
    expect(parts.map(({ number, etag }) => [number, etag])).toEqual([
      [1, '"e"'],
      [2, "no-quotes&<"],
    ]);
    const withDigest = parts.map((each) => ({ ...each, sha256: "00".repeat(32) }));
    await storage.completeMultipartUpload({ ...upload, parts: withDigest });
    const { body, url, method } = received[1]!;
    expect([method, url]).toEqual(["POST", `/b/${key}?uploadId=u1`]);
    const sent = [...body.matchAll(/<ETag>(.*?)<\/ETag>/g)].map((match) => match[1]!.replaceAll("&quot;", '"'));
    expect(sent).toEqual(['"e"', "no-quotes&amp;&lt;"]);
    expect(body.match(/<ChecksumSHA256>A{43}=<\/ChecksumSHA256>/g)).toHaveLength(2);
  });

  test("has minutes where the others have seconds", async () => {
    const patient = open({ requestTimeoutMs: 200, completeTimeoutMs: 20_000 });
    script = [(response) => setTimeout(() => response.end(COMPLETED), 800)];
    await expect(patient.completeMultipartUpload({ ...upload, parts: [part] })).resolves.toBeUndefined();
    patient.stop();
  });
});

describe("a store that does not answer", () => {
  test("is given up in time, for every call", async () => {
    const hasty = open({ requestTimeoutMs: 150, completeTimeoutMs: 150, maxAttempts: 1 });
    script = [silence];
    const calls = [
      hasty.createMultipartUpload({ key, checksum: "NONE" }),
      hasty.uploadEmptyPart({ ...upload, checksum: "NONE" }),
      hasty.listParts(upload),
      hasty.completeMultipartUpload({ ...upload, parts: [part] }),
      hasty.abortMultipartUpload(upload),
      hasty.listMultipartUploads({ key }),
      hasty.headObject({ key }),
      hasty.readStart({ key, etag: '"e"', byteCount: 9 }),
      hasty.hashObject({ key, etag: '"e"' }),
      hasty.deleteObject({ key }),
      hasty.checkBucket(),
    ];
    const outcomes = await Promise.allSettled(calls);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "StorageError", kind: "UNAVAILABLE" } });
    }
    hasty.stop();
  });

  test("that is not there at all is UNAVAILABLE too", async () => {
    const nowhere = open({ endpoint: "http://127.0.0.1:1", maxAttempts: 1 });
    await expect(nowhere.headObject({ key })).rejects.toMatchObject({ kind: "UNAVAILABLE", s3Code: null });
    nowhere.stop();
  });

  test("is asked again, but for Complete", async () => {
    script = [reply(503, errorXml("SlowDown")), reply(500), reply(200, partsXml(partXml(1)))];
    expect(await storage.listParts(upload)).toHaveLength(1);
    expect(received).toHaveLength(3);
  });

  test("fails whoever waits when the storage is stopped", async () => {
    script = [silence];
    const waiting = expect(storage.headObject({ key })).rejects.toMatchObject({ kind: "UNAVAILABLE" });
    while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    storage.stop();
    server.closeAllConnections();
    await waiting;
  });
});

describe("a list", () => {
  test.each([PROXY_PAGE, "", errorXml("NoSuchUpload"), COMPLETED])("is not read out of %j", async (body) => {
    const once = open({ maxAttempts: 1 });
    script = [reply(200, body)];
    await expect(once.listParts(upload)).rejects.toMatchObject({ kind: "UNAVAILABLE" });
    await expect(once.listMultipartUploads({ key })).rejects.toMatchObject({ kind: "UNAVAILABLE" });
    once.stop();
  });

  test("that says it goes on, but does not, ends", async () => {
    const forever = "<IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>";
    script = [reply(200, partsXml(partXml(1), forever))];
    await storage.listParts(upload);
    expect(received).toHaveLength(2);
    received = [];
    const again = `<IsTruncated>true</IsTruncated><NextKeyMarker>${key}</NextKeyMarker><NextUploadIdMarker>u9</NextUploadIdMarker>`;
    script = [reply(200, `<ListMultipartUploadsResult><Bucket>b</Bucket>${again}</ListMultipartUploadsResult>`)];
    expect(await storage.listMultipartUploads({ key })).toEqual([]);
    expect(received).toHaveLength(2);
  });

  test.each([
    [404, "NoSuchUpload", "NO_SUCH_UPLOAD"],
    [404, "NoSuchKey", "NO_SUCH_UPLOAD"],
    [404, "NoSuchBucket", "REFUSED"],
    [403, "AccessDenied", "REFUSED"],
  ])("answered by %d %s is %s", async (status, code, kind) => {
    script = [reply(status, errorXml(code))];
    await expect(storage.listParts(upload)).rejects.toMatchObject({ kind, s3Code: code });
  });
});

describe("what is sent", () => {
  const created = `<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>`;
  const amz = ({ headers }: Received) =>
    Object.fromEntries(
      Object.entries(headers).filter(([name]) => /checksum|^x-amz-(acl|meta|sdk)|^content-(type|length)$/.test(name)),
    );

  test("to open an upload: our type, and a checksum algorithm only when asked for", async () => {
    script = [reply(200, created)];
    expect(await storage.createMultipartUpload({ key, checksum: "NONE" })).toEqual({ uploadId: "u1" });
    await storage.createMultipartUpload({ key, checksum: "SHA256" });
    expect(received.map(({ method, url }) => [method, url])).toEqual(Array(2).fill(["POST", `/b/${key}?uploads=`]));
    expect(amz(received[0]!)).toEqual({ "content-type": "application/octet-stream", "content-length": "0" });
    expect(amz(received[1]!)).toMatchObject({ "x-amz-checksum-algorithm": "SHA256" });
    expect(amz(received[1]!)).not.toHaveProperty("x-amz-checksum-sha256");
  });

  test("as an empty part: no bytes, and their digest only when asked for", async () => {
    script = [reply(200, "", { etag: '"e"' })];
    await storage.uploadEmptyPart({ ...upload, checksum: "NONE" });
    await storage.uploadEmptyPart({ ...upload, checksum: "SHA256" });
    expect(received[0]).toMatchObject({ method: "PUT", body: "", headers: { "content-length": "0" } });
    expect(received[0]!.url).toMatch(/partNumber=1&uploadId=u1/);
    expect(Object.keys(amz(received[0]!)).filter((name) => name.includes("checksum"))).toEqual([]);
    expect(received[1]!.headers["x-amz-checksum-sha256"]).toBe(createHash("sha256").digest("base64"));
    expect(Object.keys(received[1]!.headers).filter((name) => name.includes("crc"))).toEqual([]);
  });

  test("to look at an object, its start, and all of it", async () => {
    script = [
      reply(200, "", { "content-length": "5", etag: '"h"', "x-amz-checksum-sha256": "abc=-2" }),
      reply(206, "bytes", { "content-length": "5" }),
    ];
    expect(await storage.headObject({ key })).toEqual({ sizeBytes: 5, etag: '"h"', checksumSha256: "abc=-2" });
    await storage.readStart({ key, etag: '"h"', byteCount: 65_536 });
    expect(await storage.hashObject({ key, etag: '"h"' })).toBe(createHash("sha256").update("bytes").digest("hex"));
    expect(received[0]!.headers["x-amz-checksum-mode"]).toBe("ENABLED");
    expect(received[1]!.headers).toMatchObject({ range: "bytes=0-65535", "if-match": '"h"' });
    expect(received[2]!.headers).toMatchObject({ "if-match": '"h"' });
    expect(received[2]!.headers.range).toBeUndefined();
  });
});

describe("an object", () => {
  test("is missing by 404, and refused by 403", async () => {
    script = [reply(404), reply(403)];
    expect(await storage.headObject({ key })).toBeNull();
    await expect(storage.headObject({ key })).rejects.toMatchObject({ kind: "REFUSED" });
  });

  test("read from a store that takes no ranges is read no further than needed", async () => {
    script = [reply(200, "x".repeat(3_000_000))];
    expect(await storage.readStart({ key, etag: '"e"', byteCount: 10 })).toHaveLength(10);
  });

  test("has no digest when its bytes stop half way, by silence or by the end of the connection", async () => {
    const hasty = open({ requestTimeoutMs: 200, maxAttempts: 1 });
    const half: Answer = (response) => void response.writeHead(200, { "content-length": "10" }).write("half");
    const cut: Answer = (response) =>
      void response.writeHead(200, { "content-length": "10" }).write("half", () => response.destroy());
    for (const answer of [half, cut]) {
      script = [answer];
      await expect(hasty.hashObject({ key, etag: '"e"' })).rejects.toMatchObject({ kind: "UNAVAILABLE" });
    }
    script = [cut];
    const reading = hasty.readObject({ key, etag: '"e"' })[Symbol.asyncIterator]();
    expect((await reading.next()).value).toEqual(Buffer.from("half"));
    await expect(reading.next()).rejects.toMatchObject({ name: "StorageError", kind: "UNAVAILABLE" });
    hasty.stop();
  });

  test("has no digest once nobody waits for it", async () => {
    script = [(response) => void response.writeHead(200, { "content-length": "10" }).write("half")];
    const abort = new AbortController();
    const hashing = expect(storage.hashObject({ key, etag: '"e"', signal: abort.signal })).rejects.toMatchObject({
      kind: "UNAVAILABLE",
    });
    while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    setTimeout(() => abort.abort(), 50);
    await hashing;
  });

  test("leaves nothing behind in the signal of who reads it", async () => {
    script = [reply(200, "bytes", { "content-length": "5" })];
    const { signal } = new AbortController();
    await storage.hashObject({ key, etag: '"e"', signal });
    await storage.copyObject({ fromKey: key, etag: '"e"', toKey: "copy", partSizeBytes: null, signal });
    // Where the runtime notes the signals that were made from it.
    const followers = Object.getOwnPropertySymbols(signal)
      .map((symbol) => (signal as unknown as Record<symbol, unknown>)[symbol])
      .reduce<number>((sum, value) => sum + (isSet(value) ? value.size : 0), 0);
    expect([getEventListeners(signal, "abort").length, followers]).toEqual([0, 0]);
  });

  test("that is not there is deleted, whatever the store calls it; a missing bucket is no such thing", async () => {
    script = [reply(404, errorXml("NoSuchKey")), reply(404, errorXml("NoSuchBucket"))];
    await storage.deleteObject({ key });
    await expect(storage.deleteObject({ key })).rejects.toMatchObject({ kind: "REFUSED" });
  });

  test("and an upload that is not there is aborted", async () => {
    script = [
      reply(404, errorXml("NoSuchUpload")),
      reply(404, errorXml("NoSuchKey")),
      reply(404, errorXml("NoSuchBucket")),
    ];
    await storage.abortMultipartUpload(upload);
    await storage.abortMultipartUpload(upload);
    await expect(storage.abortMultipartUpload(upload)).rejects.toMatchObject({ kind: "REFUSED" });
  });
});

test("an error says what was asked and what was answered, for logs", async () => {
  script = [reply(403, errorXml("AccessDenied"))];
  await expect(storage.listParts(upload)).rejects.toThrow("ListParts: REFUSED (AccessDenied)");
});

test("credentials that cannot be had leave everything unknown", async () => {
  const without = open({ credentials: () => Promise.reject(new Error("no route to the metadata service")) });
  await expect(without.headObject({ key })).rejects.toMatchObject({ kind: "UNAVAILABLE" });
  expect(received).toEqual([]);
  without.stop();
});
