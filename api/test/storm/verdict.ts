import { setTimeout as after } from "node:timers/promises";
import pg from "pg";
import { parseFileId, toFileId } from "../../src/files/file-id.js";
import type { FileStatus } from "../../src/files/file.js";
import type { ApiFile } from "../operations.js";
import { download } from "../store-client.js";
import { digestOf } from "./bytes.js";
import type { Calls } from "./calls.js";
import type { History } from "./history.js";
import type { UploadPlan } from "./schedule.js";
import { endsOf } from "./story.js";
import type { End, FileStory, Stories } from "./story.js";
import type { World } from "./world.js";

export interface VerdictDeps {
  readonly world: World;
  readonly history: History;
  readonly calls: Calls;
  readonly stories: Stories;
  readonly planOf: (index: number) => UploadPlan;
  /** Until every lease has run out and every upload has reached its end. */
  readonly settleMs: number;
  readonly say: (line: string) => void;
}

/** What is left when all is over. */
export interface Remains {
  readonly rows: number;
  readonly ends: Readonly<Record<string, number>>;
  /** Files whose bytes were read and compared with what was sent. */
  readonly readBack: number;
  readonly breaches: number;
}

const SWEEPS = 2;
const READS_AT_ONCE = 12;

interface Row {
  readonly id: string;
  readonly owner_id: string;
  readonly filename: string;
  readonly status: FileStatus;
  readonly size: string;
  readonly purged: boolean;
  readonly collected: boolean;
}

/**
 * Lets time do what it does, sweeps twice, and then holds everything that was ever answered against what is there. What
 * does not fit is unexplained.
 */
export async function reachVerdict(deps: VerdictDeps): Promise<Remains> {
  const { world, history, say } = deps;
  await world.calm();
  say(`letting leases and uploads run out (${Math.round(deps.settleMs / 1000)} s), then ${SWEEPS} sweeps`);
  await after(deps.settleMs);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const { code, stdout, stderr } = await world.run(["sweep"]);
    if (code !== 0) history.unexplained(-1, `the last sweeps: ${code}: ${stdout} ${stderr}`);
  }
  say("comparing every row with what its owner was told");
  const rows = await readRows(world);
  judgeRows(deps, rows);
  say("reconcile --check --settled --read-back");
  const breaches = await reconcile(deps);
  say("reading back every file");
  const readBack = await readAllBack(deps, rows);
  const ends: Record<string, number> = {};
  for (const row of rows) ends[endOf(row)] = (ends[endOf(row)] ?? 0) + 1;
  return { rows: rows.length, ends, readBack, breaches };
}

async function readRows({ direct }: World): Promise<Row[]> {
  const client = new pg.Client({ connectionString: direct.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Row>(
      `select id, owner_id, filename, status, size_bytes as size, collected_at is not null as collected,
              status = 'DELETED' and (purge_at <= now() or collecting_at is not null) as purged from files`,
    );
    return rows;
  } finally {
    await client.end();
  }
}

const endOf = ({ status, purged }: Row): End | FileStatus => (purged ? "PURGED" : status);

/** Every row has come to an end, and to the one that its owner was told of; no row that an owner counts on is missing. */
function judgeRows({ history, stories, planOf }: VerdictDeps, rows: readonly Row[]): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const story = stories.find(toFileId(row.id));
    const index = Number(/storm-(\d+)/.exec(row.filename)?.[1]);
    const plan = planOf(index);
    seen.add(row.id);
    // Nobody was told of it: it never had a byte, so it is whole only when it was to be empty.
    const expected: readonly string[] =
      story === undefined ? [plan.sizeBytes === 0 ? "READY" : "", "EXPIRED"] : endsOf(story);
    const end = endOf(row);
    if (!expected.includes(end))
      history.unexplained(
        index,
        `${row.id} is ${end}; its owner was told ${expected.join(" or ")} (${story === undefined ? "of no row" : JSON.stringify(toldOf(story))})`,
      );
    if (Number(row.size) !== plan.sizeBytes) history.unexplained(index, `${row.id} has another size: ${row.size}`);
    const names = story?.names ?? [plan.filename];
    if (!names.includes(row.filename))
      history.unexplained(index, `${row.id} is named ${row.filename}, not ${names.join(" or ")}`);
    const gone = end === "PURGED" || end === "EXPIRED" || end === "REJECTED";
    if (gone !== row.collected)
      history.unexplained(index, `${row.id} is ${end} and ${row.collected ? "" : "not "}collected`);
  }
  for (const story of stories.all)
    if (!seen.has(parseFileId(story.fileId)!))
      history.unexplained(story.plan.index, `${story.fileId} has no row any more`);
}

const toldOf = ({ told, ready, sent, stored, partCount }: FileStory) => ({
  ...{ told, ready, partCount },
  sent: sent.size,
  stored: stored.size,
});

async function reconcile({ world, history }: VerdictDeps): Promise<number> {
  const { code, stdout, stderr } = await world.run(["reconcile", "--check", "--settled", "--read-back"]);
  history.note({ upload: -1, what: "reconcile", via: "main.js", answer: `${code}: ${stdout}`, tookMs: 0 });
  if (code === 0) return 0;
  history.unexplained(-1, `reconcile ended with ${code}: ${stdout.slice(-4000)} ${stderr.slice(-2000)}`);
  return stdout.split("\n").filter((line) => line.includes('"invariant"')).length;
}

/** Every file that is there, out of the trash too, by its URL as its owner gets it. */
async function readAllBack(deps: VerdictDeps, rows: readonly Row[]): Promise<number> {
  const { history, planOf } = deps;
  const readable = rows.filter((row) => endOf(row) === "READY" || endOf(row) === "DELETED").values();
  let count = 0;
  const readFromQueue = async (): Promise<void> => {
    for (const row of readable) {
      const index = Number(/storm-(\d+)/.exec(row.filename)?.[1]);
      try {
        await readOneBack(deps, planOf(index), row);
        count += 1;
      } catch (error) {
        history.unexplained(index, `${row.id} could not be read back: ${String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, readFromQueue));
  return count;
}

async function readOneBack({ calls, history }: VerdictDeps, plan: UploadPlan, row: Row): Promise<void> {
  const id = toFileId(row.id);
  if (row.status === "DELETED") await calls.ask(plan, "restoreFile", { id });
  const { answer } = await calls.ask<ApiFile | null>(plan, "file", { id });
  const file = answer as ApiFile | null;
  if (file?.url == null)
    return history.unexplained(plan.index, `lost: ${id} is READY and answered ${JSON.stringify(file)}`);
  const { status, sizeBytes, sha256 } = await download(file.url);
  if (status !== 200 || sizeBytes !== plan.sizeBytes || sha256 !== digestOf(plan))
    history.unexplained(
      plan.index,
      `torn: GET answered ${status}, ${sizeBytes} bytes, ${sha256}; sent were ${plan.sizeBytes} bytes, ${digestOf(plan)}`,
    );
  if (file.sha256 !== null && file.sha256 !== sha256)
    history.unexplained(plan.index, `File.sha256 ${file.sha256} is not that of the bytes, ${sha256}`);
}
