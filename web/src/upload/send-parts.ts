import { assertSame, pause, standingOf } from "./job.js";
import type { Job } from "./job.js";
import type { PartDigests } from "./part-digests.js";
import { CLOSED, createPartSigner } from "./part-signer.js";
import { partRange } from "./plan.js";
import type { PartRange } from "./plan.js";
import { PutFault } from "./put.js";
import { refusalOf } from "./retry.js";
import type { PartToSign, UploadTicket } from "./upload-api.js";
import { UploadError } from "./upload-error.js";

/** How a try failed; `ask`: the server may know better, since all bytes had left or the store says that the upload is over. */
interface Failure {
  readonly error: UploadError;
  readonly ask: boolean;
}

/**
 * Sends the parts `numbers`, at most `job.parallel` at a time, each until the store has it. Also returns when the server
 * takes no more: it has sealed or refused the upload, or is looking at it. Confirm tells.
 * @throws UploadError when a part's retries are used up, the file changed, or the upload is gone
 */
export async function sendParts<Body, F>(
  job: Job<Body, F>,
  ticket: UploadTicket,
  numbers: readonly number[],
  digests: PartDigests,
): Promise<void> {
  const halt = new AbortController();
  const shared: Job<Body, F> = { ...job, signal: AbortSignal.any([job.signal, halt.signal]) };
  const sender = createPartSender(shared, ticket, digests);
  let next = 0;
  let prepared = 0;

  const lane = async (): Promise<void> => {
    for (let index = next++; index < numbers.length; index = next++) {
      const ahead = Math.min(numbers.length, index + 4 * job.parallel);
      while (prepared < ahead) sender.prepare(numbers[prepared++] as number);
      await sender.send(numbers[index] as number);
    }
  };

  const lanes = Array.from({ length: Math.min(job.parallel, numbers.length) }, lane);
  try {
    await Promise.all(lanes);
  } catch (error) {
    halt.abort();
    await Promise.allSettled(lanes);
    if (error !== CLOSED) throw error;
  }
}

interface PartSender {
  /** Begins to hash, and offers for signing, what comes soon. */
  prepare(number: number): void;
  /** Rejects with {@link CLOSED}, or as {@link sendParts} does. */
  send(number: number): Promise<void>;
}

function createPartSender<Body, F>(job: Job<Body, F>, ticket: UploadTicket, digests: PartDigests): PartSender {
  const signer = createPartSigner(job, ticket);
  const withDigest = ticket.partChecksum === "SHA256";
  let anyAnswer = false;

  const partToSign = async (number: number): Promise<PartToSign> =>
    withDigest ? { number, sha256: await digests.get(number) } : { number };

  /** Whether the store has it after all: receivedParts is the truth. */
  const isStored = async (number: number): Promise<boolean> => {
    const standing = await standingOf(job, ticket.fileId, false);
    if (standing.state === "CLOSED") throw CLOSED;
    return standing.ticket.receivedParts?.includes(number) === true;
  };

  const attempt = async ({ number, start, end }: PartRange): Promise<Failure | undefined> => {
    const sizeBytes = end - start;
    const part = await partToSign(number);
    const release = await job.slots.acquire(job.signal);
    let sentBytes = 0;
    try {
      await assertSame(job.source);
      const signed = await signer.take(part);
      const response = await job.put({
        method: ticket.method,
        url: signed.url,
        headers: signed.headers,
        body: job.source.slice(start, end),
        sizeBytes,
        signal: job.signal,
        stallMs: job.stallMs,
        onProgress: (bytes) => job.meter.moving(number, (sentBytes = bytes)),
      });
      anyAnswer = true;
      if (response.status >= 200 && response.status < 300) return undefined;
      const refusal = refusalOf(response.status, response.text);
      if (refusal === "CHECKSUM") await assertSameDigest(number);
      const code = refusal === "CHECKSUM" ? refusal : "STORAGE";
      return { error: new UploadError(code, { status: response.status }), ask: refusal === "GONE" };
    } catch (error) {
      job.signal.throwIfAborted();
      if (error instanceof UploadError || error === CLOSED) throw error;
      // A changed file looks like a broken connection: https://bugs.chromium.org/p/chromium/issues/detail?id=866805
      await assertSame(job.source, error);
      const stalled = error instanceof PutFault && error.kind === "STALLED";
      const code = stalled ? "STALLED" : anyAnswer ? "NETWORK" : "BLOCKED";
      return { error: new UploadError(code, { cause: error }), ask: sentBytes >= sizeBytes };
    } finally {
      release();
    }
  };

  /** The store got other bytes than were promised: damaged on the way, or the file is no longer the same. */
  const assertSameDigest = async (number: number): Promise<void> => {
    if (!withDigest) return;
    const promised = await digests.get(number);
    if ((await digests.again(number)) !== promised) {
      throw new UploadError("FILE_CHANGED");
    }
  };

  return {
    prepare(number) {
      // A failure shows when the part itself is sent.
      partToSign(number).then(signer.offer, () => undefined);
    },
    async send(number) {
      const range = partRange(ticket, number);
      for (let tries = 0; ; tries++) {
        const failure = await attempt(range);
        if (!failure) break;
        const { error, ask } = failure;
        job.meter.moving(number, 0);
        if (tries >= job.retry.retries && job.connectivity.online()) throw error;
        if (await pause(job, error.code, tries)) tries = -1;
        if (ask && (await isStored(number))) break;
      }
      job.meter.stored(number, range.end - range.start);
    },
  };
}
