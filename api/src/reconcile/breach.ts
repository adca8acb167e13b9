/** What reconciling finds and answers. The invariants are those of docs/upload-protocol.md. */

/** I7, nothing lost that was answered READY, needs the callers' answers: only the storm has them. JOB: work that nobody does. */
export const INVARIANTS = ["I1", "I2", "I3", "I4", "I5", "I6", "JOB"] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** One thing that is not as it must be; seen twice, so that traffic under way is none. */
export interface Breach {
  readonly invariant: Invariant;
  readonly fileUuid: string | null;
  readonly key: string | null;
  /** What is wrong. */
  readonly what: string;
  /** What `--fix` does, or would do; "report only" begins what nobody may touch. */
  readonly mend: string;
  /** True: mended, and looked at again. */
  readonly fixed: boolean;
}

export interface ReconcileOptions {
  readonly fix: boolean;
  /** How many unknown objects and uploads may go; none unless exactly so many are found. Null: none. */
  readonly deleteUnknown: number | null;
  /** What is younger is not touched: it may belong to rows that a backup does not have. */
  readonly unknownAfterHours: number;
  /** Nothing is on its way any more: no grace for what sweeps, creations and verdicts are about to do. */
  readonly settled: boolean;
  /** Reads and hashes the bytes of every READY file, and of every one in the trash. */
  readonly readBack: boolean;
  /** Empties the quarantine of the days before; with `fix` only. Null: leaves it. */
  readonly purgeQuarantineOlderThanDays?: number | null;
  /** How long a call to the store may be under way: an upload that it opened is not told before. Default 15 min or more,
   * by the length of leases and sweeps; settled 0. */
  readonly underwayMs?: number;
  readonly onBreach: (breach: Breach) => void;
  /** Told after each page. */
  readonly onProgress?: (progress: ReconcileProgress) => void;
  /** Stops in order: what is under way ends, and the report says so. */
  readonly signal?: AbortSignal;
}

export interface ReconcileProgress {
  readonly rows: number;
  readonly objects: number;
  readonly openUploads: number;
  readonly breaches: number;
}

export interface ReconcileReport extends ReconcileProgress {
  readonly fixed: number;
  readonly byInvariant: Readonly<Record<Invariant, number>>;
  /** Objects and open uploads without a row, and older than `unknownAfterHours`: what `deleteUnknown` must say. */
  readonly unknown: number;
  readonly quarantine: QuarantineReport;
  /** True: not everything was looked at. */
  readonly interrupted: boolean;
}

export interface QuarantineReport {
  readonly objects: number;
  readonly bytes: number;
  /** Emptied by this run. */
  readonly purged: number;
}
