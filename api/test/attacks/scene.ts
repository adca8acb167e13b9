import { randomBytes, randomUUID } from "node:crypto";
import {
  CreateBucketCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import type { Part } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { rowsOf } from "../../src/db/query.js";
import { objectKeyOf } from "../../src/files/object-key.js";
import { compositeSha256 } from "../../src/uploads/integrity.js";
import { noise, sha256Of } from "../content.js";
import type { Content } from "../content.js";
import { confirmUpload, openUpload, readFile, upload } from "../operations.js";
import type { UploadTicket } from "../operations.js";
import { headOf, keyOf, rowOf, storedKeys } from "../records.js";
import { put } from "../store-client.js";
import type { TestApp } from "../test-app.js";
import type { Around, Attack } from "./attack.js";
import { FOREIGN_MARK } from "./attack.js";
import { ask, misread, toldTooMuch } from "./harm.js";
import { bytesOf, exchange, wireOf } from "./wire.js";
import type { Wire, WireAnswer } from "./wire.js";

/** What an attack was answered, and everything that it did. */
export interface Outcome {
  readonly statuses: readonly number[];
  /** One sentence each; empty: no harm. */
  readonly harm: readonly string[];
}

/** The service on a store, some files that are not the attacker's, and a way to attack and then look at all of it. */
export interface Scene {
  readonly app: TestApp;
  readonly around: Around;
  /**
   * The URL of an open upload, misused; what is there is looked at. As soon as something was taken, and after every few
   * attacks, its owner goes on as if nothing had been, and what comes of that is looked at too.
   * @param attack null: used honestly
   */
  attackPart(attack: Attack | null, options?: { withDigest?: boolean }): Promise<Outcome>;
  /** The owners of all uploads that are still open go on. @returns harm */
  finish(): Promise<readonly string[]>;
  /**
   * One READY file, its download URL misused once.
   * @param attack null: used honestly @param beforehand is told the key of the file before it is attacked
   */
  attackDownload(attack: Attack | null, beforehand?: (key: string) => void): Promise<Outcome>;
}

/** An open upload, and everything that was tried with its URL. */
interface Target {
  readonly ticket: UploadTicket;
  readonly content: Content;
  readonly tried: string[];
}

export interface SceneOptions {
  /** Where the attacker finds the store. */
  readonly endpoint: string;
  /** Where harm is expected: the first sign of it is enough, and what was broken is mended before the next attack. */
  readonly weak?: boolean;
}

const USER = "mallory";
export const SIZE_BYTES = 2_000;
/** Attacks that were refused leave an upload as good as new: so many of them share one. */
const TRIES_AT_ONE = 20;
const DOWNLOAD = { filename: "page.html", contentType: "text/html" } as const;

export async function openScene(app: TestApp, { endpoint, weak = false }: SceneOptions): Promise<Scene> {
  const foreign = Buffer.from((FOREIGN_MARK + randomUUID()).repeat(20));
  const file = await upload(app, "bob", foreign);
  const otherBucket = `t-${randomBytes(6).toString("hex")}`;
  await app.s3.send(new CreateBucketCommand({ Bucket: otherBucket }));
  const sibling = await openUpload(app, USER, noise(SIZE_BYTES, "sibling"));
  const around: Around = {
    ...{ bucket: app.bucket, foreignKey: keyOf(file.id), otherBucket, otherBucketKey: "secret" },
    ...{ siblingKey: keyOf(sibling.file.id), siblingUploadId: await uploadIdOf(sibling.file.id) },
  };
  const foreignObjects = [
    { Bucket: around.bucket, Key: around.foreignKey },
    { Bucket: otherBucket, Key: around.otherBucketKey },
  ] as const;
  await app.s3.send(new PutObjectCommand({ ...foreignObjects[1], Body: foreign }));
  /** Asked after every attack: signed once, so that asking costs little. */
  const watched = await watchedUrls();
  /** What an honest file looks like; an attacked one is to look the same. */
  const usual = await lookAt(around.foreignKey);
  const hasRights = (await rightsOf(around.foreignKey)).some((told) => typeof told !== "string");
  const usualRights = JSON.stringify(await rightsOf(around.foreignKey));
  let before = await lookAround();
  /** Open uploads whose URL has been misused and is good still: without and with a digest. */
  const targets: (Target | null)[] = [null, null];
  /** A READY file to be attacked by its download URL. */
  let prey: Awaited<ReturnType<typeof newPrey>> | null = null;

  return { app, around, attackPart, attackDownload, finish };

  async function attackPart(attack: Attack | null, { withDigest = false } = {}): Promise<Outcome> {
    const target = (targets[Number(withDigest)] ??= await newTarget(withDigest));
    const { ticket, content, tried } = target;
    tried.push(attack?.name ?? "nothing");
    const other = attack === null ? content : noise(SIZE_BYTES, randomUUID());
    const headers = ticket.headers.map(({ name, value }) => [name, value] as const);
    const answers = await send(attack, wireOf(ticket.uploadUrl!, { headers, body: bufferOf(other) }));
    const arrived = await listedParts(ticket);
    const spent = weak || attack === null || arrived === null || arrived.length > 0 || tried.length >= TRIES_AT_ONE;
    if (spent) targets[Number(withDigest)] = null;
    return outcome(
      answers,
      () => Promise.resolve(toldTooMuch(answers, attack)),
      () => beforeSeal(ticket, arrived, attack),
      async () => (spent ? sealed(target, other) : []),
      changesAround,
    );
  }

  async function finish(): Promise<readonly string[]> {
    const open = targets.splice(0).filter((target) => target !== null);
    return (await Promise.all(open.map((target) => sealed(target, target.content)))).flat();
  }

  async function newTarget(withDigest: boolean): Promise<Target> {
    const content = noise(SIZE_BYTES, randomUUID());
    return { ticket: await openUpload(app, USER, content, { declareSha256: withDigest }), content, tried: [] };
  }

  /** Every sign of harm; in a weak set-up only the first ones. */
  async function outcome(answers: readonly WireAnswer[], ...looks: (() => Promise<string[]>)[]): Promise<Outcome> {
    const harm: string[] = [];
    for (const look of looks) if (!weak || harm.length === 0) harm.push(...(await look()));
    if (weak && harm.length > 0) await mend();
    return { statuses: answers.map(({ status }) => status), harm };
  }

  /** What the store holds of an upload that is open; null when it is open no more. */
  async function listedParts({ file: { id } }: UploadTicket): Promise<Part[] | null> {
    const upload = { Bucket: app.bucket, Key: keyOf(id), UploadId: await uploadIdOf(id) };
    return app.s3.send(new ListPartsCommand(upload)).then(
      ({ Parts = [] }) => Parts,
      () => null,
    );
  }

  async function beforeSeal({ file }: UploadTicket, parts: Part[] | null, attack: Attack | null): Promise<string[]> {
    if (parts === null) return ["the upload is gone"];
    const harm: string[] = [];
    if ((await rowOf(app, file.id))!["status"] !== "PENDING") harm.push("the upload is not open any more");
    if ((await headOf(app, file.id)) !== null) harm.push("an object is there before its seal");
    for (const { PartNumber, Size } of parts)
      if (PartNumber !== 1 || Size !== SIZE_BYTES) harm.push(`part ${PartNumber} of ${Size} bytes was taken`);
    if (parts.length > 0 && attack?.may === "REFUSED") harm.push("what was to be refused was taken");
    return harm;
  }

  /**
   * What a reader gets once the upload is confirmed, the honest bytes having been sent if none are there: bytes, headers,
   * rights, and the row that speaks of them.
   */
  async function sealed({ ticket, content, tried }: Target, other: Content): Promise<string[]> {
    const harm = await sealedHarm(ticket, content, other);
    return harm.map((each) => `${each} (after ${tried.join("; ")})`);
  }

  async function sealedHarm(ticket: UploadTicket, content: Content, other: Content): Promise<string[]> {
    const { id } = ticket.file;
    const key = keyOf(id);
    if ((await listedParts(ticket))?.length === 0) {
      const honestly = await put({ url: ticket.uploadUrl!, headers: ticket.headers }, content);
      if (honestly.status !== 200) return [`the honest PUT is answered ${honestly.status}`];
    }
    const verdict = await confirmUpload(app, USER, id);
    const row = (await rowOf(app, id))!;
    // On a store that checks no digests other bytes arrive, and confirm tells.
    if (verdict.__typename === "ChecksumMismatch" && row["declared_sha256"] !== null)
      return row["status"] === "REJECTED" ? [] : ["other bytes than declared are not rejected"];
    if (verdict.__typename !== "ConfirmedUpload") return [`confirm answers ${verdict.__typename}`];
    const harm: string[] = [];
    const { etag, body, headers } = await lookAt(key);
    // The only difference that is meant: the digest that its owner declared.
    const digest = headers["x-amz-checksum-sha256"];
    if (row["declared_sha256"] !== null && digest === compositeSha256([sha256Of(body)]))
      delete headers["x-amz-checksum-sha256"];
    if (![content, other].some((sent) => body.equals(bufferOf(sent)))) harm.push("bytes that nobody sent were sealed");
    if (row["status"] !== "READY" || row["etag"] !== etag || Number(row["size_bytes"]) !== body.length)
      harm.push("the row does not say what the store holds");
    for (const name of new Set([...Object.keys(headers), ...Object.keys(usual.headers)]))
      if (headers[name] !== usual.headers[name]) harm.push(`the object says ${name}: ${headers[name] ?? "nothing"}`);
    if (hasRights && JSON.stringify(await rightsOf(key)) !== usualRights)
      harm.push("the object has other rights or tags");
    const anonymous = await ask(`${endpoint}/${app.bucket}/${key}`);
    if (anonymous.status !== 403) harm.push(`anybody is answered ${anonymous.status}`);
    return harm;
  }

  async function attackDownload(
    attack: Attack | null,
    beforehand: (key: string) => void = () => undefined,
  ): Promise<Outcome> {
    // Nothing that does no harm wears a file out.
    const file = (prey ??= await newPrey());
    const { id, url, content, asItWas } = file;
    if (weak) prey = null;
    beforehand(keyOf(id));
    const answers = await send(attack, wireOf(url, { method: "GET" }));
    return outcome(
      answers,
      () => Promise.resolve([...toldTooMuch(answers, attack), ...misread(answers, url, content, attack)]),
      async () => ((await factsOf(id)) === asItWas ? [] : ["the file has changed"]),
      changesAround,
    );
  }

  async function newPrey() {
    const content = `<script>${randomUUID().repeat(10)}</script>`;
    const { id } = await upload(app, USER, content, DOWNLOAD);
    return { id, content, url: (await readFile(app, USER, id))!.url!, asItWas: await factsOf(id) };
  }

  function send(attack: Attack | null, honest: Wire): Promise<WireAnswer[]> {
    const asked = attack?.request(honest, around) ?? honest;
    const bytes = Buffer.isBuffer(asked) ? asked : bytesOf(asked);
    return exchange(endpoint, bytes, { hangUp: attack?.hangUp === true });
  }

  /** Row and object, as one text. */
  async function factsOf(id: string): Promise<string> {
    const held = await lookAt(keyOf(id)).catch((error: Error) => error.message);
    const facts = typeof held === "string" ? held : { ...held, body: sha256Of(held.body) };
    return JSON.stringify([await rowOf(app, id), facts, hasRights ? await rightsOf(keyOf(id)) : null]);
  }

  async function watchedUrls() {
    const sign = (command: unknown): Promise<string> =>
      getSignedUrl(app.s3, command as HeadObjectCommand, { expiresIn: 3600 });
    const upload = { Bucket: app.bucket, Key: around.siblingKey, UploadId: around.siblingUploadId };
    return {
      foreign: await Promise.all(foreignObjects.map((object) => sign(new GetObjectCommand(object)))),
      sibling: await sign(new ListPartsCommand(upload)),
      siblingObject: await sign(new GetObjectCommand({ Bucket: app.bucket, Key: around.siblingKey })),
      otherBucket: await sign(new ListObjectsV2Command({ Bucket: otherBucket })),
    };
  }

  /** Everything that no attack may change, each by a name. */
  async function lookAround(): Promise<Readonly<Record<string, string>>> {
    const rows = await rowsOf<{ id: string; status: string }>(app.db, "select id, status from files");
    const known = new Set(rows.map(({ id }) => objectKeyOf(id)));
    const [foreignFile, foreignObject, sibling, siblingObject, others] = await Promise.all(
      [...watched.foreign, watched.sibling, watched.siblingObject, watched.otherBucket].map(ask),
    );
    return {
      "somebody else's file": sha256Of(foreignFile!.body),
      "a file in another bucket": sha256Of(foreignObject!.body),
      "another upload": `${(sibling!.body.toString().match(/<PartNumber>/g) ?? []).length} ${sibling!.status} ${siblingObject!.status}`,
      "what is in another bucket": String(others!.body.toString().match(/<Key>[^<]*<\/Key>/g)),
      "objects without a row": (await storedKeys(app)).filter((key) => !known.has(key)).join(" "),
      "somebody else's row": rows.find(({ id }) => objectKeyOf(id) === around.foreignKey)!.status,
    };
  }

  async function changesAround(): Promise<string[]> {
    const now = await lookAround();
    const changed = Object.keys(now).filter((what) => now[what] !== before[what]);
    before = now;
    return changed.map((what) => `changed: ${what}`);
  }

  async function mend(): Promise<void> {
    for (const object of foreignObjects) await app.s3.send(new PutObjectCommand({ ...object, Body: foreign }));
    before = await lookAround();
  }

  async function uploadIdOf(id: string): Promise<string> {
    return String((await rowOf(app, id))!["upload_id"]);
  }

  /** An object as the owner of the bucket sees it: bytes, ETag, and every header that is no matter of one answer. */
  async function lookAt(key: string) {
    const { status, headers, body } = await ask(
      await getSignedUrl(app.s3, new GetObjectCommand({ Bucket: app.bucket, Key: key })),
    );
    if (status !== 200) throw new Error(`GET ${key}: ${status}`);
    const { etag } = headers;
    for (const name of OF_ONE_ANSWER) delete headers[name];
    return { etag, headers, body };
  }

  /** ACL and tags; the name of the error where the store has no such thing. */
  function rightsOf(key: string): Promise<unknown[]> {
    const object = { Bucket: app.bucket, Key: key };
    const asked = [new GetObjectAclCommand(object), new GetObjectTaggingCommand(object)];
    return Promise.all(
      asked.map((command) =>
        app.s3.send(command as GetObjectAclCommand).then(
          (told) => ({ ...told, $metadata: undefined }),
          (error: Error) => error.name,
        ),
      ),
    );
  }
}

/** Of an answer, not of the object; a store may also say which digests it has checked. */
const OF_ONE_ANSWER = [
  ...["date", "etag", "last-modified", "content-length", "connection", "keep-alive", "x-amz-request-id", "x-amz-id-2"],
  ...["x-amz-checksum-type", "x-amz-mp-parts-count"],
];

const bufferOf = (content: Content): Buffer => Buffer.concat([...content.chunks()]);
