import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { noise, PNG, sha256Of } from "./content.js";
import { checkInvariants, historyOf } from "./invariants.js";
import {
  abortUpload,
  confirmUpload,
  confirmUploads,
  createUploadUrl,
  deleteFile,
  expectMember,
  openUpload,
  rangeOf,
  readFile,
  sendBytes,
  signPartsOf,
  signUploadParts,
  upload,
} from "./operations.js";
import type { UploadTicket } from "./operations.js";
import { expectedProblem } from "./problem.js";
import { accountOf, headOf, rowOf, until, uuidOf } from "./records.js";
import { enforcesPartSha256 } from "./store-strength.js";
import { download, put } from "./store-client.js";
import { startStoreProxy } from "./store-proxy.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";
import { testServers } from "./servers.js";

/** The problems of confirmUpload, each with what it leaves behind. */

const MIB = 1024 ** 2;
const NOTHING = { used: 0, reserved: 0, uncollected: 0, open: 0 };
const HTML = "<!doctype html><html><head><title>Hello</title></head><body><script>alert(1)</script></body></html>";

let app: TestApp;
/** A new one for each test. */
let user: string;
beforeAll(async () => {
  app = await startTestApp();
});
beforeEach(() => {
  user = `user-${randomUUID()}`;
});
afterEach(() => checkInvariants(app));
afterAll(() => app.stop());

const statesOf = (fileId: string): Promise<string> => historyOf(app, uuidOf(fileId));
const missing = (id: string, numbers: number[]) =>
  expectedProblem("PartsMissing", "PARTS_MISSING", false, { file: { id, status: "PENDING" }, numbers });
const expired = (id: string) =>
  expectedProblem("UploadExpired", "UPLOAD_EXPIRED", false, { file: { id, status: "EXPIRED" } });
const notFound = (fileId: string) => expectedProblem("FileNotFound", "FILE_NOT_FOUND", false, { fileId });

describe("PartsMissing leaves the upload open", () => {
  test("nothing was sent", async () => {
    const { file } = await openUpload(app, user, "hello");
    expect(await confirmUpload(app, user, file.id)).toEqual(missing(file.id, [1]));
    expect(await rowOf(app, file.id)).toMatchObject({ status: "PENDING", lease_until: null, complete_sent_at: null });
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, reserved: 5, open: 1 });
    expect(await statesOf(file.id)).toBe("PENDING>VERIFYING>PENDING");
  });

  test("one part of three was sent; the others can follow", async () => {
    const content = noise(16 * MIB + 1, "parts");
    const ticket = await openUpload(app, user, content);
    const { id } = ticket.file;
    const [second] = await signPartsOf(app, user, ticket, content, [2]);
    const [fromByte, toByte] = rangeOf(ticket, 2);
    await put(second!, content, { fromByte, toByte });
    expect(await confirmUpload(app, user, id)).toEqual(missing(id, [1, 3]));
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, reserved: content.sizeBytes, open: 1 });

    await sendBytes(app, user, ticket, content);
    const { file } = expectMember("ConfirmedUpload", await confirmUpload(app, user, id));
    expect((await download(file.url!)).sha256).toBe(sha256Of(content));
    expect(await statesOf(id)).toBe("PENDING>VERIFYING>PENDING>VERIFYING>READY");
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, used: content.sizeBytes });
  });

  test.each<[name: string, body: string, status: number]>([
    ["a body too short", "hell", 403],
    ["a body too long", "hello!", 403],
    ["a body of another digest", "jello", 400],
  ])("the store has refused %s", async (_name, body, status) => {
    const ticket = await openUpload(app, user, "hello", { declareSha256: true, contentType: "text/plain" });
    const signed = { url: ticket.uploadUrl!, headers: ticket.headers };
    if (status === 400 && !(await enforcesPartSha256(app.bucket))) {
      // A store that checks no digests takes them; confirm reads them back, and then they are refused for good.
      expect((await put(signed, body)).status).toBe(200);
      const facts = { declaredSha256: sha256Of("hello"), actualSha256: sha256Of(body) };
      const problem = expectedProblem("ChecksumMismatch", "CHECKSUM_MISMATCH", false, facts);
      for (const _ of [1, 2]) expect(await confirmUpload(app, user, ticket.file.id)).toEqual(problem);
      expect(await statesOf(ticket.file.id)).toBe("PENDING>VERIFYING>REJECTED");
      return;
    }
    expect((await put(signed, body)).status).toBe(status);
    expect(await confirmUpload(app, user, ticket.file.id)).toEqual(missing(ticket.file.id, [1]));
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, reserved: 5, open: 1 });

    await sendBytes(app, user, ticket, "hello");
    const { file } = expectMember("ConfirmedUpload", await confirmUpload(app, user, ticket.file.id));
    expect(file).toMatchObject({ status: "READY", sha256: sha256Of("hello"), integrity: "SHA256" });
  });
});

describe("UploadExpired is the end", () => {
  test("after an abort", async () => {
    const ticket = await openUpload(app, user, "hello");
    await sendBytes(app, user, ticket, "hello");
    expectMember("AbortedUpload", await abortUpload(app, user, ticket.file.id));
    for (const _ of [1, 2]) expect(await confirmUpload(app, user, ticket.file.id)).toEqual(expired(ticket.file.id));
    expect(expectMember("AbortedUpload", await abortUpload(app, user, ticket.file.id)).file.status).toBe("EXPIRED");
    expect(await statesOf(ticket.file.id)).toBe("PENDING>EXPIRED");
    expect(await accountOf(app, user)).toEqual(NOTHING);
  });

  test("after its time, when a sweep finds it incomplete", async () => {
    const brief = await startTestApp({ beside: app, env: { UPLOAD_TTL_SECONDS: "1" } });
    try {
      const { file, confirmBy } = await openUpload(brief, user, "hello");
      expect(Date.parse(confirmBy) - Date.parse(file.createdAt)).toBe(1000);
      await until(async () => {
        await brief.app.sweep();
        return (await readFile(brief, user, file.id))!.status === "EXPIRED";
      });
      expect(await confirmUpload(brief, user, file.id)).toEqual(expired(file.id));
      expect(await signUploadParts(brief, user, file.id, [{ number: 1 }])).toEqual(expired(file.id));
      expect(await readFile(brief, user, file.id)).toMatchObject({ url: null, rejection: null, integrity: null });
      await until(async () => (await accountOf(app, user)).open === 0);
      expect(await accountOf(app, user)).toEqual(NOTHING);
    } finally {
      await brief.stop();
    }
  });
});

test("FileNotFound: in the trash, never there, malformed", async () => {
  const { id } = await upload(app, user, "hello");
  await deleteFile(app, user, id);
  const ids = [id, "file_01890000-0000-7000-8000-000000000000", "file_x", "", uuidOf(id), `${id} `, id.toUpperCase()];
  expect(await confirmUploads(app, user, ids)).toEqual(ids.map(notFound));
  expect(await rowOf(app, id)).toMatchObject({ status: "DELETED" });
  expect(await accountOf(app, user)).toEqual({ ...NOTHING, used: 5 });
});

/** REJECTED for good: told again by every confirm and by the file, given back, and no byte is left. */
async function expectRejected(fileId: string, problem: Record<string, unknown>): Promise<void> {
  for (const _ of [1, 2]) expect(await confirmUpload(app, user, fileId)).toEqual(problem);
  const file = await readFile(app, user, fileId);
  expect(file).toMatchObject({ status: "REJECTED", rejection: problem, url: null, integrity: null, sha256: null });
  expect(await statesOf(fileId)).toBe("PENDING>VERIFYING>REJECTED");
  await until(async () => (await rowOf(app, fileId))!["collected_at"] !== null);
  expect(await headOf(app, fileId)).toBeNull();
  expect(await accountOf(app, user)).toEqual(NOTHING);
  expect(await confirmUpload(app, user, fileId)).toEqual(problem);
  expect((await readFile(app, user, fileId))!.rejection).toEqual(problem);
}

describe("ContentMismatch rejects", () => {
  test.each<[string, string | Uint8Array, string, string | null]>([
    ["a page called photo.png", HTML, "image/png", null],
    [
      "a GIF called photo.png",
      Buffer.from("GIF89a\u0001\u0000\u0001\u0000\u0000\u0000\u0000;"),
      "image/png",
      "image/gif",
    ],
    ["a PDF called song.mp3", "%PDF-1.7\n%âãÏÓ\n1 0 obj\n<<>>\nendobj\n", "audio/mpeg", "application/pdf"],
    ["a PNG called film.mp4", PNG, "video/mp4", "image/png"],
  ])("%s", async (_name, bytes, declaredType, detectedType) => {
    const ticket = await openUpload(app, user, bytes, { contentType: declaredType, filename: "photo.png" });
    await sendBytes(app, user, ticket, bytes);
    const facts = { declaredType, detectedType };
    await expectRejected(ticket.file.id, expectedProblem("ContentMismatch", "CONTENT_MISMATCH", false, facts));
  });

  test("but not what could not be known, and then the found type holds", async () => {
    const unknown = await upload(app, user, HTML, { contentType: "text/plain" });
    expect(unknown).toMatchObject({ status: "READY", contentType: "text/plain", declaredType: "text/plain" });
    const found = await upload(app, user, PNG, { contentType: "application/octet-stream" });
    expect(found).toMatchObject({ contentType: "image/png", declaredType: "application/octet-stream" });
    const alias = await upload(app, user, PNG, { contentType: "image/x-png" });
    expect(alias).toMatchObject({ contentType: "image/png", declaredType: "image/x-png" });
  });
});

test.each(["NONE", "SHA256"] as const)(
  "ChecksumMismatch rejects many parts of which the whole is not what was declared (parts: %s)",
  async (partChecksum) => {
    const content = noise(16 * MIB + 1, "whole");
    const declaredSha256 = sha256Of("something else");
    const ticket = expectMember<UploadTicket>(
      "UploadTicket",
      await createUploadUrl(app, user, { size: content.sizeBytes, sha256: declaredSha256, partChecksum }),
    );
    await sendBytes(app, user, ticket, content);
    const facts = { declaredSha256, actualSha256: sha256Of(content) };
    await expectRejected(ticket.file.id, expectedProblem("ChecksumMismatch", "CHECKSUM_MISMATCH", false, facts));
  },
);

test("FileBusy: while the store takes its time, nobody else moves the file", async () => {
  const proxy = await startStoreProxy(testServers().s3.endpoint);
  const slow = await startTestApp({ beside: app, storeEndpoint: proxy.endpoint });
  try {
    const ticket = await openUpload(slow, user, "hello");
    const { id } = ticket.file;
    await sendBytes(slow, user, ticket, "hello");
    let release!: () => void;
    const held = new Promise<"FORWARD">((resolve) => (release = () => resolve("FORWARD")));
    proxy.onCall(({ operation }) => (operation === "CompleteMultipartUpload" ? held : "FORWARD"));

    const first = confirmUpload(slow, user, id);
    await until(() => proxy.countOf("CompleteMultipartUpload") === 1);
    const busy = (retryAfterSeconds: number) =>
      expectedProblem("FileBusy", "FILE_BUSY", true, { file: { id, status: "VERIFYING" }, retryAfterSeconds });
    expect(await abortUpload(app, user, id)).toEqual(busy(1));
    expect(await deleteFile(app, user, id)).toEqual(busy(1));
    expect(await deleteFile(app, user, id, true)).toEqual(busy(1));
    const notOpen = { file: { id, status: "VERIFYING" } };
    expect(await signUploadParts(app, user, id, [{ number: 1 }])).toEqual(
      expectedProblem("UploadNotOpen", "UPLOAD_NOT_OPEN", false, notOpen),
    );
    // In this process and in another one.
    expect(await Promise.all([confirmUpload(slow, user, id), confirmUpload(app, user, id)])).toEqual([
      busy(1),
      busy(1),
    ]);
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, reserved: 5, open: 1 });

    release();
    expect(expectMember("ConfirmedUpload", await first).file.status).toBe("READY");
    expectMember("ConfirmedUpload", await confirmUpload(app, user, id));
    expect(proxy.countOf("CompleteMultipartUpload")).toBe(1);
    expect(await statesOf(id)).toBe("PENDING>VERIFYING>READY");
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, used: 5 });
  } finally {
    await slow.stop();
    await proxy.stop();
  }
});
