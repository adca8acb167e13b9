import type { ApiProcess } from "../api-process.js";
import { startBalancer } from "../balancer.js";
import type { Balancer } from "../balancer.js";
import { checkInvariants } from "../invariants.js";
import { readFile } from "../operations.js";
import { readinessOf } from "../readiness.js";
import { until } from "../records.js";
import { percentile, startSteadyLoad } from "../steady-load.js";
import type { SteadyLoad } from "../steady-load.js";
import { withServers } from "./proof-servers.js";
import { reached } from "./proof.js";
import type { Figure, Proof } from "./proof.js";

/**
 * Two processes behind a balancer that asks `/readyz`, told to stop in turn (SIGTERM) and started anew, under a load that
 * does not wait for anybody. The balancer repeats nothing that was sent: a request that a process took and did not answer
 * is lost, and counted.
 */

const PORTION = {
  full: { restarts: 100, requestsPerSecond: 200 },
  small: { restarts: 4, requestsPerSecond: 50 },
} as const;
/** A process that lives for seconds never gets warm: more uploads than this, and two cores measure that. */
const UPLOAD_SHARE = 0.1;
/** As in production. The balancer asks every 0.2 s, and waits for the answer of a process that has much to do. */
const STOP_DELAY_SECONDS = 3;
const EXIT_WITHIN_MS = 10_000;
const READY_WITHIN_MS = 60_000;
const WARM_UP_MS = 2_000;

interface Restart {
  readonly flippedMs: number;
  readonly exitMs: number;
  readonly exitedInOrder: boolean;
}

export const proof: Proof = {
  id: "R8",
  title: "Rolling restarts of two processes under load: nothing is dropped",
  run: ({ small, seed, say }) =>
    withServers(async (servers) => {
      const { restarts: count, requestsPerSecond } = small ? PORTION.small : PORTION.full;
      const user = `r8-${seed}`;
      const start = (): Promise<ApiProcess> =>
        servers.startApi({ env: { STOP_DELAY_SECONDS: String(STOP_DELAY_SECONDS), LOG_LEVEL: "warn" } });
      const balancer = servers.own(await startBalancer());
      const processes = await Promise.all([start(), start()]);
      for (const { url } of processes) balancer.add(url);
      await until(() => processes.every(({ url }) => balancer.isReady(url)), READY_WITHIN_MS);

      const load = servers.own(
        startSteadyLoad({ url: balancer.url, user, requestsPerSecond, uploadShare: UPLOAD_SHARE }),
      );
      await new Promise((wake) => setTimeout(wake, WARM_UP_MS));
      const restarts: Restart[] = [];
      let told = 0;
      const tellLosses = (): void => {
        const reasons = new Map<string, number>();
        for (const line of balancer.lost.slice(told)) reasons.set(line, (reasons.get(line) ?? 0) + 1);
        told = balancer.lost.length;
        for (const [line, times] of reasons) say(`restart ${restarts.length}: ${times} times ${line}`);
      };
      for (let turn = 0; turn < count; turn += 1) {
        const place = turn % 2;
        restarts.push(await leave(processes[place]!, balancer));
        processes[place] = await start();
        const { url } = processes[place];
        balancer.add(url);
        await until(() => balancer.isReady(url), READY_WITHIN_MS);
        tellLosses();
        if ((turn + 1) % 10 === 0) say(`${turn + 1} restarts, ${counts(load)}, ${balancer.lost.length} lost`);
      }
      await load.stop();
      await load.finish();
      for (const id of load.ready) {
        const file = await readFile(processes[0], user, id);
        if (file?.status !== "READY") throw new Error(`${id} was answered READY and is ${file?.status}`);
      }
      await checkInvariants(servers);
      const lost = load.answers.filter(({ end }) => end === "LOST");
      for (const { what } of lost.slice(0, 10)) say(what);
      tellLosses();
      return figuresOf(load, restarts, lost.length, requestsPerSecond);
    }),
};

/** Tells a process to stop while it is being used; a process that needs too long is an error of the figures. */
async function leave(api: ApiProcess, balancer: Balancer): Promise<Restart> {
  const begun = performance.now();
  api.signal("SIGTERM");
  let flippedMs = Number.POSITIVE_INFINITY;
  const flipped = until(async () => {
    const { status } = await readinessOf(api);
    if (status !== "stopping") return false;
    flippedMs = performance.now() - begun;
    return true;
  }).catch(() => undefined);
  const exit = await api.exit;
  const exitMs = performance.now() - begun;
  await flipped;
  balancer.remove(api.url);
  return { flippedMs, exitMs, exitedInOrder: exit.code === 0 };
}

function counts(load: SteadyLoad): string {
  const times = { DONE: 0, AGAIN: 0, BUSY: 0, LOST: 0 };
  for (const { end } of load.answers) times[end] += 1;
  return Object.entries(times)
    .map(([end, count]) => `${end} ${count}`)
    .join(", ");
}

function figuresOf(
  load: SteadyLoad,
  restarts: readonly Restart[],
  lost: number,
  requestsPerSecond: number,
): readonly Figure[] {
  const exits = restarts.map(({ exitMs }) => exitMs);
  const longestExitMs = Math.max(...exits);
  const inOrder = restarts.every(({ exitedInOrder }) => exitedInOrder);
  const longestFlipMs = Math.max(...restarts.map(({ flippedMs }) => flippedMs));
  const again = load.answers.filter(({ end }) => end === "AGAIN" || end === "BUSY");
  const codes = [...new Set(again.map(({ what }) => what))].join(", ");
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  const took = load.answers.map(({ tookMs }) => tookMs);
  return [
    {
      what: `requests dropped in ${restarts.length} rolling restarts at ${requestsPerSecond}/s`,
      figure: `${lost} of ${load.answers.length}`,
      must: "0",
      goal: "0, of two processes",
      holds: reached(lost === 0, lost === 0),
    },
    {
      what: "requests told to come again",
      figure: `${again.length}${codes === "" ? "" : ` (${codes})`}`,
      must: "typed, retryable",
      goal: "0",
      holds: reached(true, again.length === 0),
    },
    {
      what: "SIGTERM to exit, longest (median)",
      figure: `${seconds(longestExitMs)} (${seconds(percentile(exits, 0.5))}), ${inOrder ? "all with code 0" : "NOT all with code 0"}`,
      must: `≤ ${EXIT_WITHIN_MS / 1000} s, code 0`,
      goal: "",
      holds: reached(longestExitMs <= EXIT_WITHIN_MS && inOrder, longestExitMs <= EXIT_WITHIN_MS),
    },
    {
      what: "SIGTERM to /readyz 503, longest",
      figure: `${Math.round(longestFlipMs)} ms`,
      must: "before the listener closes",
      goal: "",
      holds: reached(longestFlipMs < STOP_DELAY_SECONDS * 1000, true),
    },
    {
      what: "answer times under restarts, p50 / p99",
      figure: `${Math.round(percentile(took, 0.5))} / ${Math.round(percentile(took, 0.99))} ms`,
      must: "",
      goal: "",
      holds: "goal",
    },
  ];
}
