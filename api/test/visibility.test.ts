import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { POLICIES } from "../src/uploads/policies.js";
import { openStream } from "./live-stream.js";
import {
  abortUpload,
  ask,
  confirmUpload,
  deleteFile,
  openUpload,
  readFile,
  renameFile,
  restoreFile,
  signUploadParts,
  upload,
} from "./operations.js";
import type { ApiFile } from "./operations.js";
import { download } from "./store-client.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** A policy may let everybody who is signed in read its files by id: that, and nothing besides. */

const OWNER = "ann";
const READER = "ben";
const NO_FILE = "file_01890000-0000-7000-8000-000000000000";
const TEAM = { ...POLICIES[0]!, name: "team", description: "For everybody here.", visibility: "SIGNED_IN" } as const;

let app: TestApp;
let shared: ApiFile;
let own: ApiFile;
beforeAll(async () => {
  app = await startTestApp({ policies: [...POLICIES, TEAM] });
  shared = await upload(app, OWNER, "for all", { filename: "a.txt", contentType: "text/plain", policy: "team" });
  own = await upload(app, OWNER, "for me", { filename: "b.txt", contentType: "text/plain" });
});
afterAll(() => app.stop());

/** As another user asks for it in every way there is by id: 4 answers. */
async function seenBy(user: string, id: string, of: TestApp = app) {
  const query = `query ($id: ID!) { file(id: $id) { id url } node(id: $id) { ... on File { id url } }
    nodes(ids: [$id]) { ... on File { id url } } }`;
  const { data } = await of.call<{ file: unknown; node: unknown; nodes: unknown[] }>(user, query, { id });
  const headers = { authorization: `Bearer ${await of.tokenOf(user)}` };
  const link = await fetch(`${of.url}/files/${id}`, { headers, redirect: "manual" });
  await link.arrayBuffer();
  return [data.file, data.node, ...data.nodes, link.status];
}
const NOTHING = [null, null, null, 404];

describe("a shared file", () => {
  test("is read by id, and downloaded, by whoever is signed in", async () => {
    const seen = { id: shared.id, url: shared.url };
    expect(await seenBy(READER, shared.id)).toEqual([seen, seen, seen, 302]);
    expect(Buffer.from(await (await fetch(shared.url!)).arrayBuffer()).toString()).toBe("for all");
    expect((await download((await readFile(app, READER, shared.id))!.url!)).status).toBe(200);
    expect(await readFile(app, READER, shared.id)).toEqual({ ...shared, url: expect.any(String) });
  });

  test("keeps what is the owner's business: no ticket, no history, no rejection", async () => {
    const fields = "{ upload { transfer } history { to } rejection { code } deletedAt purgeAt }";
    const query = `query ($id: ID!) { file(id: $id) ${fields} }`;
    const nothing = { upload: null, history: [], rejection: null, deletedAt: null, purgeAt: null };
    expect(await ask(app, READER, query, { id: shared.id })).toEqual(nothing);
    const owners = await ask<{ history: unknown[] }>(app, OWNER, query, { id: shared.id });
    expect(owners.history.length).toBeGreaterThan(1);
  });

  test("is asked for without a token by nobody", async () => {
    const link = await fetch(`${app.url}/files/${shared.id}`, { redirect: "manual" });
    expect(link.status).toBe(401);
    const response = await fetch(`${app.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: `{ file(id: "${shared.id}") { id } }` }),
    });
    expect(await response.text()).not.toContain(shared.filename);
    expect(response.status).toBe(401);
  });

  test("stands in nobody else's list, and counts for nobody else", async () => {
    const query = `{ files { totalCount nodes { id } } viewer { usage { usedBytes } } }`;
    const { data } = await app.call(READER, query);
    expect(data).toEqual({ files: { totalCount: 0, nodes: [] }, viewer: { usage: { usedBytes: 0 } } });
  });

  test("tells nobody else of its changes", async () => {
    const [theirs, owners] = [await openStream(app, READER), await openStream(app, OWNER)];
    const named = await openStream(app, READER, [shared.id]);
    try {
      await renameFile(app, OWNER, shared.id, "c.txt");
      await owners.untilState(shared.id, "READY c.txt");
      // What follows on the same streams has arrived, so what came before it would have too.
      const { id } = await upload(app, READER, "x", { filename: "x.txt" });
      await theirs.untilState(id, "READY x.txt");
      expect(theirs.statesOf(shared.id)).toEqual([]);
      expect(named.statesOf(shared.id).filter((state) => state !== "gone")).toEqual([]);
    } finally {
      for (const stream of [theirs, owners, named]) stream.close();
      await renameFile(app, OWNER, shared.id, "a.txt");
      await deleteAll(READER);
    }
  });

  test("is changed by nobody else: every mutation answers as for no file", async () => {
    const calls: ((id: string) => Promise<unknown>)[] = [
      (id) => renameFile(app, READER, id, "mine.txt"),
      (id) => deleteFile(app, READER, id),
      (id) => deleteFile(app, READER, id, true),
      (id) => restoreFile(app, READER, id),
      (id) => confirmUpload(app, READER, id),
      (id) => abortUpload(app, READER, id),
      (id) => signUploadParts(app, READER, id, [{ number: 1 }]),
    ];
    for (const call of calls) {
      const [shareds, nones] = [JSON.stringify(await call(shared.id)), JSON.stringify(await call(NO_FILE))];
      expect(shareds).toContain("FileNotFound");
      expect(shareds.replaceAll(shared.id, NO_FILE)).toBe(nones);
    }
    expect((await readFile(app, OWNER, shared.id))!.filename).toBe("a.txt");
  });
});

describe("is not read by others", () => {
  test("what another policy keeps", async () => {
    expect(await seenBy(READER, own.id)).toEqual(NOTHING);
    const mixed = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on File { id } } }`;
    expect(await ask(app, READER, mixed, { ids: [own.id, shared.id, NO_FILE] })).toEqual([
      null,
      { id: shared.id },
      null,
    ]);
  });

  test("what is under way, and what has been rejected", async () => {
    const open = await openUpload(app, OWNER, "later", { policy: "team" });
    expect(await seenBy(READER, open.file.id)).toEqual(NOTHING);
    const empty = await openUpload(app, OWNER, "<html>", { policy: "team", contentType: "image/png" });
    await fetch(empty.uploadUrl!, {
      method: "PUT",
      headers: Object.fromEntries(empty.headers.map(({ name, value }) => [name, value])),
      body: "<html>",
    });
    expect(await confirmUpload(app, OWNER, empty.file.id)).toMatchObject({ __typename: "ContentMismatch" });
    expect(await seenBy(READER, empty.file.id)).toEqual(NOTHING);
  });

  test("what lies in the trash, until it is back", async () => {
    await deleteFile(app, OWNER, shared.id);
    expect(await seenBy(READER, shared.id)).toEqual(NOTHING);
    await restoreFile(app, OWNER, shared.id);
    expect((await seenBy(READER, shared.id))[3]).toBe(302);
  });

  test("what was shared by a policy that shares no longer, or is gone", async () => {
    const without = await startTestApp({ beside: app });
    const closed = await startTestApp({ beside: app, policies: [...POLICIES, { ...TEAM, visibility: "OWNER" }] });
    try {
      expect(await seenBy(READER, shared.id, without)).toEqual(NOTHING);
      expect(await seenBy(READER, shared.id, closed)).toEqual(NOTHING);
      expect((await seenBy(OWNER, shared.id, without))[3]).toBe(302);
    } finally {
      await Promise.all([without.stop(), closed.stop()]);
    }
  });
});

async function deleteAll(user: string): Promise<void> {
  const { nodes } = await ask<{ nodes: { id: string }[] }>(app, user, "{ files { nodes { id } } }");
  for (const { id } of nodes) await deleteFile(app, user, id, true);
}
