import { ErrorResponse, User, UserManager, WebStorageStateStore } from "oidc-client-ts";

/** As `/sign-in.json` tells it: a public client of an OpenID provider. */
export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  /** RFC 8707; null where the provider needs none. */
  readonly resource: string | null;
}

export type OidcFault = "DENIED" | "FAILED" | "UNREACHABLE";

/** Where a person was going when they left to sign in. */
export interface SignInTarget {
  /** Of this origin, with its query. */
  readonly path: string;
  /** The name under which another tab waits for what is got here. */
  readonly forAnotherTab: string | null;
}

/**
 * Authorization code with PKCE (https://www.rfc-editor.org/rfc/rfc9700#section-2.1). Tokens are kept in this tab, until it
 * is closed; a refresh token makes new access tokens without a person.
 */
export interface OidcClient {
  /**
   * A token that the server has not refused; undefined: nobody is signed in, or not any more.
   * @throws Error when the provider cannot be reached to renew it
   */
  token(refused: string | undefined): Promise<string | undefined>;
  /** Of who is signed in. */
  name(): Promise<string | undefined>;
  /** Leaves the page for the provider's. Answers only when it cannot. */
  leave(target: SignInTarget): Promise<OidcFault | undefined>;
  /** Takes the provider's answer out of an address. */
  complete(address: string): Promise<SignInTarget & { readonly name?: string | undefined; readonly fault?: OidcFault }>;
  /** Takes the session out of this tab, as a text for {@link bringIn}. Two tabs must not renew one refresh token. */
  takeAway(): Promise<string>;
  /** False: it is of somebody else than the one before, so that nothing on this page is theirs. */
  bringIn(user: string): Promise<boolean>;
  /** Revokes what can be revoked, and leaves the page for the provider's sign-out where it has one. */
  signOut(): Promise<void>;
}

const HOME: SignInTarget = { path: "/", forAnotherTab: null };

export function createOidcClient(settings: OidcSettings): OidcClient {
  const store = new WebStorageStateStore({ store: sessionStorage, prefix: "signet-oidc." });
  const manager = new UserManager({
    authority: settings.issuer,
    client_id: settings.clientId,
    scope: settings.scope,
    redirect_uri: `${location.origin}/`,
    post_logout_redirect_uri: `${location.origin}/`,
    userStore: store,
    stateStore: store,
    // A token is renewed when the server refuses it: a page that nobody uses renews nothing.
    automaticSilentRenew: false,
    monitorSession: false,
    loadUserInfo: false,
    ...(settings.resource === null
      ? {}
      : { resource: settings.resource, extraTokenParams: { resource: settings.resource } }),
  });
  let renewal: Promise<string | undefined> | undefined;
  /** Who was signed in here last, also when their session has ended. */
  let subject: string | undefined;

  async function getUser(): Promise<User | null> {
    const user = await manager.getUser();
    if (user) subject = user.profile.sub;
    return user;
  }

  async function renew(): Promise<string | undefined> {
    try {
      return (await manager.signinSilent())?.access_token;
    } catch (error) {
      // Refused: the provider has ended the session. Anything else, its own trouble too, says nothing about it.
      if (!(error instanceof ErrorResponse) || error.error !== "invalid_grant") throw error;
      await manager.removeUser();
      return undefined;
    }
  }

  return {
    async token(refused) {
      const user = await getUser();
      if (!user) return undefined;
      if (!user.expired && user.access_token !== refused) return user.access_token;
      if (!user.refresh_token) {
        await manager.removeUser();
        return undefined;
      }
      // A refresh token is used once: whoever asks meanwhile waits for the same answer.
      renewal ??= renew().finally(() => (renewal = undefined));
      return renewal;
    },
    name: async () => nameOf(await getUser()),
    async leave(target) {
      try {
        await manager.signinRedirect({ state: target });
        return undefined;
      } catch {
        return "UNREACHABLE";
      }
    },
    async complete(address) {
      try {
        const user = await manager.signinRedirectCallback(address);
        return { ...targetOf(user.state), name: nameOf(user) };
      } catch (error) {
        const denied = error instanceof ErrorResponse && error.error === "access_denied";
        return { ...HOME, fault: denied ? "DENIED" : error instanceof TypeError ? "UNREACHABLE" : "FAILED" };
      } finally {
        await manager.clearStaleState();
      }
    },
    async takeAway() {
      const user = await manager.getUser();
      await manager.removeUser();
      return user?.toStorageString() ?? "";
    },
    async bringIn(text) {
      const user = User.fromStorageString(text);
      const isSame = subject === undefined || subject === user.profile.sub;
      await manager.storeUser(user);
      return isSame;
    },
    async signOut() {
      // Of both kinds of tokens every provider takes this one, and with it the access tokens end that can be ended
      // (https://www.rfc-editor.org/rfc/rfc7009#section-2.1). A JWT is refused there by many.
      await manager.revokeTokens(["refresh_token"]).catch(() => undefined);
      const endsThere = await manager.metadataService.getEndSessionEndpoint().catch(() => undefined);
      if (endsThere !== undefined) return manager.signoutRedirect();
      await manager.removeUser();
      location.assign("/");
    },
  };
}

/** It went to the provider and back, so that it is looked at like any other text of an address. */
function targetOf(state: unknown): SignInTarget {
  const { path, forAnotherTab } = (state ?? {}) as { path?: unknown; forAnotherTab?: unknown };
  const own = typeof path === "string" && /^\/(?![/\\])/.test(path);
  return { path: own ? path : "/", forAnotherTab: typeof forAnotherTab === "string" ? forAnotherTab : null };
}

function nameOf(user: User | null): string | undefined {
  const { name, preferred_username: nick, email } = user?.profile ?? {};
  return name ?? nick ?? email;
}
