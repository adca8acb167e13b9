/** What was struck from when to when: the only excuse that a broken connection or an unanswered call has. */
export interface FaultLog {
  /** Something is wrong with the target from now on; call the answer when it is over. Never called: for ever. */
  begin(target: string): () => void;
  /** Whether anything was wrong with one of the targets at any moment between the two instants (of `performance.now()`). */
  struck(targets: readonly string[], fromMs: number, toMs: number): boolean;
  /** The same for anything at all. */
  anything(fromMs: number, toMs: number): boolean;
}

interface Fault {
  readonly target: string;
  readonly fromMs: number;
  toMs: number;
}

export function createFaultLog(now: () => number = () => performance.now()): FaultLog {
  const faults: Fault[] = [];
  const overlaps = (fault: Fault, fromMs: number, toMs: number): boolean =>
    fault.fromMs <= toMs && fault.toMs >= fromMs;
  return {
    begin(target) {
      const fault: Fault = { target, fromMs: now(), toMs: Infinity };
      faults.push(fault);
      return () => {
        fault.toMs = Math.min(fault.toMs, now());
      };
    },
    struck: (targets, fromMs, toMs) =>
      faults.some((fault) => targets.includes(fault.target) && overlaps(fault, fromMs, toMs)),
    anything: (fromMs, toMs) => faults.some((fault) => overlaps(fault, fromMs, toMs)),
  };
}
