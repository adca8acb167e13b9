import type { RefusalFragment } from "../gql/graphql.js";
import type { Answer, UploadProblem } from "../upload/index.js";

/** What every refusal says; the facts of its kind may come along. */
type Refusal = Pick<RefusalFragment, "code" | "message" | "retryable">;

/** A refusal as an answer that the engine and the page understand; codes of tomorrow pass through. */
export function refused(refusal: RefusalFragment | Refusal): Answer<never> {
  return { ok: false, problem: problemOf(refusal) };
}

function problemOf(refusal: RefusalFragment | Refusal): UploadProblem {
  if (!("usage" in refusal)) return refusal;
  const { usage, ...problem } = refusal;
  return { ...problem, freeBytes: Math.max(0, usage.quotaBytes - usage.usedBytes - usage.reservedBytes) };
}
