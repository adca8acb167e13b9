import { abortable } from "./abortable.js";
import { confirmUpload } from "./confirm-upload.js";
import { assertSame, callApi, digestOf, refused } from "./job.js";
import type { Connectivity, Job } from "./job.js";
import { createPartDigests } from "./part-digests.js";
import type { PartDigests } from "./part-digests.js";
import { mediaType, missingParts, partRange } from "./plan.js";
import { createMeter } from "./progress.js";
import type { UploadProgress } from "./progress.js";
import type { Put } from "./put.js";
import { DEFAULT_RETRY } from "./retry.js";
import type { RetryPolicy } from "./retry.js";
import { sendParts } from "./send-parts.js";
import { createSlots } from "./slots.js";
import type { Slots } from "./slots.js";
import type { Hash, UploadSource } from "./source.js";
import type { Answer, CreateUpload, UploadApi, UploadTicket } from "./upload-api.js";
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
  /** Goes on with an upload instead of beginning one; parts that the store has are not sent again. */
  readonly resumeFileId?: string;
  /** With `resumeFileId`: compare stored digests with the local file first. Default true; false when it is surely the same file. */
  readonly verifyStored?: boolean;
  /** Parts in flight for this file. Default 6. */
  readonly parallel?: number;
  /** Connections shared with other uploads. Default: as many as `parallel`. */
  readonly slots?: Slots;
  /** A request without a moving byte for so long is given up and tried again. Default 30 000. */
  readonly stallMs?: number;
  readonly retry?: RetryPolicy;
  readonly connectivity?: Connectivity;
  /** Files up to this size are hashed whole before the first byte, larger ones part by part. Default 16 MiB. */
  readonly hashWholeBytes?: number;
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
  const signal = options.signal ?? new AbortController().signal;
  const parallel = options.parallel ?? 6;
  const job: Job<Body, F> = {
    source,
    api: options.api,
    put: options.put,
    hash: options.hash,
    signal,
    meter: createMeter(source.sizeBytes, options.onProgress ?? (() => undefined)),
    slots: options.slots ?? createSlots(parallel),
    parallel,
    stallMs: options.stallMs ?? 30_000,
    retry: options.retry ?? DEFAULT_RETRY,
    connectivity: options.connectivity ?? ALWAYS_ONLINE,
  };
  try {
    signal.throwIfAborted();
    job.meter.preparing();
    return options.resumeFileId === undefined
      ? await begin(job, options)
      : await resume(job, options.resumeFileId, options.verifyStored ?? true);
  } catch (error) {
    if (signal.aborted) throw new UploadError("CANCELLED", { cause: error });
    if (error instanceof UploadError) throw error;
    throw new UploadError("PROTOCOL", { detail: String(error), cause: error });
  }
}

async function begin<Body, F>(job: Job<Body, F>, options: UploadOptions<Body, F>): Promise<F> {
  const { source } = job;
  await assertSame(source);
  const whole = job.hash !== undefined && source.sizeBytes <= (options.hashWholeBytes ?? 16 * 2 ** 20);
  const sha256 = whole ? await digestOf(job, source.slice(0, source.sizeBytes)) : undefined;
  const input: CreateUpload = {
    filename: source.name,
    contentType: mediaType(source.type),
    sizeBytes: source.sizeBytes,
    partChecksum: job.hash ? "SHA256" : "NONE",
    ...(sha256 === undefined ? {} : { sha256 }),
    idempotencyKey: randomKey(),
  };
  const answer = await callApi(job, (signal) => {
    const created = job.api.create(input).then((result) => {
      if (result.ok) options.onFileId?.(result.value.fileId);
      return result;
    });
    return abortable<Answer<UploadTicket>>(signal, (resolve, reject) => void created.then(resolve, reject));
  });
  if (!answer.ok) throw refused(answer.problem);
  const ticket = answer.value;
  const known = sha256 !== undefined && ticket.partCount === 1 ? [[1, sha256] as const] : [];
  return finish(job, ticket, createPartDigests(job, ticket, known));
}

async function resume<Body, F>(job: Job<Body, F>, fileId: string, verify: boolean): Promise<F> {
  await assertSame(job.source);
  const withDigests = verify && job.hash !== undefined;
  const standing = await callApi(job, async (signal) => {
    const answer = await job.api.resume(fileId, { withDigests }, signal);
    // Without the store's list parts would be sent twice: as good as no answer.
    if (answer.state === "OPEN" && answer.ticket.receivedParts === null) throw new Error("the store lists no parts");
    return answer;
  });
  if (standing.state === "GONE") throw new UploadError("GONE");
  if (standing.state === "CLOSED") {
    const verdict = await confirmUpload(job, fileId);
    // Opened again because something is missing: look anew.
    return verdict.done ? verdict.file : resume(job, fileId, verify);
  }
  const { ticket } = standing;
  if (ticket.sizeBytes !== job.source.sizeBytes) throw differentFile();
  const digests = createPartDigests(job, ticket);
  for (const part of withDigests ? (ticket.storedParts ?? []) : []) {
    if (part.sha256 && (await digests.get(part.number)) !== part.sha256) throw differentFile();
  }
  return finish(job, ticket, digests);
}

/** Sends what is missing and confirms, again while the server finds parts missing. */
async function finish<Body, F>(job: Job<Body, F>, ticket: UploadTicket, digests: PartDigests): Promise<F> {
  const { transfer, partCount, receivedParts } = ticket;
  if (transfer !== "NONE" && transfer !== "SINGLE" && transfer !== "PARTS") {
    throw new UploadError("PROTOCOL", { detail: `transfer ${transfer}` });
  }
  const all = missingParts(transfer === "NONE" ? 0 : partCount, []);
  let missing = missingParts(all.length, receivedParts ?? []);
  const toSend = new Set(missing);
  for (const number of all) {
    const { start, end } = partRange(ticket, number);
    if (!toSend.has(number)) job.meter.found(number, end - start);
  }
  for (let round = 1; ; round++) {
    // Whether it was sent or meanwhile sealed, confirm tells the truth.
    if (missing.length > 0) await sendParts(job, ticket, missing, digests);
    const verdict = await confirmUpload(job, ticket.fileId);
    if (verdict.done) return verdict.file;
    if (round === MAX_ROUNDS) throw new UploadError(verdict.code);
    missing = verdict.missing === "ALL" ? all : [...verdict.missing];
  }
}

function differentFile(): UploadError {
  return new UploadError("FILE_CHANGED");
}

/** 128 random bits; `crypto.randomUUID` is missing on pages that are not served over https. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
