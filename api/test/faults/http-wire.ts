import { actBefore, actOnReply, endWith, goOn } from "./wire.js";
import type { Decide, Fate, Passage, Wire } from "./wire.js";

/** How a message's body ends: after so many bytes, with the last chunk, or with the connection. */
type Body = number | "CHUNKED" | "UNTIL_END";

/** Bytes of one message. */
interface Piece {
  readonly bytes: Buffer;
  /** With a message's first piece: its start line and fields. */
  readonly head: string | null;
  readonly isLast: boolean;
}

interface Exchange {
  readonly method: string;
  readonly fate: Fate;
}

/**
 * HTTP/1.1 with keep-alive, pipelining, lengths and chunks; a request is `METHOD /path?query`.
 * https://www.rfc-editor.org/rfc/rfc9112#section-6.3
 */
export function createHttpWire(decide: Decide): Wire {
  const open: Exchange[] = [];
  const requests = new MessageReader((head) => bodyOf(head, 0));
  const replies = new MessageReader((head) => {
    const status = statusOf(head);
    const bodiless = open[0]?.method === "HEAD" || status < 200 || status === 204 || status === 304;
    return bodiless ? 0 : bodyOf(head, "UNTIL_END");
  });
  let lastWasInterim = false;

  return {
    up(chunk) {
      const passed: Buffer[] = [];
      for (const { bytes, head } of requests.read(chunk)) {
        if (head !== null) {
          const [method = "", target = ""] = head.split(" ", 2);
          const fate = decide(`${method} ${target}`);
          open.push({ method, fate });
          const act = actBefore(fate);
          if (act !== null) return endWith(act, ...passed);
        }
        passed.push(bytes);
      }
      return goOn(...passed);
    },
    down(chunk) {
      const passed: Buffer[] = [];
      for (const { bytes, head, isLast } of replies.read(chunk)) {
        // 100 Continue and its like come before the answer to the same request.
        if (head !== null) lastWasInterim = statusOf(head) < 200;
        const ends = isLast && !lastWasInterim;
        const act = actOnReply(open[0]?.fate ?? "PASS", bytes, ends);
        passed.push(act.pass);
        if (act.next !== "GO_ON") return endWith(act.next, ...passed);
        if (ends) open.shift();
      }
      return goOn(...passed);
    },
    downEnd(): Passage {
      if (!replies.endsWithConnection) return goOn();
      return actOnReply(open.shift()?.fate ?? "PASS", Buffer.alloc(0), true);
    },
  };
}

function statusOf(head: string): number {
  return Number(head.split(" ", 2)[1]);
}

function bodyOf(head: string, otherwise: Body): Body {
  if (/^transfer-encoding:.*chunked/im.test(head)) return "CHUNKED";
  const length = /^content-length:\s*(\d+)/im.exec(head);
  return length === null ? otherwise : Number(length[1]);
}

/** Where in a message the next byte is; `LINE` is a chunk's size, `TRAILER` the fields after the last chunk. */
type Place = "HEAD" | "BODY" | "LINE" | "CHUNK" | "TRAILER" | "UNTIL_END";

/** Cuts a stream of bytes at the boundaries of its messages; not one byte is changed, held back only within a line. */
class MessageReader {
  #place: Place = "HEAD";
  #held = Buffer.alloc(0);
  /** Bytes of the body or of the chunk that are still to come. */
  #left = 0;
  readonly #bodyOf: (head: string) => Body;

  constructor(bodyOf: (head: string) => Body) {
    this.#bodyOf = bodyOf;
  }

  get endsWithConnection(): boolean {
    return this.#place === "UNTIL_END";
  }

  *read(chunk: Buffer): Generator<Piece> {
    let bytes = Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    while (bytes.length > 0) {
      const size = this.#pieceSize(bytes);
      if (size === null) {
        this.#held = bytes;
        return;
      }
      const piece = bytes.subarray(0, size);
      bytes = bytes.subarray(size);
      yield this.#advance(piece);
    }
  }

  /** Length of the next piece; null when its line is not all there. */
  #pieceSize(bytes: Buffer): number | null {
    if (this.#place === "UNTIL_END") return bytes.length;
    if (this.#place === "BODY" || this.#place === "CHUNK") return Math.min(this.#left, bytes.length);
    const mark = this.#place === "HEAD" ? "\r\n\r\n" : "\r\n";
    const at = bytes.indexOf(mark);
    return at === -1 ? null : at + mark.length;
  }

  #advance(bytes: Buffer): Piece {
    let head: string | null = null;
    let isLast = false;
    switch (this.#place) {
      case "HEAD": {
        head = bytes.toString("latin1");
        const body = this.#bodyOf(head);
        isLast = body === 0;
        if (body === "CHUNKED") this.#place = "LINE";
        else if (body === "UNTIL_END") this.#place = "UNTIL_END";
        else if (body > 0) {
          this.#place = "BODY";
          this.#left = body;
        }
        break;
      }
      case "BODY":
        this.#left -= bytes.length;
        isLast = this.#left === 0;
        break;
      case "LINE": {
        const size = Number.parseInt(bytes.toString("latin1"), 16);
        this.#place = size === 0 ? "TRAILER" : "CHUNK";
        this.#left = size + "\r\n".length;
        break;
      }
      case "CHUNK":
        this.#left -= bytes.length;
        if (this.#left === 0) this.#place = "LINE";
        break;
      case "TRAILER":
        isLast = bytes.length === "\r\n".length;
        break;
      default:
        break;
    }
    if (isLast) this.#place = "HEAD";
    return { bytes, head, isLast };
  }
}
