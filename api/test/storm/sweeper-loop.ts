import { once } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import { spawnApi } from "../api-process.js";
import type { ApiEnvironment } from "../api-process.js";
import { inspectLog } from "./api-log.js";
import type { FaultLog } from "./fault-log.js";
import { createGate } from "./gate.js";
import type { History } from "./history.js";

/** `npm run sweep` again and again, as an operator's cron would, beside the sweeps of the API processes. */
export interface SweeperLoop {
  /** SIGKILL to a sweep that has run for so long, or for less when sweeps are that short. */
  kill(afterMs: number): Promise<void>;
  /** Waits for the sweep that runs. */
  stop(): Promise<void>;
}

const START_REACHES_BACK_MS = 10_000;

export function loopSweeps(options: {
  readonly environment: ApiEnvironment;
  readonly pauseMs: number;
  readonly faults: FaultLog;
  readonly history: History;
}): SweeperLoop {
  const { environment, pauseMs, faults, history } = options;
  const stopping = new AbortController();
  const running = createGate();
  let current: ReturnType<typeof spawnApi> | null = null;
  let killed = false;
  const looping = loop();
  return {
    async kill(afterMs) {
      for (let waitMs = afterMs; ; waitMs /= 2) {
        await running.opened();
        const sweep = current;
        await after(waitMs);
        if (sweep === null || sweep !== current || !sweep.child.kill("SIGKILL")) continue;
        killed = true;
        await sweep.exit;
        return;
      }
    },
    async stop() {
      stopping.abort();
      await looping;
    },
  };

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      const startedMs = performance.now();
      current = spawnApi(environment, ["sweep"]);
      killed = false;
      running.open();
      let report = "";
      current.child.stdout.setEncoding("utf8").on("data", (text: string) => (report += text));
      const closed = once(current.child, "close");
      const { code, signal } = await current.exit;
      running.close();
      await closed;
      judge({
        code,
        killed,
        report,
        log: current.log(),
        excused: faults.anything(startedMs - START_REACHES_BACK_MS, performance.now()),
        signal,
      });
      await after(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  function judge(sweep: {
    code: number | null;
    signal: NodeJS.Signals | null;
    killed: boolean;
    report: string;
    log: string;
    excused: boolean;
  }): void {
    if (sweep.killed) return history.count("sweeps killed");
    const counts = sweep.code === 0 ? parse(sweep.report) : null;
    if (counts !== null) {
      history.count("sweeps");
      inspectLog("the sweep", sweep.log, history);
      for (const [what, count] of Object.entries(counts)) history.count(`swept: ${what}`, count);
      return;
    }
    const ending = `${sweep.code ?? sweep.signal}: ${sweep.report} ${sweep.log.slice(-2000)}`;
    if (sweep.code !== 0 && sweep.excused) {
      history.note({ upload: -1, what: "sweep", via: "sweeper", answer: ending, tookMs: 0 });
      return history.count("sweeps that failed while something was struck");
    }
    history.unexplained(-1, `a sweep ended with ${ending}`);
  }
}

function parse(report: string): Record<string, number> | null {
  try {
    return JSON.parse(report) as Record<string, number>;
  } catch {
    return null;
  }
}
