import { setTimeout as sleep } from "node:timers/promises";
import { startApiProcess } from "./api-process.js";
import type { ApiEnvironment, ApiProcess } from "./api-process.js";
import type { Api } from "./operations.js";
import { startStoreProxy } from "./store-proxy.js";
import type { Fate, StoreCall, StoreProxy } from "./store-proxy.js";

/** Sooner than Retry-After says. */
const ASK_AGAIN_MS = 200;
const ASK_AT_MOST = 50;

/** One of several processes of the service on one database and one bucket, with a way to the store of its own. */
export interface Replica extends Api {
  readonly name: string;
  readonly proxy: StoreProxy;
  /** Calls that it refused because it was busy; {@link Replica.call} then asks again, as a client does. */
  refusals(): number;
  /** The process of this moment: another one after {@link Replica.restart}. */
  process(): ApiProcess;
  /** kill -9, and a new one in its place. */
  restart(): Promise<void>;
}

/** Whether the store has heard of the call at which a process was stopped: then its answer waits in the socket. */
export type Heard = "UNHEARD" | "HEARD";

/** A process that was stopped (SIGSTOP) at a call to the store. */
export interface Frozen {
  readonly replica: Replica;
  readonly call: StoreCall;
  /** SIGCONT; a call that was unheard then reaches the store, late. */
  wake(): void;
  /** kill -9; a call that was unheard never reaches the store. Another process takes its place. */
  replace(): Promise<void>;
}

export interface Replicas {
  readonly all: readonly Replica[];
  /** Any but this one. */
  other(than: Replica): Replica;
  /** Stops the first process that makes such a call; its other calls wait as well. Resolves when it stands still. */
  freezeAt(when: (call: StoreCall, replica: Replica) => boolean, heard?: Heard): Promise<Frozen>;
  /** Nobody is stopped any more, and nobody will be: after a test, however it ended. */
  wakeAll(): void;
  /** Calls of all processes for one key. */
  countOf(operation: StoreCall["operation"], key: string): number;
  stop(): Promise<void>;
}

/** Starts `count` processes. URLs that they sign lead to the store itself, so that clients are not in the way. */
export async function startReplicas(count: number, environment: ApiEnvironment): Promise<Replicas> {
  const started = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => startReplica(`#${index + 1}`, environment)),
  );
  const all = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((replica) => replica.process().kill()));
    await Promise.all(all.map(({ proxy }) => proxy.stop()));
  };
  const failed = started.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return {
    all,
    other: (than) => all.find((replica) => replica !== than)!,
    freezeAt: (when, heard = "UNHEARD") => freezeFirst(all, when, heard),
    wakeAll: () => all.forEach((replica) => wake(replica)),
    countOf: (operation, key) => all.reduce((sum, { proxy }) => sum + proxy.countOf(operation, key), 0),
    stop,
  };
}

async function startReplica(name: string, environment: ApiEnvironment): Promise<Replica> {
  const proxy = await startStoreProxy(environment.store.endpoint);
  const store = { ...environment.store, endpoint: proxy.endpoint };
  const publicStoreEndpoint = environment.publicStoreEndpoint ?? environment.store.endpoint;
  const start = (): Promise<ApiProcess> => startApiProcess({ ...environment, store, publicStoreEndpoint });
  let current = await start().catch(async (error: unknown) => {
    await proxy.stop();
    throw error;
  });
  let refusals = 0;
  return {
    name,
    proxy,
    refusals: () => refusals,
    process: () => current,
    async call(user, query, variables) {
      for (let tries = 0; ; tries += 1) {
        const answer = await current.call<never>(user, query, variables);
        if (answer.errors?.[0]?.extensions["code"] !== "SERVICE_UNAVAILABLE" || tries === ASK_AT_MOST) return answer;
        refusals += 1;
        await sleep(ASK_AGAIN_MS);
      }
    },
    async restart() {
      await current.kill();
      current = await start();
    },
  };
}

/** Calls that wait at a proxy for what becomes of their process. */
const waiting = new WeakMap<Replica, (fate: Fate) => void>();

function wake(replica: Replica, fate: Fate = "FORWARD"): void {
  replica.process().signal("SIGCONT");
  replica.proxy.onCall(null);
  waiting.get(replica)?.(fate);
  waiting.delete(replica);
}

function freezeFirst(
  all: readonly Replica[],
  when: (call: StoreCall, replica: Replica) => boolean,
  heard: Heard,
): Promise<Frozen> {
  return new Promise((resolve) => {
    let frozen: Replica | null = null;
    for (const replica of all) {
      let fate: Promise<Fate> | Fate | null = null;
      replica.proxy.onCall((call) => {
        if (fate !== null) return fate;
        if (frozen !== null || !when(call, replica)) return "FORWARD";
        replica.process().signal("SIGSTOP");
        frozen = replica;
        fate = heard === "HEARD" ? "FORWARD" : new Promise((settle) => waiting.set(replica, settle));
        resolve({
          replica,
          call,
          wake: () => wake(replica),
          async replace() {
            await replica.restart();
            wake(replica, "CUT");
          },
        });
        return fate;
      });
    }
  });
}
