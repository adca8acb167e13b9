import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { DataSource } from "typeorm";
import { rowsOf } from "../src/db/query.js";
import type { Breach, ReconcileReport } from "../src/reconcile/breach.js";
import { spawnApi } from "./api-process.js";
import type { ApiEnvironment } from "./api-process.js";
import { startListingStore } from "./listing-store.js";
import { plantVolume } from "./plant-volume.js";

export interface VolumeRun {
  readonly report: ReconcileReport;
  readonly breaches: readonly Breach[];
  /** READY files that the store did not have. */
  readonly lost: readonly string[];
  /** Of the process, resident, at most. */
  readonly peakMib: number;
  readonly seconds: number;
}

const SAMPLE_EVERY_MS = 100;
/**
 * A collector that is not pressed lets garbage lie, up to some hundred MiB where memory is plenty. In a heap of this size
 * what is held shows: a process that keeps anything of a million rows dies in it.
 */
export const HEAP_MIB = 128;

/** An empty, migrated database that gets so many rows, and a store that lists what they count on but for `losses` of them. */
export async function withVolume<Result>(
  { db, databaseUrl }: { db: DataSource; databaseUrl: string },
  { rows, losses }: { rows: number; losses: number },
  work: (environment: ApiEnvironment, lost: readonly string[]) => Promise<Result>,
): Promise<Result> {
  await plantVolume(db, rows);
  const lost = (
    await rowsOf<{ id: string }>(db, "select id from files where status = 'READY' order by id limit $1", [losses])
  ).map(({ id }) => id);
  const store = await startListingStore(db, new Set(lost));
  try {
    const keys = { region: "us-east-1", accessKeyId: "any", secretAccessKey: "any-secret" };
    return await work({ databaseUrl, bucket: "listed", store: { endpoint: store.endpoint, ...keys } }, lost);
  } finally {
    await store.stop();
  }
}

/** One process of `reconcile --check` in a heap of {@link HEAP_MIB}, measured. */
export async function checkVolume(
  database: { db: DataSource; databaseUrl: string },
  { say, ...sizes }: { rows: number; losses: number; say: (line: string) => void },
): Promise<VolumeRun> {
  say(`planting ${sizes.rows} rows`);
  return withVolume(database, sizes, async (environment, lost) => {
    say("reconciling");
    const begun = performance.now();
    let peakMib = 0;
    const narrow = { ...environment, env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` } };
    const { breaches, report } = await runReconcileProcess(narrow, ["--check", "--progress"], (child) => {
      child.stderr.on("data", (text: Buffer | string) => say(String(text).trim()));
      const sampling = setInterval(() => {
        void residentMib(child.pid!).then((mib) => (peakMib = Math.max(peakMib, mib)));
      }, SAMPLE_EVERY_MS);
      child.once("exit", () => clearInterval(sampling));
    });
    return { report, breaches, lost, peakMib, seconds: (performance.now() - begun) / 1000 };
  });
}

/** One run of the command. @throws Error with its log when it ends without a report */
export async function runReconcileProcess(
  environment: ApiEnvironment,
  words: readonly string[],
  watch: (child: ReturnType<typeof spawnApi>["child"]) => void = () => undefined,
): Promise<{
  readonly breaches: readonly Breach[];
  readonly report: ReconcileReport;
  readonly exitCode: number | null;
}> {
  const { child, exit, log } = spawnApi(environment, ["reconcile", ...words]);
  watch(child);
  const breaches: Breach[] = [];
  let report: ReconcileReport | null = null;
  const lines = createInterface(child.stdout).on("line", (line) => {
    const said = JSON.parse(line) as { breach?: Breach; report?: ReconcileReport };
    if (said.breach !== undefined) breaches.push(said.breach);
    report = said.report ?? report;
  });
  const read = new Promise((resolve) => lines.once("close", resolve));
  const { code } = await exit;
  await read;
  if (report === null) throw new Error(`reconcile ended with ${code} and no report: ${log()}`);
  return { breaches, report, exitCode: code };
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html: the kernel keeps the highest. 0 when it has ended. */
async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}
