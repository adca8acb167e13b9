import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** Passes connections on and counts them. */
export interface CountingRelay {
  /** As CLAMAV_HOST takes it. */
  readonly address: string;
  /** Connections so far. */
  readonly total: number;
  /** The most that were without an answer at one time. */
  readonly mostAtOnce: number;
  stop(): Promise<void>;
}

/** @param target `host:port` */
export async function startCountingRelay(target: string): Promise<CountingRelay> {
  const [host, port] = target.split(":") as [string, string];
  const open = new Set<Socket>();
  const unanswered = new Set<Socket>();
  let total = 0;
  let mostAtOnce = 0;
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host, port: Number(port), allowHalfOpen: true });
    open.add(near);
    total += 1;
    unanswered.add(near);
    mostAtOnce = Math.max(mostAtOnce, unanswered.size);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.on("close", () => {
      open.delete(near);
      unanswered.delete(near);
      far.destroy();
    });
    far.once("data", () => unanswered.delete(near));
    near.pipe(far);
    far.pipe(near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get total() {
      return total;
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
