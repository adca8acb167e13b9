import type { ObjectStorage } from "../storage/object-storage.js";
import { StorageError } from "../storage/object-storage.js";
import type { Breach } from "./breach.js";
import type { SecondLook } from "./look-again.js";
import type { ReconcileRow } from "./reconcile-records.js";

interface ReadBackDeps {
  readonly storage: Pick<ObjectStorage, "hashObject">;
  /** Looks at the key alone. */
  readonly look: () => Promise<SecondLook | null>;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** A connection that broke says nothing about the bytes. One that breaks each time does, while the store answers. */
const READS = 3;
const READ_AGAIN_MS = 1_000;

/**
 * Reads and hashes the bytes of a file that has its object. Null: they are what was sealed, or the file was purged
 * meanwhile, or the run was stopped.
 * @throws StorageError when the store is away: nothing is known then
 */
export async function readBack(
  deps: ReadBackDeps,
  key: string,
  row: ReconcileRow,
): Promise<Pick<Breach, "invariant" | "what"> | null> {
  for (let reads = 1; ; reads += 1) {
    const fault = await faultOfBytes(deps, key, row);
    if (fault === null) return null;
    // Purged while it was read, or lost. A store that is away does not answer this either.
    const seen = await deps.look();
    if (seen?.row?.etag !== row.etag || seen.row.collecting || seen.row.collected) return null;
    const [finding] = seen.findings;
    if (finding !== undefined) return { invariant: finding.invariant, what: finding.what };
    if (fault.certain || reads === READS)
      return { invariant: "I2", what: `${row.status}: recorded SHA-256 ${row.sha256}; ${fault.what}` };
    await deps.sleep(READ_AGAIN_MS * reads, deps.signal);
  }
}

/** Null: there is none, or the run was stopped. `certain`: reading once more would tell the same. */
async function faultOfBytes(
  { storage, signal }: ReadBackDeps,
  key: string,
  { etag, sha256 }: ReconcileRow,
): Promise<{ readonly what: string; readonly certain: boolean } | null> {
  try {
    const found = await storage.hashObject({ key, etag: etag!, ...(signal === undefined ? {} : { signal }) });
    return sha256 === null || found === sha256 ? null : { what: `the bytes have SHA-256 ${found}`, certain: true };
  } catch (error) {
    if (signal?.aborted === true) return null;
    if (!(error instanceof StorageError)) throw error;
    return { what: `the bytes cannot be read: ${error.message}`, certain: error.kind !== "UNAVAILABLE" };
  }
}
