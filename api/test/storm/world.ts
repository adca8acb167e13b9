import { once } from "node:events";
import { join } from "node:path";
import { spawnApi } from "../api-process.js";
import type { ApiEnvironment } from "../api-process.js";
import { startTcpProxy } from "../faults/tcp-proxy.js";
import type { TcpProxy } from "../faults/tcp-proxy.js";
import { startKillablePostgres, startKillableStore } from "../killable-servers.js";
import type { KillablePostgres, KillableStore } from "../killable-servers.js";
import { createFaultLog } from "./fault-log.js";
import type { FaultLog } from "./fault-log.js";
import type { History } from "./history.js";
import { superviseApi } from "./supervised-api.js";
import type { SupervisedApi } from "./supervised-api.js";
import { superviseServer } from "./supervised-server.js";
import type { SupervisedServer } from "./supervised-server.js";
import { loopSweeps } from "./sweeper-loop.js";
import type { SweeperLoop } from "./sweeper-loop.js";

/** Times of the service, all short: an end that takes a day is not reached in a storm. */
export interface WorldTimes {
  readonly leaseSeconds: number;
  readonly sweepEverySeconds: number;
  readonly uploadUrlTtlSeconds: number;
  readonly uploadTtlSeconds: number;
}

export interface WorldOptions {
  /** For data and history; exists. */
  readonly dir: string;
  readonly processes: number;
  readonly times: WorldTimes;
  /** 0 to 1: how many statements and requests are done and not answered. */
  readonly dropRate: number;
  readonly history: History;
}

/** A Postgres, a store, several API processes and a sweeper, with a proxy on each way between them. */
export interface World {
  readonly faults: FaultLog;
  readonly apis: readonly SupervisedApi[];
  readonly sweeper: SweeperLoop;
  readonly postgres: SupervisedServer;
  readonly store: SupervisedServer;
  /** Resets every connection to it. */
  cut(target: "POSTGRES" | "STORE"): void;
  /** How many answers were swallowed so far. */
  droppedReplies(): number;
  /** No more dropped replies; whatever was struck runs again, and the sweeper ends. */
  calm(): Promise<void>;
  /** Runs a command of main.js on the servers themselves, without proxies. */
  run(words: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** The servers themselves, for asserting. */
  readonly direct: ApiEnvironment;
  /** Ends every process. Idempotent. */
  stop(): Promise<void>;
}

/** @throws whatever keeps it from starting; nothing is left running then */
export async function openWorld(options: WorldOptions): Promise<World> {
  const opened: (() => Promise<unknown>)[] = [];
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopped ??= stopInReverse(opened));
  try {
    return { ...(await open(options, (end) => opened.push(end))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function open(
  options: WorldOptions,
  onStop: (end: () => Promise<unknown>) => void,
): Promise<Omit<World, "stop">> {
  const { dir, processes, history, dropRate } = options;
  const faults = createFaultLog();
  const postgres = await startKillablePostgres(join(dir, "postgres"));
  onStop(() => postgres.stop());
  const store = await startKillableStore(join(dir, "store"));
  onStop(() => store.stop());
  const toPostgres = await startTcpProxy(postgres.url);
  onStop(() => toPostgres.stop());
  const toStore = await startTcpProxy(store.endpoint);
  onStop(() => toStore.stop());

  const direct = environmentOf(options, postgres.url, store, store.endpoint);
  const run: World["run"] = (words) => runCommand(direct, words);
  const migrated = await run(["migrate"]);
  if (migrated.code !== 0) throw new Error(`the database could not be migrated: ${migrated.stderr}`);

  const proxied = environmentOf(options, toPostgres.url, store, toStore.url);
  const apis = await Promise.all(
    Array.from({ length: processes }, async (_, slot) => {
      // Clients of the last one reach the store itself, those of the others through the proxy as the service does.
      const publicStoreEndpoint = slot === processes - 1 ? store.endpoint : toStore.url;
      const environment = { ...proxied, publicStoreEndpoint };
      const api = await superviseApi({ name: `api-${slot}`, environment, faults, history });
      onStop(() => api.stop());
      return api;
    }),
  );
  // Each is a process of its own, and the API processes sweep too.
  const pauseMs = 2 * options.times.sweepEverySeconds * 1000;
  const sweeper = loopSweeps({ environment: proxied, pauseMs, faults, history });
  onStop(() => sweeper.stop());

  const servers = { postgres: supervise(postgres, "postgres"), store: supervise(store, "store") };
  // Before the servers themselves are stopped: one that is being started again would outlive its end.
  onStop(() => Promise.all([servers.postgres.calm(), servers.store.calm()]));
  if (dropRate > 0) {
    for (const [target, proxy] of [
      ["postgres", toPostgres],
      ["store", toStore],
    ] as const) {
      proxy.dropReplies(() => Math.random() < dropRate);
      faults.begin(`${target} replies`);
    }
  }
  const proxies: Readonly<Record<"POSTGRES" | "STORE", TcpProxy>> = { POSTGRES: toPostgres, STORE: toStore };
  return {
    faults,
    apis,
    sweeper,
    ...servers,
    direct,
    run,
    cut(target) {
      const end = faults.begin(target.toLowerCase());
      proxies[target].cutAll();
      setTimeout(end, CUT_IS_FELT_MS).unref();
    },
    droppedReplies: () => toPostgres.droppedReplies + toStore.droppedReplies,
    async calm() {
      for (const proxy of Object.values(proxies)) proxy.dropReplies(() => false);
      await Promise.all([servers.postgres.calm(), servers.store.calm()]);
      await sweeper.stop();
      await Promise.all(apis.map((api) => api.ready()));
    },
  };

  function supervise(server: KillablePostgres | KillableStore, target: string): SupervisedServer {
    return superviseServer(target, server, faults);
  }
}

const CUT_IS_FELT_MS = 3_000;

function environmentOf(
  { times }: WorldOptions,
  databaseUrl: string,
  store: KillableStore,
  endpoint: string,
): ApiEnvironment {
  return {
    databaseUrl,
    bucket: store.bucket,
    store: { ...store, endpoint },
    publicStoreEndpoint: store.endpoint,
    env: {
      LEASE_SECONDS: String(times.leaseSeconds),
      SWEEP_EVERY_SECONDS: String(times.sweepEverySeconds),
      UPLOAD_URL_TTL_SECONDS: String(times.uploadUrlTtlSeconds),
      UPLOAD_TTL_SECONDS: String(times.uploadTtlSeconds),
      MAX_PENDING_UPLOADS: "100000",
      OWNER_QUOTA_BYTES: String(2 ** 50),
      // A warning of Node's is a fault, and says where.
      NODE_OPTIONS: "--trace-warnings",
    },
  };
}

async function runCommand(environment: ApiEnvironment, words: readonly string[]): ReturnType<World["run"]> {
  const { child, log } = spawnApi(environment, words);
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr: log() };
}

async function stopInReverse(opened: (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of opened.splice(0).reverse()) await end().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, "not everything could be stopped");
}
