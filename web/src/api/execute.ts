import type { TypedDocumentString } from "../gql/graphql.js";
import type { Session } from "./session.js";

/**
 * The call itself failed: no network, no valid answer, or an error that is not about one item.
 *
 * - `NETWORK` no answer
 * - `TIMEOUT` no answer in time
 * - `HTTP` an answer that is not GraphQL
 * - else the server's `extensions.code`: UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED, BAD_USER_INPUT, SERVICE_UNAVAILABLE, …
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  declare readonly code: string;
  /** Names the call in the server's log. */
  declare readonly requestId: string | undefined;
  declare readonly status: number | undefined;
  /** True: the same call may work later. */
  declare readonly retryable: boolean;
  declare readonly retryAfterSeconds: number | undefined;

  constructor(code: string, { message = code, cause, ...facts }: ApiErrorFacts = {}) {
    super(message, { cause });
    const retryable = RETRYABLE.has(code) || (facts.status ?? 0) >= 500;
    Object.assign(this, facts, { code, retryable });
  }
}

/** Facts beside the code. */
export interface ApiErrorFacts {
  /** English, for developers. */
  readonly message?: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** For answers that are no GraphQL, as proxies give them. */
const CODES: Readonly<Record<number, string>> = {
  401: "UNAUTHENTICATED",
  429: "RATE_LIMITED",
  503: "SERVICE_UNAVAILABLE",
};

const RETRYABLE = new Set([
  "NETWORK",
  "TIMEOUT",
  "RATE_LIMITED",
  "STORAGE_UNAVAILABLE",
  "SERVICE_UNAVAILABLE",
  "INTERNAL_SERVER_ERROR",
]);

/** Its fragments may stand before it. */
const MUTATION = /^\s*mutation\b/m;
/** A server that is busy is asked again so often, when it says to come back within so many seconds. */
const BUSY_RETRIES = 2;
const MAX_BUSY_WAIT_SECONDS = 10;

/** Sends one operation and gives its data. Rejects with {@link ApiError}, or with the signal's reason. */
export type Execute = <TResult, TVariables>(
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
  options?: CallOptions,
) => Promise<TResult>;

/** `timeoutMs` is for each try. */
interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

interface GraphQLAnswer {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly requestId?: string };
  }[];
}

/**
 * An executor over fetch. The token goes into each call; after an UNAUTHENTICATED the session is asked for another one and
 * the call repeated once. A call that a busy server has refused (503 with Retry-After, or 429 for a query: nothing was done) is repeated when it
 * says so, and a little later, so that those who were refused together do not come back together.
 * @param endpoint path or URL of the GraphQL endpoint
 */
export function createExecute(endpoint: string, session: Session): Execute {
  return async (document, variables, options = {}) => {
    const query = document.toString();
    const body = JSON.stringify({ query, variables });
    for (let tries = 0; ; tries += 1) {
      try {
        return await signedIn(body, options);
      } catch (error) {
        const waitSeconds = tries < BUSY_RETRIES ? busyFor(error, query) : undefined;
        if (waitSeconds === undefined) throw error;
        await pause(waitSeconds * 1000 * (1 + Math.random() / 2), options.signal);
      }
    }
  };

  async function signedIn<T>(body: string, options: CallOptions): Promise<T> {
    const token = await currentToken();
    try {
      return await post(body, token, options);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "UNAUTHENTICATED") throw error;
      session.reject(token);
      return post(body, await currentToken(), options);
    }
  }

  function currentToken(): Promise<string> {
    return session.token().catch((error: unknown) => {
      throw new ApiError("NETWORK", { cause: error });
    });
  }

  async function post<T>(body: string, token: string, { signal, timeoutMs = 30_000 }: CallOptions): Promise<T> {
    const timeout = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let answer: GraphQLAnswer | undefined;
    try {
      response = await fetch(endpoint, {
        method: "POST",
        headers: {
          accept: "application/graphql-response+json",
          "content-type": "application/json",
          authorization: `Bearer ${token}`,
        },
        body,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      answer = await response.json().catch((error: unknown) => {
        if ((error as Error).name === "SyntaxError") return undefined;
        throw error;
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw new ApiError(timeout.aborted ? "TIMEOUT" : "NETWORK", { cause: error });
    }
    const failure = errorOf(response, answer);
    if (failure) throw failure;
    return answer?.data as T;
  }
}

/** Seconds after which a busy server wants to be asked again, when that is soon; else undefined. */
function busyFor(error: unknown, query: string): number | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const { status, code } = error;
  const busy = status === 503 && code === "SERVICE_UNAVAILABLE";
  // Whoever changes something too often waits where it is seen: the engine says so beside each file.
  const limited = status === 429 && code === "RATE_LIMITED" && !MUTATION.test(query);
  if (!busy && !limited) return undefined;
  const seconds = error.retryAfterSeconds;
  return seconds !== undefined && seconds <= MAX_BUSY_WAIT_SECONDS ? seconds : undefined;
}

/** Rejects with the signal's reason as soon as it fires. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

function errorOf(response: Response, answer: GraphQLAnswer | undefined): ApiError | undefined {
  const { status, headers, ok } = response;
  const [first] = answer?.errors ?? [];
  if (ok && !first && answer?.data) return undefined;
  const { code, requestId } = first?.extensions ?? {};
  return new ApiError(code ?? CODES[status] ?? (first ? "INTERNAL_SERVER_ERROR" : "HTTP"), {
    message: first?.message,
    status,
    requestId,
    // Absent is 0, and a date instead of seconds is not a number.
    retryAfterSeconds: Number(headers.get("retry-after")) || undefined,
  });
}
