import { ABILITY_PROBES } from "./ability-probes.js";
import { BUCKET_PROBES } from "./bucket-probes.js";
import { PART_PROBES } from "./part-probes.js";
import { admitPatient } from "./patient.js";
import type { PatientOptions } from "./patient.js";
import { notRun } from "./probe.js";
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
export const PROBES_VERSION = 1;

export interface Examined {
  readonly probe: Probe;
  readonly finding: Finding;
}

export interface Report {
  readonly examined: readonly Examined[];
  /** What failed of what must hold. */
  readonly failedMusts: readonly Examined[];
  /** What signing adapts to. */
  readonly capabilities: StoreCapabilities;
  /** Objects and uploads that could not be removed again. */
  readonly leftBehind: number;
}

/** Side by side: each waits for the store most of the time. */
const AT_ONCE = 6;

/**
 * Attacks a bucket, and says what holds. Writes below `f/doctor-…/` only, and removes what it wrote.
 * @param options.quick only the probes of a start
 * @param options.onAsked after each probe, for progress
 * @throws StorageError when the store cannot be reached: that is no verdict
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
  let leftBehind = 0;
  try {
    await patient.storage.checkBucket();
    const queue = [...probes];
    const work = async (): Promise<void> => {
      for (let probe = queue.shift(); probe !== undefined; probe = queue.shift()) {
        if (options.signal?.aborted === true) return;
        found.set(probe, await askSafely(probe, () => probe.ask(patient)));
        options.onAsked?.(found.size, probes.length);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    leftBehind = await patient.close();
  }
  const examined = probes.map((probe) => ({ probe, finding: found.get(probe) ?? notRun("interrupted") }));
  const isFailed = (id: string): boolean =>
    examined.some(({ probe, finding }) => probe.id === id && finding.verdict === "FAIL");
  return {
    examined,
    failedMusts: examined.filter(({ probe, finding }) => probe.level === "MUST" && finding.verdict === "FAIL"),
    capabilities: { enforcesPartSha256: !isFailed("part-sha256"), takesEmptyParts: !isFailed("empty-part") },
    leftBehind,
  };
}

/** A probe that could not be carried through has found nothing; a store that is away is nobody's fault. */
async function askSafely(probe: Probe, ask: () => Promise<Finding>): Promise<Finding> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof StorageError && error.kind === "UNAVAILABLE") throw error;
    const why = error instanceof Error ? error.message || error.name : String(error);
    // What must hold and cannot be shown to is not safe: a missing right, most often.
    return probe.level === "MUST" ? { verdict: "FAIL", seen: `could not be tried: ${why}` } : notRun(why);
  }
}
