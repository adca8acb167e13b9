import type { IncomingMessage, ServerResponse } from "node:http";

/** One request of a browser, or of a command, to the store. */
export interface StoreCall {
  readonly method: string;
  /** Without the bucket. */
  readonly key: string;
  /** 1 for a file that goes as one object. */
  readonly partNumber: number;
  /** As it was signed. A secret: tests read its dates, and never print it. */
  readonly url: URL;
  /** What the store itself said; 0 when it was not asked, or its answer never came. */
  readonly storeStatus: number;
  /** Bytes of the body that have passed so far. */
  readonly passedBytes: number;
}

/**
 * What goes wrong with a call.
 * - `answer`: it gets this status, and the store never hears of it; `cors: false` hides the answer from pages
 * - `dropAfterBytes`: the connection breaks when so many bytes of the body have passed
 * - `stallAfterBytes`: nothing more is read from the connection; it stays open
 * - `loseAnswer`: the store does it, and the connection breaks before its answer
 * - `holdUntil`: waits before the store hears of it, then goes on as usual
 * - `flip`: one bit of the body is another one at the store
 */
export type Fault =
  | { readonly answer: number; readonly cors?: boolean }
  | { readonly dropAfterBytes: number }
  | { readonly stallAfterBytes: number }
  | { readonly loseAnswer: true }
  | { readonly holdUntil: (call: StoreCall) => Promise<unknown> }
  | { readonly flip: true };

/** Which calls a fault is for. */
export interface FaultScope {
  /** So many calls; default: all, until it is lifted. */
  readonly times?: number;
  /** Default: every PUT. */
  readonly when?: (call: StoreCall) => boolean;
}

/** A call while it is under way. */
export type Call = { -readonly [K in keyof StoreCall]: StoreCall[K] };

/** What a request asks for, before the store has heard of it. */
export function describeCall({ method = "", url = "" }: IncomingMessage): Call {
  const signed = new URL(url, "http://store");
  const key = decodeURIComponent(signed.pathname.split("/").slice(2).join("/"));
  const partNumber = Number(signed.searchParams.get("partNumber") ?? 1);
  return { method, key, partNumber, url: signed, storeStatus: 0, passedBytes: 0 };
}

/** As a store refuses; S3's own words do not matter here. */
export function refuse(response: ServerResponse, status: number, origin: string | undefined): void {
  const cors = origin === undefined ? {} : { "access-control-allow-origin": origin };
  response.writeHead(status, { "content-type": "application/xml", ...cors });
  const code = status === 503 ? "SlowDown" : status === 403 ? "AccessDenied" : "InternalError";
  response.end(`<Error><Code>${code}</Code><Message>As the test wants it.</Message></Error>`);
}
