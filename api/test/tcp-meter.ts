import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** Stands before a TCP port and counts. */
export interface TcpMeter {
  /** The target's URL with the meter's port. */
  readonly url: string;
  /** In both directions, since the start. */
  bytes(): number;
  stop(): Promise<void>;
}

/** @param target an http URL; its path is kept */
export async function startTcpMeter(target: string): Promise<TcpMeter> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let bytes = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk: Buffer) => (bytes += chunk.length));
      from.on("error", () => to.destroy());
      from.on("close", () => sockets.delete(from));
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href.replace(/\/$/, ""),
    bytes: () => bytes,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
