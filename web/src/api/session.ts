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
  /** While a person is asked: there may be a token after all, since somebody has signed in in another tab. */
  lookAgain(): void;
  readonly getSnapshot: () => SessionState;
  readonly subscribe: (listener: () => void) => () => void;
}

/** The part of Web Storage that is used. Only for tokens of this tab: sessionStorage. */
export type TokenStore = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEY = "signet-token";

/**
 * A session that first looks into `store`, then asks `issue` (sign-in.ts), then a person.
 * @param issue undefined when only a person can help; throws when nobody can be reached. Gets the token refused last
 */
export function createSession(
  issue: (refused: string | undefined) => Promise<string | undefined>,
  store: TokenStore,
): Session {
  const listeners = new Set<() => void>();
  let state: SessionState = "UNKNOWN";
  let search: Promise<string> | undefined;
  let known: string | undefined;
  let refused: string | undefined;
  let entered: (token: string) => void = () => undefined;

  const become = (next: SessionState): void => {
    state = next;
    for (const listener of listeners) listener();
  };
  const ask = (): Promise<string> =>
    new Promise((resolve) => {
      entered = resolve;
      become(refused === undefined ? "ASKING" : "ASKING_AGAIN");
    });
  const find = async (): Promise<string> => {
    known = store.getItem(KEY) ?? (await issue(refused)) ?? (await ask());
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
      refused = token;
    },
    enter(token) {
      store.setItem(KEY, token);
      entered(token);
    },
    lookAgain() {
      // What fails is not worse than before: the person is still asked.
      void issue(refused).then(
        (token) => token !== undefined && entered(token),
        () => undefined,
      );
    },
    getSnapshot: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
