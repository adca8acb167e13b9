/**
 * A client of clamd, ClamAV's daemon: one connection a question, over TCP or a Unix socket.
 * https://docs.clamav.net/manual/Usage/Scanning.html#clamd, clamd(8) "COMMANDS"
 */

import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Where clamd listens: a host and a port, or a socket's path. */
export type ClamdAddress = { readonly host: string; readonly port: number } | { readonly socketPath: string };

export interface ClamdOptions {
  readonly address: ClamdAddress;
  /** Until the connection stands. */
  readonly connectTimeoutMs: number;
  /** The longest time in which clamd neither takes a byte nor answers. It answers when it has scanned all of them. */
  readonly silenceMs: number;
}

/** What clamd says of a content. */
export type ClamdReply =
  | { readonly reply: "CLEAN" }
  | {
      readonly reply: "INFECTED";
      /** The signature's name: printable ASCII, 200 characters at most. */ readonly signature: string;
    }
  /** Longer than its StreamMaxLength. */
  | { readonly reply: "TOO_LARGE" }
  /** It could not scan this content. */
  | { readonly reply: "FAILED"; readonly reason: string };

/** clamd cannot be reached, broke off, fell silent, or said what is no answer. */
export class ClamdFault extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ClamdFault";
  }
}

export interface Clamd {
  /** @throws ClamdFault unless it answers PONG */
  ping(silenceMs: number): Promise<void>;
  /**
   * Sends a content and answers what was found. Memory is bounded: a chunk is taken when the last one has been.
   * @param chunks read no further once clamd has answered @param signal breaks the scan off
   * @throws ClamdFault, and whatever `chunks` throws
   */
  scan(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<ClamdReply>;
}

/** Far above any answer. */
const MAX_REPLY_BYTES = 4096;
const MAX_SIGNATURE_LENGTH = 200;
/** A chunk of length 0 ends the content. */
const END = Buffer.alloc(4);

/** Nothing is connected before the first question. */
export function createClamd({ address, connectTimeoutMs, silenceMs }: ClamdOptions): Clamd {
  return {
    async ping(pingSilenceMs) {
      const reply = await ask({ silenceMs: pingSilenceMs }, (line) => line.send(Buffer.from("zPING\0")));
      if (reply !== "PONG") throw new ClamdFault(`it answered ${told(reply)} to PING`);
    },
    async scan(chunks, signal) {
      let isSaid = false;
      const reply = await ask({ silenceMs, signal }, async (line) => {
        await line.send(Buffer.from("zINSTREAM\0"));
        for await (const chunk of chunks) {
          if (line.ended()) return;
          // Length 0 would end the content here.
          if (chunk.length > 0) await line.send(lengthOf(chunk), chunk);
        }
        isSaid = true;
        await line.send(END);
      });
      const verdict = replyOf(reply);
      // Whatever answers so has not seen the whole.
      if (verdict.reply === "CLEAN" && !isSaid) throw new ClamdFault("it said OK before the content's end");
      return verdict;
    },
  };

  /** Connects, talks, and answers clamd's reply as soon as it is whole, whether or not all has been said. */
  async function ask(
    { silenceMs: longestSilenceMs, signal }: { silenceMs: number; signal?: AbortSignal },
    talk: (line: Line) => Promise<void>,
  ): Promise<string> {
    const socket = connect("socketPath" in address ? { path: address.socketPath } : address);
    const line = lineOver(socket, signal);
    line.reply.catch(() => undefined);
    try {
      socket.setTimeout(connectTimeoutMs);
      await Promise.race([once(socket, "connect"), line.reply]);
      socket.setTimeout(longestSilenceMs);
      // What the content's source throws is its own; every fault of the connection ends the reply.
      const talked = talk(line);
      talked.catch(() => undefined);
      return await Promise.race([line.reply, talked.then(() => line.reply)]);
    } finally {
      socket.destroy();
    }
  }
}

interface Line {
  /** @throws ClamdFault */
  readonly reply: Promise<string>;
  /** Resolves when there is room for more, and at once when the connection has ended: then `reply` says how. */
  send(...pieces: readonly Uint8Array[]): Promise<void>;
  ended(): boolean;
}

/** A connection with one reply, which a NUL ends. */
function lineOver(socket: Socket, signal: AbortSignal | undefined): Line {
  let ended = false;
  let sentBytes = 0;
  const reply = new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const fail = (message: string, cause?: unknown): void => {
      reject(new ClamdFault(message, cause === undefined ? {} : { cause }));
      socket.destroy();
    };
    const abort = (): void => fail("the scan was broken off");
    socket.on("data", (chunk: Buffer) => {
      const end = chunk.indexOf(0);
      chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
      sizeBytes += chunk.length;
      if (end !== -1) resolve(Buffer.concat(chunks).toString("latin1").trim());
      else if (sizeBytes > MAX_REPLY_BYTES) fail("it answered too much");
    });
    socket.on("timeout", () => fail(socket.connecting ? "it takes no connection" : "it is silent"));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      fail(`${error.code ?? error.message}${sentBytes === 0 ? "" : ` after ${sentBytes} bytes`}`, error),
    );
    socket.once("close", () => {
      ended = true;
      signal?.removeEventListener("abort", abort);
      fail("it broke off without an answer");
    });
    signal?.addEventListener("abort", abort);
    if (signal?.aborted === true) abort();
  });
  reply.then(
    () => (ended = true),
    () => (ended = true),
  );
  return {
    reply,
    ended: () => ended,
    async send(...pieces) {
      // An answer that is there already is read first: clamd closes behind an early one, and a write that meets that ends
      // the connection with what was not read yet.
      await nextTurn();
      if (ended || socket.destroyed) return;
      socket.cork();
      let flows = true;
      for (const piece of pieces) {
        flows = socket.write(piece);
        sentBytes += piece.length;
      }
      socket.uncork();
      if (flows || !socket.writableNeedDrain) return;
      await new Promise<void>((resolve) => {
        const goOn = (): void => {
          socket.off("drain", goOn).off("close", goOn);
          resolve();
        };
        socket.on("drain", goOn).on("close", goOn);
      });
    },
  };
}

function lengthOf(chunk: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(chunk.length);
  return length;
}

function replyOf(reply: string): ClamdReply {
  if (reply === "stream: OK") return { reply: "CLEAN" };
  const signature = /^stream: (.+) FOUND$/s.exec(reply)?.[1];
  if (signature !== undefined) return { reply: "INFECTED", signature: told(signature) };
  if (/size limit exceeded/i.test(reply)) return { reply: "TOO_LARGE" };
  // As when reading takes too long, or memory is short: of this content, and of nothing else, it is known.
  if (/ ERROR$|TIMED OUT$/.test(reply)) return { reply: "FAILED", reason: told(reply) };
  throw new ClamdFault(`it answered ${told(reply)}, which is no answer to INSTREAM`);
}

/** Fit for logs and rows, whatever wrote it. */
const told = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, MAX_SIGNATURE_LENGTH);
