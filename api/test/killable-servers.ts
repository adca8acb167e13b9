import { join } from "node:path";
import { startEmbeddedPostgres } from "../embedded/postgres.js";
import type { EmbeddedPostgres } from "../embedded/postgres.js";
import { processesWorkingIn } from "../embedded/process-identity.js";
import { startStoreProcess } from "../embedded/s3/store-process.js";
import type { StoreProcess } from "../embedded/s3/store-process.js";

/** A server that a test may treat as the world does: kill -9, freeze, start again on the same port and data. */
export interface KillableServer {
  /** SIGKILL to all of its processes at once; resolves when they are gone. Nothing when it is down. */
  kill(): Promise<void>;
  /** SIGSTOP: its port takes connections and answers none. */
  freeze(): Promise<void>;
  /** SIGCONT. */
  thaw(): Promise<void>;
  /** After a kill. Resolves when it accepts connections. */
  start(): Promise<void>;
  /** In order, for good; its data stays. */
  stop(): Promise<void>;
}

export interface KillablePostgres extends KillableServer {
  /** Stays the same over every start. */
  readonly url: string;
}

export interface KillableStore extends KillableServer {
  /** Stays the same over every start. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A Postgres of one's own. What it has answered survives every kill: its commits wait for the disk. */
export async function startKillablePostgres(dataDir: string): Promise<KillablePostgres> {
  const start = (port: number): Promise<EmbeddedPostgres> => startEmbeddedPostgres({ dataDir, port, durable: true });
  let server = await start(0);
  const { url, port } = server;
  // The postmaster's children are in sessions of their own: a signal to its group would miss them.
  const signalAll = async (signal: NodeJS.Signals): Promise<number> => {
    const pids = await processesWorkingIn(join(dataDir, "data"));
    for (const pid of pids) signalIfThere(pid, signal);
    return pids.length;
  };
  return {
    url,
    async kill() {
      while ((await signalAll("SIGKILL")) > 0) await pause();
      await server.stop();
    },
    freeze: async () => void (await signalAll("SIGSTOP")),
    thaw: async () => void (await signalAll("SIGCONT")),
    async start() {
      server = await start(port);
    },
    stop: () => server.stop(),
  };
}

/** A store of one's own, with one bucket. @param durable whether its PUTs wait for the disk */
export async function startKillableStore(dataDir: string, durable = true): Promise<KillableStore> {
  let server: StoreProcess = await startStoreProcess({ dataDir, durable });
  const { target } = server;
  const port = Number(new URL(target.endpoint).port);
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = target;
  return {
    ...{ endpoint, region, bucket, accessKeyId, secretAccessKey },
    kill: async () => void (await server.end("SIGKILL")),
    freeze: async () => signalIfThere(server.pid, "SIGSTOP"),
    thaw: async () => signalIfThere(server.pid, "SIGCONT"),
    async start() {
      server = await startStoreProcess({ dataDir, durable, port });
    },
    stop: async () => void (await server.end("SIGTERM")),
  };
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));
