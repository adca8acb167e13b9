import type { DatabaseFault } from "./database-fault.js";

/** Tells operators that the database is away and that it is back; not every request that meets it meanwhile. */
export interface DatabaseWatch {
  fault(fault: DatabaseFault, reason: string): void;
  /** A statement was answered. Cheap: called for each. */
  answered(): void;
}

/** A watch that can be asked as well. */
export interface AnsweringWatch extends DatabaseWatch {
  /** When a statement was answered last, on the clock of {@link createDatabaseWatch}; -Infinity: never. */
  lastAnsweredAt(): number;
}

/** A line of a log: facts, then words. */
type Tell = (facts: Readonly<Record<string, unknown>>, message: string) => void;

const WORDS: Readonly<Record<DatabaseFault, string>> = {
  AWAY: "the database does not answer",
  SLOW: "the database did not answer a statement in time",
  BUSY: "no connection to the database was free in time",
};
/** While faults go on, so often one line says it. */
const TOLD_EVERY_MS = 10_000;

/** @param now milliseconds of a clock that only goes forward */
export function createDatabaseWatch(
  log: { readonly warn: Tell; readonly info: Tell },
  now: () => number = () => performance.now(),
): AnsweringWatch {
  let toldAt = -Infinity;
  let answeredAt = -Infinity;
  let since: number | null = null;
  let faults = 0;
  return {
    fault(fault, reason) {
      faults += 1;
      if (now() - toldAt < TOLD_EVERY_MS) return;
      toldAt = now();
      since ??= toldAt;
      log.warn({ fault, reason, faults }, WORDS[fault]);
    },
    lastAnsweredAt: () => answeredAt,
    answered() {
      answeredAt = now();
      if (since === null) return;
      log.info({ faults, afterMs: Math.round(now() - since) }, "the database answers again");
      since = null;
      faults = 0;
    },
  };
}
