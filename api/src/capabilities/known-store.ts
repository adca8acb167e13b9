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

/** What an examination answers; `asked`: ids of its probes, so that what it did not ask stays as it was. */
export type Examination = KnownStore & { readonly asked: ReadonlySet<string> };

export interface CapabilityRecords {
  /** Null: nobody has looked at it yet. */
  read(place: StorePlace): Promise<(KnownStore & { readonly ageSeconds: number }) | null>;
  write(place: StorePlace, known: KnownStore): Promise<void>;
}

/** Taken for granted until somebody has looked: what AWS does. */
export const ASSUMED: StoreCapabilities = { enforcesPartSha256: true, takesEmptyParts: true };

/** The newer finding, with what it did not look at from the one before. */
export function merged(before: KnownStore | null, now: Examination): KnownStore {
  const kept = before?.probesVersion === now.probesVersion ? before.failedMusts : [];
  const { capabilities, probesVersion } = now;
  return {
    ...{ capabilities, probesVersion },
    failedMusts: [...now.failedMusts, ...kept.filter(({ id }) => !now.asked.has(id))],
  };
}
