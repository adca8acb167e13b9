import type { ObjectStorage } from "../storage/object-storage.js";
import { attempt } from "./attempt.js";
import type { Mended } from "./attempt.js";
import type { ReconcileOptions } from "./breach.js";
import type { Finding } from "./judge-file.js";
import type { SecondLook } from "./look-again.js";
import { moveToQuarantine, quarantineKeyOf } from "./quarantine.js";
import type { SideWork } from "./side-work.js";
import type { KeyHolding } from "./walk-by-key.js";

interface UnknownDeps {
  readonly storage: ObjectStorage;
  readonly now: () => Date;
  /** Whether the key has a row, by now. */
  readonly hasRow: (key: string) => Promise<boolean>;
}

type Walk = (visit: (holding: KeyHolding, beside: SideWork) => Promise<void>) => Promise<void>;

/** What happens to objects and open uploads that no row knows (lifecycle rule 4). */
export interface UnknownMender {
  /** How many were found that are old enough to go. */
  found(): number;
  /** @param seen the second look that found it */
  mend(finding: Finding, holding: KeyHolding, seen: SecondLook): Promise<Mended>;
}

const HOUR_MS = 3_600_000;

/**
 * Nothing that no row knows is touched unless it is old and the caller has said exactly how many there are: so they are
 * counted first, in a walk of their own. Whoever meant another number, or another bucket, loses nothing.
 */
export async function unknownMender(deps: UnknownDeps, options: ReconcileOptions, walk: Walk): Promise<UnknownMender> {
  const { fix, deleteUnknown, unknownAfterHours } = options;
  const isOld = (since: Date | undefined): boolean =>
    since !== undefined && since.getTime() <= deps.now().getTime() - unknownAfterHours * HOUR_MS;
  const counted = fix && deleteUnknown !== null ? await countOld() : null;
  const mayGo = counted !== null && counted === deleteUnknown;
  let found = 0;
  let gone = 0;
  return {
    found: () => found,
    async mend(finding, holding, seen) {
      const mend = whatToDo(finding, holding.key);
      if (!isOld(sinceOf(finding, holding)))
        return { mend: `left alone: younger than ${unknownAfterHours} hours`, fixed: false };
      found += 1;
      if (!fix || deleteUnknown === null)
        return { mend: `${mend}; with --fix --delete-unknown and how many there are`, fixed: false };
      if (!mayGo)
        return { mend: `nothing: --delete-unknown says ${deleteUnknown}, and ${counted} were found`, fixed: false };
      if (gone >= deleteUnknown) return { mend: "nothing: it came after they were counted", fixed: false };
      gone += 1;
      return attempt(mend, () => remove(finding, holding.key, seen));
    },
  };

  async function countOld(): Promise<number> {
    let count = 0;
    await walk(async ({ key, row, object, uploads }, beside) => {
      if (row !== null) return;
      const old = [object?.lastModified, ...uploads.map(({ initiatedAt }) => initiatedAt)].filter(isOld).length;
      // What was listed before its row was read may have got one in between.
      if (old > 0)
        await beside.add(async () => {
          if (!(await deps.hasRow(key))) count += old;
        });
    });
    return count;
  }

  function whatToDo(finding: Finding, key: string): string {
    if (finding.kind === "UNKNOWN_UPLOAD") return "abort it";
    const to = quarantineKeyOf(key, deps.now());
    return `copy it to ${to}, compare, delete; back with --bring-back ${JSON.stringify(to)}`;
  }

  /** Answers whether it is gone. */
  async function remove({ uploadId }: Finding, key: string, { stored }: SecondLook): Promise<boolean> {
    const { storage, hasRow } = deps;
    if (uploadId === null) {
      const stillUnknown = async (): Promise<boolean> => !(await hasRow(key));
      await moveToQuarantine(deps, { key, ...stored.object! }, stillUnknown, options.signal);
      return (await storage.headObject({ key })) === null;
    }
    if (await hasRow(key)) return false;
    await storage.abortMultipartUpload({ key, uploadId });
    return (await storage.listMultipartUploads({ key })).every((upload) => upload.uploadId !== uploadId);
  }
}

/** Since when it is there, by the listing; undefined when it was not yet there then. */
function sinceOf({ uploadId }: Finding, { object, uploads }: KeyHolding): Date | undefined {
  return uploadId === null ? object?.lastModified : uploads.find((upload) => upload.uploadId === uploadId)?.initiatedAt;
}
