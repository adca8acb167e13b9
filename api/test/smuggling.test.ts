import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { checkInvariants } from "./invariants.js";
import { noise, sha256Of } from "./content.js";
import { ask, confirmUpload, expectMember, openUpload, rangeOf, readFile, signPartsOf, upload } from "./operations.js";
import type { UploadTicket } from "./operations.js";
import { headOf, keyOf } from "./records.js";
import { download, put } from "./store-client.js";
import type { PutChanges, SignedPut } from "./store-client.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** What somebody with a part's URL can try to make of it besides sending that part. */

const USER = "ann";
const SIZE_BYTES = 20_000;

let app: TestApp;
let secretKey: string;
beforeAll(async () => {
  app = await startTestApp();
  secretKey = keyOf((await upload(app, "bob", noise(SIZE_BYTES, "bob's"))).id);
});
afterAll(async () => {
  await checkInvariants(app, { settled: true });
  await app.stop();
});

interface Open {
  readonly ticket: UploadTicket;
  readonly signed: SignedPut;
}

const content = noise(SIZE_BYTES, "ann's");
const other = noise(SIZE_BYTES, "not ann's");

/** An open upload and a URL of its first part. */
async function open(withDigest: boolean): Promise<Open> {
  const ticket = await openUpload(app, USER, content, { declareSha256: withDigest });
  const [signed] = await signPartsOf(app, USER, ticket, content, [1]);
  return { ticket, signed: signed! };
}

async function receivedParts(fileId: string): Promise<number[]> {
  const { upload: open } = await ask<{ upload: { receivedParts: number[] } }>(
    app,
    USER,
    "query ($id: ID!) { file(id: $id) { upload { receivedParts } } }",
    { id: fileId },
  );
  return open.receivedParts;
}

/** The upload goes on as if nothing had been tried: the honest PUT, the honest bytes, the server's own headers. */
async function expectHonestEnd({ ticket, signed }: Open): Promise<void> {
  expect((await put(signed, content)).status).toBe(200);
  const { file } = expectMember("ConfirmedUpload", await confirmUpload(app, USER, ticket.file.id));
  expect((await download(file.url!)).sha256).toBe(sha256Of(content));
  await expectOwnHeaders(file.id);
}

async function expectOwnHeaders(fileId: string): Promise<void> {
  const head = await headOf(app, fileId);
  expect(head).toMatchObject({ ContentType: "application/octet-stream", Metadata: {}, ContentLength: SIZE_BYTES });
  for (const name of [
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ExpiresString",
  ] as const)
    expect(head![name]).toBeUndefined();
  // Nobody without a signature reads it.
  const { url } = (await readFile(app, USER, fileId))!;
  expect((await fetch(url!.split("?")[0]!)).status).toBe(403);
}

const STREAMED = { "content-encoding": "aws-chunked", "x-amz-decoded-content-length": String(SIZE_BYTES) };

describe.each([
  ["a URL without a digest", false],
  ["a URL with a digest", true],
])("%s", (_name, withDigest) => {
  let victim: Open;
  beforeAll(async () => {
    victim = await open(withDigest);
  });

  test.each<[name: string, changes: () => PutChanges, status: number]>([
    ["a copy of another object", () => ({ headers: { "x-amz-copy-source": `/${app.bucket}/${secretKey}` } }), 403],
    [
      "a copy without a body",
      () => ({ headers: { "x-amz-copy-source": `/${app.bucket}/${secretKey}` }, toByte: 0 }),
      403,
    ],
    ["a public ACL", () => ({ headers: { "x-amz-acl": "public-read" } }), 403],
    ["metadata", () => ({ headers: { "x-amz-meta-evil": "1" } }), 403],
    ["tags", () => ({ headers: { "x-amz-tagging": "evil=1" } }), 403],
    ["a storage class", () => ({ headers: { "x-amz-storage-class": "GLACIER" } }), 403],
    ["a redirect", () => ({ headers: { "x-amz-website-redirect-location": "https://evil.example/" } }), 403],
    ["another Content-Type", () => ({ headers: { "content-type": "text/html" } }), 403],
    ["no Content-Type", () => ({ headers: { "content-type": null } }), 403],
    ["one byte less", () => ({ toByte: SIZE_BYTES - 1 }), 403],
    ["nothing", () => ({ toByte: 0 }), 403],
    ["a body of unknown length", () => ({ headers: { "content-length": null, "transfer-encoding": "chunked" } }), 403],
    [
      "aws-chunked without signatures",
      () => ({ headers: { ...STREAMED, "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" } }),
      403,
    ],
    [
      "aws-chunked with signatures",
      () => ({ headers: { ...STREAMED, "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" } }),
      403,
    ],
    ["another digest of the payload", () => ({ headers: { "x-amz-content-sha256": sha256Of(other) } }), 403],
    ["another checksum", () => ({ headers: { "x-amz-checksum-sha256": base64Sha256(other) } }), 403],
    ["a second checksum", () => ({ headers: { "x-amz-checksum-crc32": "AAAAAA==" } }), 403],
  ])("is refused with %s", async (_what, changes, status) => {
    expect(await put(victim.signed, other, changes())).toMatchObject({ status });
    expect(await receivedParts(victim.ticket.file.id)).toEqual([]);
  });

  test("is refused with one byte more", async () => {
    expect(await put(victim.signed, noise(SIZE_BYTES + 1, "long"))).toMatchObject({ status: 403 });
    expect(await receivedParts(victim.ticket.file.id)).toEqual([]);
  });

  test.each<[name: string, (url: URL) => void]>([
    ["of another part", ({ searchParams }) => searchParams.set("partNumber", "2")],
    ["of another upload", ({ searchParams }) => searchParams.set("uploadId", "another")],
    ["of no upload", ({ searchParams }) => ["uploadId", "partNumber"].forEach((name) => searchParams.delete(name))],
    ["that lives longer", ({ searchParams }) => searchParams.set("X-Amz-Expires", "604800")],
    ["that signs less", ({ searchParams }) => searchParams.set("X-Amz-SignedHeaders", "host")],
    ["with an ACL", ({ searchParams }) => searchParams.set("x-amz-acl", "public-read")],
    ["with metadata", ({ searchParams }) => searchParams.set("x-amz-meta-evil", "1")],
    ["with a copy", ({ searchParams }) => searchParams.set("x-amz-copy-source", `/${app.bucket}/${secretKey}`)],
    ["of a subresource", ({ searchParams }) => searchParams.set("acl", "")],
    ["of another key", (url) => (url.pathname = `/${app.bucket}/${secretKey}`)],
    ["without a signature", (url) => (url.search = "?partNumber=1")],
  ])("is refused as a URL %s", async (_what, change) => {
    const url = new URL(victim.signed.url);
    change(url);
    expect(await put({ ...victim.signed, url: url.href }, other)).toMatchObject({ status: 403 });
    expect(await receivedParts(victim.ticket.file.id)).toEqual([]);
  });

  test.each(["GET", "DELETE", "POST", "HEAD"])("is no licence to %s", async (method) => {
    expect((await fetch(victim.signed.url, { method })).status).toBe(403);
  });

  test("then takes the honest bytes, and nothing of all that has had an effect", () => expectHonestEnd(victim));
});

test("headers that are no part of a signature have no effect on the object", async () => {
  const { ticket, signed } = await open(false);
  const headers = {
    "cache-control": "public",
    "content-disposition": "inline",
    "content-language": "xx",
    "content-encoding": "gzip",
    expires: "Thu, 01 Jan 2037 00:00:00 GMT",
    "x-http-method-override": "DELETE",
  };
  await put(signed, content, { headers });
  await put(signed, content);
  const { file } = expectMember("ConfirmedUpload", await confirmUpload(app, USER, ticket.file.id));
  expect((await download(file.url!)).sha256).toBe(sha256Of(content));
  await expectOwnHeaders(file.id);
});

test("a URL with a digest takes no other bytes of the same length", async () => {
  const victim = await open(true);
  expect(await put(victim.signed, other)).toMatchObject({ status: 400, code: "BadDigest" });
  expect(await receivedParts(victim.ticket.file.id)).toEqual([]);
  const withoutDigest = { headers: { "x-amz-checksum-sha256": null } };
  expect(await put(victim.signed, other, withoutDigest)).toMatchObject({ status: 403 });
  expect(await receivedParts(victim.ticket.file.id)).toEqual([]);
  await expectHonestEnd(victim);
});

test("the bytes of one part are not taken for another part", async () => {
  const large = noise(16 * 1024 ** 2 + 1, "large");
  const ticket = await openUpload(app, USER, large, { partChecksum: "SHA256" });
  const [first, second] = await signPartsOf(app, USER, ticket, large, [1, 2]);
  const [fromByte, toByte] = rangeOf(ticket, 2);
  expect(await put(first!, large, { fromByte, toByte })).toMatchObject({ status: 400, code: "BadDigest" });
  expect(await put(second!, large, { fromByte, toByte })).toMatchObject({ status: 200 });
  expect(await receivedParts(ticket.file.id)).toEqual([2]);
});

const base64Sha256 = (bytes: typeof content): string => Buffer.from(sha256Of(bytes), "hex").toString("base64");
