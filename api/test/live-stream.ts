import { createClient } from "graphql-sse";
import { until } from "./records.js";

/** Where to connect, and as whom. */
export interface LiveApi {
  readonly url: string;
  tokenOf(user: string): Promise<string>;
}

/** One event, as a client sees it. */
export interface Change {
  readonly fileId: string;
  readonly file: { readonly id: string; readonly status: string; readonly filename: string } | null;
  readonly at: string;
}

/** An open subscription, read by the protocol's own client as fast as it can. */
export interface LiveStream {
  /** Everything that has arrived, in order. */
  readonly changes: readonly Change[];
  /** What has arrived for one file, as `READY hello.txt`, or `gone`. */
  statesOf(fileId: string): string[];
  /** Waits until that is the last state that has arrived for the file. */
  untilState(fileId: string, state: string): Promise<void>;
  /** Settles when the server completes it, with true, or when it is closed here, with false. */
  readonly completed: Promise<boolean>;
  /** Drops the connection. Repeatable. */
  close(): void;
}

export const FILES_CHANGED =
  "subscription ($ids: [ID!]) { filesChanged(ids: $ids) { fileId file { id status filename } at } }";

const ARRIVES_WITHIN_MS = 20_000;

/** Settles once the server has taken the subscription. @throws Error when it refuses */
export async function openStream(
  api: LiveApi,
  user: string,
  ids: readonly string[] | null = null,
  token?: string,
): Promise<LiveStream> {
  const client = createClient({
    url: `${api.url}/graphql/stream`,
    headers: { authorization: `Bearer ${token ?? (await api.tokenOf(user))}` },
    retryAttempts: 0,
  });
  const changes: Change[] = [];
  let closedHere = false;
  let connected = (): void => undefined;
  const open = new Promise<void>((resolve) => (connected = resolve));
  const completed = new Promise<boolean>((resolve, reject) => {
    client.subscribe<{ filesChanged: Change }>(
      { query: FILES_CHANGED, variables: { ids } },
      {
        next({ data, errors }) {
          if (errors) return reject(new Error(JSON.stringify(errors)));
          changes.push(data!.filesChanged);
        },
        complete: () => resolve(!closedHere),
        error: reject,
      },
      { connected: () => connected() },
    );
  });
  completed.catch(() => undefined);
  await Promise.race([open, completed]);

  const statesOf = (fileId: string): string[] =>
    changes
      .filter((change) => change.fileId === fileId)
      .map(({ file }) => (file === null ? "gone" : `${file.status} ${file.filename}`));
  return {
    changes,
    completed,
    statesOf,
    async untilState(fileId, state) {
      await until(() => statesOf(fileId).at(-1) === state, ARRIVES_WITHIN_MS).catch(() => {
        throw new Error(`${fileId} is not ${state}, but was ${statesOf(fileId).join(", ") || "never told of"}`);
      });
    },
    close() {
      closedHere = true;
      client.dispose();
    },
  };
}
