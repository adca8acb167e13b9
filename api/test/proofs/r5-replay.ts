import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { rm } from "node:fs/promises";
import type { StoreTarget } from "../../embedded/s3/conformance/subject.js";
import { makeScratchDir } from "../../embedded/scratch-dir.fixture.js";
import { rowsOf } from "../../src/db/query.js";
import { MARKER_KEY } from "../../src/reconcile/claim-bucket.js";
import type { ApiProcess } from "../api-process.js";
import { noise, sha256Of } from "../content.js";
import type { Content } from "../content.js";
import { checkInvariants } from "../invariants.js";
import {
  abortUpload,
  ask,
  confirmUpload,
  createUploadUrl,
  deleteFile,
  expectMember,
  rangeOf,
  readFile,
  restoreFile,
  sendBytes,
  signPartsOf,
} from "../operations.js";
import type { CreateInput, UploadTicket } from "../operations.js";
import { headOf, keyOf, rowOf, until, uuidOf } from "../records.js";
import type { StoreKeys } from "../servers.js";
import { download, put } from "../store-client.js";
import type { SignedPut } from "../store-client.js";
import { startStoreProxy } from "../store-proxy.js";
import type { Fate, StoreProxy } from "../store-proxy.js";
import { randomOf } from "../storm/schedule.js";
import { withEnd, withServers } from "./proof-servers.js";
import type { ProofServers } from "./proof-servers.js";
import { reached } from "./proof.js";
import type { Figure, Proof, ProofOptions } from "./proof.js";

const REPLAYS = { small: 120, full: 10_000 };
/** Most of a life is waiting for sweeps. */
const LIVES_AT_ONCE = 12;
/** Of every so many uploads one has many parts, which are megabytes to send each time. */
const MANY_PARTS_EVERY = 60;
const MANY_PARTS_BYTES = 16 * 1024 ** 2 + 1;
/** How an upload ends, by a number drawn from 0 to 1: those below the first are aborted, and so on. */
const [ABORTED, EXPIRED, REPLAYED_DURING_SEAL, NEVER_PURGED] = [0.2, 0.3, 0.7, 0.9];
const USER = "r5";
const RADOSGW = fileURLToPath(new URL("../../../embedded/s3/radosgw.sh", import.meta.url));
const run = promisify(execFile);

/** Every upload URL ever issued, sent again with other bytes at every moment of its upload's life. */
export const proof: Proof = {
  id: "R5",
  title: "every upload URL ever issued is replayed with other bytes at every moment",
  async run(options) {
    const figures = await onStore("the embedded store", options);
    const externals = [...(options.stores ?? [])];
    let tried = 1;
    if (!options.small) {
      const onRadosgw = await withRadosgw(options.say, async (target) => [
        ...(await onStore("radosgw", options, target)),
        ...(await onStore("radosgw, no signer for uploads", options, { ...target, uploadSigner: null })),
      ]);
      if (onRadosgw !== null) {
        figures.push(...onRadosgw);
        tried += 1;
      }
    }
    for (const target of externals) {
      figures.push(...(await onStore(target.endpoint, options, target)));
      tried += 1;
    }
    // The goal is about the number of stores.
    return figures.map((figure) =>
      figure.holds === "goal" && tried < 3 ? { ...figure, holds: "must" as const } : figure,
    );
  },
};

/** A store, and the principal that signs the URLs of parts where it is another than the one that does all else. */
interface SignedStore extends StoreTarget {
  readonly uploadSigner?: StoreKeys | null;
}

/** Ceph's gateway where its packages are installed; null where they are not. Nothing is ever installed here. */
async function withRadosgw<Result>(
  say: (line: string) => void,
  work: (target: SignedStore) => Promise<Result>,
): Promise<Result | null> {
  const there = await run("bash", ["-c", "command -v radosgw ceph-mon ceph-osd"]).then(
    () => true,
    () => false,
  );
  if (!there) {
    say("no radosgw on this machine: bash api/embedded/s3/radosgw.sh setup");
    return null;
  }
  const dir = await makeScratchDir("radosgw");
  const port = String(20_000 + Math.floor(Math.random() * 20_000));
  const env = { ...process.env, SIGNET_RADOSGW_DIR: join(dir, "ceph"), SIGNET_RADOSGW_PORT: port };
  const end = async (): Promise<void> => {
    await run("bash", [RADOSGW, "down", "--purge"], { env });
    await rm(dir, { recursive: true, force: true });
  };
  return withEnd(end, async () => {
    const { stdout } = await run("bash", [RADOSGW, "up"], { env });
    return work({ ...(JSON.parse(stdout) as SignedStore), bucket: "" });
  });
}

/** What came out on one store, if only that it did not come to its end: the others count all the same. */
async function onStore(name: string, options: ProofOptions, external?: SignedStore): Promise<Figure[]> {
  return replayOn(name, options, external).catch((error: unknown): Figure[] => {
    options.say(error instanceof Error ? error.stack! : String(error));
    return [{ what: `${name}: came to its end`, figure: String(error), must: "yes", goal: "", holds: "no" }];
  });
}

async function replayOn(name: string, options: ProofOptions, external?: SignedStore): Promise<Figure[]> {
  const wanted = options.small ? REPLAYS.small : REPLAYS.full;
  return withServers(async (servers) => {
    const proxy = servers.own(await startStoreProxy(servers.store.endpoint));
    const api = await servers.startApi({
      store: { ...servers.store, endpoint: proxy.endpoint },
      publicStoreEndpoint: servers.store.endpoint,
      env: {
        SWEEP_EVERY_SECONDS: "1",
        LEASE_SECONDS: "10",
        UPLOAD_URL_TTL_SECONDS: "86400",
        MAX_PENDING_UPLOADS: "100000",
        ...signerVariables(external?.uploadSigner ?? null),
      },
    });
    const battery = createBattery({ servers, proxy, api });
    let lives = 0;
    let told = 0;
    const live = async (): Promise<void> => {
      while (battery.tally.replays < wanted) {
        const index = (lives += 1);
        await battery.liveOnce(index, randomOf(`${options.seed} ${name} ${index}`));
        if (battery.tally.replays >= told + wanted / 10) {
          told = battery.tally.replays;
          options.say(
            `${name}: ${told} replays over ${lives} uploads, ${battery.tally.accepted} accepted before their seal`,
          );
        }
      }
    };
    await Promise.all(Array.from({ length: LIVES_AT_ONCE }, live));
    await until(() => settled(servers), 60_000).catch(() => checkInvariants(servers, { settled: true }));
    return battery.figures(name);
  }, external);
}

const signerVariables = (signer: StoreKeys | null): Record<string, string> =>
  signer === null
    ? {}
    : { S3_UPLOAD_ACCESS_KEY_ID: signer.accessKeyId, S3_UPLOAD_SECRET_ACCESS_KEY: signer.secretAccessKey };

/** A URL of the whole content or of one part of it. */
interface IssuedUrl extends SignedPut {
  readonly fromByte: number;
  readonly toByte: number;
}

interface Tally {
  replays: number;
  /** 200 to a replay before the seal: whoever holds the URL may still send. */
  accepted: number;
  /** 200 to a replay after the end of its upload. */
  acceptedLate: number;
  /** Verdicts that the bytes are not the declared ones: on a store that keeps no digests the replay came so far. */
  refused: number;
  changed: number;
  foreign: number;
  remains: number;
}

function createBattery({ servers, proxy, api }: { servers: ProofServers; proxy: StoreProxy; api: ApiProcess }) {
  const tally: Tally = { replays: 0, accepted: 0, acceptedLate: 0, refused: 0, changed: 0, foreign: 0, remains: 0 };
  /** What is to be done before the store hears of a call about a key, once. */
  const before = new Map<string, () => Promise<unknown>>();
  proxy.onCall(async ({ operation, key }): Promise<Fate> => {
    const act = before.get(`${operation} ${key}`);
    before.delete(`${operation} ${key}`);
    await act?.();
    return "FORWARD";
  });

  return { tally, liveOnce, figures };

  /** One upload, sealed, aborted or expired; at each of its moments every URL of it is replayed. */
  async function liveOnce(index: number, random: () => number): Promise<void> {
    const many = index % MANY_PARTS_EVERY === 0;
    const size = many ? MANY_PARTS_BYTES : 1 + Math.floor(random() * 2_000);
    const content = noise(size, `mine ${index} ${random()}`);
    const other = noise(size, `other ${index} ${random()}`);
    const bound = random() < 0.5;
    const input: CreateInput = {
      ...{ size, idempotencyKey: `r5-${index}-${random()}` },
      ...(bound ? { sha256: sha256Of(content), partChecksum: "SHA256" } : {}),
    };
    const ticket = expectMember<UploadTicket>("UploadTicket", await createUploadUrl(api, USER, input));
    const { id } = ticket.file;
    const urls = await everyUrl(ticket, content, input);
    const replay = (late: boolean): Promise<number> => replayAll(urls, other, late);
    const draw = random();
    if (draw < ABORTED) {
      await replay(false);
      expectMember("AbortedUpload", await abortUpload(api, USER, id));
      await replay(true);
      return noteRemains(id);
    }
    if (draw < EXPIRED) {
      // Incomplete, its time over: a sweep ends it.
      await rowsOf(servers.db, "update files set expires_at = now() where id = $1", [uuidOf(id)]);
      await until(async () => (await rowOf(servers, id))!["status"] === "EXPIRED", 60_000);
      await replay(false);
      await untilCollected(id);
      await replay(true);
      return noteRemains(id);
    }

    await sendBytes(api, USER, ticket, content);
    // Without a digest, or on a store that keeps none, whoever holds the URL decides until the seal: the client sends its
    // bytes once more.
    if ((await replay(false)) > 0) await sendBytes(api, USER, ticket, content);
    const key = keyOf(id);
    if (draw < REPLAYED_DURING_SEAL) before.set(`CompleteMultipartUpload ${key}`, () => replay(false));
    before.set(`HeadObject ${key}`, () => replay(true));
    const { __typename: verdict } = await untilVerdict(id);
    if (verdict === "ChecksumMismatch" && bound) {
      tally.refused += 1;
      return replay(true).then(() => noteRemains(id));
    }
    if (verdict !== "ConfirmedUpload") throw new Error(`file ${index}: ${verdict}`);
    const sealed = await look(id);
    // Without a digest, and replayed during the seal (all parts together): what was listed last is what is sealed.
    const replaced = !bound && draw < REPLAYED_DURING_SEAL && sealed.sha256 === sha256Of(other);
    if (sealed.sha256 !== sha256Of(content) && !replaced) tally.foreign += 1;
    const expectSame = async (): Promise<void> => {
      const now = await look(id);
      if (now.sha256 !== sealed.sha256 || now.etag !== sealed.etag) tally.changed += 1;
    };
    await replay(true);
    await expectSame();
    expectMember("DeletedFile", await deleteFile(api, USER, id));
    await replay(true);
    expectMember("RestoredFile", await restoreFile(api, USER, id));
    await expectSame();
    if (draw < NEVER_PURGED) return;
    expectMember("DeletedFile", await deleteFile(api, USER, id, true));
    await replay(true);
    await noteRemains(id);
  }

  async function untilVerdict(id: string): Promise<{ readonly __typename: string }> {
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await confirmUpload(api, USER, id);
      if (!("retryable" in answer && answer.retryable)) return answer;
      await new Promise((again) => setTimeout(again, 200));
    }
    throw new Error(`no verdict on ${id}`);
  }

  /** @returns how many the store has taken */
  async function replayAll(urls: readonly IssuedUrl[], other: Content, late: boolean): Promise<number> {
    const rangeOfUrl = ({ fromByte, toByte }: IssuedUrl) => ({ fromByte, toByte });
    const answers = await Promise.all([
      ...urls.map((url) => put(url, other, rangeOfUrl(url))),
      // As another part, and as a copy of what is not the caller's: the bucket's marker.
      ...urls.slice(0, 1).flatMap((url) => [
        put({ ...url, url: url.url.replace(/partNumber=\d+/, "partNumber=9999") }, other, rangeOfUrl(url)),
        put(url, other, {
          ...rangeOfUrl(url),
          headers: { "x-amz-copy-source": `/${servers.bucket}/${MARKER_KEY}` },
        }),
      ]),
    ]);
    tally.replays += answers.length;
    const accepted = answers.filter(({ status }) => status < 300).length;
    if (late) tally.acceptedLate += accepted;
    else tally.accepted += accepted;
    return accepted;
  }

  async function look(id: string): Promise<{ sha256: string; etag: string | undefined }> {
    const file = await readFile(api, USER, id);
    const { sha256 } = await download(file!.url!);
    return { sha256, etag: (await headOf(servers, id))?.ETag };
  }

  /** The call has collected by itself, or a sweep is at it. */
  function untilCollected(id: string): Promise<void> {
    return until(async () => (await rowOf(servers, id))!["collected_at"] !== null, 60_000);
  }

  async function noteRemains(id: string): Promise<void> {
    await untilCollected(id);
    if ((await headOf(servers, id)) !== null) tally.remains += 1;
  }

  /** All URLs that a client can get for an open upload: with the ticket, with a repeat of it, on resuming, by part. */
  async function everyUrl(ticket: UploadTicket, content: Content, input: CreateInput): Promise<IssuedUrl[]> {
    const repeated = expectMember<UploadTicket>("UploadTicket", await createUploadUrl(api, USER, input));
    const { upload } = await ask<{ upload: Pick<UploadTicket, "uploadUrl" | "headers"> }>(
      api,
      USER,
      "query ($id: ID!) { file(id: $id) { upload { uploadUrl headers { name value } } } }",
      { id: ticket.file.id },
    );
    const whole = [ticket, repeated, upload].flatMap(({ uploadUrl, headers }) =>
      uploadUrl === null ? [] : [{ url: uploadUrl, headers, fromByte: 0, toByte: content.sizeBytes }],
    );
    const numbers = Array.from({ length: ticket.partCount }, (_, index) => index + 1);
    const parts = await signPartsOf(api, USER, ticket, content, numbers);
    return [
      ...whole,
      ...parts.map(({ number, url, headers }) => {
        const [fromByte, toByte] = rangeOf(ticket, number);
        return { url, headers, fromByte, toByte };
      }),
    ];
  }

  function figures(name: string): Figure[] {
    const { replays, accepted, acceptedLate, refused, changed, foreign, remains } = tally;
    const goal = "on three stores";
    const what = `${name}: ${replays} replays (${accepted} taken before the seal)`;
    return [
      {
        what: `${what}; READY files whose bytes changed`,
        ...{ figure: String(changed), must: "0", goal, holds: reached(changed === 0, true) },
      },
      {
        what: `${name}: files READY with bytes that nobody sent for them, or against their digest (${refused} refused for it at confirm)`,
        ...{ figure: String(foreign), must: "0", goal, holds: reached(foreign === 0, true) },
      },
      {
        what: `${name}: replays taken after seal, deletion, abort or expiry; objects that came back`,
        ...{
          figure: `${acceptedLate}; ${remains}`,
          must: "0; 0",
          goal,
          holds: reached(acceptedLate + remains === 0, true),
        },
      },
    ];
  }
}

const settled = (servers: ProofServers): Promise<boolean> =>
  checkInvariants(servers, { settled: true }).then(
    () => true,
    () => false,
  );
