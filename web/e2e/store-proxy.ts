import { Agent, createServer, request } from "node:http";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { describeCall, refuse } from "./store-fault.js";
import type { Call, Fault, FaultScope, StoreCall } from "./store-fault.js";

/** An HTTP proxy between clients and a real store: signed requests and CORS answers pass unchanged, Host and all. */
export interface StoreProxy {
  readonly endpoint: string;
  /** Every call but preflights, in order of arrival. */
  readonly calls: readonly StoreCall[];
  /** Added to every call, preflights too: the way there and back. 0 at the start. */
  roundTripMs: number;
  /** How fast one connection passes bytes of bodies on; 0, the start, is as fast as they come. */
  bytesPerSecond: number;
  /** PUTs that the store has answered with 2xx; of one key, if given. */
  storedPuts(key?: string): readonly StoreCall[];
  /** "key#part" of what the store took more than once, among these calls or all. */
  storedTwice(among?: readonly StoreCall[]): string[];
  /** Lets calls go wrong from now on; of several faults the first that fits. Call the result to lift it. */
  fault(fault: Fault, scope?: FaultScope): () => void;
  /** Lifts all faults and slowness; `calls` stay. */
  heal(): void;
  stop(): Promise<void>;
}

interface Rule {
  readonly fault: Fault;
  readonly when: (call: StoreCall) => boolean;
  left: number;
}

/** @param target the store's own endpoint */
export async function startStoreProxy(target: string): Promise<StoreProxy> {
  const calls: Call[] = [];
  const stored = (key?: string): readonly StoreCall[] =>
    calls.filter(
      (call) =>
        call.method === "PUT" && Math.floor(call.storeStatus / 100) === 2 && (key === undefined || call.key === key),
    );
  // Connections to the store are never reused, so that none breaks because it was idle.
  const agent = new Agent({ keepAlive: false });
  let rules: Rule[] = [];

  const server = createServer((message, response) => {
    const call = describeCall(message);
    if (call.method !== "OPTIONS") calls.push(call);
    const rule = rules.find(({ left, when }) => left > 0 && when(call));
    if (rule) rule.left--;
    // A broken connection breaks the other one too: that is all the handling there is.
    handle(message, response, call, rule?.fault).catch(() => message.destroy());
  });
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const proxy: StoreProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    roundTripMs: 0,
    bytesPerSecond: 0,
    storedPuts: stored,
    storedTwice(among = calls) {
      const puts = stored().filter((call) => among.includes(call));
      const names = puts.map(({ key, partNumber }) => `${key}#${partNumber}`);
      return names.filter((name, index) => names.indexOf(name) < index);
    },
    fault(fault, { times = Infinity, when = (call: StoreCall) => call.method === "PUT" } = {}) {
      const rule = { fault, when, left: times };
      rules.push(rule);
      return () => (rules = rules.filter((other) => other !== rule));
    },
    heal() {
      rules = [];
      proxy.roundTripMs = 0;
      proxy.bytesPerSecond = 0;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
  return proxy;

  async function handle(
    message: IncomingMessage,
    response: ServerResponse,
    call: Call,
    fault: Fault | undefined,
  ): Promise<void> {
    if (proxy.roundTripMs > 0) await after(proxy.roundTripMs);
    if (fault && "holdUntil" in fault) await fault.holdUntil(call);
    if (fault && "answer" in fault) {
      message.resume();
      refuse(response, fault.answer, fault.cors === false ? undefined : message.headers.origin);
      return;
    }
    const { method, url = "", headers, socket } = message;
    // The signature covers Host: it goes on as it came.
    const onward = request(new URL(url, target), { method, headers, agent }, (answer) => {
      call.storeStatus = answer.statusCode ?? 0;
      if (fault && "loseAnswer" in fault) {
        answer.resume().on("end", () => socket.destroy());
        return;
      }
      const { connection: _connection, "keep-alive": _keepAlive, ...kept } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, kept);
      answer.pipe(response);
    });
    onward.on("error", () => socket.destroy());
    response.on("close", () => response.writableFinished || onward.destroy());
    await passBody(message, onward, call, fault);
  }

  async function passBody(
    message: IncomingMessage,
    onward: ClientRequest,
    call: Call,
    fault: Fault | undefined,
  ): Promise<void> {
    let flipped = !(fault && "flip" in fault);
    const dropAt = fault && "dropAfterBytes" in fault ? fault.dropAfterBytes : Infinity;
    for await (const read of message as AsyncIterable<Buffer>) {
      const chunk = read.subarray(0, dropAt - call.passedBytes);
      if (!flipped) {
        flipped = true;
        chunk.writeUInt8(chunk.readUInt8(0) ^ 1, 0);
      }
      call.passedBytes += chunk.byteLength;
      // A store that has answered and gone needs no more: the rest is read only for the connection's next request.
      if (!onward.destroyed && !onward.write(chunk)) await drained(onward);
      if (proxy.bytesPerSecond > 0) await after((chunk.byteLength / proxy.bytesPerSecond) * 1000);
      if (call.passedBytes >= dropAt) {
        onward.destroy();
        message.destroy();
        return;
      }
      if (fault && "stallAfterBytes" in fault && call.passedBytes >= fault.stallAfterBytes) {
        await new Promise((resolve) => message.once("close", resolve));
        onward.destroy();
        return;
      }
    }
    if (!onward.destroyed) onward.end();
  }
}

function drained(stream: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const goOn = (): void => {
      stream.off("drain", goOn).off("close", goOn);
      resolve();
    };
    stream.on("drain", goOn).on("close", goOn);
  });
}
