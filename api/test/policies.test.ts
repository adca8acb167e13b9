import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { POLICIES } from "../src/uploads/policies.js";
import type { PolicyDeclaration } from "../src/uploads/upload-policy.js";
import { PNG } from "./content.js";
import { checkInvariants } from "./invariants.js";
import { ask, confirmUpload, createUploadUrl, openUpload, readFile, sendBytes, upload } from "./operations.js";
import type { UploadOptions } from "./operations.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** What a policy says holds when an upload is opened, and again for the bytes that have come. */

const USER = "ann";
const MIB = 1024 ** 2;
const GIF = Buffer.from("GIF89a\u0001\u0000\u0001\u0000\u0000\u0000\u0000;");
const PDF = "%PDF-1.7\n1 0 obj\n<<>>\nendobj\n";
const COMPOUND = Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(504)]);
const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const HTML = "<!doctype html><script>alert(1)</script>";

/** Takes what `declared` says and finds what it likes. */
const LAX: PolicyDeclaration = {
  name: "lax",
  description: "Anything that calls itself a picture or unknown.",
  maxSizeBytes: 100,
  allowedTypes: ["image/*", "application/octet-stream"],
  visibility: "OWNER",
};

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ policies: [...POLICIES, LAX] });
});
afterAll(async () => {
  await checkInvariants(app);
  await app.stop();
});

async function verdictOf(bytes: Uint8Array | string, options: UploadOptions) {
  const ticket = await openUpload(app, USER, bytes, options);
  await sendBytes(app, USER, ticket, bytes);
  const verdict = await confirmUpload(app, USER, ticket.file.id);
  return { verdict, file: (await readFile(app, USER, ticket.file.id))! };
}

test("uploadPolicies tells all there is to know", async () => {
  const policies = await ask(app, USER, "{ uploadPolicies { name maxSize allowedTypes visibility description } }");
  expect(policies).toEqual(
    [...POLICIES, LAX].map(({ maxSizeBytes, ...policy }) => ({ ...policy, maxSize: maxSizeBytes ?? 5 * 1024 * MIB })),
  );
});

describe("when an upload is opened", () => {
  test.each([
    ["image", "image/png", 25 * MIB, "UploadTicket"],
    ["image", "image/png", 25 * MIB + 1, "FileTooLarge"],
    ["image", "image/svg+xml", 1, "TypeNotAllowed"],
    ["image", "application/octet-stream", 1, "TypeNotAllowed"],
    ["document", "text/csv", 100 * MIB, "UploadTicket"],
    ["document", "text/csv", 100 * MIB + 1, "FileTooLarge"],
    ["document", "text/html", 1, "TypeNotAllowed"],
    ["document", "image/png", 1, "TypeNotAllowed"],
    ["photos", "image/png", 1, "UnknownPolicy"],
  ])("%s, %s of %i bytes: %s", async (policy, contentType, size, member) => {
    expect(await createUploadUrl(app, USER, { policy, contentType, size })).toMatchObject({ __typename: member });
  });
});

describe("when the bytes have come", () => {
  test.each<[what: string, bytes: Uint8Array | string, contentType: string, policy: string, found: string]>([
    ["a picture", PNG, "image/png", "image", "image/png"],
    ["a PDF", PDF, "application/pdf", "document", "application/pdf"],
    ["a table, which no byte tells", "a,b\n1,2\n", "text/csv", "document", "text/csv"],
    ["a PDF called a table", PDF, "text/csv", "document", "application/pdf"],
    ["a picture of unknown kind", PNG, "application/octet-stream", "lax", "image/png"],
  ])("%s is taken", async (_what, bytes, contentType, policy, found) => {
    expect(await upload(app, USER, bytes, { contentType, policy })).toMatchObject({
      status: "READY",
      contentType: found,
    });
  });

  test.each<[what: string, bytes: Uint8Array | string, contentType: string, policy: string, found: string | null]>([
    ["a picture called a table", PNG, "text/csv", "document", "image/png"],
    ["a PDF of unknown kind", PDF, "application/octet-stream", "lax", "application/pdf"],
    ["an old Office file called a new one", COMPOUND, DOCX, "document", "application/x-cfb"],
  ])("%s is rejected by its policy, and the words say so", async (_what, bytes, contentType, policy, found) => {
    const { verdict, file } = await verdictOf(bytes, { contentType, policy });
    expect(verdict).toMatchObject({
      __typename: "ContentMismatch",
      declaredType: contentType,
      detectedType: found,
      message: `${contentType} was declared, the content is ${found}, and the policy ${policy} does not allow that. Choose another file or another policy.`,
    });
    expect(file).toMatchObject({ status: "REJECTED", url: null, rejection: verdict });
    // Every later confirm answers the same.
    expect(await confirmUpload(app, USER, file.id)).toEqual(verdict);
  });

  test("nothing, called a picture, is no picture", async () => {
    const { verdict } = await verdictOf("", { contentType: "image/png", policy: "image" });
    expect(verdict).toMatchObject({
      __typename: "ContentMismatch",
      detectedType: null,
      message: expect.stringMatching(/of no known type, and the policy image/),
    });
    expect(await upload(app, USER, "", { contentType: "image/png" })).toMatchObject({ status: "READY" });
  });

  test.each([
    ["a page", HTML, null],
    ["a drawing", '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "image/svg+xml"],
    ["noise", Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]), null],
    ["another picture", GIF, "image/gif"],
  ])("%s called image/png is rejected under image", async (_what, bytes, detectedType) => {
    const { verdict } = await verdictOf(bytes, { contentType: "image/png", policy: "image" });
    expect(verdict).toMatchObject({ __typename: "ContentMismatch", declaredType: "image/png" });
    expect([detectedType, "application/xml"]).toContain((verdict as { detectedType?: unknown }).detectedType);
  });

  test("a policy that has gone in the meantime is judged as default", async () => {
    const ticket = await openUpload(app, USER, PDF, { contentType: "application/octet-stream", policy: "lax" });
    await sendBytes(app, USER, ticket, PDF);
    const without = await startTestApp({ beside: app });
    try {
      expect(await confirmUpload(without, USER, ticket.file.id)).toMatchObject({
        __typename: "ConfirmedUpload",
        file: { status: "READY", contentType: "application/pdf" },
      });
    } finally {
      await without.stop();
    }
  });
});

test("policies that contradict themselves stop the service before it does anything", async () => {
  await expect(startTestApp({ beside: app, policies: [LAX, LAX] })).rejects.toThrow(
    'The upload policies cannot be used: "lax" is declared twice; none is named "default".',
  );
});
