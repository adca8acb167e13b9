import { once } from "node:events";
import { createServer, request } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createEventStream } from "./event-stream.js";
import type { EventStream } from "./event-stream.js";

const servers: Server[] = [];
const clients: IncomingMessage[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A client that reads only when it is told to, and the server's end of its response. */
async function connected(): Promise<{ response: ServerResponse; client: IncomingMessage }> {
  const server = createServer();
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sent = request({ port: (server.address() as AddressInfo).port, agent: false });
  sent.on("error", () => undefined);
  sent.end();
  const [, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  response.writeHead(200).write("begin");
  const [client] = (await once(sent, "response")) as [IncomingMessage];
  client.on("error", () => undefined);
  client.pause();
  clients.push(client);
  return { response, client };
}

/** What the library does: takes from its source as fast as it may, and keeps in memory what has not been written. */
function pump(events: EventStream, size: number) {
  const state = { produced: 0, ended: false };
  const queue: string[] = [];
  let wake = (): void => undefined;
  const produce = async (): Promise<void> => {
    while (!state.ended) {
      await events.untilTaken();
      state.produced += 1;
      queue.push("x".repeat(size));
      wake();
      await sleep(0);
    }
  };
  async function* chunks(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      while (queue.length > 0) yield queue.shift()!;
      if (state.ended) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  const generator = chunks();
  const own = generator.return.bind(generator);
  generator.return = async () => {
    state.ended = true;
    wake();
    return own(undefined);
  };
  return { state, produced: produce(), sent: events.send(generator) };
}

const MIB = 1024 ** 2;

describe("an event stream", () => {
  test("takes from its source no more than its client takes", async () => {
    const { response, client } = await connected();
    const { state, produced, sent } = pump(createEventStream(response), MIB);
    let last = -1;
    while (state.produced !== last) {
      last = state.produced;
      await sleep(300);
    }
    // What the kernel's buffers hold, and one more.
    expect(state.produced).toBeLessThan(20);
    client.resume();
    while (state.produced < last + 20) await sleep(10);
    client.destroy();
    await Promise.all([produced, sent]);
  }, 30_000);

  test("ends when its client goes, whether something is being written or not", async () => {
    for (const size of [1, MIB]) {
      const { response, client } = await connected();
      const { state, produced, sent } = pump(createEventStream(response), size);
      await sleep(50);
      client.destroy();
      await Promise.all([produced, sent]);
      expect(state.ended).toBe(true);
    }
  });

  test("ends when its client had gone before it began", async () => {
    const { response, client } = await connected();
    client.destroy();
    await once(response, "close");
    const { state, produced, sent } = pump(createEventStream(response), 1);
    await Promise.all([produced, sent]);
    expect(state.ended).toBe(true);
  });

  test("cuts off a client that takes nothing", async () => {
    const { response } = await connected();
    const { produced, sent } = pump(createEventStream(response, 200), MIB);
    await Promise.all([produced, sent]);
    expect(response.destroyed).toBe(true);
  });
});
