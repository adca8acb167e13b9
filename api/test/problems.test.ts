import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { PNG, sha256Of } from "./content.js";
import { checkInvariants } from "./invariants.js";
import {
  abortUpload,
  confirmUpload,
  createUploadUrl,
  deleteFile,
  expectMember,
  openUpload,
  readFile,
  readUsage,
  renameFile,
  restoreFile,
  sendBytes,
  signUploadParts,
  upload,
} from "./operations.js";
import type { CreateInput, UploadTicket } from "./operations.js";
import { expectedProblem } from "./problem.js";
import { accountOf, countRows, openUploadKeys, rowOf, until } from "./records.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** The problems of every mutation but confirmUpload, each with what it leaves behind. */

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const QUOTA_BYTES = 30 * GIB;
const MAX_FILE_BYTES = 6 * GIB;

let app: TestApp;
/** A new one for each test. */
let user: string;
let openBefore: number;
beforeAll(async () => {
  app = await startTestApp({
    env: {
      OWNER_QUOTA_BYTES: String(QUOTA_BYTES),
      MAX_FILE_SIZE_BYTES: String(MAX_FILE_BYTES),
      MAX_PENDING_UPLOADS: "5",
    },
  });
});
beforeEach(async () => {
  user = `user-${randomUUID()}`;
  openBefore = (await openUploadKeys(app)).length;
});
afterEach(() => checkInvariants(app));
afterAll(() => app.stop());

const NOTHING = { used: 0, reserved: 0, uncollected: 0, open: 0 };

/** No row, no reservation, no multipart upload of this user. */
async function expectNothingKept(): Promise<void> {
  expect(await countRows(app, user)).toBe(0);
  expect(await accountOf(app, user)).toEqual(NOTHING);
  expect((await openUploadKeys(app)).length).toBe(openBefore);
}

describe("createUploadUrl", () => {
  test("FileTooLarge: above the policy", async () => {
    const answer = await createUploadUrl(app, user, { size: MAX_FILE_BYTES + 1 });
    const facts = { maxSize: MAX_FILE_BYTES, actualSize: MAX_FILE_BYTES + 1 };
    expect(answer).toEqual(expectedProblem("FileTooLarge", "FILE_TOO_LARGE", false, facts));
    await expectNothingKept();
  });

  test("FileTooLarge: above one part, for a single PUT", async () => {
    const answer = await createUploadUrl(app, user, { size: 5 * GIB + 1, transfer: "SINGLE" });
    const facts = { maxSize: 5 * GIB, actualSize: 5 * GIB + 1 };
    expect(answer).toEqual(expectedProblem("FileTooLarge", "FILE_TOO_LARGE", false, facts));
    await expectNothingKept();
    expect(await createUploadUrl(app, user, { size: 5 * GIB + 1 })).toMatchObject({ transfer: "PARTS", partCount: 81 });
  });

  test.each([
    "",
    "text",
    "/plain",
    "text/",
    "image/*",
    "*/*",
    "a/b/c",
    "text/plain; charset=utf-8",
    " text/plain",
    "text/plain\r\nx-amz-acl: public-read",
    "text/pl\u0000ain",
    "text/plaın",
    `text/${"x".repeat(10_000)}`,
  ])("TypeNotAllowed: %j", async (contentType) => {
    const answer = await createUploadUrl(app, user, { size: 1, contentType });
    const facts = { declaredType: contentType, allowedTypes: ["*/*"] };
    expect(answer).toEqual(expectedProblem("TypeNotAllowed", "TYPE_NOT_ALLOWED", false, facts));
    await expectNothingKept();
  });

  test("QuotaExceeded: with the usage of that moment", async () => {
    const ready = await upload(app, user, Buffer.alloc(1000));
    const trashed = await upload(app, user, Buffer.alloc(500));
    await deleteFile(app, user, trashed.id);
    expectMember("UploadTicket", await createUploadUrl(app, user, { size: MAX_FILE_BYTES }));
    const usage = { usedBytes: 1500, trashBytes: 500, reservedBytes: MAX_FILE_BYTES, quotaBytes: QUOTA_BYTES };
    expect(await readUsage(app, user)).toEqual(usage);
    for (const _ of [1, 2, 3]) expectMember("UploadTicket", await createUploadUrl(app, user, { size: MAX_FILE_BYTES }));

    const roomBytes = QUOTA_BYTES - 4 * MAX_FILE_BYTES - 1500;
    const before = await accountOf(app, user);
    const answer = await createUploadUrl(app, user, { size: roomBytes + 1 });
    const facts = { neededBytes: roomBytes + 1, usage: { ...usage, reservedBytes: 4 * MAX_FILE_BYTES } };
    expect(answer).toEqual(expectedProblem("QuotaExceeded", "QUOTA_EXCEEDED", false, facts));
    expect(await accountOf(app, user)).toEqual(before);
    expect(await countRows(app, user)).toBe(6);

    expectMember("UploadTicket", await createUploadUrl(app, user, { size: roomBytes }));
    expect((await readFile(app, user, ready.id))!.status).toBe("READY");
  });

  test("QuotaExceeded: of many at once only as many as fit get a ticket", async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => createUploadUrl(app, user, { size: MAX_FILE_BYTES })),
    );
    const names = answers.map((answer) => answer.__typename).sort();
    expect(names.filter((name) => name === "UploadTicket")).toHaveLength(5);
    expect(await accountOf(app, user)).toMatchObject({ reserved: 5 * MAX_FILE_BYTES, open: 5 });
    expect(await countRows(app, user)).toBe(5);
  });

  test("TooManyPending: until one is confirmed or collected", async () => {
    const tickets: UploadTicket[] = [];
    for (const _ of [1, 2, 3, 4, 5]) tickets.push(await openUpload(app, user, "x"));
    const problem = expectedProblem("TooManyPending", "TOO_MANY_PENDING", true, { limit: 5 });
    expect(await createUploadUrl(app, user, { size: 1 })).toEqual(problem);
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, reserved: 5, open: 5 });
    expect(await countRows(app, user)).toBe(5);

    expectMember("AbortedUpload", await abortUpload(app, user, tickets[0]!.file.id));
    expectMember("UploadTicket", await createUploadUrl(app, user, { size: 1 }));
    expect(await createUploadUrl(app, user, { size: 1 })).toEqual(problem);
    await sendBytes(app, user, tickets[1]!, "x");
    expectMember("ConfirmedUpload", await confirmUpload(app, user, tickets[1]!.file.id));
    expectMember("UploadTicket", await createUploadUrl(app, user, { size: 1 }));
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, used: 1, reserved: 5, open: 5 });
  });

  test.each<[fault: string, name: string, filename: string]>([
    ["EMPTY", "nothing", ""],
    ["EMPTY", "white space", " \u3000\u00a0"],
    ["TOO_LONG", "10 kB", "n".repeat(10_000)],
    ["TOO_LONG", "256 bytes", "n".repeat(256)],
    ["TOO_LONG", "256 bytes in 64 characters", "😀".repeat(64)],
    ["FORBIDDEN_CHARACTER", "NUL", "a\u0000b.txt"],
    ["FORBIDDEN_CHARACTER", "a way up", "../../etc/passwd"],
    ["FORBIDDEN_CHARACTER", "a slash", "a/b"],
    ["FORBIDDEN_CHARACTER", "a backslash", "a\\b"],
    ["FORBIDDEN_CHARACTER", "the folder itself", "."],
    ["FORBIDDEN_CHARACTER", "its parent", ".."],
    ["FORBIDDEN_CHARACTER", "a line break", "a\r\nSet-Cookie: x"],
    ["FORBIDDEN_CHARACTER", "a bidi override", "photo\u202egnp.exe"],
    ["FORBIDDEN_CHARACTER", "a bidi isolate", "photo\u2066gnp.exe"],
    ["FORBIDDEN_CHARACTER", "half a surrogate pair", "a\ud83d.txt"],
    ["FORBIDDEN_CHARACTER", "an escape", "a\u001b[31m"],
  ])("FilenameInvalid %s: %s", async (fault, _name, filename) => {
    const problem = expectedProblem("FilenameInvalid", "FILENAME_INVALID", false, { fault, maxBytes: 255 });
    expect(await createUploadUrl(app, user, { size: 1, filename })).toEqual(problem);
    await expectNothingKept();
    const { file } = await openUpload(app, user, "x", { filename: "before.txt" });
    expect(await renameFile(app, user, file.id, filename)).toEqual(problem);
    expect((await readFile(app, user, file.id))!.filename).toBe("before.txt");
  });

  test.each([
    ["255 bytes", "n".repeat(255), "n".repeat(255)],
    ["255 bytes once composed", "e\u0301".repeat(127) + "n", "\u00e9".repeat(127) + "n"],
    ["quotes, dollars and brackets", `it's "$HOME" \`x\` [1] %s & <b>`, `it's "$HOME" \`x\` [1] %s & <b>`],
    ["a leading dash", "-rf", "-rf"],
    ["a name that SQL knows", "'; drop table files; --", "'; drop table files; --"],
  ])("a filename of %s is taken", async (_name, filename, kept) => {
    const ticket = await openUpload(app, user, "x", { filename });
    expect(ticket.file.filename).toBe(kept);
    expect(await rowOf(app, ticket.file.id)).toMatchObject({ filename: kept, status: "PENDING" });
  });

  test("UnknownPolicy", async () => {
    const answer = await createUploadUrl(app, user, { size: 1, policy: "none such" });
    expect(answer).toEqual(
      expectedProblem("UnknownPolicy", "UNKNOWN_POLICY", false, { knownPolicies: ["default", "image", "document"] }),
    );
    await expectNothingKept();
  });

  test.each<[string, Partial<CreateInput>]>([
    ["another name", { filename: "other.bin" }],
    ["another type", { contentType: "text/plain" }],
    ["another size", { size: 2 }],
    ["a digest", { sha256: sha256Of("x") }],
    ["digests by part", { partChecksum: "SHA256" }],
    ["another transfer", { transfer: "SINGLE" }],
  ])("IdempotencyConflict: the same key with %s", async (_what, change) => {
    const input: CreateInput = { size: 1, idempotencyKey: "key 1" };
    const { file } = expectMember<UploadTicket>("UploadTicket", await createUploadUrl(app, user, input));
    const answer = await createUploadUrl(app, user, { ...input, ...change });
    const holder = { file: { id: file.id, status: "PENDING" } };
    expect(answer).toEqual(expectedProblem("IdempotencyConflict", "IDEMPOTENCY_CONFLICT", false, holder));
    expect(await countRows(app, user)).toBe(1);
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, reserved: 1, open: 1 });
  });

  test("IdempotencyConflict: the key's upload has ended", async () => {
    const input: CreateInput = { size: 1, idempotencyKey: "key 1" };
    const { file } = expectMember<UploadTicket>("UploadTicket", await createUploadUrl(app, user, input));
    await abortUpload(app, user, file.id);
    const holder = { file: { id: file.id, status: "EXPIRED" } };
    const problem = expectedProblem("IdempotencyConflict", "IDEMPOTENCY_CONFLICT", false, holder);
    expect(await createUploadUrl(app, user, input)).toEqual(problem);
    expect(await accountOf(app, user)).toEqual(NOTHING);
  });

  test("one bad key in a batch fails the call before anything is reserved", async () => {
    const { errors } = await app.call(
      user,
      `mutation { createUploadUrls(inputs: [
        { filename: "a", contentType: "text/plain", size: 1 },
        { filename: "b", contentType: "text/plain", size: 1, idempotencyKey: "" }]) { __typename } }`,
    );
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    await expectNothingKept();
  });
});

describe("signUploadParts", () => {
  const sha256 = sha256Of("part");

  test.each<
    [fault: string, ticket: Partial<CreateInput>, parts: { number: number; sha256?: string }[], number: number]
  >([
    ["OUT_OF_RANGE", {}, [{ number: 0 }], 0],
    ["OUT_OF_RANGE", {}, [{ number: 1 }, { number: 4 }], 4],
    ["OUT_OF_RANGE", {}, [{ number: -1 }], -1],
    ["DUPLICATE", {}, [{ number: 2 }, { number: 1 }, { number: 2 }], 2],
    ["CHECKSUM_REQUIRED", { partChecksum: "SHA256" }, [{ number: 1, sha256 }, { number: 2 }], 2],
    ["CHECKSUM_NOT_ALLOWED", {}, [{ number: 3, sha256 }], 3],
    ["CHECKSUM_DIFFERS", { size: 1, sha256: sha256Of("x") }, [{ number: 1, sha256 }], 1],
  ])("PartInvalid %s", async (fault, change, parts, number) => {
    const input = { size: 16 * MIB + 1, ...change };
    const ticket = expectMember<UploadTicket>("UploadTicket", await createUploadUrl(app, user, input));
    const answer = await signUploadParts(app, user, ticket.file.id, parts);
    const facts = { number, fault, partCount: ticket.partCount };
    expect(answer).toEqual(expectedProblem("PartInvalid", "PART_INVALID", false, facts));
    expect((await readFile(app, user, ticket.file.id))!.status).toBe("PENDING");
  });

  test("UploadNotOpen, UploadExpired, FileNotFound: once the upload has ended", async () => {
    const ready = await upload(app, user, "x");
    const notOpen = (id: string, status: string) =>
      expectedProblem("UploadNotOpen", "UPLOAD_NOT_OPEN", false, { file: { id, status } });
    expect(await signUploadParts(app, user, ready.id, [{ number: 1 }])).toEqual(notOpen(ready.id, "READY"));
    await deleteFile(app, user, ready.id);
    expect(await signUploadParts(app, user, ready.id, [{ number: 1 }])).toEqual(notOpen(ready.id, "DELETED"));

    const { file } = await openUpload(app, user, "x");
    await abortUpload(app, user, file.id);
    const expired = { file: { id: file.id, status: "EXPIRED" } };
    expect(await signUploadParts(app, user, file.id, [{ number: 1 }])).toEqual(
      expectedProblem("UploadExpired", "UPLOAD_EXPIRED", false, expired),
    );
    await deleteFile(app, user, file.id);
    expect(await signUploadParts(app, user, file.id, [{ number: 1 }])).toEqual(notFound(file.id));
  });
});

const notFound = (fileId: string) => expectedProblem("FileNotFound", "FILE_NOT_FOUND", false, { fileId });
const conflict = (id: string, status: string) =>
  expectedProblem("FileStateConflict", "FILE_STATE_CONFLICT", false, { file: { id, status } });

describe("abortUpload, renameFile, deleteFile, restoreFile", () => {
  test("a READY file can be renamed and deleted, not aborted", async () => {
    const { id } = await upload(app, user, "x");
    const facts = { file: { id, status: "READY" } };
    expect(await abortUpload(app, user, id)).toEqual(expectedProblem("UploadNotOpen", "UPLOAD_NOT_OPEN", false, facts));
    expectMember("RenamedFile", await renameFile(app, user, id, "new.bin"));
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, used: 1 });
  });

  test("FileStateConflict: a file in the trash is not renamed", async () => {
    const { id } = await upload(app, user, "x");
    await deleteFile(app, user, id);
    expect(await renameFile(app, user, id, "new.bin")).toEqual(conflict(id, "DELETED"));
    expect(await rowOf(app, id)).toMatchObject({ filename: "data.bin", status: "DELETED" });
  });

  test("FileStateConflict: an open upload is not restored", async () => {
    const { file } = await openUpload(app, user, "x");
    expect(await restoreFile(app, user, file.id)).toEqual(conflict(file.id, "PENDING"));
    expect(await rowOf(app, file.id)).toMatchObject({ status: "PENDING" });
  });

  test("FileStateConflict: what has ended is neither renamed nor restored", async () => {
    const aborted = await openUpload(app, user, "x");
    await abortUpload(app, user, aborted.file.id);
    const rejected = await openUpload(app, user, "<html></html>", { contentType: "image/png", filename: "photo.png" });
    await sendBytes(app, user, rejected, "<html></html>");
    expect(await confirmUpload(app, user, rejected.file.id)).toMatchObject({ code: "CONTENT_MISMATCH" });
    for (const [id, status] of [
      [aborted.file.id, "EXPIRED"],
      [rejected.file.id, "REJECTED"],
    ] as const) {
      expect(await renameFile(app, user, id, "new.png")).toEqual(conflict(id, status));
      expect(await restoreFile(app, user, id)).toEqual(conflict(id, status));
      expect(await rowOf(app, id)).toMatchObject({ status });
    }
    await until(async () => (await accountOf(app, user)).open === 0);
    expect(await accountOf(app, user)).toEqual(NOTHING);
  });

  test("FileNotFound: after a permanent delete nothing is left to name", async () => {
    const { id } = await upload(app, user, PNG, { contentType: "image/png" });
    expectMember("DeletedFile", await deleteFile(app, user, id, true));
    for (const answer of [
      await deleteFile(app, user, id),
      await deleteFile(app, user, id, true),
      await restoreFile(app, user, id),
      await renameFile(app, user, id, "new.png"),
      await abortUpload(app, user, id),
      await confirmUpload(app, user, id),
      await signUploadParts(app, user, id, [{ number: 1 }]),
    ])
      expect(answer).toEqual(notFound(id));
    expect(await readFile(app, user, id)).toBeNull();
    expect(await accountOf(app, user)).toEqual(NOTHING);
  });
});
