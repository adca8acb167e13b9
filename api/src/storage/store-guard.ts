/** Between the service and a store that may be slow, refuse everything, or not be there: what bounds each call. */

import { setTimeout as after } from "node:timers/promises";
import { bulkhead, BulkheadRejectedError } from "cockatiel";
import { StorageError } from "./object-storage.js";
import { createRetryBudget } from "./retry-budget.js";
import { toStorageError } from "./s3-errors.js";
import { createStoreBreaker, wasAborted } from "./store-breaker.js";
import type { StoreChange } from "./store-breaker.js";

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
  /** Told of each call when it has ended, retries and all. @param facts.outcome OK, or the kind of the StorageError */
  readonly onCall?: (facts: StoreCallFacts) => void;
}

/** How one call ended, for whoever counts. */
export interface StoreCallFacts {
  readonly operation: string;
  readonly outcome: string;
  readonly seconds: number;
}

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
    attempt: Attempt<Output>,
  ): Promise<{ output: Output; /** Tries that the store may have heard, the last one included. */ tries: number }>;
  /** Nothing is retried or probed any more. Idempotent. */
  stop(): void;
}

type Attempt<Output> = (withinMs: number | null) => Promise<Output>;

/** One call from its first try to its end. */
interface Call {
  readonly operation: string;
  readonly kind: CallKind;
  /** On the clock of performance.now; infinity for those that have no end. */
  readonly endsAt: number;
  /** Aborted then. */
  readonly deadline: AbortSignal;
  /** Tries that the store may have heard. */
  heard: number;
}

/** Retries: a fifth of all calls at most, some saved up for a bad moment. */
const RETRIES = { share: 0.2, burst: 20 };
const RETRY_AFTER_MS = 100;
/** Less than this is no time for another try. */
const SHORTEST_TRY_MS = 300;

/**
 * A circuit breaker, a bulkhead, a retry budget and a deadline before every call to the store, so that a store that is
 * away costs milliseconds and a slow one bounded memory.
 */
export function createStoreGuard(options: StoreGuardOptions): StoreGuard {
  const { callWithinMs, tryWithinMs, maxAttempts, callsAtOnce } = options;
  const breaker = createStoreBreaker({ probe: () => options.probe(tryWithinMs), onChange: options.onChange });
  // Those that take long must not take the places of those that somebody waits for.
  const places = { swift: bulkhead(callsAtOnce, 2 * callsAtOnce), slow: bulkhead(callsAtOnce, 2 * callsAtOnce) };
  const budget = createRetryBudget(RETRIES);

  return {
    async call(operation, kind, attempt) {
      const deadline = new AbortController();
      const timer = kind === "SWIFT" ? setTimeout(() => deadline.abort(), callWithinMs) : undefined;
      const endsAt = kind === "SWIFT" ? performance.now() + callWithinMs : Number.POSITIVE_INFINITY;
      const call: Call = { operation, kind, endsAt, deadline: deadline.signal, heard: 0 };
      const givenUp = new Promise<never>((_, reject) => {
        call.deadline.addEventListener("abort", () => reject(gaveUp(call)), { once: true });
      });
      const begunAt = performance.now();
      let outcome = "OK";
      try {
        return { output: await Promise.race([givenUp, tryUntilEnd(call, attempt)]), tries: call.heard };
      } catch (error) {
        outcome = toStorageError(operation, error).kind;
        throw error;
      } finally {
        clearTimeout(timer);
        options.onCall?.({ operation, outcome, seconds: (performance.now() - begunAt) / 1000 });
      }
    },
    stop: () => breaker.stop(),
  };

  async function tryUntilEnd<Output>(call: Call, attempt: Attempt<Output>): Promise<Output> {
    if (call.kind !== "LONG") budget.earn();
    for (let tried = 1; ; tried += 1) {
      const heardBefore = call.heard;
      try {
        return await tryOnce(call, attempt);
      } catch (error) {
        const failure = toStorageError(call.operation, error);
        // One that has surely not left this process is no reason for doubt later.
        if (failure.unsent) call.heard = heardBefore;
        if (tried >= maxAttempts || !mayFareBetter(call, failure, error) || !budget.spend()) {
          throw failure.unsent && call.heard > 0 ? gaveUp(call, error) : error;
        }
        await after(RETRY_AFTER_MS * 2 ** (tried - 1) * (0.5 + Math.random() / 2));
      }
    }
  }

  async function tryOnce<Output>(call: Call, attempt: Attempt<Output>): Promise<Output> {
    if (!breaker.answers) throw refused(call, "the store is away");
    try {
      return await (call.kind === "SWIFT" ? places.swift : places.slow).execute(() => {
        // Not the bulkhead's own signal: one that leaves its line by that takes a turn with it, and those behind it stand on.
        if (call.deadline.aborted) throw refused(call, "too long a wait for a place");
        // It may have gone away while this one waited.
        if (!breaker.answers) throw refused(call, "the store is away");
        call.heard += 1;
        if (call.kind === "LONG") return attempt(null);
        const leftMs = Math.max(1, call.endsAt - performance.now());
        const withinMs = call.kind === "SWIFT" ? Math.min(tryWithinMs, leftMs) : null;
        return breaker.observe(call.operation, () => attempt(withinMs));
      });
    } catch (error) {
      if (error instanceof BulkheadRejectedError) throw refused(call, "too many calls wait for the store");
      throw error;
    }
  }

  /** Whether the same call, made once more, may end better. */
  function mayFareBetter({ kind, endsAt }: Call, failure: StorageError, error: unknown): boolean {
    if (kind === "LONG" || breaker.stopped || !breaker.answers || wasAborted(error)) return false;
    if (endsAt - performance.now() < SHORTEST_TRY_MS + RETRY_AFTER_MS) return false;
    return failure.kind === "UNAVAILABLE" || clockWasCorrected(error);
  }
}

/** Nothing was sent, and nothing will be. */
function refused({ operation }: Call, why: string): StorageError {
  return new StorageError("UNAVAILABLE", operation, null, { cause: new Error(why), unsent: true });
}

function gaveUp({ operation, heard }: Call, cause: unknown = new Error("no answer in time")): StorageError {
  return new StorageError("UNAVAILABLE", operation, null, { cause, unsent: heard === 0 });
}

/** The SDK has learnt the store's time from its refusal, and signs the next request by it. */
function clockWasCorrected(error: unknown): boolean {
  const metadata = (error as { $metadata?: { clockSkewCorrected?: boolean } } | null)?.$metadata;
  return metadata?.clockSkewCorrected === true;
}
