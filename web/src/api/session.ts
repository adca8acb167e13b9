/** What the page shows of the session. ASKING: only a person can give the next token; ASKING_AGAIN: the last one was refused. */
export type SessionState = "UNKNOWN" | "SIGNED_IN" | "ASKING" | "ASKING_AGAIN";

/** Where tokens come from. A store for `useSyncExternalStore`. */
export interface Session {
  /** The current token; waits for {@link enter} while nobody else can give one. */
  token(): Promise<string>;
  /** Says that the server refused `token`. An older one than the current is ignored. */
  reject(token: string): void;
  /** A token typed in by a person. */
  enter(token: string): void;
  readonly getSnapshot: () => SessionState;
  readonly subscribe: (listener: () => void) => () => void;
}

/** The part of Web Storage that is used. Only for tokens of this tab: sessionStorage. */
export type TokenStore = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEY = "signet-token";

/**
 * A session that first looks into `store`, then asks `issue` (the development server's /dev/token), then a person.
 * @param issue undefined when the server issues no tokens; throws when it cannot be reached
 */
export function createSession(issue: () => Promise<string | undefined>, store: TokenStore): Session {
  const listeners = new Set<() => void>();
  let state: SessionState = "UNKNOWN";
  let search: Promise<string> | undefined;
  let known: string | undefined;
  let refused = false;
  let entered: (token: string) => void = () => undefined;

  const become = (next: SessionState): void => {
    state = next;
    for (const listener of listeners) listener();
  };
  const ask = (): Promise<string> =>
    new Promise((resolve) => {
      entered = resolve;
      become(refused ? "ASKING_AGAIN" : "ASKING");
    });
  const find = async (): Promise<string> => {
    known = store.getItem(KEY) ?? (await issue()) ?? (await ask());
    become("SIGNED_IN");
    return known;
  };

  return {
    token() {
      // A server that cannot be reached now is asked again by the next call.
      search ??= find().catch((error: unknown) => {
        search = undefined;
        throw error;
      });
      return search;
    },
    reject(token) {
      // Many calls may come back refused; only the first of them costs the token.
      if (token !== known) return;
      store.removeItem(KEY);
      known = search = undefined;
      refused = true;
    },
    enter(token) {
      store.setItem(KEY, token);
      entered(token);
    },
    getSnapshot: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * Asks a development server for a token; undefined where there is none.
 * @throws Error when the server cannot be reached or is in trouble
 */
export async function fetchDevToken(): Promise<string | undefined> {
  const response = await fetch("/dev/token", { headers: { accept: "application/json" } });
  if (response.status >= 500) throw new Error(`/dev/token answered ${response.status}`);
  if (!response.ok) return undefined;
  const body = (await response.json().catch(() => undefined)) as { token?: unknown } | undefined;
  return typeof body?.token === "string" ? body.token : undefined;
}
