import { confirmUpload } from "./confirm-upload.js";
import { assertSame, callApi, digestOf, refused, standingOf } from "./job.js";
import type { Connectivity, Job } from "./job.js";
import { takeLock } from "./lock.js";
import type { Lock } from "./lock.js";
import { createPartDigests } from "./part-digests.js";
import type { PartDigests } from "./part-digests.js";
import { coversFile, mediaType, partRange } from "./plan.js";
import { createMeter } from "./progress.js";
import type { UploadProgress } from "./progress.js";
import type { Put } from "./put.js";
import { randomKey } from "./random-key.js";
import { DEFAULT_RETRY } from "./retry.js";
import type { RetryPolicy } from "./retry.js";
import { sendParts } from "./send-parts.js";
import { createSlots } from "./slots.js";
import type { Slots } from "./slots.js";
import type { Hash, UploadSource } from "./source.js";
import type { CreateUpload, UploadApi, UploadTicket } from "./upload-api.js";
import { UploadError } from "./upload-error.js";

/** How to upload one file. Only `api` and `put` are needed. */
export interface UploadOptions<Body, F> {
  readonly api: UploadApi<F>;
  readonly put: Put<Body>;
  /** Without it the store checks lengths only. */
  readonly hash?: Hash<Body>;
  /** Stops the upload at once. Stored parts stay at the store: go on with `resumeFileId`, or give up with `api.abort`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: UploadProgress) => void;
  /** Told as soon as the server has a row, also when the signal fired meanwhile: what was begun can be aborted. */
  readonly onFileId?: (fileId: string) => void;
  /** Names this upload at the server: beginning again with the same key gives the same upload. Default: random. */
  readonly idempotencyKey?: string;
  /** Waited for before the server is asked to begin, when everything else is ready. */
  readonly beforeBegin?: (() => Promise<void>) | undefined;
  /** Goes on with an upload instead of beginning one; parts that the store has are not sent again. */
  readonly resumeFileId?: string | undefined;
  /**
   * Asked before beginning, with the lock held: an upload of this very source that an earlier session left behind. It is
   * gone on with as with `resumeFileId`; when it is over, or of other content after all, a new one is begun.
   */
  readonly findBegun?: (source: UploadSource<Body>) => Promise<string | undefined>;
  /**
   * With `resumeFileId`: compare stored digests with the local file first; parts without one are sent again. Default true;
   * false when it is surely the same file.
   */
  readonly verifyStored?: boolean;
  /** Parts in flight for this file. Default 6. */
  readonly parallel?: number;
  /** Connections shared with other uploads. Default: as many as `parallel`. */
  readonly slots?: Slots;
  /** A request without a moving byte for so long is given up and tried again. Default 30 000. */
  readonly stallMs?: number;
  readonly retry?: RetryPolicy;
  readonly connectivity?: Connectivity;
  /** Held under `upload:` and the source's fingerprint while the upload runs; ELSEWHERE when somebody else holds it. */
  readonly lock?: Lock;
  /** Files up to this size are hashed whole before the first byte, larger ones part by part. Default 16 MiB. */
  readonly hashWholeBytes?: number;
  /** Where {@link UploadSource.hashAhead} asks for it, all parts of files up to this size are hashed before the first byte. Default 256 MiB. */
  readonly hashAheadBytes?: number;
}

const ALWAYS_ONLINE: Connectivity = { online: () => true, whenOnline: () => Promise.resolve() };

/** Rounds of "parts are missing" before the store is not believed any more. */
const MAX_ROUNDS = 4;

/**
 * Uploads one file: begin or resume, send what the store lacks, confirm. Resolves with what `api.confirm` gave.
 * Every step may be repeated, by itself or by a later call, without doing harm.
 * @throws UploadError and nothing else
 */
export async function uploadFile<Body, F>(source: UploadSource<Body>, options: UploadOptions<Body, F>): Promise<F> {
  const { signal = new AbortController().signal, parallel = 6, hashAheadBytes = 2 ** 28 } = options;
  const job: Job<Body, F> = {
    ...options,
    source,
    signal,
    meter: createMeter(source.sizeBytes, options.onProgress ?? (() => undefined)),
    slots: options.slots ?? createSlots(parallel),
    parallel,
    stallMs: options.stallMs ?? 30_000,
    retry: options.retry ?? DEFAULT_RETRY,
    connectivity: options.connectivity ?? ALWAYS_ONLINE,
    hashAhead: source.hashAhead === true && source.sizeBytes <= hashAheadBytes,
  };
  let unlock: (() => void) | undefined;
  try {
    signal.throwIfAborted();
    job.meter.preparing();
    unlock = await takeLock(source, options.lock, signal);
    signal.throwIfAborted();
    return await beginOrGoOn(job, options);
  } catch (error) {
    if (signal.aborted) throw new UploadError("CANCELLED", { cause: error });
    if (error instanceof UploadError) throw error;
    throw new UploadError("PROTOCOL", { detail: String(error), cause: error });
  } finally {
    unlock?.();
  }
}

async function beginOrGoOn<Body, F>(job: Job<Body, F>, options: UploadOptions<Body, F>): Promise<F> {
  const { resumeFileId, findBegun, verifyStored = true, onFileId } = options;
  const known = resumeFileId !== undefined;
  const fileId = resumeFileId ?? (await findBegun?.(job.source));
  if (fileId === undefined) return begin(job, options);
  try {
    onFileId?.(fileId);
    // Where changes go unnoticed, what is stored may be of an older content even within one session.
    return await resume(job, fileId, !known || verifyStored || job.hashAhead);
  } catch (error) {
    const mended = error instanceof UploadError && /^(GONE|DIFFERENT_FILE)$/.test(error.code);
    if (known || !mended) throw error;
    return begin(job, options);
  }
}

async function begin<Body, F>(job: Job<Body, F>, options: UploadOptions<Body, F>): Promise<F> {
  const { source } = job;
  await assertSame(source);
  const whole = job.hash !== undefined && source.sizeBytes <= (options.hashWholeBytes ?? 2 ** 24);
  const sha256 = whole ? await digestOf(job, source.slice(0, source.sizeBytes)) : undefined;
  const input: CreateUpload = {
    filename: source.name,
    contentType: mediaType(source.type),
    sizeBytes: source.sizeBytes,
    partChecksum: job.hash ? "SHA256" : "NONE",
    sha256,
    idempotencyKey: options.idempotencyKey ?? randomKey(),
  };
  await options.beforeBegin?.();
  const answer = await callApi(job, async () => {
    const created = await job.api.create(input);
    // Also when nobody waits any more: what was begun can be given up.
    if (created.ok) options.onFileId?.(created.value.fileId);
    return created;
  });
  if (!answer.ok) throw refused(answer.problem);
  const ticket = answer.value;
  return finish(job, ticket, createPartDigests(job, ticket, sha256));
}

async function resume<Body, F>(job: Job<Body, F>, fileId: string, verify: boolean): Promise<F> {
  await assertSame(job.source);
  const withDigests = verify && job.hash !== undefined;
  const standing = await standingOf(job, fileId, withDigests);
  if (standing.state === "CLOSED") {
    const verdict = await confirmUpload(job, fileId);
    // Opened again because something is missing: look anew.
    return verdict.done ? verdict.file : resume(job, fileId, verify);
  }
  const { ticket } = standing;
  const digests = createPartDigests(job, ticket);
  let same = ticket.sizeBytes === job.source.sizeBytes;
  // What cannot be compared is sent again, or one file would be made of two.
  const compared: number[] = [];
  for (const { number, sha256 } of withDigests ? (ticket.storedParts ?? []) : []) {
    if (!same || !sha256) continue;
    same = (await digests.get(number)) === sha256;
    compared.push(number);
  }
  if (!same) throw new UploadError("DIFFERENT_FILE");
  return finish(job, withDigests ? { ...ticket, receivedParts: compared } : ticket, digests);
}

/** Sends what is missing and confirms, again while the server finds parts missing. */
async function finish<Body, F>(job: Job<Body, F>, ticket: UploadTicket, digests: PartDigests): Promise<F> {
  const { transfer, partCount, receivedParts } = ticket;
  const nothing = transfer === "NONE";
  if (!nothing && !((transfer === "SINGLE" || transfer === "PARTS") && coversFile(ticket))) {
    throw new UploadError("PROTOCOL", { detail: `transfer ${transfer}` });
  }
  const received = new Set(receivedParts);
  const all = Array.from({ length: nothing ? 0 : partCount }, (_, index) => index + 1);
  let missing = all.filter((number) => !received.has(number));
  for (const number of all) {
    const { start, end } = partRange(ticket, number);
    if (received.has(number)) job.meter.found(number, end - start);
  }
  if (job.hashAhead && ticket.partChecksum === "SHA256") for (const number of all) await digests.get(number);
  for (let round = 1; ; round++) {
    // The ticket's own URL is for the first round. Whether all was sent or meanwhile sealed, confirm tells the truth.
    const left = round === 1 ? ticket : { ...ticket, uploadUrl: null };
    if (missing.length > 0) await sendParts(job, left, missing, digests);
    const verdict = await confirmUpload(job, ticket.fileId);
    if (verdict.done) return verdict.file;
    if (round === MAX_ROUNDS) throw new UploadError(verdict.code);
    const { missing: lost } = verdict;
    missing = lost === "ALL" ? all : all.filter((number) => lost.includes(number));
  }
}
