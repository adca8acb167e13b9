import type { RefusalFragment } from "../gql/graphql.js";
import type { Answer, UploadProblem } from "../upload/index.js";

/** A refusal as an answer that the engine and the page understand; codes of tomorrow pass through. */
export function refused(refusal: RefusalFragment): Answer<never> {
  return { ok: false, problem: problemOf(refusal) };
}

function problemOf(refusal: RefusalFragment): UploadProblem {
  if (refusal.__typename !== "QuotaExceeded") return refusal;
  const { usage, ...problem } = refusal;
  return { ...problem, freeBytes: Math.max(0, usage.quotaBytes - usage.usedBytes - usage.reservedBytes) };
}
