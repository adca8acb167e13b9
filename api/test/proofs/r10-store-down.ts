import type { ApiProcess } from "../api-process.js";
import { rowsOf } from "../../src/db/query.js";
import { checkInvariants } from "../invariants.js";
import { until } from "../records.js";
import { untilStoreAnswers } from "../readiness.js";
import { percentile, startSteadyLoad } from "../steady-load.js";
import type { LoadAnswer } from "../steady-load.js";
import { withServers } from "./proof-servers.js";
import type { ProofServers } from "./proof-servers.js";
import { reached } from "./proof.js";
import type { Figure, Proof } from "./proof.js";

/**
 * The store goes away under a load of reads and uploads, once killed (its port refuses connections), once frozen (its port
 * takes them and answers nothing), and comes back. Sweeps are a minute apart, so that nothing is mended by their chance.
 */

const PORTION = {
  full: { outageSeconds: 60, requestsPerSecond: 50 },
  small: { outageSeconds: 3, requestsPerSecond: 25 },
} as const;
const WARM_UP_MS = 3_000;
const HEALTH_EVERY_MS = 100;
const SETTLED_WITHIN_MS = 60_000;
/** Waiting for a try of the store that nobody answers. */
const WRITE_WITHIN_MS = 3_000;

type Ending = "killed" | "frozen";

export const proof: Proof = {
  id: "R10",
  title: "The store is away: reads answer, writes say so at once, and everything is finished afterwards",
  async run({ small, seed, say }) {
    const figures: Figure[] = [];
    for (const ending of ["killed", "frozen"] as const)
      figures.push(
        ...(await withServers((servers) => outage(servers, { ending, user: `r10-${ending}-${seed}`, say, small }))),
      );
    return figures;
  },
};

async function outage(
  servers: ProofServers,
  { ending, user, say, small }: { ending: Ending; user: string; say: (line: string) => void; small: boolean },
): Promise<readonly Figure[]> {
  const { outageSeconds, requestsPerSecond } = small ? PORTION.small : PORTION.full;
  const { store } = servers;
  const api = await servers.startApi({ env: { LOG_LEVEL: "warn" } });
  const load = servers.own(startSteadyLoad({ url: api.url, user, requestsPerSecond, uploadShare: 0.4 }));
  const health = servers.own(watchHealth(api.url));
  await pause(WARM_UP_MS);
  await until(() => load.ready.size > 0);

  health.reset();
  const wentAt = { clock: Date.now(), at: performance.now() };
  await (ending === "killed" ? store.kill() : store.freeze());
  say(`the store is ${ending}`);
  await pause(outageSeconds * 1000);
  const healthMs = health.longestMs();
  await (ending === "killed" ? store.start() : store.thaw());
  const backAt = performance.now();
  const outageMs = backAt - wentAt.at;
  say("the store is back");
  await untilStoreAnswers(api);
  const usableMs = performance.now() - backAt;
  await load.finish();
  const finishedMs = performance.now() - backAt;
  await until(() => settled(servers), SETTLED_WITHIN_MS);
  const settledMs = performance.now() - backAt;
  await checkInvariants(servers, { settled: true });

  // Begun while it was away, and not in its last moments, whose answers its return has brought.
  const began = wentAt.at;
  const during = load.answers.filter(
    ({ atMs }) => atMs + load.beganAt >= began && atMs + load.beganAt < began + outageMs - WRITE_WITHIN_MS / 2,
  );
  const reads = during.filter(({ operation }) => operation === "list" || operation === "file");
  const writes = during.filter(({ operation }) => operation === "create" || operation === "confirm");
  const openedMs = logTime(api, "the store does not answer") - wentAt.clock;
  const refusedAtOnce = writes.filter(({ atMs }) => atMs + load.beganAt > began + openedMs + 100);
  for (const { what } of [...reads, ...writes].filter(({ end }) => end === "LOST").slice(0, 10)) say(what);
  return figuresOf(`store ${ending} for ${Math.round(outageMs / 1000)} s at ${requestsPerSecond}/s`, {
    ...{ reads, writes, refusedAtOnce, openedMs, healthMs, usableMs, finishedMs, settledMs },
    lines: api
      .log()
      .split("\n")
      .filter((line) => line !== "").length,
    uploads: load.opened.size,
  });
}

interface Measured {
  readonly reads: readonly LoadAnswer[];
  readonly writes: readonly LoadAnswer[];
  readonly refusedAtOnce: readonly LoadAnswer[];
  readonly openedMs: number;
  readonly healthMs: number;
  readonly usableMs: number;
  readonly finishedMs: number;
  readonly settledMs: number;
  readonly lines: number;
  readonly uploads: number;
}

function figuresOf(what: string, measured: Measured): readonly Figure[] {
  const { reads, writes, refusedAtOnce, openedMs, healthMs, usableMs, finishedMs, settledMs } = measured;
  const ok = reads.filter(({ end }) => end === "DONE").length;
  const typed = writes.filter(({ end }) => end !== "LOST").length;
  const codes = [...new Set(writes.filter(({ end }) => end !== "DONE").map((write) => write.what))].join(", ");
  const times = (answers: readonly LoadAnswer[]): number[] => answers.map(({ tookMs }) => tookMs);
  const worstMs = Math.max(...times(writes.filter(({ operation }) => operation === "create")), 0);
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const spread = (asked: LoadAnswer["operation"]): string => {
    const took = times(refusedAtOnce.filter(({ operation }) => operation === asked));
    return [0.5, 0.99].map((share) => String(Math.round(percentile(took, share)))).join(" / ");
  };
  return [
    {
      what: `${what}: reads answered`,
      figure: `${ok} of ${reads.length}, p99 ${Math.round(percentile(times(reads), 0.99))} ms`,
      must: "all",
      goal: "",
      holds: reached(ok === reads.length, true),
    },
    {
      what: "writes answered with what can be repeated",
      figure: `${typed} of ${writes.length} (${codes})`,
      must: "all",
      goal: "",
      holds: reached(typed === writes.length, true),
    },
    {
      what: "create, slowest answer",
      figure: `${Math.round(worstMs)} ms`,
      must: `≤ ${WRITE_WITHIN_MS} ms`,
      goal: "",
      holds: reached(worstMs <= WRITE_WITHIN_MS, true),
    },
    {
      what: "calls to the store refused after; then create p50 / p99, confirm p50 / p99",
      figure: `${Math.round(openedMs)} ms; ${spread("create")}, ${spread("confirm")} ms`,
      must: "",
      goal: "≤ 2.5 s",
      holds: reached(true, openedMs <= 2_500),
    },
    {
      what: "/healthz meanwhile, slowest (the event loop)",
      figure: `${Math.round(healthMs)} ms`,
      must: "",
      goal: "≤ 100 ms",
      holds: reached(true, healthMs <= 100),
    },
    {
      what: "after its return: used again / all uploads READY / all collected",
      figure: `${seconds(usableMs)} / ${seconds(finishedMs)} (${measured.uploads} uploads) / ${seconds(settledMs)}`,
      must: "all finish",
      goal: "used again ≤ 2 s",
      holds: reached(true, usableMs <= 2_000),
    },
    { what: "lines logged in all", figure: String(measured.lines), must: "", goal: "", holds: "goal" },
  ];
}

/** Nothing is on its way any more, and what has ended is collected. */
async function settled({ db }: ProofServers): Promise<boolean> {
  const [row] = await rowsOf<{ left: string }>(
    db,
    `select count(*) as left from files
     where status = 'VERIFYING' or (status in ('REJECTED', 'EXPIRED') and collected_at is null)`,
  );
  return row!.left === "0";
}

/** Epoch milliseconds of the first line that says so. */
function logTime(api: ApiProcess, words: string): number {
  const line = api
    .log()
    .split("\n")
    .find((one) => one.includes(words));
  if (line === undefined) throw new Error(`it never said "${words}": ${api.log()}`);
  return new Date((JSON.parse(line) as { time: string | number }).time).getTime();
}

/** `/healthz` does nothing but pass the event loop. */
function watchHealth(url: string) {
  let longestMs = 0;
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      const begun = performance.now();
      const answered = await fetch(`${url}/healthz`).then(
        (answer) => answer.text(),
        () => null,
      );
      longestMs = Math.max(longestMs, answered === null ? Number.POSITIVE_INFINITY : performance.now() - begun);
      await pause(HEALTH_EVERY_MS);
    }
  })();
  return {
    reset: (): void => void (longestMs = 0),
    longestMs: (): number => longestMs,
    async stop(): Promise<void> {
      stopped = true;
      await watching;
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
