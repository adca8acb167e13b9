import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { ClamdFault, createClamd } from "./clamd.js";
import type { Clamd } from "./clamd.js";

/** How the client takes what may come over the wire. What clamd itself does is asked of a real one: npm run test:clamav. */

const AMPLE_MS = 20_000;
const never = new AbortController().signal;
const servers: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  }
});

/** A listener that does with each connection what it is told. */
async function listen(path: string | null, onSocket: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on("error", () => undefined).on("close", () => sockets.delete(socket)));
    onSocket(socket);
  });
  servers.push({ server, sockets });
  if (path === null) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await once(server, "listening");
  return server;
}

async function clamdAt(onSocket: (socket: Socket) => void, silenceMs = AMPLE_MS): Promise<Clamd> {
  const { port } = (await listen(null, onSocket)).address() as AddressInfo;
  return createClamd({ address: { host: "127.0.0.1", port }, connectTimeoutMs: AMPLE_MS, silenceMs });
}

/** Reads a whole INSTREAM, then says something. Gives the content to `onContent`. */
const afterContent =
  (say: (socket: Socket) => void, onContent: (content: Buffer) => void = () => undefined) =>
  (socket: Socket): void => {
    let read = Buffer.alloc(0);
    socket.on("data", (data: Buffer) => {
      read = Buffer.concat([read, data]);
      const content = contentOf(read);
      if (content === null) return;
      onContent(content);
      say(socket);
    });
  };

/** The chunks of a command put together; null until the empty one has come. */
function contentOf(wire: Buffer): Buffer | null {
  const command = "zINSTREAM\0";
  if (wire.length < command.length) return null;
  expect(wire.subarray(0, command.length).toString()).toBe(command);
  const chunks: Buffer[] = [];
  for (let at = command.length; at + 4 <= wire.length;) {
    const length = wire.readUInt32BE(at);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(wire.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return null;
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* zeros(chunks: number, onChunk: (nth: number) => void = () => undefined): AsyncGenerator<Uint8Array> {
  for (let nth = 1; nth <= chunks; nth += 1) {
    onChunk(nth);
    yield Buffer.alloc(65_536);
  }
}

describe("INSTREAM", () => {
  test("sends every byte in its order, whatever the pieces; an empty piece does not end it", async () => {
    let sent = "";
    const clamd = await clamdAt(
      afterContent(
        (socket) => socket.end("stream: OK\0"),
        (content) => (sent = content.toString()),
      ),
    );
    expect(await clamd.scan(pieces("a", "", "bc", "", "def"), never)).toEqual({ reply: "CLEAN" });
    expect(sent).toBe("abcdef");
  });

  test("works over a Unix socket", async () => {
    const folder = await mkdtemp(join(tmpdir(), "signet-clamd-"));
    try {
      const socketPath = join(folder, "clamd.ctl");
      await listen(
        socketPath,
        afterContent((socket) => socket.end("stream: OK\0")),
      );
      const clamd = createClamd({ address: { socketPath }, connectTimeoutMs: AMPLE_MS, silenceMs: AMPLE_MS });
      expect(await clamd.scan(pieces("x"), never)).toEqual({ reply: "CLEAN" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each<[string, string, unknown]>([
    ["a finding", "stream: Win.Test.EICAR_HDB-1 FOUND", { reply: "INFECTED", signature: "Win.Test.EICAR_HDB-1" }],
    ["a name that would break a line", "stream: A\r\nB\x1b[0m FOUND", { reply: "INFECTED", signature: "A??B?[0m" }],
    ["a name without end", `stream: ${"x".repeat(1000)} FOUND`, { reply: "INFECTED", signature: "x".repeat(200) }],
    ["the limit", "INSTREAM size limit exceeded. ERROR", { reply: "TOO_LARGE" }],
    [
      "an error",
      "stream: Can't allocate memory ERROR",
      { reply: "FAILED", reason: "stream: Can't allocate memory ERROR" },
    ],
    ["its own time-out", "COMMAND READ TIMED OUT", { reply: "FAILED", reason: "COMMAND READ TIMED OUT" }],
  ])("reads %s, and in single bytes too", async (_what, reply, expected) => {
    const whole = await clamdAt(afterContent((socket) => socket.end(`${reply}\0`)));
    expect(await whole.scan(pieces("x"), never)).toEqual(expected);
    const split = await clamdAt(
      afterContent((socket) => {
        socket.setNoDelay(true);
        void (async () => {
          for (const byte of `${reply}\0`) await new Promise((done) => socket.write(byte, done));
        })();
      }),
    );
    expect(await split.scan(pieces("x"), never)).toEqual(expected);
  });

  test.each<[string, (socket: Socket) => void, RegExp]>([
    ["half an answer", (socket) => socket.end("stream: O"), /without an answer/],
    ["no answer", (socket) => socket.end(), /without an answer/],
    ["a reset", (socket) => socket.resetAndDestroy(), /ECONNRESET|EPIPE|without an answer/],
    ["an answer without end", (socket) => socket.write("x".repeat(10_000)), /too much/],
    ["another protocol", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n\0"), /no answer to INSTREAM/],
    ["nothing but a NUL", (socket) => socket.end("\0"), /no answer to INSTREAM/],
    ["a file that was not asked for", (socket) => socket.end("/etc/passwd: OK\0"), /no answer to INSTREAM/],
  ])("takes %s for a fault, never for clean", async (_what, say, message) => {
    const clamd = await clamdAt(afterContent(say));
    const failure = await clamd.scan(pieces("x"), never).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ClamdFault);
    expect((failure as Error).message).toMatch(message);
  });

  test("stops reading the content when the answer comes early", async () => {
    const clamd = await clamdAt((socket) => {
      socket.once("data", () => socket.end("INSTREAM size limit exceeded. ERROR\0"));
      socket.resume();
    });
    let last = 0;
    // Without an end of its own: only the answer ends it.
    expect(
      await clamd.scan(
        zeros(Infinity, (nth) => (last = nth)),
        never,
      ),
    ).toEqual({ reply: "TOO_LARGE" });
    const then = last;
    await new Promise((resolve) => setImmediate(resolve));
    expect(last - then).toBeLessThanOrEqual(1);
  });

  test("believes no OK that comes before the content's end", async () => {
    const clamd = await clamdAt((socket) => {
      socket.once("data", () => socket.end("stream: OK\0"));
      socket.resume();
    });
    await expect(clamd.scan(zeros(Infinity), never)).rejects.toThrow("before the content's end");
  });

  test("reads no faster than the bytes are taken", async () => {
    let read = 0;
    const clamd = await clamdAt((socket) => socket.pause(), 1_000);
    const failure = await clamd
      .scan(
        zeros(10_000, (nth) => (read = nth)),
        never,
      )
      .catch((error: unknown) => error);
    expect((failure as Error).message).toBe("it is silent");
    // What the kernel's buffers take, and not 625 MiB.
    expect(read).toBeLessThan(1_000);
  });

  test("what the content's source throws is told as it is, and the connection closed", async () => {
    let close = (): void => undefined;
    const closed = new Promise<void>((resolve) => (close = resolve));
    const clamd = await clamdAt((socket) => {
      socket.once("close", close).resume();
      socket.on("end", () => socket.end());
    });
    const lost = new Error("the store is away");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("x");
      throw lost;
    }
    await expect(clamd.scan(broken(), never)).rejects.toBe(lost);
    await closed;
  });

  test("is broken off by its signal, also one that has come before", async () => {
    const clamd = await clamdAt((socket) => socket.resume());
    const abort = new AbortController();
    const scan = clamd.scan(zeros(1), abort.signal);
    abort.abort();
    await expect(scan).rejects.toThrow("broken off");
    await expect(clamd.scan(zeros(1), abort.signal)).rejects.toThrow("broken off");
  });

  test("a daemon that takes all and says nothing is given up", async () => {
    const clamd = await clamdAt((socket) => socket.resume(), 200);
    await expect(clamd.scan(pieces("x"), never)).rejects.toThrow("it is silent");
  });

  test("nobody listens", async () => {
    const clamd = await clamdAt(() => undefined);
    const [{ server } = { server: null }] = servers.splice(0);
    server!.close();
    await once(server!, "close");
    await expect(clamd.scan(pieces("x"), never)).rejects.toThrow("ECONNREFUSED");
    await expect(clamd.ping(AMPLE_MS)).rejects.toThrow(ClamdFault);
  });
});

describe("PING", () => {
  test.each([
    ["PONG\0", null],
    ["PING\0", "it answered PING to PING"],
    ["", "without an answer"],
  ])("answered by %j", async (reply, fault) => {
    const clamd = await clamdAt((socket) => socket.once("data", () => socket.end(reply)));
    if (fault === null) await clamd.ping(AMPLE_MS);
    else await expect(clamd.ping(AMPLE_MS)).rejects.toThrow(fault);
  });
});
