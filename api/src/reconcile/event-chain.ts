import { TRANSITIONS } from "../files/file.js";
import type { FileStatus } from "../files/file.js";

/** The arrows as `from>to`. */
export const ARROWS: readonly string[] = Object.entries(TRANSITIONS).flatMap(([from, to]) =>
  to.map((status) => `${from}>${status}`),
);

/** Where the only rows are from that are ever removed. */
export const ENDED: readonly FileStatus[] = ["EXPIRED", "REJECTED", "DELETED"];

/**
 * What is wrong with a file's events; null when they form one unbroken chain of arrows from PENDING to the state of its
 * row. PURE.
 * @param chain as {@link ReconcileRow} has it @param status null: its row is gone
 */
export function brokenChain(chain: string | null, status: FileStatus | null): string | null {
  if (chain === null) return "it has no event";
  let before: { to: string; attempt: number } | null = null;
  for (const text of chain.split(" ")) {
    const [from = "", to = "", attemptText = ""] = text.split(/[>:]/);
    const attempt = Number(attemptText);
    if (from !== (before?.to ?? "")) return `an event left ${from || "no state"} while in ${before?.to ?? "no state"}`;
    if (before === null ? to !== "PENDING" : !ARROWS.includes(`${from}>${to}`))
      return `no arrow leads from ${from || "no state"} to ${to}`;
    if (before !== null && attempt < before.attempt) return "attempts went back";
    before = { to, attempt };
  }
  const last = before!.to as FileStatus;
  if (status === null) return ENDED.includes(last) ? null : `its row is gone, and its last event says ${last}`;
  return last === status ? null : `its row is ${status}, and its last event says ${last}`;
}
