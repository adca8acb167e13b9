/** One kind of request in the mix. */
export interface RequestKind {
  readonly name: string;
  /** Of all requests; the shares of all kinds add up to 1. */
  readonly share: number;
  /** Whole HTTP requests, head and body, taken in turn. */
  readonly requests: readonly string[];
  /** True: one that was served is not sent again; one that was refused is. */
  readonly once: boolean;
}

export interface LoadPlan {
  /** http://host:port */
  readonly origin: string;
  readonly seed: string;
  readonly seconds: number;
  /**
   * OPEN: requests begin when they are due, whatever became of those before, as callers on the internet do; the times
   * between them are exponentially distributed. CLOSED: each of so many clients sends its next one when it has its answer.
   */
  readonly load:
    { readonly kind: "OPEN"; readonly perSecond: number } | { readonly kind: "CLOSED"; readonly clients: number };
  readonly mix: readonly RequestKind[];
}

/**
 * SERVED: 200 and no error in it. REFUSED: told to come back later, by status 503 with Retry-After or by a problem with
 * retryAfterSeconds. UNTYPED: a refusal that does not say when to come back. WRONG: any other answer, or none.
 */
export type Outcome = "SERVED" | "REFUSED" | "UNTYPED" | "WRONG";

export interface Sample {
  readonly kind: string;
  /** When it was due (OPEN), or begun (CLOSED); milliseconds from the begin of the load. */
  readonly dueMs: number;
  /** How long after it was due the generator sent it. */
  readonly lateMs: number;
  /** From when it was due to the last byte of its answer. */
  readonly latencyMs: number;
  readonly outcome: Outcome;
}

export interface LoadResult {
  readonly samples: readonly Sample[];
  /** Requests of each `once` kind that were not served yet. */
  readonly left: Readonly<Record<string, readonly string[]>>;
  /** The first answers that were WRONG or UNTYPED, for a person. */
  readonly faults: readonly string[];
}
