import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { reset, startFlow } from "./flow.js";
import type { Flow, Toxic } from "./flow.js";
import { createHttpWire } from "./http-wire.js";
import { createPostgresWire } from "./postgres-wire.js";
import type { Decide, Fate, Passage, Wire } from "./wire.js";

/** A network between clients and a server, with the faults of one. Speaks enough HTTP and Postgres to know requests. */
export interface TcpProxy {
  /** The target's URL with the proxy's port. */
  readonly url: string;
  /** Replies of {@link dropReplies} that the server has given and nobody has received. */
  readonly droppedReplies: number;
  /** Passed on in both directions, since the start. */
  readonly passedBytes: number;
  /** For every connection from now on and those that exist; null: none. */
  setToxic(toxic: Toxic | null): void;
  /**
   * Forwards, waits until the server has done it, then cuts instead of passing the answer on.
   * @param when asked for each request: SQL for Postgres, `METHOD /path?query` for HTTP; `() => false` ends it
   */
  dropReplies(when: (what: string) => boolean): void;
  /** Decides the fate of each request from now on, in place of what was decided so far. */
  decide(decide: Decide): void;
  /** Resets both sides of every connection. */
  cutAll(): void;
  stop(): Promise<void>;
}

const WIRES: Readonly<Record<string, (decide: Decide) => Wire>> = {
  "http:": createHttpWire,
  "postgres:": createPostgresWire,
  "postgresql:": createPostgresWire,
};

interface Connection {
  setToxic(toxic: Toxic | null): void;
  cut(): void;
}

/** @param target a postgres:// or http:// URL; all but host and port is kept */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { protocol, hostname, port } = new URL(target);
  const createWire = WIRES[protocol];
  if (createWire === undefined) throw new Error(`no proxy knows ${protocol}`);
  const open = new Set<Connection>();
  let toxic: Toxic | null = null;
  let decide: Decide = () => "PASS";
  let droppedReplies = 0;
  let passedBytes = 0;

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true });
    const connection = join(near, far, {
      wire: createWire((what) => decide(what)),
      onBytes: (count) => (passedBytes += count),
      onDropped: () => droppedReplies++,
      onOver: () => open.delete(connection),
    });
    open.add(connection);
    connection.setToxic(toxic);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);

  const proxy: TcpProxy = {
    url: url.href.replace(/\/$/, ""),
    get droppedReplies() {
      return droppedReplies;
    },
    get passedBytes() {
      return passedBytes;
    },
    setToxic(next) {
      toxic = next;
      for (const connection of open) connection.setToxic(next);
    },
    dropReplies: (when) => proxy.decide((what): Fate => (when(what) ? "DROP_REPLY" : "PASS")),
    decide(next) {
      decide = next;
    },
    cutAll() {
      for (const connection of open) connection.cut();
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      proxy.cutAll();
      await closed;
    },
  };
  return proxy;
}

interface JoinOptions {
  readonly wire: Wire;
  readonly onBytes: (count: number) => void;
  readonly onDropped: () => void;
  /** Both sockets are closed. */
  readonly onOver: () => void;
}

function join(near: Socket, far: Socket, { wire, onBytes, onDropped, onOver }: JoinOptions): Connection {
  const over = new AbortController();
  const cut = (): void => {
    over.abort();
    reset(near);
    reset(far);
  };
  const onPassage = (next: Passage["next"]): void => {
    if (next === "DROPPED") onDropped();
    // What is on its way is still passed on: half an answer is one of the faults.
    if (next === "CUT") setImmediate(cut);
    else if (next === "DROPPED") cut();
    else for (const flow of [up, down]) flow.swallow();
  };
  /** An end, after what was written, instead of a reset. */
  const finish = (): void => {
    over.abort();
    near.destroySoon();
    far.destroySoon();
  };
  const shared = { over: over.signal, onBytes, onPassage, onSpent: finish };
  const up: Flow = startFlow({
    ...shared,
    from: near,
    to: far,
    read: (chunk) => wire.up(chunk),
    readEnd: () => ({ pass: Buffer.alloc(0), next: "GO_ON" }),
  });
  const down: Flow = startFlow({
    ...shared,
    from: far,
    to: near,
    read: (chunk) => wire.down(chunk),
    readEnd: () => wire.downEnd(),
  });
  let closed = 0;
  for (const socket of [near, far])
    socket.on("close", () => {
      if (++closed < 2) return;
      over.abort();
      onOver();
    });
  return {
    cut,
    setToxic(toxic) {
      const direction = toxic?.direction ?? "both";
      if (toxic?.kind === "reset") {
        if (direction === "both") return cut();
        over.abort();
        reset(direction === "down" ? near : far);
        return (direction === "down" ? far : near).destroySoon();
      }
      up.setToxic(direction === "down" ? null : toxic);
      down.setToxic(direction === "up" ? null : toxic);
    },
  };
}
