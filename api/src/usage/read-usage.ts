import type { Viewer } from "../auth/viewer.js";

/** What an owner holds, in bytes. */
export interface Usage {
  /** READY and trash. */
  readonly usedBytes: number;
  /** Part of `usedBytes` that permanent deletion frees. */
  readonly trashBytes: number;
  /** Open uploads. */
  readonly reservedBytes: number;
  readonly quotaBytes: number;
}

/** What this use case asks of the database; `usage.store.ts` answers. */
export interface UsageRecords {
  read(ownerId: string): Promise<Omit<Usage, "quotaBytes">>;
}

export interface UsageDeps {
  readonly usage: UsageRecords;
  readonly quotaBytes: number;
}

/** The viewer's usage; zeros for somebody who never uploaded. */
export async function readUsage({ usage, quotaBytes }: UsageDeps, viewer: Viewer): Promise<Usage> {
  return { ...(await usage.read(viewer.ownerId)), quotaBytes };
}
