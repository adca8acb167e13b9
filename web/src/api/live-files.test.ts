import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createLiveFiles } from "./live-files.js";
import type { FileChange, LiveFiles, PageVisibility } from "./live-files.js";
import { createSession } from "./session.js";

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
/** The streams that the server holds open, newest last. */
let streams: ServerResponse[];
let tokens: (string | undefined)[];
let live: LiveFiles | undefined;
let changes: FileChange[];
let connects: number;

beforeEach(async () => {
  streams = [];
  tokens = [];
  changes = [];
  connects = 0;
  answer = (_, response) => stream(response);
  server = createServer((request, response) => {
    tokens.push(request.headers.authorization);
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql/stream`;
});

afterEach(async () => {
  live?.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function stream(response: ServerResponse): void {
  streams.push(response);
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" }).write(":\n\n");
}

function start(page?: PageVisibility, issued = ["one", "two", "three"]): void {
  const nothing = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  live = createLiveFiles({
    url,
    session: createSession(() => Promise.resolve(issued.shift()), nothing),
    onChange: (change) => changes.push(change),
    onConnect: () => (connects += 1),
    page,
  });
}

async function until(condition: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((wake) => setTimeout(wake, 5));
  }
}

const next = (fileId: string): string =>
  `event: next\ndata: ${JSON.stringify({ data: { filesChanged: { fileId, file: null } } })}\n\n`;
const idsOf = (): string[] => changes.map((change) => change.fileId);
const isLive = (): boolean => live?.getSnapshot() === true;

describe("a live stream", () => {
  test("asks with the token and hands on what comes, however it is cut into pieces", async () => {
    start();
    await until(isLive);
    expect(tokens).toEqual(["Bearer one"]);
    const bytes = Buffer.from(`${next("1 ä €")}:\n\n${next("2")}`);
    for (const byte of bytes) {
      streams[0]!.write(Uint8Array.of(byte));
      await new Promise((wake) => setImmediate(wake));
    }
    await until(() => changes.length === 2);
    expect(changes).toEqual([
      { fileId: "1 ä €", file: null },
      { fileId: "2", file: null },
    ]);
    // What was asked for beside it may be older than it.
    expect(connects).toBe(1);
  });

  test.each([
    ["completed", () => streams[0]!.end("event: complete\ndata: \n\n")],
    ["cut", () => streams[0]!.destroy()],
    ["ended", () => streams[0]!.end()],
    ["full of errors", () => streams[0]!.write('event: next\ndata: {"errors":[{"message":"no"}]}\n\n')],
    ["nonsense", () => streams[0]!.write("event: next\ndata: {\n\n")],
  ])("that is %s is opened again, and what was loaded is asked for once more", async (_, end) => {
    start();
    const states: boolean[] = [];
    live!.subscribe(() => states.push(isLive()));
    await until(isLive);
    end();
    await until(() => streams.length === 2 && isLive());
    expect(states).toEqual([true, false, true]);
    expect(connects).toBe(2);
    streams[1]!.write(next("after"));
    await until(() => changes.length === 1);
    expect(idsOf()).toEqual(["after"]);
  });

  test("with a token that is refused asks with a fresh one", async () => {
    answer = (request, response) =>
      request.headers.authorization === "Bearer two" ? stream(response) : void response.writeHead(401).end("{}");
    start();
    await until(isLive);
    expect(tokens).toEqual(["Bearer one", "Bearer two"]);
  });

  test.each([
    ["there is none", (response: ServerResponse) => response.writeHead(404).end()],
    ["a page answers", (response: ServerResponse) => response.writeHead(200, { "content-type": "text/html" }).end()],
    ["nobody answers", (response: ServerResponse) => response.destroy()],
  ])(
    "is not live while %s, and comes when it can",
    async (_, refuse) => {
      answer = (_request, response) => void refuse(response);
      start();
      await until(() => tokens.length >= 2);
      expect(isLive()).toBe(false);
      answer = (_request, response) => stream(response);
      await until(isLive, 20_000);
      expect(connects).toBe(1);
    },
    40_000,
  );

  test("is not opened while nobody sees the page", async () => {
    const page = Object.assign(new EventTarget(), { hidden: true }) as unknown as PageVisibility & { hidden: boolean };
    start(page);
    await new Promise((wake) => setTimeout(wake, 50));
    expect(tokens).toEqual([]);
    page.hidden = false;
    (page as unknown as EventTarget).dispatchEvent(new Event("visibilitychange"));
    await until(isLive);
  });

  test("that is stopped closes its connection and opens none", async () => {
    start();
    await until(isLive);
    const closed = once(streams[0]!, "close");
    live!.stop();
    await closed;
    await until(() => !isLive());
    await new Promise((wake) => setTimeout(wake, 50));
    expect(tokens).toHaveLength(1);
  });
});
