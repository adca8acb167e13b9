/** The promises of signed URLs, used and misused as strangers would. Part of object-storage.contract.ts. */

import { createHash } from "node:crypto";
import { expect, test } from "@jest/globals";
import type { ContractSteps, Upload } from "./contract-steps.fixture.js";
import { expectKind, MIN_PART_BYTES, newKey, sha256Of } from "./contract-steps.fixture.js";
import type { SignedRequest } from "./object-storage.js";

/** One PUT, of exactly these bytes, to this part, while its upload is open. */
export function partUrlLaws(at: () => ContractSteps): void {
  const ends: [string, (steps: ContractSteps, upload: Upload) => Promise<void>, string | null][] = [
    ["its upload was sealed", (steps, upload) => steps.seal(upload), "original"],
    ["its upload was aborted", (steps, upload) => steps.storage.abortMultipartUpload(upload), null],
    [
      "its object was deleted",
      async (steps, upload) => {
        await steps.seal(upload);
        await steps.storage.deleteObject(upload);
      },
      null,
    ],
  ];

  test.each(ends)("is worth nothing once %s", async (_, end, remaining) => {
    const steps = at();
    const upload = await steps.openUpload();
    const request = await steps.signPart({ ...upload, sizeBytes: 8 });
    expect((await steps.send(request, "original")).status).toBe(200);
    await end(steps, upload);
    for (const body of ["original", "replayed"]) expect((await steps.send(request, body)).status).toBe(404);
    const head = await steps.storage.headObject(upload);
    expect(head === null ? null : await steps.readText(upload.key)).toBe(remaining);
    await expectKind(steps.storage.listParts(upload), "NO_SUCH_UPLOAD");
    expect(await steps.storage.listMultipartUploads(upload)).toEqual([]);
  });

  test.each(["shorte", "much longer than was signed", ""])("takes no other length: %j", async (body) => {
    const steps = at();
    const upload = await steps.openUpload();
    const request = await steps.signPart({ ...upload, sizeBytes: 7 });
    expect((await steps.send(request, body)).status).toBe(403);
    expect(await steps.storage.listParts(upload)).toEqual([]);
    expect((await steps.send(request, "7 bytes")).status).toBe(200);
  });

  test("takes no other type, part, upload, key or method", async () => {
    const steps = at();
    const upload = await steps.openUpload();
    const other = await steps.openUpload();
    const request = await steps.signPart({ ...upload, sizeBytes: 4 });
    const edit = (change: (url: URL) => void) => {
      const url = new URL(request.url);
      change(url);
      return { ...request, url: url.href };
    };
    const misuses: [SignedRequest, string][] = [
      [{ ...request, headers: [{ name: "Content-Type", value: "text/html" }] }, "PUT"],
      [edit((url) => url.searchParams.set("partNumber", "2")), "PUT"],
      [edit((url) => url.searchParams.set("uploadId", other.uploadId)), "PUT"],
      [edit((url) => url.searchParams.delete("partNumber")), "PUT"],
      [edit((url) => url.searchParams.set("X-Amz-Expires", "604800")), "PUT"],
      [edit((url) => (url.pathname = url.pathname.replace(upload.key, other.key))), "PUT"],
      [request, "POST"],
      [request, "DELETE"],
    ];
    for (const [misuse, method] of misuses) expect((await steps.send(misuse, "text", method)).status).toBe(403);
    expect((await fetch(request.url)).status).toBe(403);
    for (const each of [upload, other]) expect(await steps.storage.listParts(each)).toEqual([]);
    expect(await steps.storage.headObject(upload)).toBeNull();
  });

  test("puts no foreign object and no header of the client into the bucket", async () => {
    const steps = at();
    const secret = await steps.sealed("somebody else's");
    const bucketPath = new URL((await steps.download(secret)).url).pathname;
    const upload = await steps.openUpload();
    const request = await steps.signPart({ ...upload, sizeBytes: 4 });
    const smuggled = [
      { name: "x-amz-copy-source", value: bucketPath },
      { name: "x-amz-acl", value: "public-read" },
      { name: "x-amz-meta-by", value: "mallory" },
    ];
    for (const header of smuggled) await steps.send({ ...request, headers: [...request.headers, header] }, "text");
    expect((await steps.send(request, "text")).status).toBe(200);
    await steps.seal(upload);
    expect(await steps.readText(upload.key)).toBe("text");
    const { url } = await steps.download(upload.key);
    const response = await fetch(url);
    expect(response.headers.get("x-amz-meta-by")).toBeNull();
    expect((await fetch(url.split("?", 1)[0]!)).status).toBe(403);
  });

  test.each(["sealed", "aborted"])(
    "changes nothing when its bytes are still on their way as the upload is %s",
    async (end) => {
      const steps = at();
      const upload = await steps.openUpload();
      const request = await steps.signPart({ ...upload, sizeBytes: 8 });
      expect((await steps.send(request, "original")).status).toBe(200);
      const slow = await steps.startSlowly(request, "repl");
      if (end === "sealed") await steps.seal(upload);
      else await steps.storage.abortMultipartUpload(upload);
      expect(await slow.finish("aced")).toBe(404);
      const head = await steps.storage.headObject(upload);
      expect(head === null ? null : await steps.readText(upload.key)).toBe(end === "sealed" ? "original" : null);
      expect(await steps.storage.listMultipartUploads(upload)).toEqual([]);
    },
  );

  test("dies at its hour", async () => {
    const steps = at();
    const upload = await steps.openUpload();
    const past = steps.subject.signerAt(new Date(Date.now() - 120_000));
    const request = await steps.signPart({ ...upload, sizeBytes: 4, ttlSeconds: 60 }, past);
    expect(request.expiresAt.getTime()).toBeLessThan(Date.now());
    expect((await steps.send(request, "late")).status).toBe(403);
    expect(await steps.storage.listParts(upload)).toEqual([]);
  });
}

/** Where a digest binds nothing: that it does not must be seen, and reading back is what is left. */
export function ignoredDigestLaws(at: () => ContractSteps): void {
  test("other bytes are taken, no digest is shown for them, and reading back tells", async () => {
    const steps = at();
    const upload = await steps.openUpload("SHA256");
    const request = await steps.signPart({ ...upload, sizeBytes: 9, sha256: sha256Of("the bytes") });
    const withoutDigest = { ...request, headers: request.headers.slice(0, 1) };
    expect((await steps.send(withoutDigest, "the bytes")).status).toBe(403);
    expect((await steps.send(request, "tampered!")).status).toBe(200);
    expect(await steps.storage.listParts(upload)).toMatchObject([{ number: 1, sizeBytes: 9, sha256: null }]);
    await steps.seal(upload);
    const head = await steps.storage.headObject(upload);
    expect(head).toMatchObject({ checksumSha256: null });
    expect(await steps.storage.hashObject({ ...upload, etag: head!.etag })).toBe(sha256Of("tampered!"));
  });
}

/** What a digest binds. */
export function digestLaws(at: () => ContractSteps): void {
  test("other bytes of the same length are refused, the right ones are stored with their digest", async () => {
    const steps = at();
    const upload = await steps.openUpload("SHA256");
    const request = await steps.signPart({ ...upload, sizeBytes: 9, sha256: sha256Of("the bytes") });
    expect((await steps.send(request, "tampered!")).status).toBe(400);
    expect(await steps.storage.listParts(upload)).toEqual([]);
    const withoutDigest = { ...request, headers: request.headers.slice(0, 1) };
    expect((await steps.send(withoutDigest, "the bytes")).status).toBe(403);
    const otherDigest = { name: "x-amz-checksum-sha256", value: sha256Of("tampered!", "base64") };
    const resigned = { ...request, headers: [request.headers[0]!, otherDigest] };
    expect((await steps.send(resigned, "tampered!")).status).toBe(403);
    expect((await steps.send(request, "the bytes")).status).toBe(200);
    expect(await steps.storage.listParts(upload)).toMatchObject([{ number: 1, sha256: sha256Of("the bytes") }]);
  });

  test("the sealed object shows the digest of its parts' digests, and how many they were", async () => {
    const steps = at();
    const upload = await steps.openUpload("SHA256");
    const bodies = [Buffer.alloc(MIN_PART_BYTES, "x"), Buffer.from("rest")];
    for (const [index, body] of bodies.entries()) {
      await steps.putPart({ ...upload, partNumber: index + 1, body, sha256: sha256Of(body) });
    }
    await steps.seal(upload);
    const digests = bodies.map((body) => createHash("sha256").update(body).digest());
    const composite = sha256Of(Buffer.concat(digests), "base64");
    expect(await steps.storage.headObject(upload)).toMatchObject({ checksumSha256: `${composite}-2` });
  });

  test("a part's digest that is not the stored one does not seal", async () => {
    const steps = at();
    const upload = await steps.openUpload("SHA256");
    await steps.putPart({ ...upload, body: "bytes", sha256: sha256Of("bytes") });
    const parts = await steps.storage.listParts(upload);
    const wrong = parts.map((part) => ({ ...part, sha256: sha256Of("others") }));
    await expectKind(steps.storage.completeMultipartUpload({ ...upload, parts: wrong }), "INVALID_PART");
    expect(await steps.storage.headObject(upload)).toBeNull();
  });

  test("all parts have one or none has: the upload decides", async () => {
    const steps = at();
    const plain = await steps.openUpload("NONE");
    const digested = await steps.openUpload("SHA256");
    const withDigest = await steps.signPart({ ...plain, sizeBytes: 4, sha256: sha256Of("text") });
    const without = await steps.signPart({ ...digested, sizeBytes: 4 });
    expect((await steps.send(withDigest, "text")).status).toBe(400);
    expect((await steps.send(without, "text")).status).toBe(400);
    for (const upload of [plain, digested]) expect(await steps.storage.listParts(upload)).toEqual([]);
  });

  test("an upload without digests shows none", async () => {
    const steps = at();
    const key = await steps.sealed("plain");
    expect(await steps.storage.headObject({ key })).toMatchObject({ checksumSha256: null });
  });
}

/** One GET, under exactly these headers, for a time. */
export function downloadUrlLaws(at: () => ContractSteps): void {
  test("gives the bytes under the signed type, name and caching, whole or in ranges", async () => {
    const steps = at();
    const key = await steps.sealed("0123456789");
    const { url } = await steps.download(key);
    const whole = await fetch(url);
    expect([whole.status, await whole.text()]).toEqual([200, "0123456789"]);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": `attachment; filename="a_b.txt"; filename*=UTF-8''a%C3%A9%22b.txt`,
      "cache-control": "private, max-age=1800, immutable",
    });
    const range = await fetch(url, { headers: { range: "bytes=2-4" } });
    expect([range.status, await range.text()]).toEqual([206, "234"]);
  });

  test("bears no change: no override, no time, no key, no method", async () => {
    const steps = at();
    const key = await steps.sealed("<script>");
    const otherKey = await steps.sealed("other");
    const { url } = await steps.download(key);
    const edits: ((edited: URL) => void)[] = [
      (edited) => edited.searchParams.set("response-content-type", "text/html"),
      (edited) => edited.searchParams.set("response-content-disposition", "inline"),
      (edited) => edited.searchParams.delete("response-content-disposition"),
      (edited) => edited.searchParams.set("response-cache-control", "public"),
      (edited) => edited.searchParams.append("response-content-encoding", "gzip"),
      (edited) => edited.searchParams.set("X-Amz-Expires", "604800"),
      (edited) => edited.searchParams.delete("X-Amz-Signature"),
      (edited) => (edited.pathname = edited.pathname.replace(key, otherKey)),
    ];
    for (const edit of edits) {
      const edited = new URL(url);
      edit(edited);
      // AWS answers 400 where a parameter is missing altogether
      expect([400, 403]).toContain((await fetch(edited)).status);
    }
    for (const method of ["PUT", "DELETE"]) expect((await fetch(url, { method })).status).toBe(403);
    expect(await steps.readText(key)).toBe("<script>");
  });

  test("dies at its hour, and with its object", async () => {
    const steps = at();
    const key = await steps.sealed("mortal");
    const expired = await steps.download(key, new Date(Date.now() - 7_200_000));
    expect(expired.expiresAt.getTime()).toBeLessThan(Date.now());
    expect((await fetch(expired.url)).status).toBe(403);
    const { url } = await steps.download(key);
    await steps.storage.deleteObject({ key });
    expect((await fetch(url)).status).toBe(404);
  });

  test("starts with an origin that the signer names", async () => {
    const steps = at();
    const { url } = await steps.download(newKey());
    expect(steps.subject.signer.origins()).toContain(new URL(url).origin);
  });
}
