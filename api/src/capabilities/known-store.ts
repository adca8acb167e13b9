import type { StoreCapabilities } from "../storage/object-storage.js";

/** What was found out about a bucket, and when. PURE. */

/** One bucket on one store. */
export interface StorePlace {
  /** `https://…`, or `aws:` and the region. */
  readonly endpoint: string;
  readonly bucket: string;
}

/** A probe that must hold and does not. */
export interface FailedMust {
  readonly id: string;
  readonly seen: string;
  readonly mend: string;
}

export interface KnownStore {
  readonly capabilities: StoreCapabilities;
  readonly failedMusts: readonly FailedMust[];
  /** Of the probes that were asked. */
  readonly probesVersion: number;
}

/** What an examination answers; `asked`: ids of the probes that came to a verdict. All others stay as they were. */
export interface Examination extends Omit<KnownStore, "capabilities"> {
  readonly capabilities: Partial<StoreCapabilities>;
  readonly asked: ReadonlySet<string>;
}

export interface KeptStore extends KnownStore {
  readonly ageSeconds: number;
  /** Changes with each write. */
  readonly version: string;
}

export interface CapabilityRecords {
  /** Null: nobody has looked at it yet. */
  read(place: StorePlace): Promise<KeptStore | null>;
  /** @param before what was read; false: somebody else has written meanwhile, and nothing was done */
  replace(place: StorePlace, before: KeptStore | null, known: KnownStore): Promise<boolean>;
}

/** Taken for granted until somebody has looked: what AWS does. */
export const ASSUMED: StoreCapabilities = { enforcesPartSha256: true };

/** The newer finding, with what it did not look at from the one before. */
export function merged(before: KnownStore | null, now: Examination): KnownStore {
  const kept = before?.probesVersion === now.probesVersion ? before.failedMusts : [];
  const { probesVersion } = now;
  const capabilities = { ...(before?.capabilities ?? ASSUMED), ...now.capabilities };
  return {
    ...{ capabilities, probesVersion },
    failedMusts: [...now.failedMusts, ...kept.filter(({ id }) => !now.asked.has(id))],
  };
}
