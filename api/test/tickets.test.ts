import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { noise, PNG, sha256Of } from "./content.js";
import { checkInvariants } from "./invariants.js";
import {
  ask,
  confirmUpload,
  confirmUploads,
  createUploadUrl,
  createUploadUrls,
  deleteFile,
  expectMember,
  openUpload,
  rangeOf,
  restoreFile,
  sendBytes,
  signPartsOf,
  signUploadParts,
  upload,
} from "./operations.js";
import type { CreateInput, UploadTicket } from "./operations.js";
import { accountOf, countRows, openUploadKeys, rowOf } from "./records.js";
import { POLICIES } from "../src/uploads/policies.js";
import { enforcesPartSha256 } from "./store-strength.js";
import { download, put } from "./store-client.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** Tickets: repeated, resumed, in batches. */

const MIB = 1024 ** 2;

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

const ticketOf = async (input: CreateInput): Promise<UploadTicket> =>
  expectMember<UploadTicket>("UploadTicket", await createUploadUrl(app, user, input));

describe("the same idempotency key", () => {
  const input = { size: 5, idempotencyKey: "~ my key !" };

  test("answers the same file and reserves once; each URL works", async () => {
    const first = await ticketOf(input);
    const again = await ticketOf(input);
    expect(again.file).toEqual({ ...first.file, updatedAt: again.file.updatedAt });
    expect(again.transfer).toBe("SINGLE");
    expect(await accountOf(app, user)).toMatchObject({ reserved: 5, open: 1 });
    expect(await countRows(app, user)).toBe(1);
    for (const ticket of [first, again]) await sendBytes(app, user, ticket, "hello");
    expectMember("ConfirmedUpload", await confirmUpload(app, user, first.file.id));
  });

  test("twenty times at once: one file, one upload, one reservation", async () => {
    const tickets = await Promise.all(Array.from({ length: 20 }, () => createUploadUrl(app, user, input)));
    const ids = tickets.map((answer) => expectMember<UploadTicket>("UploadTicket", answer).file.id);
    expect(new Set(ids).size).toBe(1);
    expect(tickets.map((ticket) => (ticket as UploadTicket).transfer)).toEqual(ids.map(() => "SINGLE"));
    expect(await countRows(app, user)).toBe(1);
    expect(await accountOf(app, user)).toEqual({ used: 0, reserved: 5, uncollected: 0, open: 1 });
    const key = `f/${ids[0]!.slice(-2)}/${ids[0]!.slice(5)}`;
    expect((await openUploadKeys(app)).filter((open) => open === key)).toEqual([key]);
  });

  test("twice in one batch", async () => {
    const answers = await createUploadUrls(app, user, [input, { ...input, idempotencyKey: "other" }, input]);
    const ids = answers.map((answer) => expectMember<UploadTicket>("UploadTicket", answer).file.id);
    expect(ids[2]).toBe(ids[0]);
    expect(ids[1]).not.toBe(ids[0]);
    expect(await accountOf(app, user)).toMatchObject({ reserved: 10, open: 2 });
  });

  test("once READY there is nothing to send any more; in the trash the key is spent", async () => {
    const ready = await upload(app, user, "hello", { idempotencyKey: "done" });
    const again = await ticketOf({ size: 5, idempotencyKey: "done" });
    expect(again).toMatchObject({ transfer: "NONE", uploadUrl: null, headers: [], urlExpiresAt: null, curl: null });
    expect(again.file).toEqual(ready);
    expectMember("ConfirmedUpload", await confirmUpload(app, user, again.file.id));

    await deleteFile(app, user, ready.id);
    const spent = { code: "IDEMPOTENCY_CONFLICT", file: { id: ready.id, status: "DELETED" } };
    expect(await createUploadUrl(app, user, { size: 5, idempotencyKey: "done" })).toMatchObject(spent);
    await restoreFile(app, user, ready.id);
    expect((await ticketOf({ size: 5, idempotencyKey: "done" })).file).toMatchObject({ id: ready.id, status: "READY" });
    expect(await accountOf(app, user)).toEqual({ used: 5, reserved: 0, uncollected: 0, open: 0 });
  });

  test("is every caller's own", async () => {
    const mine = await ticketOf(input);
    const theirs = await createUploadUrl(app, `${user}-2`, { ...input, size: 6 });
    expect(expectMember<UploadTicket>("UploadTicket", theirs).file.id).not.toBe(mine.file.id);
  });

  test("works as long as the quota is full, since nothing new is reserved", async () => {
    const full = await startTestApp({ beside: app, env: { OWNER_QUOTA_BYTES: "5", MAX_PENDING_UPLOADS: "1" } });
    try {
      const first = expectMember<UploadTicket>("UploadTicket", await createUploadUrl(full, user, input));
      const again = expectMember<UploadTicket>("UploadTicket", await createUploadUrl(full, user, input));
      expect(again.file.id).toBe(first.file.id);
      expect(await createUploadUrl(full, user, { size: 1 })).toMatchObject({ code: "TOO_MANY_PENDING" });
    } finally {
      await full.stop();
    }
  });

  test.each([
    ["", 0],
    ["ä", 0],
    ["a\nb", 0],
    ["k".repeat(256), 0],
    ["k".repeat(255), 1],
  ])("is 1 to 255 printable ASCII characters: %#", async (idempotencyKey, rows) => {
    const { errors } = await app.call(
      user,
      "mutation ($input: CreateUploadUrlInput!) { createUploadUrl(input: $input) { __typename } }",
      {
        input: { filename: "a", contentType: "text/plain", size: 1, idempotencyKey },
      },
    );
    expect(errors?.[0]?.extensions["code"]).toBe(rows === 1 ? undefined : "BAD_USER_INPUT");
    expect(await countRows(app, user)).toBe(rows);
  });
});

describe("what an uploader can know beforehand", () => {
  test("limits and policies are those of the configuration", async () => {
    const env = {
      UPLOAD_URL_TTL_SECONDS: "60",
      DOWNLOAD_URL_TTL_SECONDS: "120",
      UPLOAD_TTL_SECONDS: "180",
      TRASH_TTL_SECONDS: "240",
      MAX_FILE_SIZE_BYTES: "1000",
    };
    const configured = await startTestApp({ beside: app, env });
    try {
      const { data } = await configured.call(
        user,
        `{ limits { batchSize pageSize maxPartSize maxVerifiedSize uploadUrlTtlSeconds downloadUrlTtlSeconds
             uploadTtlSeconds trashTtlSeconds } uploadPolicies { name maxSize allowedTypes } }`,
      );
      expect(data).toEqual({
        limits: {
          batchSize: 100,
          pageSize: 100,
          maxPartSize: 5 * 1024 * MIB,
          maxVerifiedSize: 64 * MIB,
          uploadUrlTtlSeconds: 60,
          downloadUrlTtlSeconds: 120,
          uploadTtlSeconds: 180,
          trashTtlSeconds: 240,
        },
        uploadPolicies: POLICIES.map(({ name, allowedTypes }) => ({ name, maxSize: 1000, allowedTypes })),
      });
      const ticket = await openUpload(configured, user, "hello");
      const leftMs = Date.parse(ticket.urlExpiresAt!) - Date.now();
      expect(leftMs).toBeGreaterThan(50_000);
      expect(leftMs).toBeLessThanOrEqual(60_000);
      expect(Date.parse(ticket.confirmBy) - Date.parse(ticket.file.createdAt)).toBe(180_000);
    } finally {
      await configured.stop();
    }
  });

  test("a digest is taken in either case and answered in lower case", async () => {
    const sha256 = sha256Of("hello");
    const ticket = await ticketOf({ size: 5, sha256: sha256.toUpperCase() });
    await sendBytes(app, user, ticket, "hello");
    const { file } = expectMember("ConfirmedUpload", await confirmUpload(app, user, ticket.file.id));
    expect(file.sha256).toBe(sha256);
  });
});

describe("resuming", () => {
  const RESUME = `query ($id: ID!) { file(id: $id) { upload { transfer partCount partSize partChecksum uploadUrl
    headers { name value } receivedParts storedParts { number size sha256 } confirmBy file { id status } } } }`;
  type Resume = Omit<UploadTicket, "receivedParts"> & {
    receivedParts: number[];
    storedParts: { number: number; size: number; sha256: string | null }[];
  };
  const resume = async (id: string): Promise<Resume | null> =>
    (await ask<{ upload: Resume | null }>(app, user, RESUME, { id })).upload;

  test("from any device: the store says what it holds, the rest is sent, the file is whole", async () => {
    const content = noise(24 * MIB - 3, "resumed");
    const ticket = await openUpload(app, user, content, { partChecksum: "SHA256" });
    const { id } = ticket.file;
    expect(await resume(id)).toMatchObject({
      receivedParts: [],
      storedParts: [],
      transfer: "PARTS",
      confirmBy: ticket.confirmBy,
    });
    for (const signed of await signPartsOf(app, user, ticket, content, [3, 1])) {
      const [fromByte, toByte] = rangeOf(ticket, signed.number);
      expect((await put(signed, content, { fromByte, toByte })).status).toBe(200);
    }
    const resumed = (await resume(id))!;
    expect(resumed.receivedParts).toEqual([1, 3]);
    const shown = await enforcesPartSha256(app.bucket);
    expect(resumed.storedParts).toEqual(
      [1, 3].map((number) => {
        const [fromByte, toByte] = rangeOf(ticket, number);
        return { number, size: toByte - fromByte, sha256: shown ? sha256Of(content, fromByte, toByte) : null };
      }),
    );
    const { partSize, partCount, partChecksum } = ticket;
    expect(resumed).toMatchObject({ partSize, partCount, partChecksum, file: { id, status: "PENDING" } });

    const [second] = await signPartsOf(app, user, ticket, content, [2]);
    const [fromByte, toByte] = rangeOf(ticket, 2);
    await put(second!, content, { fromByte, toByte });
    const { file } = expectMember("ConfirmedUpload", await confirmUpload(app, user, id));
    expect((await download(file.url!)).sha256).toBe(sha256Of(content));
    expect(await resume(id)).toBeNull();
  });

  test("one part: a fresh URL, which works when the first one does not any more", async () => {
    const brief = await startTestApp({ beside: app, env: { UPLOAD_URL_TTL_SECONDS: "3" } });
    try {
      const ticket = await openUpload(brief, user, "hello", { declareSha256: true });
      expect(Date.parse(ticket.urlExpiresAt!) - Date.now()).toBeLessThanOrEqual(3000);
      let refused;
      do refused = await put({ url: ticket.uploadUrl!, headers: ticket.headers }, "hello");
      while (refused.status === 200 && Date.now() < Date.parse(ticket.urlExpiresAt!) + 5000);
      expect(refused).toMatchObject({ status: 403, code: "AccessDenied" });
      const resumed = (await resume(ticket.file.id))!;
      expect(resumed).toMatchObject({ transfer: "SINGLE", receivedParts: [1] });
      expect(resumed.uploadUrl).not.toBe(ticket.uploadUrl);
      expect((await put({ url: resumed.uploadUrl!, headers: resumed.headers }, "hello")).status).toBe(200);
      expectMember("ConfirmedUpload", await confirmUpload(app, user, ticket.file.id));
    } finally {
      await brief.stop();
    }
  });

  test("all parts are signed in one call, in the order of the call; a hundred and one are refused", async () => {
    const ticket = await ticketOf({ size: 4 * 1024 * MIB });
    expect(ticket).toMatchObject({ partCount: 64, partSize: 64 * MIB });
    const numbers = Array.from({ length: 64 }, (_, index) => 64 - index);
    const signed = expectMember(
      "SignedParts",
      await signUploadParts(
        app,
        user,
        ticket.file.id,
        numbers.map((number) => ({ number })),
      ),
    );
    expect(signed.parts.map(({ number }) => number)).toEqual(numbers);
    expect(new Set(signed.parts.map(({ url }) => url)).size).toBe(64);
    for (const part of signed.parts) {
      expect(part.headers).toEqual([{ name: "Content-Type", value: "application/octet-stream" }]);
      expect(Date.parse(part.expiresAt)).toBeGreaterThan(Date.now());
    }
    const many = Array.from({ length: 101 }, () => ({ number: 1 }));
    await expect(signUploadParts(app, user, ticket.file.id, many)).rejects.toThrow("BAD_USER_INPUT");
  });
});

describe("batches", () => {
  test("answer in order, each item its own outcome, quota in order", async () => {
    const tight = await startTestApp({ beside: app, env: { OWNER_QUOTA_BYTES: "10" } });
    try {
      const answers = await createUploadUrls(tight, user, [
        { size: 6 },
        { size: 5 },
        { size: 1, filename: "../x" },
        { size: 4 },
        { size: 1 },
        { size: 0 },
      ]);
      expect(answers.map((answer) => answer.__typename)).toEqual([
        "UploadTicket",
        "QuotaExceeded",
        "FilenameInvalid",
        "UploadTicket",
        "QuotaExceeded",
        "UploadTicket",
      ]);
      expect(await accountOf(app, user)).toEqual({ used: 0, reserved: 10, uncollected: 0, open: 3 });
    } finally {
      await tight.stop();
    }
  });

  test("confirm in order, each item its own verdict, a repeated id the same one", async () => {
    const good = await openUpload(app, user, PNG, { contentType: "image/png" });
    await sendBytes(app, user, good, PNG);
    const bad = await openUpload(app, user, "no picture", { contentType: "image/png" });
    await sendBytes(app, user, bad, "no picture");
    const unsent = await openUpload(app, user, "unsent");
    const ids = [bad.file.id, good.file.id, "nonsense", unsent.file.id, good.file.id];
    const answers = await confirmUploads(app, user, ids);
    expect(answers.map((answer) => answer.__typename)).toEqual([
      "ContentMismatch",
      "ConfirmedUpload",
      "FileNotFound",
      "PartsMissing",
      "ConfirmedUpload",
    ]);
    expect(await rowOf(app, good.file.id)).toMatchObject({ status: "READY", attempt: 2 });
    expect(await accountOf(app, user)).toMatchObject({ used: PNG.length, reserved: 6 });
  });

  test("may be empty, and have at most limits.batchSize items", async () => {
    expect(await createUploadUrls(app, user, [])).toEqual([]);
    expect(await confirmUploads(app, user, [])).toEqual([]);
    const { batchSize } = await ask<{ batchSize: number }>(app, user, "{ limits { batchSize } }");
    const inputs = Array.from({ length: batchSize }, () => ({ size: 0 }));
    await expect(createUploadUrls(app, user, [...inputs, { size: 0 }])).rejects.toThrow("BAD_USER_INPUT");
    await expect(confirmUploads(app, user, inputs.map(() => "x").concat("x"))).rejects.toThrow("BAD_USER_INPUT");
    expect(await countRows(app, user)).toBe(0);
    expect(await createUploadUrls(app, user, inputs)).toHaveLength(batchSize);
    expect(await countRows(app, user)).toBe(batchSize);
  });
});
