import { uuidOfKey } from "../files/object-key.js";
import type { ObjectStorage } from "../storage/object-storage.js";
import { judgeFile } from "./judge-file.js";
import type { Finding, Stored } from "./judge-file.js";
import type { Patience, ReconcileRecords, ReconcileRow } from "./reconcile-records.js";

export interface LookDeps {
  readonly records: Pick<ReconcileRecords, "row">;
  readonly storage: Pick<ObjectStorage, "headObject" | "listOpenUploads">;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface SecondLook {
  readonly row: ReconcileRow | null;
  readonly stored: Stored;
  readonly findings: readonly Finding[];
}

const ROUNDS = 5;
const BETWEEN_ROUNDS_MS = 300;
/** A store seals first and closes the upload after: in between it shows both. */
const CLOSES_WITHIN_MS = 1_000;

/**
 * Looks at one key alone: row, store, row. Only when the row stands as it stood does what the store showed in between
 * belong to it, whatever traffic there is: states do not come back to where they were but from the trash, which keeps the
 * bytes. Null when the row kept moving: somebody is at it, and nothing is wrong with that.
 */
export async function lookAgain(
  { records, storage, sleep }: LookDeps,
  key: string,
  patience: Patience,
  young: (initiatedAt: Date) => boolean,
): Promise<SecondLook | null> {
  const uuid = uuidOfKey(key);
  const readRow = async (): Promise<ReconcileRow | null> => (uuid === null ? null : records.row(uuid, patience));
  let row = await readRow();
  let waited = false;
  for (let round = 0; round < ROUNDS; round += 1) {
    const stored = { object: await storage.headObject({ key }), uploads: await openUploadsOf(storage, key) };
    const after = await readRow();
    const stands = stand(row) === stand(after);
    const findings = judgeFile(after, stored, young);
    const mayBeClosing: boolean = !waited && findings.some(({ kind }) => kind === "OPEN_THOUGH_SEALED");
    if (stands && !mayBeClosing) return { row: after, stored, findings };
    row = after;
    waited ||= mayBeClosing;
    await sleep(mayBeClosing ? CLOSES_WITHIN_MS : BETWEEN_ROUNDS_MS);
  }
  return null;
}

/** What traffic changes of a row; two looks at it with nothing between them are equal. */
function stand(row: ReconcileRow | null): string {
  if (row === null) return "";
  const { status, attempt, uploadId, completeSent, collecting, collected, restorable } = row;
  return JSON.stringify([status, attempt, uploadId, completeSent, collecting, collected, restorable]);
}

async function openUploadsOf(storage: Pick<ObjectStorage, "listOpenUploads">, key: string): Promise<Stored["uploads"]> {
  const found: Stored["uploads"][number][] = [];
  for await (const page of storage.listOpenUploads({ prefix: key })) {
    found.push(...page.filter((upload) => upload.key === key));
    // A prefix also matches longer keys: they come after it.
    if (page.at(-1)!.key !== key) break;
  }
  return found;
}
