import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { sha256Of } from "./content.js";
import { checkInvariants, historyOf } from "./invariants.js";
import {
  abortUpload,
  ask,
  confirmUpload,
  confirmUploads,
  createUploadUrl,
  createUploadUrls,
  deleteFile,
  DOCUMENTS,
  expectMember,
  openUpload,
  readFile,
  restoreFile,
  sendBytes,
  signUploadParts,
  upload,
} from "./operations.js";
import type { UploadTicket } from "./operations.js";
import { expectedProblem } from "./problem.js";
import { accountOf, keyOf, openUploadKeys, rowOf, until, uuidOf } from "./records.js";
import { untilStoreAnswers } from "./readiness.js";
import { testServers } from "./servers.js";
import { download } from "./store-client.js";
import { startStoreProxy } from "./store-proxy.js";
import type { StoreOperation, StoreProxy } from "./store-proxy.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** A store that cannot be reached is a TemporaryFailure of the item; nothing is kept that a repeat would double. */

const NAMED = { filename: "a.txt", contentType: "text/plain", size: 5 };
const NOTHING = { used: 0, reserved: 0, uncollected: 0, open: 0 };

let proxy: StoreProxy;
/** Reaches the store by way of the proxy. */
let app: TestApp;
/** Another process of the same service, whose way to the store is good. */
let healthy: TestApp;
/** A new one for each test. */
let user: string;
beforeAll(async () => {
  proxy = await startStoreProxy(testServers().s3.endpoint);
  healthy = await startTestApp();
  app = await startTestApp({ beside: healthy, storeEndpoint: proxy.endpoint });
});
beforeEach(() => {
  user = `user-${randomUUID()}`;
});
afterEach(async () => {
  proxy.onCall(null);
  await untilStoreAnswers(app);
  await checkInvariants(healthy);
});
afterAll(async () => {
  await app.stop();
  await healthy.stop();
  await proxy.stop();
});

const cutAll = (): void => proxy.onCall(() => "CUT");
const unavailable = expectedProblem("TemporaryFailure", "STORAGE_UNAVAILABLE", true, {
  retryAfterSeconds: 2,
  requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
});

describe("createUploadUrl", () => {
  test("keeps nothing; the same key works once the store is back", async () => {
    cutAll();
    const input = { size: 5, idempotencyKey: "once" };
    expect(await createUploadUrl(app, user, input)).toEqual(unavailable);
    expect(await accountOf(app, user)).toMatchObject({ used: 0, reserved: 0 });
    expect(await createUploadUrl(app, user, input)).toEqual(unavailable);
    expect(await accountOf(app, user)).toMatchObject({ used: 0, reserved: 0 });

    proxy.onCall(null);
    await untilStoreAnswers(app);
    const ticket = expectMember<UploadTicket>("UploadTicket", await createUploadUrl(app, user, input));
    expect(await accountOf(app, user)).toMatchObject({ used: 0, reserved: 5 });
    await sendBytes(app, user, ticket, "hello");
    const { file } = expectMember("ConfirmedUpload", await confirmUpload(app, user, ticket.file.id));
    expect((await download(file.url!)).sha256).toBe(sha256Of("hello"));
    expect(expectMember<UploadTicket>("UploadTicket", await createUploadUrl(app, user, input)).file.id).toBe(file.id);
  });

  test("names the request as its answer's X-Request-Id and the log do", async () => {
    cutAll();
    const response = await fetch(`${app.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${await app.tokenOf(user)}` },
      body: JSON.stringify({ query: DOCUMENTS.createUploadUrl, variables: { input: NAMED } }),
    });
    const { data } = (await response.json()) as { data: { createUploadUrl: { requestId: string } } };
    const { requestId } = data.createUploadUrl;
    expect(response.headers.get("x-request-id")).toBe(requestId);
    const logged = app.logLines.filter((line) => line.includes(requestId) && line.includes("the store failed an item"));
    expect(logged).toHaveLength(1);
    expect(logged[0]).not.toContain("X-Amz-Signature");
  });

  test("an upload that the store has opened unheard is found and aborted", async () => {
    proxy.onCall(({ operation }) => (operation === "CreateMultipartUpload" ? "LOSE_ANSWER" : "FORWARD"));
    expect(await createUploadUrl(app, user, { size: 5 })).toEqual(unavailable);
    await until(async () => (await accountOf(app, user)).open === 0);
    expect(await accountOf(app, user)).toEqual(NOTHING);
    await until(async () => (await openUploadKeys(healthy)).length === 0);
  });

  test("in a batch it is the failed item's own affair", async () => {
    let creations = 0;
    proxy.onCall(({ operation }) =>
      operation === "CreateMultipartUpload" && ++creations === 2 ? "REFUSE" : "FORWARD",
    );
    const answers = await createUploadUrls(
      app,
      user,
      [1, 2, 3].map((size) => ({ size })),
    );
    expect(answers.map((answer) => answer.__typename)).toEqual(["UploadTicket", "TemporaryFailure", "UploadTicket"]);
    expect(answers[1]).toEqual(unavailable);
    expect(await accountOf(app, user)).toMatchObject({ used: 0, reserved: 4 });
  });
});

describe("confirmUpload", () => {
  test("loses nothing, whichever call the store does not answer", async () => {
    const faults: readonly (readonly [StoreOperation, "CUT" | "LOSE_ANSWER"])[] = [
      ["ListParts", "CUT"],
      ["CompleteMultipartUpload", "CUT"],
      ["CompleteMultipartUpload", "LOSE_ANSWER"],
      ["HeadObject", "CUT"],
      ["GetObject", "CUT"],
    ];
    const victims = await Promise.all(
      faults.map(async ([operation, fate]) => {
        const ticket = await openUpload(app, user, "hello");
        await sendBytes(app, user, ticket, "hello");
        return { id: ticket.file.id, key: keyOf(ticket.file.id), operation, fate };
      }),
    );
    proxy.onCall(({ key, operation }) => {
      const victim = victims.find((one) => one.key === key);
      return victim?.operation === operation ? victim.fate : "FORWARD";
    });
    const answers = await Promise.all(victims.map(({ id }) => confirmUpload(app, user, id)));
    // A Complete whose answer is lost is looked for, and found.
    const found = answers.map((answer) => ("retryable" in answer ? answer : answer.__typename));
    expect(found).toEqual([unavailable, unavailable, "ConfirmedUpload", unavailable, unavailable]);
    expect(await accountOf(app, user)).toMatchObject({ used: 5, reserved: 20 });

    proxy.onCall(null);
    for (const { id } of victims) {
      await until(async () => (await confirmUpload(app, user, id)).__typename === "ConfirmedUpload");
      const file = (await readFile(app, user, id))!;
      expect(await download(file.url!)).toMatchObject({ status: 200, sha256: sha256Of("hello") });
      expect(await historyOf(app, uuidOf(id))).toBe("PENDING>VERIFYING>READY");
    }
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, used: 25 });
  }, 30_000);

  test("a Complete that has sealed stays noted when the store then refuses to show the object", async () => {
    const ticket = await openUpload(app, user, "hello");
    await sendBytes(app, user, ticket, "hello");
    proxy.onCall(({ operation }) => (operation === "HeadObject" ? "REFUSE" : "FORWARD"));
    expect(await confirmUpload(app, user, ticket.file.id)).toEqual(unavailable);
    expect(await rowOf(app, ticket.file.id)).toMatchObject({
      status: "VERIFYING",
      complete_sent_at: expect.any(Date),
      refused_since: expect.any(Date),
    });
    proxy.onCall(null);
    await until(async () => (await confirmUpload(app, user, ticket.file.id)).__typename === "ConfirmedUpload");
  });

  test("in a batch it is the failed item's own affair", async () => {
    const tickets = [
      await openUpload(app, user, "a"),
      await openUpload(app, user, "b"),
      await openUpload(app, user, "c"),
    ];
    for (const [index, ticket] of tickets.entries()) await sendBytes(app, user, ticket, "abc"[index]!);
    const ids = tickets.map(({ file }) => file.id);
    proxy.onCall(({ key }) => (key.endsWith(uuidOf(ids[1]!)) ? "REFUSE" : "FORWARD"));
    const answers = await confirmUploads(app, user, ids);
    expect(answers.map((answer) => answer.__typename)).toEqual([
      "ConfirmedUpload",
      "TemporaryFailure",
      "ConfirmedUpload",
    ]);
    expect(await accountOf(app, user)).toEqual({ ...NOTHING, used: 2, reserved: 1, open: 1 });
  });
});

test("what needs no store goes on: reading, listing, signing", async () => {
  const ready = await upload(app, user, "hello");
  const large = await openUpload(app, user, Buffer.alloc(17 * 1024 ** 2));
  cutAll();
  expect((await readFile(app, user, ready.id))!.url).toBe(ready.url);
  expectMember("SignedParts", await signUploadParts(app, user, large.file.id, [{ number: 1 }]));
  const { upload: open } = await ask<{ upload: Record<string, unknown> }>(
    app,
    user,
    "query ($id: ID!) { file(id: $id) { upload { transfer partCount receivedParts storedParts { number } } } }",
    { id: large.file.id },
  );
  expect(open).toEqual({ transfer: "PARTS", partCount: 3, receivedParts: null, storedParts: null });
  const readiness = await fetch(`${app.url}/readyz`);
  expect([readiness.status, await readiness.json()]).toEqual([
    200,
    { status: "degraded", database: true, storage: false },
  ]);
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
}, 30_000);

test("abort and permanent delete hold at once; bytes and quota follow when the store is back", async () => {
  // On a database of its own: the healthy process would do the work that this one cannot.
  const alone = await startTestApp({ storeEndpoint: proxy.endpoint });
  try {
    const ready = await upload(alone, user, "hello");
    const open = await openUpload(alone, user, "four");
    cutAll();
    expect(expectMember("AbortedUpload", await abortUpload(alone, user, open.file.id)).file.status).toBe("EXPIRED");
    expectMember("DeletedFile", await deleteFile(alone, user, ready.id, true));
    // Reserved bytes are free at once; bytes that still lie in the store still count.
    expect(await accountOf(alone, user)).toEqual({ used: 5, reserved: 0, uncollected: 4, open: 1 });
    for (const id of [ready.id, open.file.id])
      expect(await rowOf(alone, id)).toMatchObject({ collecting_at: expect.any(Date), collected_at: null });
    // What is being collected does not come back.
    const facts = { file: { id: ready.id, status: "DELETED" } };
    expect(await restoreFile(alone, user, ready.id)).toEqual(
      expectedProblem("FileStateConflict", "FILE_STATE_CONFLICT", false, facts),
    );
    await checkInvariants(alone);
  } finally {
    await alone.stop();
  }
}, 30_000);

test("nothing listens where the store should be", async () => {
  const closing = await startStoreProxy(testServers().s3.endpoint);
  const cutOff = await startTestApp({ beside: healthy, storeEndpoint: closing.endpoint });
  try {
    const ticket = await openUpload(cutOff, user, "hello");
    await sendBytes(cutOff, user, ticket, "hello");
    await closing.stop();
    expect(await createUploadUrl(cutOff, user, { size: 1, idempotencyKey: "once" })).toEqual(unavailable);
    expect(await confirmUpload(cutOff, user, ticket.file.id)).toEqual(unavailable);
    expect(await accountOf(cutOff, user)).toMatchObject({ used: 0, reserved: 5 });

    const again = await createUploadUrl(healthy, user, { size: 1, idempotencyKey: "once" });
    expectMember<UploadTicket>("UploadTicket", again);
    await until(async () => (await confirmUpload(healthy, user, ticket.file.id)).__typename === "ConfirmedUpload");
    expect(await accountOf(cutOff, user)).toMatchObject({ used: 5, reserved: 1 });
  } finally {
    await cutOff.stop();
    await closing.stop();
  }
}, 30_000);
