import { rm } from "node:fs/promises";
import { join } from "node:path";
import { makeScratchDir } from "../../embedded/scratch-dir.fixture.js";
import { createCalls, GaveUp } from "./calls.js";
import { loadEngine } from "./engine.js";
import { uploadByEngine } from "./engine-client.js";
import { openHistory } from "./history.js";
import type { History } from "./history.js";
import { unleash } from "./killer.js";
import { createPacer } from "./pacer.js";
import { uploadByHand } from "./raw-client.js";
import { planStrikes, planUpload } from "./schedule.js";
import type { StormPlan } from "./schedule.js";
import { createStories } from "./story.js";
import { reachVerdict } from "./verdict.js";
import type { Remains } from "./verdict.js";
import { openWorld } from "./world.js";
import type { WorldTimes } from "./world.js";

export interface StormOptions extends Omit<StormPlan, "leaseMs"> {
  /** 0 to 1. */
  readonly dropRate: number;
  readonly times: WorldTimes;
  /** Uploads under way at one time. */
  readonly clients: number;
  /** Keeps the data and the history of a storm that failed. */
  readonly keep: boolean;
  /** One line of progress. */
  readonly say: (line: string) => void;
  /** Ends everything at once. */
  readonly signal?: AbortSignal;
}

export interface StormReport {
  readonly seed: string;
  readonly uploads: number;
  readonly kills: number;
  readonly droppedReplies: number;
  readonly seconds: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly remains: Remains | null;
  /** Must be empty. */
  readonly faults: readonly string[];
  /** What was recorded about the uploads that the faults name. */
  readonly evidence: readonly string[];
  /** Where data and history were kept; null: nowhere. */
  readonly dir: string | null;
}

const PROGRESS_EVERY_MS = 5_000;
const EVIDENCE_OF = 5;
/** Beyond the times that the service was told. */
const SETTLE_MARGIN_MS = 3_000;

/**
 * Uploads while everything underneath is killed, frozen and cut; then proves that nothing was lost, torn, orphaned or
 * stuck, and that every refusal was one that a client can act on.
 */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  const dir = await makeScratchDir("storm");
  const history = openHistory(join(dir, "history.jsonl"));
  let report: StormReport | null = null;
  try {
    report = await storm(options, dir, history);
    return report;
  } finally {
    await history.close();
    if (!options.keep || report?.faults.length === 0) await rm(dir, { recursive: true, force: true });
  }
}

async function storm(options: StormOptions, dir: string, history: History): Promise<StormReport> {
  const { seed, times, dropRate, say, signal = new AbortController().signal } = options;
  const startedMs = performance.now();
  const plan: StormPlan = { ...options, leaseMs: times.leaseSeconds * 1000 };
  const engine = await loadEngine();
  const world = await openWorld({ dir, processes: plan.processes, times, dropRate, history });
  try {
    signal.throwIfAborted();
    const stories = createStories();
    const deps = { world, history, calls: createCalls({ world, history }), stories };
    const pacer = createPacer(plan);
    const killer = unleash({
      world,
      strikes: planStrikes(plan),
      history,
      mayStrike: pacer.mayKill,
      onKill: pacer.killed,
      signal,
    });
    let finished = 0;
    let slowestMs = 0;
    const progress = setInterval(() => {
      say(
        `${finished}/${plan.uploads} uploads, ${history.counts.get("answer confirmUpload: ConfirmedUpload") ?? 0} READY, ` +
          `${killer.kills}/${plan.kills} kills, ${world.droppedReplies()} replies dropped, ${history.faults.length} unexplained`,
      );
    }, PROGRESS_EVERY_MS);
    try {
      const numbers = Array.from({ length: plan.uploads }, (_, index) => index).values();
      const uploadFromQueue = async (): Promise<void> => {
        for (const index of numbers) {
          await pacer.mayUpload(index);
          if (signal.aborted) return;
          const upload = planUpload(plan, index);
          const begunMs = performance.now();
          try {
            await (upload.by === "ENGINE" ? uploadByEngine(deps, engine, upload) : uploadByHand(deps, upload));
          } catch (error) {
            const what = error instanceof GaveUp ? "stuck" : "the storm's own client failed";
            history.unexplained(index, `${what}: ${error instanceof Error ? error.stack : String(error)}`);
          }
          slowestMs = Math.max(slowestMs, performance.now() - begunMs);
          finished += 1;
          pacer.uploaded();
        }
      };
      await Promise.race([
        Promise.all([killer.done, ...Array.from({ length: options.clients }, uploadFromQueue)]),
        untilAborted(signal),
      ]);
    } finally {
      clearInterval(progress);
    }
    const settleMs = (times.uploadTtlSeconds + 2 * times.leaseSeconds) * 1000 + SETTLE_MARGIN_MS;
    const remains = await Promise.race([
      reachVerdict({ ...deps, planOf: (index) => planUpload(plan, index), settleMs, say }),
      untilAborted(signal),
    ]);
    await world.stop();
    return {
      ...{ seed, uploads: finished, kills: killer.kills, droppedReplies: world.droppedReplies() },
      seconds: Math.round((performance.now() - startedMs) / 1000),
      counts: Object.fromEntries([...history.counts, ["slowest upload, ms", Math.round(slowestMs)]].sort()),
      remains,
      faults: history.faults,
      evidence: evidenceOf(history),
      dir: options.keep ? dir : null,
    };
  } finally {
    await world.stop();
  }
}

function evidenceOf(history: History): string[] {
  const uploads = history.faults.flatMap((fault) => /^upload (\d+):/.exec(fault)?.[1] ?? []);
  return [...new Set(uploads)].slice(0, EVIDENCE_OF).flatMap((upload) => history.linesOf(Number(upload)));
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
