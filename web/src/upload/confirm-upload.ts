import { callApi, refused } from "./job.js";
import type { Job } from "./job.js";
import { sleep } from "./retry.js";
import { UploadError } from "./upload-error.js";

/** The server's verdict, or the parts that it does not have. */
export type Verdict<F> =
  | { readonly done: true; readonly file: F }
  | {
      readonly done: false;
      readonly missing: readonly number[] | "ALL";
      /** What to say when it happens again and again. */
      readonly code: "STORAGE" | "CHECKSUM";
    };

/** Sealing can take minutes for large files; the server keeps working on it whether or not anybody waits. */
const PATIENCE_MS = 15 * 60_000;

/**
 * Asks for the verdict until there is one.
 * @throws UploadError REJECTED, GONE, REFUSED, API (also when the server is still busy after 15 minutes)
 */
export async function confirmUpload<Body, F>(job: Job<Body, F>, fileId: string): Promise<Verdict<F>> {
  job.meter.confirming();
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await callApi(job, (signal) => job.api.confirm(fileId, signal));
    if (answer.ok) return { done: true, file: answer.value };
    const { problem } = answer;
    switch (problem.code) {
      case "FILE_BUSY":
        if (Date.now() > until) throw new UploadError("API", { problem });
        job.meter.confirming();
        await sleep(Math.max(0.2, problem.retryAfterSeconds ?? 1) * 1000, job.signal);
        break;
      case "PARTS_MISSING":
        return { done: false, missing: problem.numbers ?? "ALL", code: "STORAGE" };
      case "SIZE_MISMATCH":
      case "CHECKSUM_MISMATCH":
        // The upload is open again; on a store that does not check digests only sending everything mends it.
        return { done: false, missing: "ALL", code: "CHECKSUM" };
      default:
        throw refused(problem);
    }
  }
}
