import { assertSame, callApi, pause } from "./job.js";
import type { Job } from "./job.js";
import type { PartDigests } from "./part-digests.js";
import { createPartSigner } from "./part-signer.js";
import { partRange } from "./plan.js";
import type { PartRange } from "./plan.js";
import { PutFault } from "./put.js";
import { refusalOf } from "./retry.js";
import type { PartToSign, UploadTicket } from "./upload-api.js";
import { UploadError } from "./upload-error.js";

/** SENT: the store has said yes to every part. CLOSED: the server has meanwhile sealed or refused the upload; confirm tells. */
export type SendOutcome = "SENT" | "CLOSED";

/** How one try ended; `ask`: the server may know better, since all bytes had left or the store says that the upload is over. */
type Attempt =
  { readonly stored: true } | { readonly stored: false; readonly failure: UploadError; readonly ask: boolean };

/**
 * Sends the parts `numbers`, at most `job.parallel` at a time, each until the store has it.
 * @throws UploadError when a part's retries are used up, the file changed, or the upload is gone
 */
export async function sendParts<Body, F>(
  job: Job<Body, F>,
  ticket: UploadTicket,
  numbers: readonly number[],
  digests: PartDigests,
): Promise<SendOutcome> {
  const halt = new AbortController();
  const shared: Job<Body, F> = { ...job, signal: AbortSignal.any([job.signal, halt.signal]) };
  const sender = createPartSender(shared, ticket, digests);
  let next = 0;
  let prepared = 0;
  let closed = false;

  const lane = async (): Promise<void> => {
    for (let index = next++; index < numbers.length && !closed; index = next++) {
      const ahead = Math.min(numbers.length, index + 4 * job.parallel);
      while (prepared < ahead) sender.prepare(numbers[prepared++] as number);
      if ((await sender.send(numbers[index] as number)) === "CLOSED") {
        closed = true;
        halt.abort();
      }
    }
  };

  const lanes = Array.from({ length: Math.min(job.parallel, numbers.length) }, lane);
  try {
    await Promise.all(lanes);
  } catch (error) {
    halt.abort();
    await Promise.allSettled(lanes);
    if (!closed) throw error;
  }
  return closed ? "CLOSED" : "SENT";
}

interface PartSender {
  /** Begins to hash, and offers for signing, what comes soon. */
  prepare(number: number): void;
  send(number: number): Promise<SendOutcome>;
}

function createPartSender<Body, F>(job: Job<Body, F>, ticket: UploadTicket, digests: PartDigests): PartSender {
  const signer = createPartSigner(job, ticket);
  const withDigest = ticket.partChecksum === "SHA256";
  let anyAnswer = false;

  const partToSign = async (number: number): Promise<PartToSign> =>
    withDigest ? { number, sha256: await digests.get(number) } : { number };

  /** What the server knows of this part now: receivedParts is the truth. */
  const ask = async (number: number): Promise<"STORED" | "MISSING" | "CLOSED"> => {
    const standing = await callApi(job, (signal) => job.api.resume(ticket.fileId, { withDigests: false }, signal));
    if (standing.state === "GONE") throw new UploadError("GONE");
    if (standing.state === "CLOSED") return "CLOSED";
    return standing.ticket.receivedParts?.includes(number) ? "STORED" : "MISSING";
  };

  const attempt = async (range: PartRange): Promise<Attempt> => {
    const { number, start, end } = range;
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
      if (response.status >= 200 && response.status < 300) return { stored: true };
      const refusal = refusalOf(response.status, response.text);
      if (refusal === "CHECKSUM") await assertSameDigest(number);
      const code = refusal === "CHECKSUM" ? refusal : "STORAGE";
      return { stored: false, failure: new UploadError(code, { status: response.status }), ask: refusal === "GONE" };
    } catch (error) {
      job.signal.throwIfAborted();
      if (error instanceof UploadError) throw error;
      // A changed file looks like a broken connection: https://bugs.chromium.org/p/chromium/issues/detail?id=866805
      await assertSame(job.source, error);
      const stalled = error instanceof PutFault && error.kind === "STALLED";
      const failure = new UploadError(stalled ? "STALLED" : "NETWORK", { cause: error });
      return { stored: false, failure, ask: sentBytes >= sizeBytes };
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

  const giveUp = (failure: UploadError): UploadError =>
    failure.code === "NETWORK" && !anyAnswer ? new UploadError("BLOCKED", { cause: failure }) : failure;

  return {
    prepare(number) {
      // A failure shows when the part itself is sent.
      partToSign(number).then(signer.offer, () => undefined);
    },
    async send(number) {
      const range = partRange(ticket, number);
      for (let tries = 0; ; tries++) {
        const result = await attempt(range);
        if (result.stored) break;
        job.meter.moving(number, 0);
        if (tries >= job.retry.retries && job.connectivity.online()) throw giveUp(result.failure);
        if (await pause(job, result.failure.code, tries)) tries = -1;
        if (result.ask) {
          const standing = await ask(number);
          if (standing === "CLOSED") return "CLOSED";
          if (standing === "STORED") break;
        }
      }
      job.meter.stored(number, range.end - range.start);
      return "SENT";
    },
  };
}
