import assert from "node:assert/strict";
import { DOC, type Check } from "./check.js";
import { sha256Hex } from "./content.js";
import { exists, expectBytes, putFresh } from "./objects.js";
import { expectError, expectStatus, type Subject } from "./subject.js";

const MINUTE_MS = 60_000;
const body = Buffer.from("signed body");

/** A PUT of `body` to a fresh key, not yet signed. */
function freshPut(subject: Subject, headers: Record<string, string> = {}) {
  const key = subject.key("auth");
  return { key, plain: { method: "PUT", path: subject.path(key), headers, body } };
}

/** Asserts that the PUT was refused and left nothing. */
async function expectNothingStored(subject: Subject, key: string): Promise<void> {
  assert.equal(await exists(subject, key), false, "the refused object was stored");
}

/** Signature Version 4 in the Authorization header. */
export const authChecks: Check[] = [
  {
    id: "auth.valid",
    title: "a request signed by the SDK's signer is accepted",
    source: DOC.headerAuth,
    async run(subject) {
      const { key, plain } = freshPut(subject, { "content-type": "text/plain", "x-amz-meta-a": "1" });
      expectStatus(await subject.signed(plain), 200);
      await expectBytes(subject, key, body);
    },
  },
  {
    id: "auth.wrong-secret",
    title: "a signature made with another secret is 403 SignatureDoesNotMatch, and nothing is stored",
    source: DOC.errors,
    async run(subject) {
      const { key, plain } = freshPut(subject);
      expectError(await subject.signed(plain, { secretAccessKey: "another" }), 403, "SignatureDoesNotMatch");
      await expectNothingStored(subject, key);
    },
  },
  {
    id: "auth.unknown-key",
    title: "an unknown access key is 403 InvalidAccessKeyId",
    source: DOC.errors,
    async run(subject) {
      const { plain } = freshPut(subject);
      expectError(await subject.signed(plain, { accessKeyId: "NOSUCHACCESSKEY00000" }), 403, "InvalidAccessKeyId");
    },
  },
  {
    id: "auth.anonymous-put",
    title: "an unsigned PUT is 403 AccessDenied, and nothing is stored",
    source: DOC.headerAuth,
    async run(subject) {
      const { key, plain } = freshPut(subject);
      expectError(await subject.send({ method: "PUT", target: plain.path, body }), 403, "AccessDenied");
      await expectNothingStored(subject, key);
    },
  },
  {
    id: "auth.anonymous-get",
    title: "an unsigned GET of an object is 403 AccessDenied",
    source: DOC.headerAuth,
    async run(subject) {
      const key = await putFresh(subject, body);
      expectError(await subject.send({ method: "GET", target: subject.path(key) }), 403, "AccessDenied");
    },
  },
  {
    id: "auth.anonymous-list",
    title: "an unsigned listing is 403 AccessDenied",
    source: DOC.headerAuth,
    async run(subject) {
      expectError(await subject.send({ method: "GET", target: `/${subject.bucket}?list-type=2` }), 403, "AccessDenied");
    },
  },
  {
    id: "auth.anonymous-delete",
    title: "an unsigned DELETE is 403 AccessDenied and removes nothing",
    source: DOC.headerAuth,
    async run(subject) {
      const key = await putFresh(subject, body);
      expectError(await subject.send({ method: "DELETE", target: subject.path(key) }), 403, "AccessDenied");
      await expectBytes(subject, key, body);
    },
  },
  ...(
    [
      ["path", (raw) => (raw.target += "x")],
      ["query", (raw) => (raw.target += "?response-content-type=text%2Fhtml")],
      ["method", (raw) => (raw.method = "DELETE")],
      ["signed header", (raw) => (raw.headers["x-amz-meta-a"] = "2")],
      [
        "date",
        (raw) =>
          (raw.headers["x-amz-date"] =
            raw.headers["x-amz-date"]?.replace(/\dZ$/, (d) => (d === "1Z" ? "2Z" : "1Z")) ?? ""),
      ],
      ["removed signed header", (raw) => delete raw.headers["x-amz-meta-a"]],
    ] as [string, (raw: Awaited<ReturnType<Subject["sign"]>>) => unknown][]
  ).map(([what, spoil]): Check => ({
    id: `auth.tampered-${what.replaceAll(" ", "-")}`,
    title: `changing the ${what} after signing is 403 SignatureDoesNotMatch`,
    source: DOC.headerAuth,
    async run(subject) {
      const key = await putFresh(subject, body);
      const raw = await subject.sign({
        method: "GET",
        path: subject.path(key),
        headers: { "x-amz-meta-a": "1" },
      });
      spoil(raw);
      expectError(await subject.send(raw), 403, "SignatureDoesNotMatch");
      await expectBytes(subject, key, body);
    },
  })),
  {
    id: "auth.skew-past",
    title: "a request signed 20 minutes ago is 403 RequestTimeTooSkewed",
    source: DOC.errors,
    async run(subject) {
      const { key, plain } = freshPut(subject);
      expectError(await subject.signed(plain, { atMs: Date.now() - 20 * MINUTE_MS }), 403, "RequestTimeTooSkewed");
      await expectNothingStored(subject, key);
    },
  },
  {
    id: "auth.skew-future",
    title: "a request signed 20 minutes ahead is 403 RequestTimeTooSkewed",
    source: DOC.errors,
    async run(subject) {
      const { plain } = freshPut(subject);
      expectError(await subject.signed(plain, { atMs: Date.now() + 20 * MINUTE_MS }), 403, "RequestTimeTooSkewed");
    },
  },
  {
    id: "auth.skew-tolerated",
    title: "a request signed 10 minutes ago is accepted",
    source: DOC.headerAuth,
    async run(subject) {
      expectStatus(await subject.signed(freshPut(subject).plain, { atMs: Date.now() - 10 * MINUTE_MS }), 200);
    },
  },
  {
    id: "auth.wrong-region",
    title: "a credential scope of another region is 400 AuthorizationHeaderMalformed",
    source: DOC.errors,
    async run(subject) {
      expectError(
        await subject.signed(freshPut(subject).plain, { region: "eu-south-9" }),
        400,
        "AuthorizationHeaderMalformed",
      );
    },
  },
  {
    id: "auth.wrong-service",
    title: "a credential scope of another service is refused",
    source: DOC.errors,
    async run(subject) {
      const answer = await subject.signed(freshPut(subject).plain, { service: "sqs" });
      assert.ok([400, 403].includes(answer.status), `got ${answer.status}`);
    },
  },
  {
    id: "auth.no-payload-hash",
    title: "a signed request without x-amz-content-sha256 is 400",
    source: DOC.requestHeaders,
    async run(subject) {
      const { key, plain } = freshPut(subject);
      const raw = await subject.sign(plain, { unsigned: ["x-amz-content-sha256"] });
      delete raw.headers["x-amz-content-sha256"];
      expectError(await subject.send(raw), 400);
      await expectNothingStored(subject, key);
    },
  },
  {
    id: "auth.bad-payload-hash",
    title: "an x-amz-content-sha256 that is no digest is refused",
    source: DOC.requestHeaders,
    async run(subject) {
      const { key, plain } = freshPut(subject, { "x-amz-content-sha256": "not-a-digest" });
      const answer = await subject.signed(plain);
      expectError(answer, 400, "InvalidArgument");
      await expectNothingStored(subject, key);
    },
  },
  {
    id: "auth.body-changed",
    title: "a body that is not the one signed is 400 XAmzContentSHA256Mismatch, and nothing is stored",
    source: DOC.errors,
    async run(subject) {
      const { key, plain } = freshPut(subject);
      const raw = await subject.sign(plain);
      expectError(await subject.send({ ...raw, body: Buffer.from("SIGNED body") }), 400, "XAmzContentSHA256Mismatch");
      await expectNothingStored(subject, key);
    },
  },
  {
    id: "auth.unsigned-payload",
    title: "UNSIGNED-PAYLOAD leaves the body free",
    source: DOC.headerAuth,
    async run(subject) {
      const { key, plain } = freshPut(subject, { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" });
      expectStatus(await subject.signed(plain), 200);
      await expectBytes(subject, key, body);
    },
  },
  {
    id: "auth.payload-hash-in-header",
    title: "the digest in x-amz-content-sha256 is the lower-case hex SHA-256 of the body",
    source: DOC.headerAuth,
    async run(subject) {
      const { key, plain } = freshPut(subject, { "x-amz-content-sha256": sha256Hex(body) });
      expectStatus(await subject.signed(plain), 200);
      await expectBytes(subject, key, body);
    },
  },
  ...(["x-amz-meta-extra", "x-amz-acl", "x-amz-tagging", "x-amz-copy-source"] as const).map((name): Check => ({
    id: `auth.unsigned-${name.slice(6)}`,
    title: `an ${name} header that is not signed is 403 AccessDenied, and nothing is stored`,
    source: DOC.headerAuth,
    async run(subject) {
      const source = await putFresh(subject, "foreign bytes");
      const value = { "x-amz-acl": "public-read", "x-amz-copy-source": subject.path(source) }[name as string] ?? "a=b";
      const { key, plain } = freshPut(subject);
      const raw = await subject.sign(plain);
      raw.headers[name] = value;
      expectError(await subject.send(raw), 403, "AccessDenied");
      await expectNothingStored(subject, key);
    },
  })),
  {
    id: "auth.unsigned-host",
    title: "a signature that does not cover Host is 403",
    source: DOC.headerAuth,
    async run(subject) {
      const { key, plain } = freshPut(subject);
      expectError(await subject.signed(plain, { unsigned: ["host"] }), 403);
      await expectNothingStored(subject, key);
    },
  },
  {
    id: "auth.canonical-spaces",
    title: "runs of blanks in a signed header value count as one, and outer ones not at all",
    source: DOC.headerAuth,
    async run(subject) {
      const { plain } = freshPut(subject, { "x-amz-meta-a": "one two" });
      const raw = await subject.sign(plain);
      raw.headers["x-amz-meta-a"] = "  one    two ";
      expectStatus(await subject.send(raw), 200);
    },
  },
  {
    id: "auth.malformed",
    title: "an Authorization header of the right algorithm without credentials is 400",
    source: DOC.errors,
    async run(subject) {
      const { plain } = freshPut(subject);
      const raw = await subject.sign(plain);
      raw.headers.authorization = "AWS4-HMAC-SHA256 nonsense";
      expectError(await subject.send(raw), 400);
    },
  },
  {
    id: "auth.other-scheme",
    title: "another authorization scheme is refused",
    source: DOC.errors,
    async run(subject) {
      const { key, plain } = freshPut(subject);
      const raw = await subject.sign(plain);
      raw.headers.authorization = "Bearer abc";
      const answer = await subject.send(raw);
      assert.ok(answer.status === 400 || answer.status === 403, `got ${answer.status} ${answer.code}`);
      await expectNothingStored(subject, key);
    },
  },
  {
    id: "auth.two-mechanisms",
    title: "a presigned query and an Authorization header together are 400",
    source: DOC.errors,
    async run(subject) {
      const { plain } = freshPut(subject);
      const presigned = await subject.presign({ method: "PUT", path: plain.path });
      const raw = await subject.sign(plain);
      expectError(await subject.send({ ...raw, target: presigned.target }), 400, "InvalidArgument");
    },
  },
  ...["blank and+plus", "ünï-©-日本-😀", "!*'()~-_.", "100%", "a&b=c;d,e:f@g$h", "#frag?query"].map(
    (name, index): Check => ({
      id: `auth.key-characters-${index + 1}`,
      title: `the key «${name}» can be signed, stored and read back`,
      source: DOC.keys,
      async run(subject) {
        const key = `${subject.key()}/${name}`;
        expectStatus(await subject.signed({ method: "PUT", path: subject.path(key), body }), 200);
        await expectBytes(subject, key, body);
      },
    }),
  ),
];
