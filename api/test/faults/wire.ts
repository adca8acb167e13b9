/**
 * What is done to one request:
 * - `PASS` nothing;
 * - `RESET_BEFORE` the server never hears of it, the client's connection is reset;
 * - `STALL_BEFORE` the server never hears of it, and the client never hears again;
 * - `DROP_REPLY` the server does it; when its answer has come whole, the connection is cut and the answer is gone;
 * - `STALL_REPLY` the server does it, and the client never hears of it while the connection stays open;
 * - `CUT_REPLY` the server does it; half of the answer's first bytes arrive, then the connection is cut.
 */
export type Fate = "PASS" | "RESET_BEFORE" | "STALL_BEFORE" | "DROP_REPLY" | "STALL_REPLY" | "CUT_REPLY";

/** Bytes that go on, and what becomes of the connection after them. */
export interface Passage {
  readonly pass: Buffer;
  /** `CUT`: reset; `DROPPED`: reset, after a whole answer that is not passed on; `STALL`: nothing passes any more. */
  readonly next: "GO_ON" | "CUT" | "DROPPED" | "STALL";
}

/** Follows one connection's conversation and decides what of it goes on. */
export interface Wire {
  /** Bytes of the client. */
  up(chunk: Buffer): Passage;
  /** Bytes of the server. */
  down(chunk: Buffer): Passage;
  /** The server has said its last. */
  downEnd(): Passage;
}

/** Asked once for each request, with what it is. */
export type Decide = (what: string) => Fate;

const NOTHING: Buffer = Buffer.alloc(0);

export function goOn(...pass: readonly Buffer[]): Passage {
  return { pass: pass.length === 1 ? pass[0]! : Buffer.concat(pass), next: "GO_ON" };
}

export function endWith(next: Passage["next"], ...pass: readonly Buffer[]): Passage {
  return { pass: Buffer.concat(pass), next };
}

/** What the two fates that act before the server make of a request; null when it goes on. */
export function actBefore(fate: Fate): Passage["next"] | null {
  if (fate === "RESET_BEFORE") return "CUT";
  return fate === "STALL_BEFORE" ? "STALL" : null;
}

/**
 * What a request's fate makes of a piece of its answer.
 * @param isLast the answer is whole with this piece
 */
export function actOnReply(fate: Fate, piece: Buffer, isLast: boolean): Passage {
  switch (fate) {
    case "CUT_REPLY":
      return endWith("CUT", piece.subarray(0, Math.max(1, Math.floor(piece.length / 2))));
    case "STALL_REPLY":
      return isLast ? endWith("STALL") : goOn(NOTHING);
    case "DROP_REPLY":
      return isLast ? endWith("DROPPED") : goOn(NOTHING);
    default:
      return goOn(piece);
  }
}
