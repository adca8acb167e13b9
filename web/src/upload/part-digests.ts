import { digestOf } from "./job.js";
import type { Job } from "./job.js";
import { partRange } from "./plan.js";
import type { UploadTicket } from "./upload-api.js";

/** SHA-256 of the parts of one upload, each computed once and one at a time, so that at most one part is in memory. */
export interface PartDigests {
  get(number: number): Promise<string>;
  /** Reads the part again, for when the store says that other bytes arrived. */
  again(number: number): Promise<string>;
}

/** @param whole digest of the whole file, when it is known */
export function createPartDigests<Body>(job: Job<Body, unknown>, ticket: UploadTicket, whole?: string): PartDigests {
  const digests = new Map<number, Promise<string>>();
  if (whole !== undefined && ticket.partCount === 1) digests.set(1, Promise.resolve(whole));
  let last: Promise<unknown> = Promise.resolve();

  const compute = (number: number): Promise<string> => {
    const { start, end } = partRange(ticket, number);
    const digest = last.then(() => digestOf(job, job.source.slice(start, end)));
    digests.set(number, digest);
    // A failure belongs to whoever asks for this part; the queue goes on.
    last = digest.catch(() => undefined);
    return digest;
  };

  return { get: (number) => digests.get(number) ?? compute(number), again: compute };
}
