import { callApi, refused } from "./job.js";
import type { Job } from "./job.js";
import { isStale } from "./plan.js";
import type { PartToSign, SignedPart, UploadTicket } from "./upload-api.js";
import { UploadError } from "./upload-error.js";

/** Thrown when the server takes no parts: it has sealed or refused the upload, or is looking at it. Confirm tells. */
export const CLOSED = new Error("the upload is closed");

/** Fresh URLs for parts, asked for in as few calls as possible. */
export interface PartSigner {
  /** Says that the part will be needed: it is signed along with the next call. */
  offer(part: PartToSign): void;
  /**
   * A URL that nobody has used yet. Each call gives another one, so a retry never meets the URL that failed.
   * @throws CLOSED; UploadError
   */
  take(part: PartToSign): Promise<SignedPart>;
}

/** Signs for one upload, at most `api.batchSize()` parts a call, one call at a time, the next ones before they are needed. */
export function createPartSigner<Body, F>(job: Job<Body, F>, ticket: UploadTicket): PartSigner {
  const { fileId, uploadUrl, headers, urlExpiresAt } = ticket;
  const wanted = new Map<number, PartToSign>();
  const signed = new Map<number, SignedPart & { readonly receivedAtMs: number }>();
  let flight: Promise<void> | undefined;

  const keep = (part: SignedPart): void => void signed.set(part.number, { ...part, receivedAtMs: Date.now() });
  // A file of one part comes with its first URL; only another try has to ask.
  if (uploadUrl) keep({ number: 1, url: uploadUrl, headers, expiresAt: urlExpiresAt });

  const flush = async (): Promise<void> => {
    const count = await callApi(job, (signal) => job.api.batchSize(signal));
    const batch = [...wanted.values()].sort((a, b) => a.number - b.number).slice(0, Math.max(1, count));
    const answer = await callApi(job, (signal) => job.api.signParts(fileId, batch, signal));
    if (!answer.ok) throw answer.problem.code === "UPLOAD_NOT_OPEN" ? CLOSED : refused(answer.problem);
    answer.value.forEach(keep);
    for (const { number } of batch) {
      if (!signed.has(number)) throw new UploadError("PROTOCOL", { detail: `part ${number} was not signed` });
      wanted.delete(number);
    }
  };

  const offer = (part: PartToSign): void => {
    if (!signed.has(part.number)) wanted.set(part.number, part);
  };

  return {
    offer,
    async take(part) {
      for (;;) {
        const ready = signed.get(part.number);
        signed.delete(part.number);
        const usable = ready && !isStale(ready, Date.now());
        if (!usable) wanted.set(part.number, part);
        if (!usable || (wanted.size > 0 && signed.size < job.parallel)) {
          flight ??= flush().finally(() => (flight = undefined));
          // Whoever waits for it hears of a failure; signing ahead is tried again when it is needed.
          flight.catch(() => undefined);
        }
        if (usable) return ready;
        await flight;
      }
    },
  };
}
