import { rowsOf } from "../src/db/query.js";
import { FAILPOINTS } from "../src/faults/failpoint-table.js";
import type { Failpoint } from "../src/faults/failpoint-table.js";
import { noise, PNG, sha256Of, contentOf } from "./content.js";
import type { Content } from "./content.js";
import {
  callOf,
  confirmTwice,
  deleteIt,
  FOLLOW_UPS,
  idByKey,
  isSettled,
  pathOf,
  persist,
  prepare,
  readBack,
  remainsOf,
  retry,
  USER,
} from "./crash-follow-ups.js";
import type { FollowUp, Remains, Subject } from "./crash-follow-ups.js";
import { openCrashScene } from "./crash-scene.js";
import type { CrashScene } from "./crash-scene.js";
import type { CellEnd, CrashScenario } from "./crash-scenarios.js";
import { checkInvariants } from "./invariants.js";
import { confirmUpload } from "./operations.js";
import type { Api } from "./operations.js";
import { accountOf, rowOf, until, uuidOf } from "./records.js";

const MIB = 1024 ** 2;
const STRIKES_WITHIN_MS = 60_000;

/** One file's way from the death of its process to its end. */
export interface CellRun extends CellEnd {
  readonly left: Remains;
  /** From the start of its follow-up to the settled state, waiting for other files left out. */
  readonly recoveryMs: number;
}

/** What one scenario came to. Anything else that was found wrong is thrown. */
export type ScenarioRun = Readonly<Record<FollowUp, CellRun>>;

/**
 * Four files are brought to the point in one process, which is killed there. A second one gets a follow-up for each file:
 * a replica that ran all the time, and meets leases that still hold, or a process that starts on what was left. Afterwards
 * nothing may be left undone: every invariant holds, settled, the usage is exact to the byte, and what is READY is read
 * back and hashed.
 */
export async function runScenario(scenario: CrashScenario, seed: number): Promise<ScenarioRun> {
  const scene = await openCrashScene();
  try {
    // A sweep that is to die must not be taken by the other process.
    const replica = seed % 2 === 0 && scenario.point !== "c16" ? await scene.startHere() : null;
    const subjects = await dieAt(scene, scenario, seed);
    // Nothing is ever broken, only unfinished.
    await checkInvariants(scene);
    const left = await Promise.all(subjects.map((subject) => remainsOf(scene, subject)));
    const heir = replica ?? (await scene.start());
    const cells = await followUp(scene, heir, scenario, subjects);
    await scene.settle();
    await expectExactUsage(scene);
    await Promise.all(subjects.map((subject) => readBack(heir, subject)));
    if (scenario.point === "c14") await outliveTombstones(scene, subjects);
    const paths = await Promise.all(subjects.map((subject) => pathOf(scene, subject)));
    const runs = FOLLOW_UPS.map((name, index) => [name, { ...cells[index]!, left: left[index]!, path: paths[index]! }]);
    return Object.fromEntries(runs) as ScenarioRun;
  } finally {
    await scene.close();
  }
}

/** Brings one subject for each follow-up to the point, and kills their process. */
async function dieAt(scene: CrashScene, scenario: CrashScenario, seed: number): Promise<Subject[]> {
  const { point, call } = scenario;
  const { fromVisit = 1 }: Failpoint = FAILPOINTS[point];
  const subjects = Array.from({ length: FOLLOW_UPS.length + fromVisit - 1 }, (_, index) =>
    subjectOf(scenario, seed + index, `${point}-${index}`),
  );
  const victim = await scene.start(`${point}:hold`);
  await Promise.all(subjects.map((subject) => prepare(victim, call, subject)));
  const doomed =
    point === "c16"
      ? [letUrlsDie(scene, subjects).then(() => scene.queueSweep())]
      : subjects.map((subject) => callOf(victim, call, subject));
  const answers = Promise.allSettled(doomed);
  const struck = `failpoint ${point}: hold (${FOLLOW_UPS.length})`;
  await until(() => victim.log().includes(struck), STRIKES_WITHIN_MS);
  if (point === "c16") await until(async () => (await readyOnes(scene)).size === fromVisit - 1, STRIKES_WITHIN_MS);
  await victim.kill();
  for (const answer of await answers)
    if (point !== "c16" && answer.status === "fulfilled") throw new Error(`answered: ${JSON.stringify(answer.value)}`);
  for (const subject of subjects) subject.fileId ??= await idByKey(scene, subject.input.idempotencyKey);
  // Of a batch, those that the sweeper had not done yet.
  const done = await readyOnes(scene);
  return point === "c16" ? subjects.filter(({ fileId }) => !done.has(uuidOf(fileId!))) : subjects;
}

async function followUp(
  scene: CrashScene,
  heir: Api,
  scenario: CrashScenario,
  subjects: readonly Subject[],
): Promise<{ answer: string; recoveryMs: number }[]> {
  const [retried, swept, confirmed, deleted] = subjects as [Subject, Subject, Subject, Subject];
  const { call, ends, sweepAfter } = scenario;
  const clocks = subjects.map(() => stopwatch());

  // First what needs no sweep: a sweep looks at every file.
  const [again, verdict, gone] = await Promise.all([
    clocks[0]!(() => retry(heir, call, retried)),
    clocks[2]!(async () => {
      const once = ends["second confirm"].answer.startsWith("TemporaryFailure");
      return once ? (await confirmUpload(heir, USER, confirmed.fileId!)).__typename : confirmTwice(heir, confirmed);
    }),
    clocks[3]!(async () => {
      const busy = ends.delete.answer.startsWith("FileBusy");
      return (await (busy ? deleteIt(heir, deleted) : persist(() => deleteIt(heir, deleted)))).__typename;
    }),
  ]);
  if (sweepAfter === "its URLs have died") await letUrlsDie(scene, [swept]);
  if (sweepAfter === "its time is over")
    await scene.sql("update files set expires_at = now() - interval '1 second' where id = $1", [uuidOf(swept.fileId!)]);
  await clocks[1]!(() => scene.sweepUntil(() => isSettled(scene, swept)));
  const answers = [again, "swept", verdict, gone];

  for (const index of [0, 2, 3]) {
    await clocks[index]!(async () => {
      const subject = subjects[index]!;
      // A VERIFYING file is settled by its verdict, an ended one by collecting.
      if (!(await isSettled(scene, subject))) await scene.sweepUntil(() => isSettled(scene, subject));
      if (answers[index] === "TemporaryFailure") answers[index] += `, ${await confirmTwice(heir, subject)}`;
      if (answers[index] === "FileBusy")
        answers[index] += `, ${(await persist(() => deleteIt(heir, subject))).__typename}`;
    });
  }
  return subjects.map((_, index) => ({ answer: answers[index]!, recoveryMs: clocks[index]!.ms() }));
}

interface Stopwatch {
  <Result>(work: () => Promise<Result>): Promise<Result>;
  /** All the work that it has timed. */
  ms(): number;
}

function stopwatch(): Stopwatch {
  let spentMs = 0;
  const time = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const begun = performance.now();
    try {
      return await work();
    } finally {
      spentMs += performance.now() - begun;
    }
  };
  return Object.assign(time, { ms: () => spentMs });
}

/** Every follow-up of every point meets another kind of file: with a digest, without, empty, of three parts. */
export function subjectOf({ contents }: CrashScenario, turn: number, name: string): Subject {
  const kinds = ["digest", "plain", contents === "sent" ? "plain" : "empty", "parts"] as const;
  const kind = contents === "mismatch" ? "mismatch" : kinds[turn % kinds.length]!;
  const content = contentOfKind(kind, name);
  const named = {
    filename: `${name}.bin`,
    contentType: kind === "mismatch" ? "image/jpeg" : "application/octet-stream",
  };
  const sha256 = kind === "digest" ? { sha256: sha256Of(content) } : {};
  return {
    content,
    input: { ...named, ...sha256, size: content.sizeBytes, idempotencyKey: `key-${name}` },
    fileId: null,
  };
}

function contentOfKind(kind: "digest" | "plain" | "empty" | "parts" | "mismatch", seed: string): Content {
  switch (kind) {
    case "digest":
    case "plain":
      return noise(100 * 1024 + seed.length, seed);
    case "empty":
      return noise(0, seed);
    case "parts":
      return noise(17 * MIB, seed);
    case "mismatch":
      return contentOf(PNG);
  }
}

/** As if the last URL that was issued had died; an upload that never had one is looked at towards its end. */
export const letUrlsDie = async ({ db }: Pick<CrashScene, "db">, subjects: readonly Subject[]): Promise<void> =>
  void (await rowsOf(
    db,
    `update files set urls_expire_at = case when part_count > 0 then now() - interval '1 second' end,
                      expires_at = case when part_count > 0 then expires_at else now() + interval '1 minute' end
     where id = any($1)`,
    [subjects.map(({ fileId }) => uuidOf(fileId!))],
  ));

async function readyOnes(scene: CrashScene): Promise<Set<string>> {
  const rows = await rowsOf<{ id: string }>(scene.db, "select id from files where status = 'READY'");
  return new Set(rows.map(({ id }) => id));
}

/** I4 to the byte, against what the files are known to hold. */
async function expectExactUsage(scene: CrashScene): Promise<void> {
  const rows = await rowsOf<{ size_bytes: string; collected: boolean }>(
    scene.db,
    "select size_bytes, collected_at is not null as collected from files where status in ('READY', 'DELETED')",
  );
  const held = rows.filter(({ collected }) => !collected).reduce((sum, row) => sum + Number(row.size_bytes), 0);
  const usage = await accountOf(scene, USER);
  const exact = { used: held, reserved: 0, uncollected: 0, open: 0 };
  if (JSON.stringify(usage) !== JSON.stringify(exact))
    throw new Error(`the usage is ${JSON.stringify(usage)}, not ${JSON.stringify(exact)}`);
}

/** A day later the rows themselves go, and the chain of their events stays whole. */
async function outliveTombstones(scene: CrashScene, subjects: readonly Subject[]): Promise<void> {
  await scene.sql("update files set collected_at = collected_at - interval '25 hours' where collected_at is not null");
  await scene.sweepUntil(async () => {
    const rows = await Promise.all(subjects.map(({ fileId }) => rowOf(scene, fileId!)));
    return rows.every((row) => row === null);
  });
  await checkInvariants(scene, { settled: true });
}
