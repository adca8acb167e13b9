import type { Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import type { Passage } from "./wire.js";

/** From the client to the server, or back. */
export type Direction = "up" | "down";

/** A network fault; without a direction in both. */
export type Toxic = (
  | {
      /** Every byte arrives so much later, give or take the jitter; order is kept. */
      readonly kind: "latency";
      readonly ms: number;
      readonly jitterMs?: number;
    }
  | { readonly kind: "rate"; readonly bytesPerSecond: number }
  /** Nothing arrives, not even the end of a connection; what was sent meanwhile arrives when it is over. */
  | { readonly kind: "stall" }
  /** Both sides are reset (RST); with a direction only the side that would receive, the other sees an end. */
  | { readonly kind: "reset" }
  /** The receiver sees an end (FIN); what is sent later is lost. The other direction goes on. */
  | { readonly kind: "half-close" }
  /** After so many bytes of one direction, counted from now, the connection ends in both. */
  | { readonly kind: "cut-after"; readonly bytes: number }
) & { readonly direction?: Direction | "both" };

/** One direction of a connection. */
export interface Flow {
  setToxic(toxic: Toxic | null): void;
  /** Lets nothing pass for the rest of the connection. */
  swallow(): void;
}

export interface FlowOptions {
  readonly from: Socket;
  readonly to: Socket;
  /** Aborted when the connection is over. */
  readonly over: AbortSignal;
  readonly read: (chunk: Buffer) => Passage;
  readonly readEnd: () => Passage;
  readonly onPassage: (next: Passage["next"]) => void;
  readonly onBytes: (count: number) => void;
  /** The bytes of a cut-after have passed. */
  readonly onSpent: () => void;
}

type Item = { readonly bytes: Buffer; readonly arrivedAt: number } | "END" | "RESET";

/** More is not read while so much waits. */
const HELD_AT_MOST_BYTES = 1 << 20;
/** A slow line passes small pieces often instead of large ones seldom. */
const SLICES_A_SECOND = 20;

/** Passes on what one side sends to the other: bytes, end and reset, in order. */
export function startFlow(options: FlowOptions): Flow {
  const { from, to, over } = options;
  const waiting: Item[] = [];
  let heldBytes = 0;
  let toxic: Toxic | null = null;
  let leftBytes = Infinity;
  let ended = false;
  let swallowed = false;
  let wake = (): void => undefined;

  from.on("data", (chunk: Buffer) => take(options.read(chunk)));
  from.on("end", () => {
    take(options.readEnd());
    put("END");
  });
  from.on("error", () => put("RESET"));
  from.on("close", () => put("RESET"));
  over.addEventListener("abort", () => wake(), { once: true });
  void run();
  return {
    setToxic(next) {
      toxic = next;
      leftBytes = next?.kind === "cut-after" ? next.bytes : Infinity;
      if (next?.kind === "half-close") end();
      wake();
    },
    swallow() {
      swallowed = true;
      wake();
    },
  };

  function take({ pass, next }: Passage): void {
    if (pass.length > 0) put({ bytes: pass, arrivedAt: performance.now() });
    if (next !== "GO_ON") options.onPassage(next);
  }

  function put(item: Item): void {
    waiting.push(item);
    if (typeof item === "object") heldBytes += item.bytes.length;
    if (heldBytes > HELD_AT_MOST_BYTES) from.pause();
    wake();
  }

  async function run(): Promise<void> {
    while (!over.aborted) {
      const item = waiting[0];
      if (item === undefined || toxic?.kind === "stall" || swallowed) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      if (item === "END") end();
      else if (item === "RESET") {
        // Without an end before it, the sender was reset or has vanished.
        if (!ended) reset(to);
        return;
      } else if (!(await pass(item))) continue;
      waiting.shift();
    }
  }

  /** False when something has changed before the item could pass. */
  async function pass({ bytes, arrivedAt }: Exclude<Item, string>): Promise<boolean> {
    if (toxic?.kind === "latency") {
      const { ms, jitterMs = 0 } = toxic;
      await wait(arrivedAt + ms + jitterMs * (2 * Math.random() - 1) - performance.now());
      if (swallowed || isStalled()) return false;
    }
    let rest = bytes;
    while (rest.length > 0 && !over.aborted) {
      if (isStalled()) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      const slice = rest.subarray(0, Math.min(leftBytes, sliceBytes()));
      rest = rest.subarray(slice.length);
      await send(slice);
      leftBytes -= slice.length;
      if (leftBytes === 0) {
        options.onSpent();
        return true;
      }
      if (toxic?.kind === "rate") await wait((slice.length / toxic.bytesPerSecond) * 1000);
    }
    heldBytes -= bytes.length;
    if (heldBytes <= HELD_AT_MOST_BYTES) from.resume();
    return true;
  }

  /** Read anew after each wait, which is when it changes. */
  function isStalled(): boolean {
    return toxic?.kind === "stall";
  }

  function sliceBytes(): number {
    return toxic?.kind === "rate" ? Math.max(1, Math.ceil(toxic.bytesPerSecond / SLICES_A_SECOND)) : Infinity;
  }

  async function send(slice: Buffer): Promise<void> {
    if (ended || !to.writable) return;
    options.onBytes(slice.length);
    if (to.write(slice)) return;
    await new Promise<void>((resolve) => {
      to.once("drain", resolve).once("close", () => resolve());
      over.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  function end(): void {
    ended = true;
    if (!to.writableEnded) to.end();
  }

  async function wait(ms: number): Promise<void> {
    if (ms > 0) await after(ms, undefined, { signal: over }).catch(() => undefined);
  }
}

/**
 * Closes with RST. One that is being ended is only destroyed: libuv refuses to reset it, and Node then keeps a handle that is
 * never closed and spins on it at the end of the process.
 * https://docs.libuv.org/en/v1.x/tcp.html#c.uv_tcp_close_reset
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
