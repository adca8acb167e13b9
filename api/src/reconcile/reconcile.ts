import { uuidOfKey } from "../files/object-key.js";
import type { ObjectStorage } from "../storage/object-storage.js";
import { CREATION_STUCK_LEASES, TOMBSTONE_MS } from "../uploads/sweep-uploads.js";
import type { UploadDeps } from "../uploads/upload-deps.js";
import { attempt } from "./attempt.js";
import type { Mended } from "./attempt.js";
import { INVARIANTS } from "./breach.js";
import type { Breach, Invariant, QuarantineReport, ReconcileOptions, ReconcileReport } from "./breach.js";
import { requireOwnBucket } from "./claim-bucket.js";
import { brokenChain } from "./event-chain.js";
import { judgeFile } from "./judge-file.js";
import type { Finding } from "./judge-file.js";
import { lookAgain } from "./look-again.js";
import type { SecondLook } from "./look-again.js";
import { mendFile } from "./mend-file.js";
import { takeStock } from "./quarantine.js";
import { readBack } from "./read-back.js";
import type { DeadJob, Patience, ReconcileRecords, ReconcileRow, UsageFigures } from "./reconcile-records.js";
import { openSideWork } from "./side-work.js";
import type { SideWork } from "./side-work.js";
import { unknownMender } from "./unknown.js";
import type { UnknownMender } from "./unknown.js";
import { walkByKey } from "./walk-by-key.js";
import type { KeyHolding } from "./walk-by-key.js";

export interface ReconcileDeps {
  readonly records: ReconcileRecords;
  readonly storage: ObjectStorage;
  readonly leaseMs: number;
  readonly sweepEveryMs: number;
  readonly now: () => Date;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** What mends rows; null where nothing is ever mended. */
  readonly uploads: UploadDeps | null;
}

const UNDERWAY_MS = 15 * 60_000;
/** Second looks, mends and read-backs at one time. */
const PLACES = 12;
const PROGRESS_EVERY = 1000;
/** Accounts, histories or jobs of one statement. */
const TAKEN_AT_ONCE = 1000;

/**
 * Holds database and bucket against the invariants of docs/upload-protocol.md and, with `fix`, mends what can be mended
 * without guessing. Streams: memory does not grow with rows, objects or breaches. Safe beside live traffic: what looks
 * wrong is looked at again, alone, before it is told. Repeatable; an interrupted run has done what it has told.
 * @throws AppError with `fix` when the bucket is not marked as this database's
 * @throws StorageError when the store does not answer: nothing is known then
 */
export async function reconcile(deps: ReconcileDeps, options: ReconcileOptions): Promise<ReconcileReport> {
  if (options.fix) await requireOwnBucket(deps);
  const run = openRun(deps, options);
  const unknown = await unknownMender({ ...deps, hasRow: (key) => hasRow(run, key) }, options, (visit) =>
    eachHolding(run, visit),
  );
  // Accounts first: a row that is mended moves bytes between the figures of its owner.
  await checkUsage(run);
  await checkFiles(run, unknown);
  await checkRemovedFiles(run);
  await checkJobs(run);
  const purge = options.fix ? (options.purgeQuarantineOlderThanDays ?? null) : null;
  return run.report(unknown.found(), await takeStock(deps, purge, options.signal));
}

/** One run: what was asked for, and what it has counted. */
interface Run {
  readonly deps: ReconcileDeps;
  readonly options: ReconcileOptions;
  readonly patience: Patience;
  readonly young: (initiatedAt: Date) => boolean;
  readonly counted: { rows: number; objects: number; openUploads: number; breaches: number };
  tell(breach: Omit<Breach, "mend" | "fixed">, mended: Mended): void;
  stopped(): boolean;
  report(unknown: number, quarantine: QuarantineReport): ReconcileReport;
}

function openRun(deps: ReconcileDeps, options: ReconcileOptions): Run {
  const { settled } = options;
  const graceMs = settled ? 0 : 2 * deps.sweepEveryMs;
  // Twins of a creation that was not answered are left to its holder for a lease, and then to the sweeps.
  const underwayMs = options.underwayMs ?? (settled ? 0 : Math.max(UNDERWAY_MS, deps.leaseMs + graceMs));
  const byInvariant = Object.fromEntries(INVARIANTS.map((name) => [name, 0])) as Record<Invariant, number>;
  const counted = { rows: 0, objects: 0, openUploads: 0, breaches: 0 };
  let fixed = 0;
  const stopped = (): boolean => options.signal?.aborted === true;
  return {
    deps,
    options,
    counted,
    stopped,
    patience: {
      leaseMs: deps.leaseMs,
      graceMs,
      creationStuckMs: CREATION_STUCK_LEASES * deps.leaseMs,
      tombstoneMs: TOMBSTONE_MS,
      settled,
    },
    young: (initiatedAt) => initiatedAt.getTime() > deps.now().getTime() - underwayMs,
    tell(breach, mended) {
      counted.breaches += 1;
      byInvariant[breach.invariant] += 1;
      if (mended.fixed) fixed += 1;
      options.onBreach({ ...breach, ...mended });
    },
    report: (unknown, quarantine) => ({
      ...{ ...counted, fixed, byInvariant, unknown, quarantine },
      interrupted: stopped(),
    }),
  };
}

/** Walks once; `visit` may put work beside the walk. */
async function eachHolding(run: Run, visit: (holding: KeyHolding, beside: SideWork) => Promise<void>): Promise<void> {
  const { deps, patience } = run;
  const beside = openSideWork(PLACES);
  try {
    for await (const holding of walkByKey(deps, patience)) {
      if (run.stopped()) break;
      await visit(holding, beside);
    }
  } finally {
    await beside.end();
  }
}

async function hasRow({ deps, patience }: Run, key: string): Promise<boolean> {
  const uuid = uuidOfKey(key);
  return uuid !== null && (await deps.records.row(uuid, patience)) !== null;
}

const look = ({ deps, patience, young }: Run, key: string): Promise<SecondLook | null> =>
  lookAgain(deps, key, patience, young);

/** I1, I2, I3, I5, I6. */
async function checkFiles(run: Run, unknown: UnknownMender): Promise<void> {
  const { counted, options, young } = run;
  let visited = 0;
  await eachHolding(run, async (holding, beside) => {
    const { key, row, object, uploads } = holding;
    const suspicions = judgeFile(row, holding, young);
    if (suspicions.length > 0) await beside.add(() => examine(run, holding, unknown));
    else if (options.readBack && row !== null && (row.status === "READY" || row.restorable))
      await beside.add(() => checkBytes(run, key, row));
    if (row !== null) checkEvents(run, row.id, row.chain, row.status);

    if (row !== null) counted.rows += 1;
    if (object !== null) counted.objects += 1;
    counted.openUploads += uploads.length;
    visited += 1;
    if (visited % PROGRESS_EVERY === 0) options.onProgress?.({ ...counted });
  });
}

/** The second look, and what follows from it. */
async function examine(run: Run, holding: KeyHolding, unknown: UnknownMender): Promise<void> {
  const { key } = holding;
  const seen = await look(run, key);
  for (const finding of seen?.findings ?? []) {
    if (run.stopped()) return;
    const { invariant, what } = finding;
    const row = seen!.row;
    const mended = row === null ? await unknown.mend(finding, holding, seen!) : await mendRow(run, finding, row, key);
    run.tell({ invariant, fileUuid: row?.id ?? null, key, what }, mended);
  }
}

async function mendRow(run: Run, finding: Finding, row: ReconcileRow, key: string): Promise<Mended> {
  const { mend, kind, uploadId } = finding;
  const { uploads } = run.deps;
  if (!run.options.fix || uploads === null || mend.startsWith("report only")) return { mend, fixed: false };
  return attempt(mend, async () => {
    await mendFile(uploads, finding, row);
    const after = await look(run, key);
    return after !== null && after.findings.every((one) => one.kind !== kind || one.uploadId !== uploadId);
  });
}

/** I2: the bytes themselves. */
async function checkBytes(run: Run, key: string, row: ReconcileRow): Promise<void> {
  const found = await readBack({ ...run.deps, look: () => look(run, key), signal: run.options.signal }, key, row);
  if (found === null) return;
  const mend = "report only: restore the sealed bytes from the store's versions or a backup";
  run.tell({ ...found, fileUuid: row.id, key }, { mend, fixed: false });
}

/** I5. */
function checkEvents(run: Run, fileUuid: string, chain: string | null, status: ReconcileRow["status"] | null): void {
  const fault = brokenChain(chain, status);
  if (fault === null) return;
  const mend = "report only: events are history; look for statements that bypassed the trigger";
  run.tell({ invariant: "I5", fileUuid, key: null, what: `${fault}: ${chain ?? "none"}` }, { mend, fixed: false });
}

/** I5 of the files whose rows are gone. */
async function checkRemovedFiles(run: Run): Promise<void> {
  let after: string | null = null;
  while (!run.stopped()) {
    const broken: { id: string; chain: string }[] = await run.deps.records.brokenHistories(after, TAKEN_AT_ONCE);
    for (const { id, chain } of broken) checkEvents(run, id, chain, null);
    if (broken.length < TAKEN_AT_ONCE) return;
    after = broken.at(-1)!.id;
  }
}

/** I4, to the byte. */
async function checkUsage(run: Run): Promise<void> {
  const { records } = run.deps;
  for (let after: string | null = null; !run.stopped();) {
    const drifts = await records.usageDrift(after, TAKEN_AT_ONCE);
    for (const { ownerId, kept, counted } of drifts) {
      const what = `${ownerId}: the account (used, reserved, uncollected, open) says ${told(kept)}; the rows say ${told(counted)}`;
      const mend = "set the account to what its rows say, under its lock";
      const mended = run.options.fix
        ? await attempt(mend, async () => records.recomputeUsage(ownerId).then(() => true))
        : { mend, fixed: false };
      run.tell({ invariant: "I4", fileUuid: null, key: null, what }, mended);
    }
    if (drifts.length < TAKEN_AT_ONCE) return;
    after = drifts.at(-1)!.ownerId;
  }
}

const told = (figures: UsageFigures | null): string =>
  figures === null ? "nothing" : `${figures.used}, ${figures.reserved}, ${figures.uncollected}, ${figures.open}`;

/** Work that was queued and that nobody will do. */
async function checkJobs(run: Run): Promise<void> {
  const { records } = run.deps;
  for (let after: string | null = null; !run.stopped();) {
    const jobs: DeadJob[] = await records.deadJobs(after, TAKEN_AT_ONCE);
    for (const job of jobs) await checkJob(run, job);
    if (jobs.length < TAKEN_AT_ONCE) return;
    after = jobs.at(-1)!.id;
  }
}

async function checkJob(run: Run, { id, task, fileUuid, lastError }: DeadJob): Promise<void> {
  if (run.stopped()) return;
  const what = `job ${id}, ${task}, has failed for the last time: ${lastError.split("\n")[0]}`;
  // Its row, when it is due, has been collected by now like every overdue one: the job has nothing left to do.
  const mend = fileUuid === null ? "report only: an unknown task" : "remove it: sweeps collect its file";
  const mended =
    run.options.fix && fileUuid !== null
      ? await attempt(mend, async () => run.deps.records.removeJob(id).then(() => true))
      : { mend, fixed: false };
  run.tell({ invariant: "JOB", fileUuid, key: null, what }, mended);
}
