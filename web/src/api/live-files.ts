import { FilesChangedDocument } from "../gql/graphql.js";
import type { FilesChangedSubscription } from "../gql/graphql.js";
import type { FileRow } from "./file-calls.js";
import type { Session } from "./session.js";

/** Changes of the account's files, pushed by the server. A store for `useSyncExternalStore`. */
export interface LiveFiles {
  /** True while changes arrive by themselves; while false, whoever needs to know has to ask. */
  readonly getSnapshot: () => boolean;
  readonly subscribe: (listener: () => void) => () => void;
  /** Ends it for good. */
  stop(): void;
}

/** A file as it is after a change. */
export interface FileChange {
  readonly fileId: string;
  /** Null: gone for good, or from every list. */
  readonly file: FileRow | null;
}

export interface LiveFilesOptions {
  /** Path or URL of the event stream. */
  readonly url: string;
  readonly session: Session;
  readonly onChange: (change: FileChange) => void;
  /** Changes arrive from now on. Some may have been missed: whatever was asked for before has to be asked for again. */
  readonly onConnect: () => void;
  /** Where the page says whether anybody sees it. Default: always seen. */
  readonly page?: PageVisibility;
}

/** The part of `document` that is used. */
export type PageVisibility = Pick<Document, "hidden" | "addEventListener" | "removeEventListener">;

/** The server says something at least every 12 s, if only a comment. */
const SILENT_AFTER_MS = 30_000;
/** Over HTTP/1.1 a browser has six connections to a host, for all its tabs: those in the background leave theirs. */
const HIDDEN_AFTER_MS = 30_000;
const RETRY_FROM_MS = 1_000;
const RETRY_TO_MS = 30_000;
/** A connection that lasted so long was a good one: the next failure is the first again. */
const GOOD_AFTER_MS = 10_000;

/**
 * Subscribes to `filesChanged` over server-sent events (graphql-sse protocol, distinct connections), and connects again,
 * later and later, whenever the stream ends: servers restart, tokens expire, networks change.
 *
 * Not the protocol's own client: it does not hear the comments that show a connection to be alive, does not say which
 * token was refused, and takes the end of a stream for the end of the subscription.
 * https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
 */
export function createLiveFiles(options: LiveFilesOptions): LiveFiles {
  const { url, session, onChange, onConnect, page } = options;
  const listeners = new Set<() => void>();
  const stopped = new AbortController();
  let live = false;

  const become = (next: boolean): void => {
    if (live === next) return;
    live = next;
    for (const listener of listeners) listener();
  };

  void keep();
  return {
    getSnapshot: () => live,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => stopped.abort(),
  };

  async function keep(): Promise<void> {
    for (let failures = 0; !stopped.signal.aborted;) {
      await untilSeen(page, stopped.signal);
      const begunMs = performance.now();
      const hidden = await connect();
      const good = hidden || performance.now() - begunMs > GOOD_AFTER_MS;
      failures = good ? 0 : failures + 1;
      // Spread: every page loses a server at the same moment.
      const waitMs = Math.min(RETRY_TO_MS, RETRY_FROM_MS * 2 ** failures) * Math.random();
      if (!hidden) await pause(waitMs, stopped.signal);
    }
  }

  /** One connection, until it ends, however. True when it was given up because nobody sees the page. */
  async function connect(): Promise<boolean> {
    const attempt = new AbortController();
    const signal = AbortSignal.any([attempt.signal, stopped.signal]);
    let silence: ReturnType<typeof setTimeout> | undefined;
    let hidden = false;
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => attempt.abort(), SILENT_AFTER_MS);
    };
    const unwatch = whenHidden(page, HIDDEN_AFTER_MS, () => {
      hidden = true;
      attempt.abort();
    });
    try {
      const token = await session.token();
      heard();
      const response = await fetch(url, {
        method: "POST",
        headers: {
          accept: "text/event-stream",
          "content-type": "application/json",
          authorization: `Bearer ${token}`,
        },
        body: JSON.stringify({ query: FilesChangedDocument.toString() }),
        signal,
      });
      if (response.status === 401) session.reject(token);
      const streams = response.headers.get("content-type")?.startsWith("text/event-stream");
      if (!response.ok || !streams || !response.body) return hidden;
      become(true);
      // Also the first time: the list that was asked for beside it may have been read before the server listened.
      onConnect();
      for await (const event of eventsOf(response.body, heard)) {
        if (event.name === "complete") break;
        const { data, errors } = JSON.parse(event.data) as StreamResult;
        // A file that could not be read is null too, and must not be taken for a purged one.
        if (errors || !data) break;
        onChange(data.filesChanged);
      }
    } catch {
      // No network, no token, no stream, or no patience with a silent one: it is tried again.
    } finally {
      unwatch();
      clearTimeout(silence);
      attempt.abort();
      become(false);
    }
    return hidden;
  }
}

interface StreamResult {
  readonly data?: FilesChangedSubscription | null;
  readonly errors?: readonly unknown[];
}

/** Events of a stream, as far as this protocol uses them: one line each of `event` and `data`; comments are left out. */
async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  onChunk: () => void,
): AsyncGenerator<{ name: string; data: string }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onChunk();
    const blocks = (text + decoder.decode(value, { stream: true })).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string): string | undefined => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1];
      const name = field("event");
      if (name !== undefined) yield { name, data: field("data") ?? "" };
    }
  }
}

function untilSeen(page: PageVisibility | undefined, stop: AbortSignal): Promise<void> {
  if (!page?.hidden || stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const look = (): void => {
      if (page.hidden && !stop.aborted) return;
      page.removeEventListener("visibilitychange", look);
      stop.removeEventListener("abort", look);
      resolve();
    };
    page.addEventListener("visibilitychange", look);
    stop.addEventListener("abort", look);
  });
}

/** @returns how to stop looking */
function whenHidden(page: PageVisibility | undefined, afterMs: number, then: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    if (page?.hidden) timer = setTimeout(then, afterMs);
  };
  page?.addEventListener("visibilitychange", look);
  return () => {
    clearTimeout(timer);
    page?.removeEventListener("visibilitychange", look);
  };
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener("abort", end);
  });
}
