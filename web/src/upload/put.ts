import type { HttpHeader } from "./upload-api.js";

/** One request to the store. */
export interface PutRequest<Body> {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly HttpHeader[];
  readonly body: Body;
  readonly sizeBytes: number;
  /** Abort rejects the call with the signal's reason. */
  readonly signal: AbortSignal;
  /** Rejects with a STALLED {@link PutFault} when no byte moves for so long. */
  readonly stallMs: number;
  /** Bytes handed to the network so far, 0 to sizeBytes, ascending. */
  onProgress(sentBytes: number): void;
}

/** The store's answer, whatever its status. */
export interface PutResponse {
  readonly status: number;
  /** The first few KiB of the body: S3 names its error there. */
  readonly text: string;
}

/** Sends bytes and reports the answer. Rejects with {@link PutFault} when there is none. */
export type Put<Body> = (request: PutRequest<Body>) => Promise<PutResponse>;

/** No answer came. NETWORK: connection refused, cut, or hidden from the page by CORS. STALLED: nothing moved in time. */
export class PutFault extends Error {
  override readonly name = "PutFault";
  readonly kind: "NETWORK" | "STALLED";

  constructor(kind: "NETWORK" | "STALLED", cause?: unknown) {
    super(kind, { cause });
    this.kind = kind;
  }
}
