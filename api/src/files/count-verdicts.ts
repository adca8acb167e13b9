import type { FileRecords } from "./file-records.js";
import type { FileRow } from "./file.js";

/** Told of each upload that has come to its end, once. */
export type OnVerdict = (verdict: "READY" | "REJECTED" | "EXPIRED" | "ABORTED", code: string) => void;

/** The same records, telling how uploads end: whoever has changed the row tells, so that replicas together tell once. */
export function countVerdicts(records: FileRecords, onVerdict: OnVerdict): FileRecords {
  const told =
    <Args extends unknown[]>(change: (...args: Args) => Promise<FileRow | null>, verdict: Parameters<OnVerdict>[0]) =>
    async (...args: Args): Promise<FileRow | null> => {
      const row = await change(...args);
      if (row !== null) onVerdict(verdict, row.rejection?.code ?? "");
      return row;
    };
  return {
    ...records,
    markReady: told(records.markReady, "READY"),
    markRejected: told(records.markRejected, "REJECTED"),
    markExpired: told(records.markExpired, "EXPIRED"),
    abort: told(records.abort, "ABORTED"),
  };
}
