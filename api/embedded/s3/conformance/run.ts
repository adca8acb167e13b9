import { authChecks } from "./auth-checks.js";
import { bucketChecks } from "./bucket-checks.js";
import type { Check, CheckResult, KnownDifference } from "./check.js";
import { checksumChecks } from "./checksum-checks.js";
import { chunkedChecks } from "./chunked-checks.js";
import { conditionalChecks } from "./conditional-checks.js";
import { corsChecks } from "./cors-checks.js";
import { hostileChecks } from "./hostile-checks.js";
import { listChecks } from "./list-checks.js";
import { multipartChecks } from "./multipart-checks.js";
import { multipartCompleteChecks } from "./multipart-complete-checks.js";
import { objectChecks } from "./object-checks.js";
import { presignChecks } from "./presign-checks.js";
import { presignHeaderChecks } from "./presign-header-checks.js";
import { readChecks } from "./read-checks.js";
import { Subject, type StoreTarget } from "./subject.js";

/** Every check, in the order they run. */
export const CHECKS: readonly Check[] = [
  ...bucketChecks,
  ...corsChecks,
  ...authChecks,
  ...presignChecks,
  ...presignHeaderChecks,
  ...checksumChecks,
  ...chunkedChecks,
  ...conditionalChecks,
  ...multipartChecks,
  ...multipartCompleteChecks,
  ...readChecks,
  ...objectChecks,
  ...listChecks,
  ...hostileChecks,
];

/** What to run, and what is expected to differ. */
export interface SuiteOptions {
  known?: readonly KnownDifference[];
  /** Only checks whose id begins so. */
  only?: string | undefined;
  onResult?: (result: CheckResult) => void;
}

/**
 * Runs the checks one after another against a store. The bucket is created when missing; everything the run made is removed.
 * @throws when the store cannot be reached, or when a known difference names no check
 */
export async function runSuite(target: StoreTarget, options: SuiteOptions = {}): Promise<CheckResult[]> {
  const known = new Map((options.known ?? []).map((difference) => [difference.id, difference]));
  const stray = [...known.keys()].filter((id) => !CHECKS.some((check) => check.id === id));
  if (stray.length > 0) throw new Error(`known differences name no check: ${stray.join(", ")}`);
  const subject = new Subject(target);
  await subject.open();
  const results: CheckResult[] = [];
  try {
    for (const check of CHECKS.filter(({ id }) => id.startsWith(options.only ?? ""))) {
      const result = await runCheck(check, subject, known.get(check.id));
      results.push(result);
      options.onResult?.(result);
    }
  } finally {
    await subject.close();
  }
  return results;
}

async function runCheck(check: Check, subject: Subject, known: KnownDifference | undefined): Promise<CheckResult> {
  const startedMs = Date.now();
  const result = (outcome: CheckResult["outcome"], message: string): CheckResult => ({
    check,
    outcome,
    message,
    durationMs: Date.now() - startedMs,
  });
  try {
    await check.run(subject);
  } catch (error) {
    const message = describe(error);
    return known ? result("known", `${message} (${known.reason})`) : result("failed", message);
  }
  return known && !known.atTimes ? result("unexpected pass", known.reason) : result("ok", "");
}

/** One line about an error; the SDK says "UnknownError" when the store sent no message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const lines = error.message.split("\n").filter((line) => line.trim() !== "");
  return status === undefined ? lines.slice(0, 4).join(" ") : `${status} ${error.name}: ${lines[0] ?? ""}`;
}
