import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A real OpenID provider, as a process of its own: api/test/oidc/process.ts says what it does. */
export interface OidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  stop(): Promise<void>;
}

const PROCESS = fileURLToPath(new URL("../../../api/dist/test/oidc/process.js", import.meta.url));

/** @param redirectUri where the page is, with a slash @param accessTokenSeconds life of each access token */
export async function startOidcProvider(redirectUri: string, accessTokenSeconds: number): Promise<OidcProvider> {
  const options = { redirectUris: [redirectUri], audience: "signet", accessTokenSeconds };
  const child = fork(PROCESS, [JSON.stringify(options)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    execArgv: [],
  });
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
  const exit = once(child, "exit");
  const told = await Promise.race([once(child, "message"), exit.then(() => null)]);
  if (told === null) throw new Error(`the provider ended before it listened: ${said}`);
  return {
    ...(told[0] as Pick<OidcProvider, "issuer" | "clientId">),
    async stop() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}
