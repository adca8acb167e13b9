import { merged } from "./known-store.js";
import type { CapabilityRecords, Examination, KnownStore, StorePlace } from "./known-store.js";

/** Of processes that all start at once each has its turn. */
const ROUNDS = 20;

/** Keeps what was found, beside what others have found that this one did not ask. Answers what is known then. */
export async function recordExamination(
  { capabilities, place }: { readonly capabilities: CapabilityRecords; readonly place: StorePlace },
  examination: Examination,
): Promise<KnownStore> {
  for (let round = 1; ; round += 1) {
    const before = await capabilities.read(place);
    const known = merged(before, examination);
    if ((await capabilities.replace(place, before, known)) || round === ROUNDS) return known;
  }
}
