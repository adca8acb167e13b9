import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as after } from "node:timers/promises";
import { spawnApi } from "../api-process.js";
import type { ApiEnvironment } from "../api-process.js";
import { inspectLog } from "./api-log.js";
import type { FaultLog } from "./fault-log.js";
import { createGate } from "./gate.js";
import type { History } from "./history.js";

/** One API process that somebody starts again whenever it is gone, as every orchestrator does. */
export interface SupervisedApi {
  /** Where the latest process answers, or did: it may be dead, and that is for the caller to find out. */
  readonly url: string;
  /** Names the process, e.g. `api-1#4`; the fault log knows it by this name. */
  readonly instance: string;
  /** Whether a process has said that it is ready and has not ended; it may be frozen. */
  readonly isThere: boolean;
  /** Resolves when a process answers. */
  ready(): Promise<void>;
  /** SIGKILL; the next one is started after `downMs`. Resolves when it is gone. */
  kill(downMs: number): Promise<void>;
  /** SIGSTOP for so long, then SIGCONT. */
  freeze(forMs: number): Promise<void>;
  /** SIGTERM, for good; everything it said is in the history then. */
  stop(): Promise<void>;
}

export interface SupervisedApiOptions {
  readonly name: string;
  readonly environment: ApiEnvironment;
  readonly faults: FaultLog;
  readonly history: History;
}

interface Instance {
  readonly name: string;
  readonly child: ReturnType<typeof spawnApi>["child"];
  readonly exit: ReturnType<typeof spawnApi>["exit"];
  readonly log: () => string;
  /** True once it was struck by us: it may end. */
  struck: boolean;
}

const START_AGAIN_AFTER_MS = 300;
/** What happened so long before a start that failed may still be its cause: the driver waits for connections. */
const START_REACHES_BACK_MS = 10_000;
const STOP_WITHIN_MS = 20_000;

export async function superviseApi(options: SupervisedApiOptions): Promise<SupervisedApi> {
  const { name, environment, faults, history } = options;
  let current: Instance | null = null;
  let started = 0;
  let url = "";
  let instance = `${name}#0`;
  let downMs = 0;
  let stopping = false;
  let isThere = false;
  const ready = createGate();

  const kept = keep();
  await ready.opened();
  return {
    get url() {
      return url;
    },
    get instance() {
      return instance;
    },
    get isThere() {
      return isThere;
    },
    ready: () => ready.opened(),
    async kill(forMs) {
      await ready.opened();
      const struck = current;
      if (struck === null) return;
      downMs = forMs;
      struck.struck = true;
      faults.begin(struck.name);
      struck.child.kill("SIGKILL");
      await struck.exit;
    },
    async freeze(forMs) {
      await ready.opened();
      const struck = current;
      if (struck === null) return;
      const end = faults.begin(struck.name);
      struck.child.kill("SIGSTOP");
      await after(forMs);
      struck.child.kill("SIGCONT");
      // What had waited for it in vain finds out now.
      await after(1_000);
      end();
    },
    async stop() {
      stopping = true;
      current?.child.kill("SIGTERM");
      const late = after(STOP_WITHIN_MS, "LATE" as const, { ref: false });
      if ((await Promise.race([kept, late])) !== "LATE") return;
      history.unexplained(-1, `${instance} did not end within ${STOP_WITHIN_MS} ms of SIGTERM`);
      current?.child.kill("SIGKILL");
      await kept;
    },
  };

  async function keep(): Promise<void> {
    while (!stopping) {
      await runOnce().catch((error: unknown) => history.unexplained(-1, `${name} cannot be kept: ${String(error)}`));
      if (stopping) return;
      await after(downMs);
      downMs = START_AGAIN_AFTER_MS;
    }
  }

  async function runOnce(): Promise<void> {
    started += 1;
    const startedMs = performance.now();
    const { child, exit, log } = spawnApi(environment);
    // At once: it can follow the exit before anybody looks.
    const closed = once(child, "close");
    const running: Instance = { name: `${name}#${started}`, child, exit, log, struck: false };
    current = running;
    const line = once(createInterface(child.stdout), "line").then(([text]) => String(text));
    const first = await Promise.race([line, exit.then(() => null)]);
    if (first !== null) {
      ({ url } = JSON.parse(first) as { url: string });
      instance = running.name;
      isThere = true;
      ready.open();
    }
    const { code, signal } = await exit;
    isThere = false;
    ready.close();
    current = null;
    await closed;
    // Whoever still has its address finds nobody there.
    faults.begin(running.name);
    history.count("api processes");
    if (first !== null) inspectLog(running.name, log(), history);
    if (running.struck || (stopping && code === 0)) return;
    const ending = `${running.name} ended with ${code ?? signal} ${first === null ? "before it was ready" : "by itself"}`;
    if (first === null && faults.anything(startedMs - START_REACHES_BACK_MS, performance.now())) {
      history.note({
        upload: -1,
        what: "start",
        via: running.name,
        answer: log().slice(-500),
        tookMs: performance.now() - startedMs,
      });
      return history.count("api starts that failed while something was struck");
    }
    history.unexplained(-1, `${ending}: ${log().slice(-2000)}`);
  }
}
