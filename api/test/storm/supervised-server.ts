import { setTimeout as after } from "node:timers/promises";
import type { KillableServer } from "../killable-servers.js";
import type { FaultLog } from "./fault-log.js";

/** Postgres or the store, and somebody who starts it again. What is done to it is done one thing after the other. */
export interface SupervisedServer {
  /** SIGKILL; started again after `downMs`. Resolves when it is gone. */
  kill(downMs: number): Promise<void>;
  /** SIGSTOP for so long. */
  freeze(forMs: number): Promise<void>;
  /** Resolves when all that was begun is over and it runs. @throws what a start threw */
  calm(): Promise<void>;
}

/** After a server is back, callers still find connections that it no longer knows. */
const AFTERMATH_MS = 3_000;

export function superviseServer(target: string, server: KillableServer, faults: FaultLog): SupervisedServer {
  let queue: Promise<void> = Promise.resolve();
  const then = (work: () => Promise<void>): Promise<void> => {
    queue = queue.then(work);
    // Whoever waits for calm is told.
    queue.catch(() => undefined);
    return queue;
  };
  const endLater = (end: () => void): void => void setTimeout(end, AFTERMATH_MS).unref();
  return {
    async kill(downMs) {
      let killed = (): void => undefined;
      const gone = new Promise<void>((resolve) => (killed = resolve));
      const back = then(async () => {
        const end = faults.begin(target);
        await server.kill();
        killed();
        await after(downMs);
        await server.start();
        endLater(end);
      });
      await Promise.race([gone, back]);
    },
    freeze: (forMs) =>
      then(async () => {
        const end = faults.begin(target);
        await server.freeze();
        await after(forMs);
        await server.thaw();
        endLater(end);
      }),
    calm: () => queue,
  };
}
