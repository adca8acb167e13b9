/** Whether the store is there, found out from the calls that are made anyway, and by asking once it is not. */

import { setTimeout as after } from "node:timers/promises";
import { circuitBreaker, CircuitState, ConsecutiveBreaker, ConstantBackoff, handleAll } from "cockatiel";
import { toStorageError } from "./s3-errors.js";

export interface StoreBreakerOptions {
  /** Asks the store for as little as possible. Repeated while it is taken to be away, until it is answered. */
  readonly probe: () => Promise<unknown>;
  /** Told when the store is taken to be away, and when it is there again. */
  readonly onChange: (change: StoreChange) => void;
}

export type StoreChange =
  | { readonly answers: false; /** What the last call met. */ readonly reason: string }
  | { readonly answers: true; readonly awayMs: number };

export interface StoreBreaker {
  /** False: it is taken to be away, and asked by probes alone. */
  readonly answers: boolean;
  readonly stopped: boolean;
  /** Makes a call and learns from how it ends. @throws whatever `call` throws */
  observe<Output>(operation: string, call: () => Promise<Output>): Promise<Output>;
  /** Probes no more. Idempotent. */
  stop(): void;
}

/** So many tries in a row that nobody has answered, and the store is taken to be away. */
const FAILURES_IN_A_ROW = 5;
/** The first question whether it is back comes after the first of these, the next ones further apart. */
const PROBE_FROM_MS = 250;
const PROBE_TO_MS = 1_000;
/** When it goes away again this soon, the questions go on as far apart as they were. */
const CALM_AFTER_MS = 10_000;

type Observed<Output> = { readonly output: Output } | { readonly refusal: unknown };

/**
 * Every answer counts as a sign of life, refusals too; only UNAVAILABLE counts against it. Nobody's request is the probe:
 * it would wait for it.
 */
export function createStoreBreaker({ probe, onChange }: StoreBreakerOptions): StoreBreaker {
  const circuit = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(FAILURES_IN_A_ROW),
    // When to ask again is decided below: only the probe ever passes while it is not closed.
    // Less than nothing, since the library reckons by the wall clock: set back, that would let no probe pass for as long.
    halfOpenAfter: new ConstantBackoff(Number.NEGATIVE_INFINITY),
  });
  const stopping = new AbortController();
  let awaySince: number | null = null;
  let backAt = Number.NEGATIVE_INFINITY;
  let probeAfterMs = PROBE_FROM_MS;

  circuit.onBreak((reason) => {
    // A probe that was not answered.
    if (awaySince !== null) return;
    awaySince = performance.now();
    if (awaySince - backAt > CALM_AFTER_MS) probeAfterMs = PROBE_FROM_MS;
    const cause = "error" in reason ? reason.error : null;
    onChange({ answers: false, reason: cause instanceof Error ? cause.message : String(cause) });
    void probeUntilAnswered();
  });
  circuit.onReset(() => {
    // A probe that was cut off by stopping has told nothing.
    if (stopping.signal.aborted) return;
    backAt = performance.now();
    const awayMs = Math.round(backAt - (awaySince ?? backAt));
    awaySince = null;
    onChange({ answers: true, awayMs });
  });

  return {
    get answers() {
      return circuit.state === CircuitState.Closed;
    },
    get stopped() {
      return stopping.signal.aborted;
    },
    observe,
    stop: () => stopping.abort(),
  };

  async function observe<Output>(operation: string, call: () => Promise<Output>): Promise<Output> {
    const observed = await circuit.execute(async (): Promise<Observed<Output>> => {
      try {
        return { output: await call() };
      } catch (error) {
        if (isOutage(operation, error)) throw error;
        return { refusal: error };
      }
    });
    if ("refusal" in observed) throw observed.refusal;
    return observed.output;
  }

  function isOutage(operation: string, error: unknown): boolean {
    if (stopping.signal.aborted || wasAborted(error)) return false;
    return toStorageError(operation, error).kind === "UNAVAILABLE";
  }

  async function probeUntilAnswered(): Promise<void> {
    while (circuit.state !== CircuitState.Closed) {
      await after(probeAfterMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      probeAfterMs = Math.min(probeAfterMs * 2, PROBE_TO_MS);
      await observe("probe", probe).catch(() => undefined);
    }
  }
}

/** Whoever had asked wants no answer any more. */
export const wasAborted = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";
