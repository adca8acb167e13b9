import { StorageError } from "../storage/object-storage.js";
import { recordExamination } from "./record-examination.js";
import type { CapabilityRecords, Examination, KnownStore, StorePlace } from "./known-store.js";

export interface KnowStoreDeps {
  readonly capabilities: CapabilityRecords;
  readonly place: StorePlace;
  readonly probesVersion: number;
  /** Asks the quick probes. @throws StorageError when the store does not answer */
  readonly examine: () => Promise<Examination>;
  readonly log: (message: string, facts: Record<string, unknown>) => void;
}

/** Restarts within it ask nothing again. */
const FRESH_FOR_SECONDS = 3_600;

/**
 * What a start has to know of its store: from the record, or by asking the quick probes. Null: nobody knows, and the store
 * does not answer now, which is no reason not to serve.
 */
export async function knowStore(deps: KnowStoreDeps): Promise<KnownStore | null> {
  const { capabilities, place, probesVersion, examine, log } = deps;
  const before = await capabilities.read(place);
  const isFresh = before !== null && before.ageSeconds < FRESH_FOR_SECONDS && before.probesVersion === probesVersion;
  // What failed may be mended by now.
  if (isFresh && before.failedMusts.length === 0) return before;
  try {
    return await recordExamination(deps, await examine());
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== "UNAVAILABLE") throw error;
    log("the store could not be examined; the next start tries again", { kind: error.kind, s3Code: error.s3Code });
    return before;
  }
}
