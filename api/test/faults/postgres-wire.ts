import { actBefore, actOnReply, endWith, goOn } from "./wire.js";
import type { Decide, Fate, Wire } from "./wire.js";

/** Instead of a protocol version, at a connection's start: it asks for encryption, or cancels another one's query. */
const ASKS_FOR_ENCRYPTION = new Set([80_877_103, 80_877_104]);
/** Of an answer: a type, and a length that counts itself. */
const HEAD_BYTES = 5;

/**
 * PostgreSQL's protocol 3.0 in clear text; a request is its SQL, several statements of one Sync joined by `;`. An answer is
 * whole with ReadyForQuery: by then a statement outside a transaction is committed.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function createPostgresWire(decide: Decide): Wire {
  /** Of the requests without an answer; a connection's start is one too. */
  const open: Fate[] = ["PASS"];
  const statements = new Map<string, string>();
  const portals = new Map<string, string>();
  let sql: string[] = [];
  let started = false;
  let untypedAnswers = 0;
  let fromClient: Buffer = Buffer.alloc(0);
  let fromServer: Buffer = Buffer.alloc(0);
  /** Messages of a request that is not complete; the server hears of it as a whole or not at all. */
  let request: Buffer[] = [];

  return {
    up(chunk) {
      fromClient = Buffer.concat([fromClient, chunk]);
      const passed: Buffer[] = [];
      for (;;) {
        const isTyped = started;
        const message = nextOfClient();
        if (message === null) return goOn(...passed);
        request.push(message);
        if (isTyped && isEndOfRequest(message)) {
          const fate = decide(sql.join("; "));
          sql = [];
          open.push(fate);
          const act = actBefore(fate);
          if (act !== null) return endWith(act, ...passed);
        } else if (isTyped && !isFlushed(message)) continue;
        passed.push(...request);
        request = [];
      }
    },
    down(chunk) {
      fromServer = Buffer.concat([fromServer, chunk]);
      const passed: Buffer[] = [];
      for (let message = nextOfServer(); message !== null; message = nextOfServer()) {
        const isLast = message.length > 1 && typeOf(message) === "Z";
        const act = actOnReply(open[0] ?? "PASS", message, isLast);
        passed.push(act.pass);
        if (act.next !== "GO_ON") return endWith(act.next, ...passed);
        if (isLast) open.shift();
      }
      return goOn(...passed);
    },
    downEnd: () => goOn(fromServer),
  };

  function nextOfClient(): Buffer | null {
    // The first message, and again after a refused encryption, has no type.
    const lengthAt = started ? 1 : 0;
    if (fromClient.length < lengthAt + 4) return null;
    const size = lengthAt + fromClient.readInt32BE(lengthAt);
    if (fromClient.length < size) return null;
    const message = fromClient.subarray(0, size);
    fromClient = fromClient.subarray(size);
    if (started) readStatement(message);
    else if (ASKS_FOR_ENCRYPTION.has(message.readInt32BE(4))) untypedAnswers++;
    else started = true;
    return message;
  }

  function nextOfServer(): Buffer | null {
    let size = 1;
    if (untypedAnswers > 0 && fromServer.length > 0) {
      untypedAnswers--;
      if (fromServer.toString("latin1", 0, 1) !== "N") throw new Error("an encrypted connection cannot be read");
    } else {
      if (fromServer.length < HEAD_BYTES) return null;
      size = 1 + fromServer.readInt32BE(1);
      if (fromServer.length < size) return null;
    }
    const message = fromServer.subarray(0, size);
    fromServer = fromServer.subarray(size);
    return message;
  }

  /** Parse names a statement, Bind a portal of it, Execute runs that; Query has its SQL with it. */
  function readStatement(message: Buffer): void {
    const [first = "", second = ""] = message.toString("utf8", HEAD_BYTES).split("\0", 2);
    switch (typeOf(message)) {
      case "P":
        statements.set(first, second);
        break;
      case "B":
        portals.set(first, statements.get(second) ?? "");
        break;
      case "E":
        sql.push(portals.get(first) ?? "");
        break;
      case "Q":
        sql.push(first);
        break;
      default:
        break;
    }
  }
}

function typeOf(message: Buffer): string {
  return message.toString("latin1", 0, 1);
}

/** Query and Sync: each is answered by one ReadyForQuery. */
function isEndOfRequest(message: Buffer): boolean {
  return typeOf(message) === "Q" || typeOf(message) === "S";
}

/** Not held until a request is complete: passwords, data of COPY, Flush, Terminate. */
function isFlushed(message: Buffer): boolean {
  return "pdcfHX".includes(typeOf(message));
}
