import type { StoreTarget } from "../../embedded/s3/conformance/subject.js";

/** One measured value held against what docs/operations.md promises. */
export interface Figure {
  /** What was measured, in a few words. */
  readonly what: string;
  /** What came out, with its unit. */
  readonly figure: string;
  readonly must: string;
  /** Empty when there is none beyond `must`. */
  readonly goal: string;
  readonly holds: "goal" | "must" | "no";
}

export interface ProofOptions {
  /** A version of some seconds that shows the proof at work; its figures promise nothing. */
  readonly small: boolean;
  /** The same seed makes the same choices. */
  readonly seed: string;
  /** One line of progress. */
  readonly say: (line: string) => void;
  /** More stores to run against, for the proofs that ask a store. */
  readonly stores?: readonly StoreTarget[];
}

/** A promise about reliability, and how it is put to the test. */
export interface Proof {
  /** As in docs/operations.md, "R3". */
  readonly id: string;
  readonly title: string;
  /** @throws Error when something that the figures cannot tell went wrong: a broken invariant, a server error */
  run(options: ProofOptions): Promise<readonly Figure[]>;
}

/** PURE. `holds` of a figure: what it reached. */
export const reached = (must: boolean, goal: boolean): Figure["holds"] => (!must ? "no" : goal ? "goal" : "must");
