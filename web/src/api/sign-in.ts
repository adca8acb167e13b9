import type { OidcClient, OidcSettings, SignInTarget } from "./oidc.js";

/** What the page shows of the way in. */
export interface SignInState {
  /**
   * - UNKNOWN the server was not asked yet
   * - TOKEN a person types a token in, unless the server gives one by itself
   * - PROVIDER an OpenID provider asks for name and password, on its own pages
   */
  readonly way: "UNKNOWN" | "TOKEN" | "PROVIDER";
  /** Where the provider is, as people read it: `accounts.example.com`. */
  readonly provider?: string;
  /** Why the last try did not work. DENIED: the provider, or the person there, said no. */
  readonly fault?: "DENIED" | "FAILED" | "UNREACHABLE" | undefined;
  /** Of whoever is signed in, when the provider tells. */
  readonly name?: string | undefined;
}

/** How a person gets in. A store for `useSyncExternalStore`. */
export interface SignIn {
  /**
   * A token that needs no person: of somebody who is signed in, or of a development server. Undefined: a person has to act.
   * @param refused the token that the server refused last @throws Error when server or provider cannot be reached
   */
  issue(refused?: string): Promise<string | undefined>;
  /**
   * Goes to the provider. In another tab, this page stays as it is, and goes on once the person has signed in there.
   * What fails is told by the state.
   */
  begin(options: { readonly inNewTab: boolean }): Promise<void>;
  /** Ends the session here, and at the provider where it can. Leaves the page. */
  signOut(): Promise<void>;
  readonly getSnapshot: () => SignInState;
  readonly subscribe: (listener: () => void) => () => void;
}

/** What differs between a browser's tab and a test. */
export interface SignInParts {
  /** The address with which the page was opened: a provider may have sent it back with an answer. */
  readonly openedAt: string;
  /** Loads the client of OpenID Connect; only where it is needed. */
  readonly loadClient: (settings: OidcSettings) => Promise<OidcClient>;
  /** One that nobody else has. */
  readonly newName: () => string;
  /** Opens another tab that cannot touch this one. */
  readonly openTab: (url: string) => void;
  /** Shows another address without loading it. */
  readonly showAddress: (path: string) => void;
  /** Loads another address. */
  readonly goTo: (path: string) => void;
  /** Between the tabs of this origin: one that was opened to sign in hands over what it got. */
  readonly channel: () => BroadcastChannel;
  /** Somebody has signed in elsewhere: whoever waits for a token looks again. */
  readonly onSignedIn: () => void;
}

/** A tab that was opened with it is there only to sign in for another one. */
const FOR_ANOTHER_TAB = "sign-in";
/** Of a tab whose work is done. */
export const SIGNED_IN_PATH = "/?signed-in";
/** The other tab answers at once, or is gone. */
const HAND_OVER_MS = 3_000;

export function createSignIn(parts: SignInParts): SignIn {
  const listeners = new Set<() => void>();
  let state: SignInState = { way: "UNKNOWN" };
  let client: OidcClient | undefined;
  let asked: Promise<void> | undefined;
  /** The name that the tab was given which is to sign in for this one. */
  let waitsFor: string | undefined;
  const become = (next: SignInState): void => {
    state = next;
    for (const listener of listeners) listener();
  };

  /** Asks the server once which way leads in, and finishes what the provider sent the page back for. */
  async function arrive(): Promise<void> {
    const settings = await fetchSettings();
    if (!settings) return become({ way: "TOKEN" });
    client = await parts.loadClient(settings);
    const known = { way: "PROVIDER", provider: new URL(settings.issuer).host } as const;
    const opened = new URL(parts.openedAt);
    const isAnswer = opened.searchParams.has("state");
    if (isAnswer) {
      // An answer is used once: after a reload, or kept as a bookmark, it would only be refused.
      parts.showAddress("/");
      const answer = await client.complete(parts.openedAt);
      become({ ...known, name: answer.name, fault: answer.fault });
      // Whoever was signed in before an answer that failed still is, and may need another tab some day.
      if (answer.fault === undefined) await arrived(client, answer);
      else listenForOtherTab(client);
      return;
    }
    become({ ...known, name: await client.name() });
    const forAnotherTab = opened.searchParams.get(FOR_ANOTHER_TAB);
    if (forAnotherTab !== null) await leave({ path: "/", forAnotherTab });
    else listenForOtherTab(client);
  }

  /** Back from the provider: on to where the person wanted to go, or to the tab that waits. */
  async function arrived(oidc: OidcClient, { path, forAnotherTab }: SignInTarget) {
    if (forAnotherTab !== null)
      await handOver(parts.channel(), { user: await oidc.takeAway(), waitsFor: forAnotherTab });
    else if (path === "/") return listenForOtherTab(oidc);
    parts.goTo(forAnotherTab === null ? path : SIGNED_IN_PATH);
    // The page is being left: nothing is to be done here any more.
    await new Promise(() => undefined);
  }

  function listenForOtherTab(oidc: OidcClient): void {
    const channel = parts.channel();
    channel.addEventListener("message", ({ data }: MessageEvent<Partial<HandedOver>>) => {
      // Two tabs must not renew one refresh token: only the one takes it that it was got for.
      if (waitsFor === undefined || data.waitsFor !== waitsFor || data.user === undefined) return;
      waitsFor = undefined;
      channel.postMessage({ taken: true });
      void oidc.bringIn(data.user).then(async (isSamePerson) => {
        if (!isSamePerson) return parts.goTo("/");
        become({ ...state, fault: undefined, name: await oidc.name() });
        parts.onSignedIn();
      });
    });
  }

  async function leave(target: SignInTarget): Promise<void> {
    const fault = await client?.leave(target);
    if (fault) become({ ...state, fault });
  }

  return {
    async issue(refused) {
      asked ??= arrive().catch((error: unknown) => {
        asked = undefined;
        throw error;
      });
      await asked;
      if (!client) return fetchDevToken();
      return client.token(refused);
    },
    async begin({ inNewTab }) {
      become({ ...state, fault: undefined });
      if (!inNewTab) return leave({ path: location.pathname + location.search, forAnotherTab: null });
      waitsFor = parts.newName();
      parts.openTab(`/?${FOR_ANOTHER_TAB}=${waitsFor}`);
    },
    async signOut() {
      await client?.signOut();
    },
    getSnapshot: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

interface HandedOver {
  readonly user: string;
  readonly waitsFor: string;
}

/** Gives the session to the tab that waits for it. Nobody there any more: it is lost, which is what closing a tab means. */
function handOver(channel: BroadcastChannel, session: HandedOver): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      channel.close();
      resolve();
    };
    const timer = setTimeout(end, HAND_OVER_MS);
    channel.addEventListener("message", ({ data }: MessageEvent<{ taken?: boolean }>) => data.taken && end());
    channel.postMessage(session);
  });
}

/** What the server says of its provider; undefined: it has none. */
async function fetchSettings(): Promise<OidcSettings | undefined> {
  const response = await fetch("/sign-in.json", { headers: { accept: "application/json" } });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`/sign-in.json answered ${response.status}`);
  const body = (await response.json()) as { kind: string } & OidcSettings;
  return body.kind === "OIDC" ? body : undefined;
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
