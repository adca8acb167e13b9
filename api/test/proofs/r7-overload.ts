import { readFile } from "node:fs/promises";
import { setTimeout as after } from "node:timers/promises";
import { checkInvariants } from "../invariants.js";
import { chooseCores, pinThisProcess, unpinThisProcess } from "../load/cores.js";
import type { Cores } from "../load/cores.js";
import type { LoadPlan, LoadResult, RequestKind, Sample } from "../load/load-plan.js";
import { percentile } from "../load/percentiles.js";
import { runLoad } from "../load/run-load.js";
import { prepareMix } from "../load/upload-mix.js";
import { withServers } from "./proof-servers.js";
import type { ProofServers } from "./proof-servers.js";
import type { Figure, Proof, ProofOptions } from "./proof.js";
import { reached } from "./proof.js";

/** One process under more load than it can serve: it serves nearly as much as ever, and tells the others quickly when to come back. */

const SETTINGS = { MAX_PENDING_UPLOADS: "1000000", SWEEP_EVERY_SECONDS: "60" };
/** Closed-loop clients that the peak is looked for with. */
const CLIENTS = [8, 16, 32] as const;
/** A line that forms is a burst for two seconds (http/gate.ts); from then on waits are short. */
const STANDING_FROM_MS = 3_000;
/** Of the peak: what the process serves without any trouble. */
const CALM_SHARE = 0.25;
const MIB = 1024 ** 2;

export const proof: Proof = {
  id: "R7",
  title: "Overload: open loop at twice and ten times what one process can serve",
  async run(options) {
    const cores = chooseCores();
    options.say(cores.method);
    // What is started from here on stays there.
    pinThisProcess(cores.service);
    try {
      return await withServers((servers) => prove(options, servers, cores));
    } finally {
      if (cores.service !== null) unpinThisProcess();
    }
  },
};

async function prove({ small, seed, say }: ProofOptions, servers: ProofServers, cores: Cores): Promise<Figure[]> {
  const lengths = small ? { find: 2, calm: 2, twice: 5, tenfold: 4 } : { find: 8, calm: 10, twice: 60, tenfold: 30 };
  const api = await servers.startApi({ env: SETTINGS });
  pinThisProcess(cores.load);
  let mix: RequestKind[] = await prepareMix(api, small ? 600 : 4_000);
  say("uploads prepared");
  const load = async (kind: LoadPlan["load"], seconds: number): Promise<LoadResult> => {
    const result = await runLoad(
      { origin: api.url, seed: `${seed} ${JSON.stringify(kind)}`, seconds, load: kind, mix },
      cores.load,
    );
    mix = mix.map((each) => (each.once ? { ...each, requests: result.left[each.name]! } : each));
    for (const fault of result.faults) say(fault);
    return result;
  };
  const open = (perSecond: number, seconds: number): Promise<LoadResult> => load({ kind: "OPEN", perSecond }, seconds);

  let peak = { perSecond: 0, samples: [] as readonly Sample[] };
  await load({ kind: "CLOSED", clients: 8 }, small ? 1 : 3);
  for (const clients of CLIENTS) {
    const { samples } = await load({ kind: "CLOSED", clients }, lengths.find);
    const perSecond = servedPerSecond(samples, lengths.find);
    say(`${clients} clients, closed loop: ${perSecond.toFixed(0)}/s served, p99 ${p99(samples).toFixed(0)} ms`);
    if (perSecond > peak.perSecond) peak = { perSecond, samples };
  }
  const calm = await open(peak.perSecond * CALM_SHARE, lengths.calm);
  const calmP99 = p99(calm.samples);
  const rssBefore = await rssOf(api.pid);
  say(
    `calm at ${(peak.perSecond * CALM_SHARE).toFixed(0)}/s: p99 ${calmP99.toFixed(0)} ms; ${(rssBefore / MIB).toFixed(0)} MiB`,
  );

  const watch = watchProcess(api.url, api.pid);
  const twice = await open(peak.perSecond * 2, lengths.twice);
  say(described("2×", twice.samples, lengths.twice, peak));
  await after(1_000);
  const tenfold = await open(peak.perSecond * 10, lengths.tenfold);
  say(described("10×", tenfold.samples, lengths.tenfold, peak));
  const back = await open(peak.perSecond * CALM_SHARE, small ? 4 : 10);
  const watched = await watch.stop();
  const slowUntilMs = Math.max(0, ...back.samples.filter((each) => isSlow(each, calmP99)).map(({ dueMs }) => dueMs));
  await checkInvariants(servers);

  const all = [...twice.samples, ...tenfold.samples];
  const share = (samples: readonly Sample[], seconds: number): number =>
    servedPerSecond(samples, seconds) / peak.perSecond;
  const atTwice = share(twice.samples, lengths.twice);
  const atTenfold = share(tenfold.samples, lengths.tenfold);
  const refusals = all.filter(({ outcome }) => outcome === "REFUSED" || outcome === "UNTYPED");
  const untyped = refusals.filter(({ outcome }) => outcome === "UNTYPED").length;
  const wrong = [...all, ...back.samples].filter(({ outcome }) => outcome === "WRONG").length;
  const settled = twice.samples.filter(({ dueMs }) => dueMs >= STANDING_FROM_MS);
  const acceptedP99 = percentile(
    served(settled).map(({ latencyMs }) => latencyMs),
    0.99,
  );
  const refusedP99 = percentile(
    refusals.map(({ latencyMs }) => latencyMs),
    0.99,
  );
  const growth = watched.maxRssBytes - rssBefore;
  const exited = (await Promise.race([api.exit.then(() => 1), after(100, 0)])) === 1;
  const percent = (part: number): string => `${(100 * part).toFixed(0)} %`;
  return [
    {
      what: `goodput at 2× for ${lengths.twice} s (peak ${peak.perSecond.toFixed(0)}/s)`,
      ...{ figure: percent(atTwice), must: "≥ 80 %", goal: "≥ 90 %", holds: reached(atTwice >= 0.8, atTwice >= 0.9) },
    },
    {
      what: `goodput at 10× for ${lengths.tenfold} s`,
      ...{ figure: percent(atTenfold), must: "", goal: "≥ 90 %", holds: reached(true, atTenfold >= 0.9) },
    },
    {
      what: `served at 2×, p99 (${percent(settled.length / twice.samples.length)} of the time: from ${STANDING_FROM_MS / 1000} s on)`,
      ...{
        figure: ms(acceptedP99),
        must: "≤ 1 s",
        goal: "≤ 300 ms",
        holds: reached(acceptedP99 <= 1_000, acceptedP99 <= 300),
      },
    },
    {
      what: `refusals that say when to come back (${refusals.length})`,
      ...{ figure: String(refusals.length - untyped), must: "all", goal: "", holds: reached(untyped === 0, true) },
    },
    {
      what: "refused, p99 of both",
      ...{
        figure: ms(refusedP99),
        // The goal is for a core of its own: where the database and the store share it, a refusal waits for their turns too.
        must: "≤ 250 ms",
        goal: "≤ 50 ms",
        holds: reached(refusedP99 <= 250, refusedP99 <= 50),
      },
    },
    {
      what: `normal again after 10× (p99 before: ${ms(calmP99)})`,
      ...{
        figure: ms(slowUntilMs),
        must: "≤ 2 s",
        goal: "≤ 1 s",
        holds: reached(slowUntilMs <= 2_000, slowUntilMs <= 1_000),
      },
    },
    {
      what: "/healthz and /readyz meanwhile, slowest",
      ...{
        figure: `${ms(watched.slowestMs)}, ${watched.failed} failed`,
        must: "≤ 2 s, 0",
        goal: "≤ 500 ms",
        holds: reached(watched.failed === 0 && watched.slowestMs <= 2_000, watched.slowestMs <= 500),
      },
    },
    {
      what: `memory: most, over ${(rssBefore / MIB).toFixed(0)} MiB before`,
      ...{
        figure: `+ ${(growth / MIB).toFixed(0)} MiB`,
        must: "≤ + 256 MiB",
        goal: "≤ + 128 MiB",
        holds: reached(growth <= 256 * MIB, growth <= 128 * MIB),
      },
    },
    {
      what: "wrong answers, broken connections; exits",
      ...{
        figure: `${wrong}; ${exited ? 1 : 0}`,
        must: "0; 0",
        goal: "",
        holds: reached(wrong === 0 && !exited, true),
      },
    },
  ];
}

const served = (samples: readonly Sample[]): Sample[] => samples.filter(({ outcome }) => outcome === "SERVED");
const p99 = (samples: readonly Sample[]): number =>
  percentile(
    served(samples).map(({ latencyMs }) => latencyMs),
    0.99,
  );
/** Answered within the load's own time: what comes while it drains is no throughput. */
const servedPerSecond = (samples: readonly Sample[], seconds: number): number =>
  served(samples).filter(({ dueMs, latencyMs }) => dueMs + latencyMs <= seconds * 1000).length / seconds;
/** Plainly more than what is usual in calm, and not by some milliseconds of a busy machine. */
const isSlow = ({ latencyMs, outcome }: Sample, calmP99: number): boolean =>
  outcome !== "SERVED" || latencyMs > Math.max(3 * calmP99, 200);
const ms = (value: number): string => `${value.toFixed(0)} ms`;

/** A line for a person: what was served of each kind, and how quickly. */
function described(
  load: string,
  samples: readonly Sample[],
  seconds: number,
  peak: { perSecond: number; samples: readonly Sample[] },
): string {
  const kinds = [...new Set(peak.samples.map(({ kind }) => kind))].sort();
  const ofKind = (all: readonly Sample[], kind: string): number =>
    served(all).filter((each) => each.kind === kind).length;
  const shares = kinds.map((kind) => {
    const mine = ofKind(samples, kind) / served(samples).length;
    const usual = ofKind(peak.samples, kind) / served(peak.samples).length;
    return `${kind} ${(100 * mine).toFixed(0)} % (${(100 * usual).toFixed(0)} %)`;
  });
  const refused = samples.filter(({ outcome }) => outcome === "REFUSED");
  const late = percentile(
    samples.map(({ lateMs }) => lateMs),
    0.99,
  );
  return [
    `${load}: ${(samples.length / seconds).toFixed(0)}/s asked, ${servedPerSecond(samples, seconds).toFixed(0)}/s served in p50 ${percentile(
      served(samples).map(({ latencyMs }) => latencyMs),
      0.5,
    ).toFixed(0)}, p99 ${p99(samples).toFixed(0)} ms`,
    `${refused.length} refused in p99 ${percentile(
      refused.map(({ latencyMs }) => latencyMs),
      0.99,
    ).toFixed(0)} ms`,
    `of what was served (at the peak): ${shares.join(", ")}`,
    `sent p99 ${late.toFixed(0)} ms after it was due`,
  ].join("; ");
}

/** Asks for health twice a second and reads the memory of a process, until it is stopped. */
function watchProcess(url: string, pid: number) {
  const watched = { slowestMs: 0, failed: 0, maxRssBytes: 0 };
  const stopping = new AbortController();
  const ask = async (path: string): Promise<void> => {
    const begunAt = performance.now();
    const ok = await fetch(`${url}${path}`).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (!ok) watched.failed += 1;
    watched.slowestMs = Math.max(watched.slowestMs, performance.now() - begunAt);
  };
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await Promise.all([ask("/healthz"), ask("/readyz")]);
      watched.maxRssBytes = Math.max(watched.maxRssBytes, await rssOf(pid));
      await after(500, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop(): Promise<typeof watched> {
      stopping.abort();
      await watching;
      return watched;
    },
  };
}

/** Resident memory, from Linux; 0 elsewhere. */
async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}
