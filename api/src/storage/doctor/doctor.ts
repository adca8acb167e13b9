import { ABILITY_PROBES, partSha256 } from "./ability-probes.js";
import { BUCKET_PROBES, bucketSeen } from "./bucket-probes.js";
import { PART_PROBES } from "./part-probes.js";
import { admitPatient } from "./patient.js";
import type { Patient, PatientOptions } from "./patient.js";
import { fail, notRun } from "./probe.js";
import type { Finding, Probe } from "./probe.js";
import { READ_PROBES } from "./read-probes.js";
import { StorageError } from "../object-storage.js";
import type { StoreCapabilities } from "../object-storage.js";

const LEVELS = ["MUST", "SHOULD", "INFO"] as const;

/** Every probe, in the order of the table. */
export const PROBES: readonly Probe[] = [...PART_PROBES, ...READ_PROBES, ...BUCKET_PROBES, ...ABILITY_PROBES].sort(
  (a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level),
);

/** Goes up whenever a probe changes: what was found before counts no more. */
export const PROBES_VERSION = 2;

export interface Examined {
  readonly probe: Probe;
  readonly finding: Finding;
}

export interface Report {
  readonly examined: readonly Examined[];
  /** What failed of what must hold. */
  readonly failedMusts: readonly Examined[];
  /** What signing adapts to; of what was not found out, nothing. */
  readonly capabilities: Partial<StoreCapabilities>;
  /** Broken off: no verdict of the whole. */
  readonly interrupted: boolean;
  /** Objects and uploads that could not be removed again. */
  readonly leftBehind: number;
}

/** Side by side: each waits for the store most of the time. */
const AT_ONCE = 6;

/**
 * Attacks a bucket, and says what holds. Writes below `f/doctor-…/` only, and removes what it wrote.
 * @param options.quick only the probes of a start
 * @param options.onAsked after each probe, for progress
 * @throws StorageError when the store cannot be reached before anything was found to fail: that is no verdict
 */
export async function examine(
  options: PatientOptions & {
    readonly quick: boolean;
    readonly signal?: AbortSignal;
    readonly onAsked?: (done: number, of: number) => void;
  },
): Promise<Report> {
  const patient = admitPatient(options);
  const probes = PROBES.filter((probe) => probe.quick || !options.quick);
  const found = new Map<Probe, Finding>();
  /** The store, or whoever asked, has gone: nothing more is asked. */
  let away: StorageError | null = null;
  const interrupted = (): boolean => options.signal?.aborted === true;
  const ask = async (probe: Probe): Promise<void> => {
    try {
      found.set(probe, await askSafely(probe, patient));
      options.onAsked?.(found.size, probes.length);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      away = error;
    }
  };
  let leftBehind = 0;
  try {
    // Whoever cannot see the bucket learns nothing by the others.
    await ask(bucketSeen);
    const queue = found.get(bucketSeen)?.verdict === "PASS" ? probes.filter((probe) => probe !== bucketSeen) : [];
    const work = async (): Promise<void> => {
      for (let probe = queue.shift(); probe !== undefined; probe = queue.shift()) {
        if (away !== null || interrupted()) return;
        await ask(probe);
      }
    };
    // Each ends by itself, and none is left at work on what is closed next.
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    leftBehind = await patient.close();
  }
  const why = interrupted() ? "interrupted" : away === null ? "the bucket cannot be seen" : "the store went away";
  const examined = probes.map((probe) => ({ probe, finding: found.get(probe) ?? notRun(why) }));
  const failedMusts = examined.filter(({ probe, finding }) => probe.level === "MUST" && finding.verdict === "FAIL");
  if (away !== null && failedMusts.length === 0) throw away as StorageError;
  const digests = found.get(partSha256)?.verdict;
  return {
    ...{ examined, failedMusts, leftBehind, interrupted: interrupted() },
    capabilities: digests === "PASS" || digests === "FAIL" ? { enforcesPartSha256: digests === "PASS" } : {},
  };
}

/**
 * A probe that could not be carried through has found nothing, unless it must hold: what cannot be shown to is not safe. A
 * missing right, most often. @throws StorageError when the store is away, which is nobody's fault
 */
async function askSafely(probe: Probe, patient: Patient): Promise<Finding> {
  try {
    return await probe.ask(patient);
  } catch (error) {
    if (error instanceof StorageError && error.kind === "UNAVAILABLE") throw error;
    const why = error instanceof Error ? error.message || error.name : String(error);
    return probe.level === "MUST" ? fail(`could not be tried: ${why}`) : notRun(why);
  }
}
