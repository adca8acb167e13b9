import type { ServerResponse } from "node:http";

/** What one client has been sent and what not yet. */
export interface EventStream {
  /**
   * Settles when the client has taken the event before, or is gone. graphql-sse itself keeps whatever its source gives in
   * memory; asked before each event, this makes it take no more than its client takes.
   */
  untilTaken(): Promise<void>;
  /** Writes everything that comes, and ends the response. Never rejects: a client that is gone is no error. */
  send(chunks: AsyncGenerator<string, void, undefined>): Promise<void>;
}

/** A client that takes nothing for so long is cut off: heartbeats, too, would pile up. */
const STALLED_AFTER_MS = 60_000;
/** Heartbeats are comments: a line that begins with a colon. */
const COMMENT = ":";

/** @param stalledAfterMs how long one write may take before the connection is cut */
export function createEventStream(response: ServerResponse, stalledAfterMs = STALLED_AFTER_MS): EventStream {
  let untaken = false;
  let taken = (): void => undefined;
  const settle = (): void => {
    untaken = false;
    taken();
  };
  response.once("close", settle);

  return {
    async untilTaken() {
      if (response.closed) return;
      if (untaken) await new Promise<void>((resolve) => (taken = resolve));
      untaken = true;
    },
    async send(chunks) {
      const stop = (): void => void chunks.return();
      response.once("close", stop);
      // It may have left while its operation was being opened; then there is no event any more.
      if (response.closed) stop();
      for await (const chunk of chunks) {
        if (!(await write(response, chunk, stalledAfterMs))) break;
        if (!chunk.startsWith(COMMENT)) settle();
      }
      response.off("close", stop);
      response.end();
    },
  };
}

/** True when it has left this process, false when the client is gone or does not take it. */
function write(response: ServerResponse, chunk: string, withinMs: number): Promise<boolean> {
  if (response.closed || !response.writable) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), withinMs);
    const end = (written: boolean): void => {
      clearTimeout(timer);
      response.off("close", lost);
      resolve(written);
    };
    const lost = (): void => end(false);
    response.once("close", lost);
    response.write(chunk, (error) => end(!error));
  });
}
