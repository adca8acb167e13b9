/** Between the service and a store that may be slow, refuse everything, or not be there: what bounds each call. */

import { setTimeout as after } from "node:timers/promises";
import type { BulkheadPolicy } from "cockatiel";
import {
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ConstantBackoff,
  handleAll,
  TaskCancelledError,
} from "cockatiel";
import { StorageError } from "./object-storage.js";
import { createRetryBudget } from "./retry-budget.js";
import { toStorageError } from "./s3-errors.js";

export interface StoreGuardOptions {
  /** A call of the swift kind has ended after this, retries and all. */
  readonly callWithinMs: number;
  /** One try of a swift call. */
  readonly tryWithinMs: number;
  /** 1 = never again. */
  readonly maxAttempts: number;
  /** Calls at one time; twice as many wait, and further ones are refused. */
  readonly callsAtOnce: number;
  /** Asks the store for as little as possible. Repeated while calls are refused, until it is answered. */
  readonly probe: (withinMs: number) => Promise<unknown>;
  /** Told when calls begin to be refused, and when they are let through again. */
  readonly onChange: (change: StoreChange) => void;
}

export type StoreChange =
  | { readonly answers: false; /** What the last call met. */ readonly reason: string }
  | { readonly answers: true; readonly awayMs: number };

/** How a call may be treated. */
export type CallKind =
  /** Stands in a request's path: bounded in all, tried again. */
  | "SWIFT"
  /** A page of a walk over the whole bucket: each try has the client's own time-out. Tried again. */
  | "PATIENT"
  /** Complete, or a body that can be sent once. Never tried again. */
  | "LONG";

export interface StoreGuard {
  /**
   * Makes one call. `attempt` gets the longest time that this try may take; null: as the client is set.
   *
   * - While the store is taken to be away, nothing is sent: UNAVAILABLE at once, and `unsent`.
   * - LONG asks whether the store is there and tells nothing about it: it may take minutes, and Complete may be answered
   *   500 for reasons of that one upload (radosgw, 49 of 50 at one time). The calls around it tell soon enough.
   * @throws StorageError UNAVAILABLE for what it refuses or gives up, and whatever `attempt` throws
   */
  call<Output>(
    operation: string,
    kind: CallKind,
    attempt: (withinMs: number | null) => Promise<Output>,
  ): Promise<{ output: Output; /** Tries that the store may have heard, the last one included. */ tries: number }>;
  /** Nothing is retried or probed any more. Idempotent. */
  stop(): void;
}

/** So many tries in a row that nobody has answered, and the store is taken to be away. */
const FAILURES_IN_A_ROW = 5;
/** The first question whether it is back comes after the first of these, the next ones further apart. */
const PROBE_FROM_MS = 250;
const PROBE_TO_MS = 1_000;
/** When it goes away again this soon, the questions go on as far apart as they were. */
const CALM_AFTER_MS = 10_000;
/** Retries: a fifth of all calls at most, some saved up for a bad moment. */
const RETRIES = { share: 0.2, burst: 20 };
const RETRY_AFTER_MS = 100;
/** Less than this is no time for another try. */
const SHORTEST_TRY_MS = 300;

type Attempted<Output> = { readonly output: Output } | { readonly refusal: unknown };

/**
 * A circuit breaker, a bulkhead, a retry budget and a deadline before every call to the store, so that a store that is
 * away costs milliseconds and a slow one bounded memory.
 *
 * Calls are refused from {@link FAILURES_IN_A_ROW} failures on until a probe is answered. Nobody's request is the probe:
 * it would wait for it. Every answer counts as a sign of life, refusals too.
 */
export function createStoreGuard(options: StoreGuardOptions): StoreGuard {
  const { callWithinMs, tryWithinMs, maxAttempts, callsAtOnce } = options;
  const breaker = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(FAILURES_IN_A_ROW),
    // When to ask again is decided below: only the probe ever passes while it is not closed.
    halfOpenAfter: new ConstantBackoff(0),
  });
  const swift = bulkhead(callsAtOnce, 2 * callsAtOnce);
  // Those that take long must not take the places of those that somebody waits for.
  const slow = bulkhead(callsAtOnce, 2 * callsAtOnce);
  const budget = createRetryBudget(RETRIES);
  const stopping = new AbortController();
  let awaySince: number | null = null;
  let backAt = Number.NEGATIVE_INFINITY;
  let probeAfterMs = PROBE_FROM_MS;

  breaker.onBreak((reason) => {
    if (awaySince !== null) return;
    awaySince = performance.now();
    if (awaySince - backAt > CALM_AFTER_MS) probeAfterMs = PROBE_FROM_MS;
    const cause = "error" in reason ? reason.error : null;
    options.onChange({ answers: false, reason: cause instanceof Error ? cause.message : String(cause) });
    void probeUntilAnswered();
  });
  breaker.onReset(() => {
    backAt = performance.now();
    const awayMs = Math.round(backAt - (awaySince ?? backAt));
    awaySince = null;
    options.onChange({ answers: true, awayMs });
  });

  return {
    async call(operation, kind, attempt) {
      const deadline = new AbortController();
      const endsAt = kind === "SWIFT" ? performance.now() + callWithinMs : Number.POSITIVE_INFINITY;
      const timer = kind === "SWIFT" ? setTimeout(() => deadline.abort(), callWithinMs) : null;
      const heard = { tries: 0 };
      const givenUp = new Promise<never>((_, reject) => {
        deadline.signal.addEventListener("abort", () => reject(gaveUp(operation, heard.tries)), { once: true });
      });
      givenUp.catch(() => undefined);
      try {
        const output = await Promise.race([
          givenUp,
          tryUntil(operation, kind, endsAt, deadline.signal, heard, attempt),
        ]);
        return { output, tries: heard.tries };
      } finally {
        if (timer !== null) clearTimeout(timer);
      }
    },
    stop: () => stopping.abort(),
  };

  async function tryUntil<Output>(
    operation: string,
    kind: CallKind,
    endsAt: number,
    deadline: AbortSignal,
    heard: { tries: number },
    attempt: (withinMs: number | null) => Promise<Output>,
  ): Promise<Output> {
    const room = kind === "SWIFT" ? swift : slow;
    if (kind !== "LONG") budget.earn();
    for (let tried = 1; ; tried += 1) {
      const heardBefore = heard.tries;
      try {
        return await tryOnce(room);
      } catch (error) {
        const failure = toStorageError(operation, error);
        // One that has surely not left this process is no reason for doubt later.
        if (failure.unsent) heard.tries = heardBefore;
        const again = kind !== "LONG" && tried < maxAttempts && mayFareBetter(failure, error, endsAt);
        if (!again || !budget.spend()) throw heard.tries > 0 && failure.unsent ? gaveUp(operation, 1, error) : error;
        const spreadMs = RETRY_AFTER_MS * 2 ** (tried - 1) * (0.5 + Math.random() / 2);
        await after(spreadMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }

    async function tryOnce(place: BulkheadPolicy): Promise<Output> {
      if (breaker.state !== CircuitState.Closed) throw refused(operation, "the store is away");
      try {
        return await place.execute(async () => {
          // It may have gone away while this one waited.
          if (breaker.state !== CircuitState.Closed) throw refused(operation, "the store is away");
          heard.tries += 1;
          const withinMs = kind === "SWIFT" ? Math.min(tryWithinMs, Math.max(1, endsAt - performance.now())) : null;
          return kind === "LONG" ? attempt(withinMs) : await counted(() => attempt(withinMs));
        }, deadline);
      } catch (error) {
        if (error instanceof BulkheadRejectedError) throw refused(operation, "too many calls wait for the store");
        if (error instanceof TaskCancelledError) throw refused(operation, "too long a wait for a place");
        throw error;
      }
    }

    async function counted(call: () => Promise<Output>): Promise<Output> {
      const attempted = await breaker.execute(async (): Promise<Attempted<Output>> => {
        try {
          return { output: await call() };
        } catch (error) {
          if (isOutage(operation, error)) throw error;
          return { refusal: error };
        }
      });
      if ("refusal" in attempted) throw attempted.refusal;
      return attempted.output;
    }
  }

  /** Whether the same call, made once more, may fare better. */
  function mayFareBetter({ kind }: StorageError, error: unknown, endsAt: number): boolean {
    if (stopping.signal.aborted || breaker.state !== CircuitState.Closed || wasAborted(error)) return false;
    if (endsAt - performance.now() < SHORTEST_TRY_MS + RETRY_AFTER_MS) return false;
    return kind === "UNAVAILABLE" || clockWasCorrected(error);
  }

  function isOutage(operation: string, error: unknown): boolean {
    if (stopping.signal.aborted || wasAborted(error)) return false;
    return toStorageError(operation, error).kind === "UNAVAILABLE";
  }

  async function probeUntilAnswered(): Promise<void> {
    while (breaker.state !== CircuitState.Closed) {
      await after(probeAfterMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      probeAfterMs = Math.min(probeAfterMs * 2, PROBE_TO_MS);
      const probe = async (): Promise<void> => {
        try {
          await options.probe(tryWithinMs);
        } catch (error) {
          if (isOutage("probe", error)) throw error;
        }
      };
      await breaker.execute(probe).catch(() => undefined);
    }
  }
}

/** Nothing was sent, and nothing will be. */
function refused(operation: string, why: string): StorageError {
  return new StorageError("UNAVAILABLE", operation, null, { cause: new Error(why), unsent: true });
}

function gaveUp(operation: string, tries: number, cause: unknown = new Error("no answer in time")): StorageError {
  return new StorageError("UNAVAILABLE", operation, null, { cause, unsent: tries === 0 });
}

/** Whoever had asked wants no answer any more. */
const wasAborted = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

/** The SDK has learnt the store's time from its refusal, and signs the next request by it. */
function clockWasCorrected(error: unknown): boolean {
  const metadata = (error as { $metadata?: { clockSkewCorrected?: boolean } } | null)?.$metadata;
  return metadata?.clockSkewCorrected === true;
}
