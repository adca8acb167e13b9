import type { Patient } from "./patient.js";

/** What a probe found. PASS: as it should be. FAIL: not. TOLD: a fact, neither good nor bad. NOT_RUN: it could not be asked. */
export interface Finding {
  readonly verdict: "PASS" | "FAIL" | "TOLD" | "NOT_RUN";
  /** What was seen, in a few words. */
  readonly seen: string;
}

/** MUST: without it files are not safe here. SHOULD: something works less well, or is proven less. INFO: good to know. */
export type ProbeLevel = "MUST" | "SHOULD" | "INFO";

/** One question to a store. It is asked with real bytes and real signatures, and judged by what became of the bytes. */
export interface Probe {
  /** Stable: people and scripts name it. */
  readonly id: string;
  readonly level: ProbeLevel;
  /** What holds when it passes, as a sentence. */
  readonly proves: string;
  /** What to do when it fails. */
  readonly mend: string;
  /** Asked at each start too: it takes a handful of calls. */
  readonly quick: boolean;
  readonly ask: (patient: Patient) => Promise<Finding>;
}

export const pass = (seen: string): Finding => ({ verdict: "PASS", seen });
export const fail = (seen: string): Finding => ({ verdict: "FAIL", seen });
export const told = (seen: string): Finding => ({ verdict: "TOLD", seen });
export const notRun = (why: string): Finding => ({ verdict: "NOT_RUN", seen: why });

/** PASS when nothing is wrong; else FAIL with all that is. */
export const passUnless = (faults: readonly string[], seen: string): Finding =>
  faults.length === 0 ? pass(seen) : fail(faults.join("; "));
