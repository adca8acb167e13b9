import type { TypedDocumentString } from "../gql/graphql.js";
import type { Session } from "./session.js";

/**
 * The call itself failed: no network, no valid answer, or an error that is not about one item.
 *
 * - `NETWORK` no answer
 * - `TIMEOUT` no answer in time
 * - `HTTP` an answer that is not GraphQL
 * - else the server's `extensions.code`: UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED, BAD_USER_INPUT, INTERNAL_SERVER_ERROR, …
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
const CODES: Readonly<Record<number, string>> = { 401: "UNAUTHENTICATED", 429: "RATE_LIMITED" };

const RETRYABLE = new Set(["NETWORK", "TIMEOUT", "RATE_LIMITED", "INTERNAL_SERVER_ERROR"]);

/** Sends one operation and gives its data. Rejects with {@link ApiError}, or with the signal's reason. */
export type Execute = <TResult, TVariables>(
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
  options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number },
) => Promise<TResult>;

interface GraphQLAnswer {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly requestId?: string };
  }[];
}

/**
 * An executor over fetch. The token goes into each call; after an UNAUTHENTICATED the session is asked for another one and
 * the call repeated once.
 * @param endpoint path or URL of the GraphQL endpoint
 */
export function createExecute(endpoint: string, session: Session): Execute {
  return async (document, variables, options = {}) => {
    const body = JSON.stringify({ query: document.toString(), variables });
    const token = await currentToken();
    try {
      return await post(body, token, options);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "UNAUTHENTICATED") throw error;
      session.reject(token);
      return post(body, await currentToken(), options);
    }
  };

  function currentToken(): Promise<string> {
    return session.token().catch((error: unknown) => {
      throw new ApiError("NETWORK", { cause: error });
    });
  }

  async function post<T>(
    body: string,
    token: string,
    { signal, timeoutMs = 30_000 }: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<T> {
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
