import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { mintToken } from "../api-process.js";

const ASK_EVERY_MS = 20;
const CONNECT_EVERY_MS = 5;
const CONNECT_WITHIN_MS = 1_000;
const REQUEST_WITHIN_MS = 10_000;
/** Needs the database. */
const QUERY = JSON.stringify({ query: "{ files(first: 1) { edges { node { id } } } }" });

/** Both in milliseconds from the same start. */
export interface Return {
  /** The first connection that the database took. */
  readonly acceptedAtMs: number;
  /** The end of the first request that the service answered without an error. */
  readonly servedAtMs: number;
}

/**
 * After a database has gone away: when it is back, and when the service is. Requests are begun every 20 ms, whatever becomes
 * of those before. @throws Error when that takes longer than `withinMs`
 */
export async function timeReturn(
  { databaseUrl, apiUrl }: { databaseUrl: string; apiUrl: string },
  withinMs: number,
): Promise<Return> {
  const over = AbortSignal.timeout(withinMs);
  const begunAt = performance.now();
  const [acceptedAtMs, servedAtMs] = await Promise.all([firstConnection(), firstAnswer()]);
  return { acceptedAtMs, servedAtMs };

  async function firstConnection(): Promise<number> {
    while (!over.aborted) {
      const client = new pg.Client({
        connectionString: databaseUrl,
        connectionTimeoutMillis: CONNECT_WITHIN_MS,
        application_name: "when-back",
      });
      client.on("error", () => undefined);
      try {
        await client.connect();
        return performance.now() - begunAt;
      } catch {
        await sleep(CONNECT_EVERY_MS);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
    throw new Error(`the database takes no connection within ${withinMs} ms`);
  }

  async function firstAnswer(): Promise<number> {
    const authorization = `Bearer ${await mintToken("when-back")}`;
    const answered = new AbortController();
    const asked: Promise<void>[] = [];
    let firstAtMs: number | null = null;
    while (firstAtMs === null && !over.aborted) {
      asked.push(
        ask(apiUrl, authorization, answered.signal).then((good) => {
          if (good) firstAtMs ??= performance.now() - begunAt;
        }),
      );
      await sleep(ASK_EVERY_MS);
    }
    answered.abort();
    await Promise.all(asked);
    if (firstAtMs === null) throw new Error(`no request is answered within ${withinMs} ms`);
    return firstAtMs;
  }
}

async function ask(apiUrl: string, authorization: string, over: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${apiUrl}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization },
      body: QUERY,
      signal: AbortSignal.any([over, AbortSignal.timeout(REQUEST_WITHIN_MS)]),
    });
    const { errors } = (await response.json()) as { errors?: unknown };
    return response.ok && errors === undefined;
  } catch {
    return false;
  }
}
