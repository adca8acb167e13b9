import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { rowsOf } from "../src/db/query.js";
import { MARKER_KEY } from "../src/reconcile/claim-bucket.js";
import { noise, sha256Of } from "./content.js";
import type { Content } from "./content.js";
import { checkInvariants } from "./invariants.js";
import {
  abortUpload,
  ask,
  confirmUpload,
  createUploadUrl,
  deleteFile,
  expectMember,
  openUpload,
  rangeOf,
  readFile,
  restoreFile,
  sendBytes,
  signPartsOf,
} from "./operations.js";
import type { UploadOptions, UploadTicket } from "./operations.js";
import { headOf, keyOf, openUploadKeys, rowOf, storedKeys, until, uuidOf } from "./records.js";
import { enforcesPartSha256 } from "./store-strength.js";
import { download, put } from "./store-client.js";
import type { SignedPut } from "./store-client.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/**
 * Every URL that was ever handed out for an upload, sent again with other bytes of the same length, at every moment of
 * its life. Each probe answers what it found wrong: nothing with Signet, something with the plain presigned PUT that
 * stands beside it, which shows that the probe can see.
 */

const MIB = 1024 ** 2;
const USER = "ann";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  await checkInvariants(app, { settled: true });
  await app.stop();
});

/** A URL of the whole content or of one part of it. */
interface IssuedUrl extends SignedPut {
  readonly fromByte: number;
  readonly toByte: number;
}

/** One upload under attack. */
interface Victim {
  readonly content: Content;
  readonly other: Content;
  readonly urls: readonly IssuedUrl[];
  /** True: the store keeps other bytes than the declared ones out, also before confirm. */
  readonly bound: boolean;
  send(): Promise<void>;
  /** NOT_YET: ask again. REFUSED, for good: the bytes that arrived are not the declared ones. */
  confirm(): Promise<"READY" | "NOT_YET" | "REFUSED">;
  /** Nothing has arrived, and its time is over. */
  expire(): Promise<void>;
  trash(): Promise<void>;
  restore(): Promise<void>;
  purge(): Promise<void>;
  abort(): Promise<void>;
  /** Everything that must not move once the file is READY. */
  look(): Promise<{ readonly sha256: string | null; readonly [fact: string]: unknown }>;
  /** What a purge must leave nothing of. */
  remains(): Promise<string[]>;
}

type OpenVictim = () => Promise<Victim>;

/** Sends other bytes to every URL, and beside that to other parts by it, and as a copy. @returns the answers to the former */
async function replayAll({ urls, other }: Victim) {
  const rangeOfUrl = ({ fromByte, toByte }: IssuedUrl) => ({ fromByte, toByte });
  const [answers] = await Promise.all([
    Promise.all(urls.map((url) => put(url, other, rangeOfUrl(url)))),
    ...urls
      .slice(0, 1)
      .flatMap((url) => [
        put({ ...url, url: url.url.replace(/partNumber=\d+/, "partNumber=2") }, other, rangeOfUrl(url)),
        put(url, other, { ...rangeOfUrl(url), headers: { "x-amz-copy-source": `/${app.bucket}/${MARKER_KEY}` } }),
      ]),
  ]);
  return answers;
}

async function changes(victim: Victim, before: Awaited<ReturnType<Victim["look"]>>): Promise<string[]> {
  const after = await victim.look();
  return Object.keys(before).filter((fact) => JSON.stringify(before[fact]) !== JSON.stringify(after[fact]));
}

/** What each moment's replay did wrong. */
const PROBES: Readonly<Record<string, (victim: Victim) => Promise<string[]>>> = {
  "before confirm": async (victim) => {
    await victim.send();
    await replayAll(victim);
    // Without a digest whoever holds the URL decides until confirm: the client sends its bytes once more.
    if (!victim.bound) await victim.send();
    await victim.confirm();
    const { sha256 } = await victim.look();
    return sha256 === sha256Of(victim.content) ? [] : ["other bytes were confirmed"];
  },
  "during confirm": async (victim) => {
    await victim.send();
    let verdict: Awaited<ReturnType<Victim["confirm"]>> = "NOT_YET";
    let decided = false;
    const replaying = (async () => {
      while (!decided) await replayAll(victim);
    })();
    try {
      for (let tries = 0; verdict === "NOT_YET" && tries < 50; tries += 1) verdict = await victim.confirm();
    } finally {
      decided = true;
      await replaying;
    }
    if (verdict === "REFUSED") return [];
    const before = await victim.look();
    await replayAll(victim);
    const torn = before.sha256 === null || (victim.bound && before.sha256 !== sha256Of(victim.content));
    return [...(torn ? ["other bytes were confirmed"] : []), ...(await changes(victim, before))];
  },
  "after confirm": async (victim) => {
    await victim.send();
    await victim.confirm();
    const before = await victim.look();
    await replayAll(victim);
    return changes(victim, before);
  },
  "after delete": async (victim) => {
    await victim.send();
    await victim.confirm();
    const before = await victim.look();
    await victim.trash();
    await replayAll(victim);
    await victim.restore();
    return changes(victim, before);
  },
  "after permanent delete": async (victim) => {
    await victim.send();
    await victim.confirm();
    await victim.purge();
    await replayAll(victim);
    return victim.remains();
  },
  "after expiry": async (victim) => {
    await victim.expire();
    await replayAll(victim);
    return victim.remains();
  },
  "after abort": async (victim) => {
    await victim.send();
    await victim.abort();
    await replayAll(victim);
    return victim.remains();
  },
};

/** Two contents of one length that differ in every part. */
const twoContents = (sizeBytes: number) => {
  const seed = randomUUID();
  return { content: noise(sizeBytes, `${seed} mine`), other: noise(sizeBytes, `${seed} other`) };
};

function signetVictim(sizeBytes: number, options: UploadOptions): OpenVictim {
  return async () => {
    const { content, other } = twoContents(sizeBytes);
    const withKey = { ...options, idempotencyKey: randomUUID() };
    const ticket = await openUpload(app, USER, content, withKey);
    const fileId = ticket.file.id;
    const bound = ticket.partChecksum === "SHA256" && (await enforcesPartSha256(app.bucket));
    return {
      content,
      other,
      bound,
      urls: await everyUrl(ticket, content, withKey),
      send: () => sendBytes(app, USER, ticket, content),
      async confirm() {
        const answer = await confirmUpload(app, USER, fileId);
        if ("retryable" in answer && answer.retryable) return "NOT_YET";
        // Where the store keeps other bytes out, none arrive.
        if (answer.__typename === "ChecksumMismatch" && options.declareSha256 === true && !bound) return "REFUSED";
        expectMember("ConfirmedUpload", answer);
        return "READY";
      },
      async expire() {
        await rowsOf(app.db, "update files set expires_at = now() where id = $1", [uuidOf(fileId)]);
        await app.app.sweep();
        await until(async () => (await rowOf(app, fileId))!["collected_at"] !== null, 30_000);
      },
      async trash() {
        expectMember("DeletedFile", await deleteFile(app, USER, fileId));
      },
      async restore() {
        expectMember("RestoredFile", await restoreFile(app, USER, fileId));
      },
      async purge() {
        expectMember("DeletedFile", await deleteFile(app, USER, fileId, true));
      },
      async abort() {
        expectMember("AbortedUpload", await abortUpload(app, USER, fileId));
      },
      async look() {
        const file = (await readFile(app, USER, fileId))!;
        const head = await headOf(app, fileId);
        const { updated_at: _, ...row } = (await rowOf(app, fileId))!;
        const { sha256 } = await download(file.url!);
        return { sha256, row, etag: head?.ETag, at: head?.LastModified, contentType: file.contentType };
      },
      async remains() {
        const key = keyOf(fileId);
        return [...(await storedKeys(app)), ...(await openUploadKeys(app))].filter((found) => found === key);
      },
    };
  };
}

/** All URLs that a client can get for an open upload: with the ticket, with a repeat of it, on resuming, by part. */
async function everyUrl(ticket: UploadTicket, content: Content, options: UploadOptions): Promise<IssuedUrl[]> {
  const numbers = Array.from({ length: ticket.partCount }, (_, index) => index + 1);
  const { declareSha256 = false, ...input } = options;
  const repeated = expectMember<UploadTicket>(
    "UploadTicket",
    await createUploadUrl(app, USER, {
      ...input,
      size: content.sizeBytes,
      ...(declareSha256 ? { sha256: sha256Of(content) } : {}),
    }),
  );
  expect(repeated.file.id).toBe(ticket.file.id);
  const { upload } = await ask<{ upload: Pick<UploadTicket, "uploadUrl" | "headers"> }>(
    app,
    USER,
    "query ($id: ID!) { file(id: $id) { upload { uploadUrl headers { name value } } } }",
    { id: ticket.file.id },
  );
  const whole = [ticket, repeated, upload].flatMap(({ uploadUrl, headers }) =>
    uploadUrl === null ? [] : [{ url: uploadUrl, headers, fromByte: 0, toByte: content.sizeBytes }],
  );
  const first = await signPartsOf(app, USER, ticket, content, numbers);
  const again = await signPartsOf(app, USER, ticket, content, numbers);
  const byPart = [...first, ...again].map(({ number, url, headers }) => {
    const [fromByte, toByte] = rangeOf(ticket, number);
    return { url, headers, fromByte, toByte };
  });
  expect(whole.length).toBe(ticket.transfer === "SINGLE" ? 3 : 0);
  return [...whole, ...byPart];
}

/** What most services do: a presigned PUT of the object, "confirmed" by a look at it. */
const weakVictim: OpenVictim = async () => {
  const { content, other } = twoContents(1000);
  const object = { Bucket: app.bucket, Key: `f/weak/${randomUUID()}` };
  const url = await getSignedUrl(app.s3, new PutObjectCommand(object), { expiresIn: 600 });
  const remove = async (): Promise<void> => {
    await app.s3.send(new DeleteObjectCommand(object));
  };
  const victim: Victim = {
    content,
    other,
    bound: true,
    urls: [{ url, headers: [], fromByte: 0, toByte: content.sizeBytes }],
    async send() {
      expect((await put({ url, headers: [] }, content)).status).toBe(200);
    },
    confirm: async () => ((await victim.look()).sha256 === null ? "NOT_YET" : "READY"),
    expire: () => Promise.resolve(),
    trash: () => Promise.resolve(),
    restore: () => Promise.resolve(),
    purge: remove,
    abort: remove,
    async look() {
      const { Body, ETag } = await app.s3.send(new GetObjectCommand(object));
      return { sha256: sha256Of(await Body!.transformToByteArray()), etag: ETag };
    },
    remains: async () => (await storedKeys(app)).filter((key) => key === object.Key),
  };
  return victim;
};

describe("a plain presigned PUT fails each probe", () => {
  test.each(Object.keys(PROBES))("%s", async (moment) => {
    const victim = await weakVictim();
    expect(await PROBES[moment]!(victim)).not.toEqual([]);
    await victim.purge();
  });
});

describe.each<[string, OpenVictim]>([
  ["one part", signetVictim(1000, {})],
  ["one part with a digest", signetVictim(1000, { declareSha256: true })],
  ["one part with a digest of the part", signetVictim(1000, { partChecksum: "SHA256" })],
  ["many parts", signetVictim(16 * MIB + 1, {})],
  ["many parts with digests", signetVictim(16 * MIB + 1, { partChecksum: "SHA256" })],
])("%s: a replay changes nothing", (kind, openVictim) => {
  test.each(Object.keys(PROBES))("%s", async (moment) => {
    expect(await PROBES[moment]!(await openVictim())).toEqual([]);
  });

  test("during confirm, of several uploads at once", async () => {
    const victims = await Promise.all(Array.from({ length: kind.startsWith("many") ? 1 : 6 }, openVictim));
    const found = await Promise.all(victims.map((victim) => PROBES["during confirm"]!(victim)));
    expect(found.flat()).toEqual([]);
  });

  test("a URL is dead for good once the upload has ended", async () => {
    const [confirmed, purged, aborted] = [await openVictim(), await openVictim(), await openVictim()];
    for (const victim of [confirmed, purged, aborted]) await victim.send();
    await Promise.all([confirmed.confirm(), purged.confirm(), aborted.abort()]);
    await purged.purge();
    for (const victim of [confirmed, purged, aborted])
      for (const answer of await replayAll(victim)) expect(answer).toMatchObject({ status: 404, code: "NoSuchUpload" });
  });
});

test("many parts replayed during confirm: each part is wholly the one or wholly the other", async () => {
  const { content, other } = twoContents(16 * MIB + 1);
  const options = { idempotencyKey: randomUUID() };
  const ticket = await openUpload(app, USER, content, options);
  const urls = await everyUrl(ticket, content, options);
  await sendBytes(app, USER, ticket, content);
  const [answer] = await Promise.all([
    confirmUpload(app, USER, ticket.file.id),
    ...urls.map((url) => put(url, other, { fromByte: url.fromByte, toByte: url.toByte })),
  ]);
  const settled = "retryable" in answer ? await confirmUpload(app, USER, ticket.file.id) : answer;
  const { file } = expectMember("ConfirmedUpload", settled);
  for (let number = 1; number <= ticket.partCount; number += 1) {
    const [fromByte, toByte] = rangeOf(ticket, number);
    const response = await fetch(file.url!, { headers: { range: `bytes=${fromByte}-${toByte - 1}` } });
    const part = sha256Of(new Uint8Array(await response.arrayBuffer()));
    expect([sha256Of(content, fromByte, toByte), sha256Of(other, fromByte, toByte)]).toContain(part);
  }
});
