import assert from "node:assert/strict";
import { ListPartsCommand } from "@aws-sdk/client-s3";
import { DOC, type Check } from "./check.js";
import { bytes, md5Base64 } from "./content.js";
import { exists, expectBytes, Multipart, putFresh } from "./objects.js";
import { exchangeBytes, type RawRequest } from "./raw-http.js";
import { expectError, expectStatus, type Subject } from "./subject.js";

/** A signed request as bytes, for what an HTTP client would refuse to send. */
function toBytes(raw: RawRequest & { headers: Record<string, string> }, extra: string[], body = ""): string {
  const lines = Object.entries(raw.headers).map(([name, value]) => `${name}: ${value}`);
  return [`${raw.method} ${raw.target} HTTP/1.1`, ...lines, ...extra, "", body].join("\r\n");
}

const unsignedPut = (subject: Subject, key: string) =>
  subject.sign({ method: "PUT", path: subject.path(key), headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } });

/** Makes a signature wrong without changing its form. */
function spoilSignature(raw: { headers: Record<string, string> }): void {
  raw.headers.authorization = (raw.headers.authorization ?? "").replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
}

/** Asserts that the store is still there and well. */
async function expectAlive(subject: Subject): Promise<void> {
  const key = await putFresh(subject, "alive");
  await expectBytes(subject, key, Buffer.from("alive"));
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 300));
}

async function postDocument(subject: Subject, query: string, document: Buffer) {
  return subject.signed({
    method: query === "cors" ? "PUT" : "POST",
    path: `/${subject.bucket}`,
    query: { [query]: "" },
    headers: { "content-md5": md5Base64(document) },
    body: document,
  });
}

/** Requests that nobody means well with, and clients that die. */
export const hostileChecks: Check[] = [
  ...["../../../../etc/passwd", "a/../b", "./a", "a//b", "a/./b", "..", "a/.."].map((name, index): Check => ({
    id: `hostile.path-${index + 1}`,
    title: `the key «${name}» is a key like any other: stored and read back under exactly that name`,
    source: DOC.keys,
    async run(subject) {
      const key = `${subject.key()}/${name}`;
      const content = Buffer.from(`content of ${name}`);
      // Not by the SDK: an URL class might resolve the dots before they are sent.
      const put = await subject.signed({ method: "PUT", path: subject.path(key), body: content });
      expectStatus(put, 200);
      const answer = await subject.signed({ method: "GET", path: subject.path(key) });
      expectStatus(answer, 200);
      assert.ok(answer.body.equals(content));
    },
  })),
  {
    id: "hostile.path-to-other-bucket",
    title: "dots in a key do not lead into another bucket",
    source: DOC.keys,
    run: (subject) =>
      subject.withBucket(async (bucket) => {
        const key = await putFresh(subject, "secret");
        const answer = await subject.signed({ method: "GET", path: `/${bucket}/../${subject.bucket}/${key}` });
        assert.ok(answer.status >= 400 && !answer.body.includes("secret"), `got ${answer.status}`);
      }),
  },
  {
    id: "hostile.bad-encoding",
    title: "a path that is no UTF-8 is refused, not stored under another name",
    source: DOC.keys,
    async run(subject) {
      const path = `${subject.path(subject.key())}%ff%fe`;
      const answer = await subject.signed({ method: "PUT", path, body: Buffer.from("x") });
      assert.ok(answer.status === 400 || answer.status === 403, `got ${answer.status}`);
      await expectAlive(subject);
    },
  },
  {
    id: "hostile.dtd",
    title: "a document with entities of its own is 400, and they are not expanded",
    source: DOC.errors,
    async run(subject) {
      const document = `<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Delete><Object><Key>&b;</Key></Object></Delete>`;
      expectError(await postDocument(subject, "delete", Buffer.from(document)), 400);
      await expectAlive(subject);
    },
  },
  {
    id: "hostile.deep-document",
    title: "a document nested 100,000 deep is 400",
    source: DOC.errors,
    async run(subject) {
      const document = "<Delete>".repeat(100_000);
      expectError(await postDocument(subject, "delete", Buffer.from(document)), 400);
      await expectAlive(subject);
    },
  },
  {
    id: "hostile.huge-document",
    title: "a document of 20 MiB is 400",
    source: DOC.errors,
    async run(subject) {
      const document = Buffer.from(`<Delete><Object><Key>${"k".repeat(20 * 2 ** 20)}</Key></Object></Delete>`);
      expectError(await postDocument(subject, "delete", document), 400);
      await expectAlive(subject);
    },
  },
  {
    id: "hostile.prototype",
    title: "element names like __proto__ do no harm",
    source: DOC.errors,
    async run(subject) {
      const document = "<Delete><__proto__><polluted>1</polluted></__proto__><constructor/></Delete>";
      expectError(await postDocument(subject, "delete", Buffer.from(document)), 400);
      await expectAlive(subject);
    },
  },
  {
    id: "hostile.length-and-chunked",
    title: "Content-Length and Transfer-Encoding together are refused",
    source: "https://www.rfc-editor.org/rfc/rfc9112#section-6.1",
    async run(subject) {
      const key = subject.key();
      const raw = await unsignedPut(subject, key);
      const text = toBytes(raw, ["content-length: 3", "transfer-encoding: chunked"], "0\r\n\r\nabc");
      assert.match(await exchangeBytes(subject.endpoint, text), /^HTTP\/1\.1 4\d\d/);
      assert.equal(await exists(subject, key), false);
    },
  },
  {
    id: "hostile.negative-length",
    title: "a negative Content-Length is refused",
    source: "https://www.rfc-editor.org/rfc/rfc9110#section-8.6",
    async run(subject) {
      const raw = await unsignedPut(subject, subject.key());
      assert.match(await exchangeBytes(subject.endpoint, toBytes(raw, ["content-length: -1"])), /^HTTP\/1\.[01] 4\d\d/);
    },
  },
  {
    id: "hostile.no-http",
    title: "bytes that are no HTTP do no harm",
    source: "https://www.rfc-editor.org/rfc/rfc9112#section-2.2",
    async run(subject) {
      await exchangeBytes(subject.endpoint, bytes(2000, 5), { untilMs: 500 });
      await exchangeBytes(subject.endpoint, "GET\r\n\r\n\r\n", { untilMs: 500 });
      await expectAlive(subject);
    },
  },
  {
    id: "hostile.unknown-method",
    title: "a method that S3 does not have is refused",
    source: DOC.errors,
    async run(subject) {
      const key = await putFresh(subject, "x");
      const answer = await subject.signed({ method: "PATCH", path: subject.path(key) });
      assert.ok([400, 403, 405, 501].includes(answer.status), `got ${answer.status}`);
      await expectBytes(subject, key, Buffer.from("x"));
    },
  },
  {
    id: "hostile.early-refusal",
    title: "a client that sends 8 MiB under a wrong signature still reads the 403",
    source: DOC.errors,
    async run(subject) {
      const key = subject.key();
      const raw = await unsignedPut(subject, key);
      spoilSignature(raw);
      expectStatus(await subject.send({ ...raw, body: bytes(8 * 2 ** 20) }), 403);
      assert.equal(await exists(subject, key), false);
    },
  },
  {
    id: "hostile.expect-continue",
    title: "Expect: 100-continue under a wrong signature is answered by the 403, without asking for the body",
    source: DOC.putObject,
    async run(subject) {
      const raw = await unsignedPut(subject, subject.key());
      spoilSignature(raw);
      const text = toBytes(raw, ["content-length: 1000000", "expect: 100-continue"]);
      assert.match(await exchangeBytes(subject.endpoint, text, { untilMs: 1500 }), /^HTTP\/1\.1 403/);
    },
  },
  {
    id: "hostile.continue",
    title: "Expect: 100-continue under a right signature is answered by 100, then the body is taken",
    source: DOC.putObject,
    async run(subject) {
      const key = subject.key();
      const raw = await unsignedPut(subject, key);
      const text = toBytes(raw, ["content-length: 5", "expect: 100-continue", "connection: close"], "hello");
      const answer = await exchangeBytes(subject.endpoint, text);
      assert.match(answer, /^HTTP\/1\.1 100[^]*HTTP\/1\.1 200/);
      await expectBytes(subject, key, Buffer.from("hello"));
    },
  },
  {
    id: "hostile.cut-put",
    title: "a client that dies in the middle of a PUT leaves nothing",
    source: DOC.putObject,
    async run(subject) {
      const key = subject.key();
      const text = toBytes(await unsignedPut(subject, key), ["content-length: 1000000"], "x".repeat(300_000));
      await exchangeBytes(subject.endpoint, text, { hangUp: true });
      await settle();
      assert.equal(await exists(subject, key), false);
    },
  },
  {
    id: "hostile.cut-overwrite",
    title: "a client that dies in the middle of an overwriting PUT leaves the old object whole",
    source: DOC.putObject,
    async run(subject) {
      const old = bytes(400_000, 31);
      const key = await putFresh(subject, old);
      const text = toBytes(await unsignedPut(subject, key), ["content-length: 1000000"], "x".repeat(300_000));
      await exchangeBytes(subject.endpoint, text, { hangUp: true });
      await settle();
      await expectBytes(subject, key, old);
    },
  },
  {
    id: "hostile.cut-part",
    title: "a client that dies in the middle of a part leaves no part",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const raw = await subject.sign({
        method: "PUT",
        path: subject.path(upload.key),
        query: { partNumber: "1", uploadId: upload.uploadId },
        headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
      });
      const text = toBytes(raw, ["content-length: 1000000"], "x".repeat(300_000));
      await exchangeBytes(subject.endpoint, text, { hangUp: true });
      await settle();
      const { Parts } = await subject.s3.send(new ListPartsCommand(upload.name));
      assert.equal(Parts?.length ?? 0, 0);
    },
  },
  {
    id: "hostile.many-headers",
    title: "more headers than any client needs are refused, and do no harm",
    source: DOC.requestHeaders,
    async run(subject) {
      const extra = Array.from({ length: 2000 }, (_, index) => `x-filler-${index}: ${"f".repeat(30)}`);
      const text = toBytes(await unsignedPut(subject, subject.key()), ["content-length: 0", ...extra]);
      const answer = await exchangeBytes(subject.endpoint, text, { untilMs: 1500 });
      assert.ok(answer === "" || /^HTTP\/1\.[01] 4\d\d/.test(answer), answer.slice(0, 80));
      await expectAlive(subject);
    },
  },
  {
    id: "hostile.copy-into-part",
    title: "an unsigned x-amz-copy-source on a presigned part is refused and brings no foreign bytes",
    source: DOC.uploadPart,
    async run(subject) {
      const source = await putFresh(subject, "foreign bytes");
      const upload = await Multipart.begin(subject);
      const presigned = await subject.presign({
        method: "PUT",
        path: subject.path(upload.key),
        query: { partNumber: "1", uploadId: upload.uploadId },
      });
      const answer = await subject.send({ ...presigned, headers: { "x-amz-copy-source": subject.path(source) } });
      const { Parts } = await subject.s3.send(new ListPartsCommand(upload.name));
      assert.equal(Parts?.length ?? 0, 0, "the foreign bytes are a part now");
      expectError(answer, 403, "AccessDenied");
    },
  },
  {
    id: "hostile.acl-on-part",
    title: "an unsigned x-amz-acl on a presigned part is refused",
    source: DOC.uploadPart,
    async run(subject) {
      const upload = await Multipart.begin(subject);
      const presigned = await subject.presign({
        method: "PUT",
        path: subject.path(upload.key),
        query: { partNumber: "1", uploadId: upload.uploadId },
      });
      const headers = { "x-amz-acl": "public-read" };
      expectError(await subject.send({ ...presigned, headers, body: Buffer.from("x") }), 403, "AccessDenied");
    },
  },
];
