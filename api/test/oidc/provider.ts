import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** As process.ts takes them, in JSON. */
export interface OidcProviderOptions {
  /** Where it may send people back to, after signing in and out. */
  readonly redirectUris: readonly string[];
  /** Of access tokens. */
  readonly audience: string;
  /** Default 600. */
  readonly accessTokenSeconds?: number;
  /** Default: any free one. */
  readonly port?: number;
}

export interface OidcProviderFacts {
  /** Without a slash at its end. */
  readonly issuer: string;
  readonly clientId: string;
  /** RFC 8707's, of access tokens that are JWTs; also what is meant where none is named. */
  readonly resource: string;
}

export interface OidcProvider extends OidcProviderFacts {
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

/** Starts process.ts. It ends with whoever started it. @throws Error when it ends before it listens */
export async function startOidcProvider(options: OidcProviderOptions): Promise<OidcProvider> {
  const path = fileURLToPath(new URL("./process.js", import.meta.url));
  const child = fork(path, [JSON.stringify(options)], { stdio: ["ignore", "ignore", "pipe", "ipc"], execArgv: [] });
  let told = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (told += text));
  const exit = once(child, "exit");
  const first = await Promise.race([once(child, "message"), exit.then(() => null)]);
  if (first === null) throw new Error(`the provider ended before it listened: ${told}`);
  return {
    ...(first[0] as OidcProviderFacts),
    async stop() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}

export interface OidcTokens {
  readonly access_token: string;
  readonly id_token: string;
  readonly refresh_token: string;
}

/** What a person's browser does, by script: authorization code with PKCE. */
export async function signInAt(
  { issuer, clientId, resource }: OidcProviderFacts,
  input: { login: string; redirectUri: string; scope: string },
): Promise<OidcTokens> {
  const verifier = "a-verifier-of-at-least-forty-three-characters-0123456789";
  const challenge = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const cookies = new Map<string, string>();
  const visit = async (url: string, form?: Record<string, string>): Promise<string> => {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
    });
    await response.body?.cancel();
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      cookies.set(name!, value!);
    }
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${url} answered ${response.status} and leads nowhere`);
    return new URL(location, url).href;
  };
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: "code",
    redirect_uri: input.redirectUri,
    scope: input.scope,
    resource,
    code_challenge: Buffer.from(challenge).toString("base64url"),
    code_challenge_method: "S256",
  });
  const form = await visit(`${issuer}/auth?${query.toString()}`);
  const back = await visit(await visit(form, { login: input.login, answer: "yes" }));
  const code = new URL(back).searchParams.get("code");
  if (code === null) throw new Error(`no code in ${back}`);
  return exchange(issuer, {
    grant_type: "authorization_code",
    client_id: clientId,
    redirect_uri: input.redirectUri,
    code,
    code_verifier: verifier,
  });
}

/** The refresh token is of no use from then on. */
export const renew = ({ issuer, clientId }: OidcProviderFacts, refreshToken: string): Promise<OidcTokens> =>
  exchange(issuer, { grant_type: "refresh_token", client_id: clientId, refresh_token: refreshToken });

async function exchange(issuer: string, form: Record<string, string>): Promise<OidcTokens> {
  const response = await fetch(`${issuer}/token`, { method: "POST", body: new URLSearchParams(form) });
  if (response.status !== 200) throw new Error(`/token answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as OidcTokens;
}
