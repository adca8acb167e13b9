/** One line of the table: ours against what people write instead. */
export interface Line {
  /** What was measured, in a few words. */
  readonly what: string;
  /** With their units. */
  readonly ours: string;
  readonly peer: string;
  /** How much better: the peer's cost by ours; null where a limit stands in the peer's place. */
  readonly ratio: number | null;
  readonly must: string;
  /** Empty when there is none beyond `must`. */
  readonly goal: string;
  readonly holds: "goal" | "must" | "no";
}

export interface BenchOptions {
  /** A version of some seconds that shows the bench at work; its figures promise nothing. */
  readonly small: boolean;
  /** One line of progress. */
  readonly say: (line: string) => void;
}

/** A target of speed, and how it is measured. */
export interface Bench {
  readonly id: string;
  readonly title: string;
  /** How its figures come about, printed with them. */
  readonly method: string;
  run(options: BenchOptions): Promise<readonly Line[]>;
}

/** PURE. What a line reached. */
export const reached = (must: boolean, goal: boolean): Line["holds"] => (!must ? "no" : goal ? "goal" : "must");
