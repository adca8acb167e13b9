import { setTimeout as after } from "node:timers/promises";
import { noise, sha256Of } from "../content.js";
import type { Content } from "../content.js";
import { put } from "../store-client.js";
import type { SignedPut } from "../store-client.js";
import { GaveUp } from "./calls.js";
import type { History } from "./history.js";
import type { UploadPlan } from "./schedule.js";
import type { World } from "./world.js";

export const contentOf = (plan: UploadPlan): Content => noise(plan.sizeBytes, plan.contentSeed);
export const digestOf = (plan: UploadPlan): string => sha256Of(contentOf(plan));

/** STORED: the store has it. SIGN_AGAIN: the URL's time is over. CLOSED: the upload takes no parts any more. */
export type PartOutcome = "STORED" | "SIGN_AGAIN" | "CLOSED";

const PUT_TIMEOUT_MS = 20_000;
const GIVE_UP_AFTER_MS = 120_000;
/** Clocks of store and client are one here; signing rounds to whole seconds. */
const EXPIRY_TOLERANCE_MS = 1_500;

/**
 * Sends one part until the store has answered for it. Every answer that a fault does not explain is written down.
 * @throws GaveUp when the store does not answer for a long time
 */
export async function sendPart(
  { world, history }: { world: World; history: History },
  plan: UploadPlan,
  part: SignedPut & { readonly number: number; readonly expiresAt: string },
  [fromByte, toByte]: readonly [number, number],
): Promise<PartOutcome> {
  const deadlineMs = performance.now() + GIVE_UP_AFTER_MS;
  for (let attempt = 0; performance.now() < deadlineMs; attempt += 1) {
    const startedMs = performance.now();
    const told = (answer: string): void => {
      history.count(`answer PUT: ${answer}`);
      history.note({
        upload: plan.index,
        what: `PUT part ${part.number}`,
        via: new URL(part.url).host,
        answer,
        tookMs: performance.now() - startedMs,
      });
    };
    try {
      const signal = AbortSignal.timeout(PUT_TIMEOUT_MS);
      const { status, code, text } = await put(part, contentOf(plan), { fromByte, toByte, signal });
      told(`HTTP ${status}${code === null ? "" : ` ${code}`}`);
      if (status === 200) {
        history.count("bytes stored", toByte - fromByte);
        return "STORED";
      }
      if (status === 403 && Date.parse(part.expiresAt) - EXPIRY_TOLERANCE_MS <= Date.now()) return "SIGN_AGAIN";
      if (status === 404 && code === "NoSuchUpload") return "CLOSED";
      const retryable = status >= 500 || code === "RequestTimeout" || code === "IncompleteBody";
      if (!retryable || !struck(startedMs))
        history.unexplained(plan.index, `the store answered ${status} to part ${part.number}: ${text.slice(0, 500)}`);
      if (!retryable) return "SIGN_AGAIN";
    } catch (error) {
      told(`broken connection (${(error as { code?: string }).code ?? String(error)})`);
      if (!struck(startedMs))
        history.unexplained(plan.index, `PUT of part ${part.number} broke, and nothing was struck: ${String(error)}`);
    }
    history.count("PUTs repeated");
    await after(Math.min(2000, 50 * 2 ** attempt) * Math.random());
  }
  throw new GaveUp(`part ${part.number} was not taken for ${GIVE_UP_AFTER_MS / 1000} s`);

  function struck(sinceMs: number): boolean {
    return world.faults.struck(["store", "store replies"], sinceMs, performance.now());
  }
}
