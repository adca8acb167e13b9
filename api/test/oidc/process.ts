import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Provider } from "oidc-provider";
import type { OidcProviderFacts, OidcProviderOptions } from "./provider.js";

/**
 * A process that is a real OpenID provider on loopback, for tests: https://github.com/panva/node-oidc-provider. In a process
 * of its own, since it writes notices, and since what uses it is compiled apart (api/test, web/e2e): both fork this file with
 * {@link OidcProviderOptions} as JSON in its first argument, and get {@link OidcProviderFacts} as its one message.
 *
 * One public client (authorization code, PKCE, refresh tokens that are used once) and one page, which asks for a name and
 * takes any: `<input name=login>` and the buttons `name=answer`, `value=yes` and `value=no`. Who signs in agrees to
 * everything. Access tokens are JWTs as RFC 9068 has them.
 */

const CLIENT_ID = "signet-page";
/** RFC 8707 wants a URI. */
const RESOURCE = "urn:signet:api";
const OIDC_SCOPES = ["openid", "profile", "offline_access"];
const API_SCOPES = ["files:read", "files:write", "files:admin"];
const KID = "first";

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? "{}") as OidcProviderOptions;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createProvider(issuer, options);
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (!/^\/sign-in\/[\w-]+$/.test(request.url ?? "")) return answer(request, response);
    signIn(provider, request, response).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      response.writeHead(400).end("This sign-in is over.");
    });
  });
  // Whoever forked it has ended: so does this.
  process.once("disconnect", () => process.exit());
  process.send!({ issuer, clientId: CLIENT_ID, resource: RESOURCE } satisfies OidcProviderFacts);
}

function createProvider(issuer: string, { redirectUris, audience, accessTokenSeconds = 600 }: OidcProviderOptions) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const provider: Provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        redirect_uris: redirectUris,
        post_logout_redirect_uris: redirectUris,
      },
    ],
    scopes: OIDC_SCOPES,
    claims: { openid: ["sub"], profile: ["name", "preferred_username"] },
    // In ID tokens too, as most providers have it: the page asks for no userinfo.
    conformIdTokenClaims: false,
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: KID, use: "sig", alg: "RS256" }] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: 60,
      IdToken: 600,
      RefreshToken: 3600,
      Interaction: 600,
      Session: 3600,
      Grant: 3600,
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        // The package's own page fetches a font from elsewhere.
        logoutSource(ctx: { body: string }, form: string) {
          ctx.body = `<!doctype html><html lang="en"><title>Sign out</title>${form}
            <button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Yes, sign me out</button></html>`;
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: API_SCOPES.join(" "),
          audience,
          accessTokenTTL: accessTokenSeconds,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    interactions: { url: (_ctx, { uid }) => `/sign-in/${uid}` },
    clientBasedCORS: () => true,
    issueRefreshToken: async () => true,
    async loadExistingGrant({ oidc: { client, session } }) {
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(OIDC_SCOPES.join(" "));
      grant.addResourceScope(RESOURCE, API_SCOPES.join(" "));
      await grant.save();
      return grant;
    },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: id, preferred_username: id }),
    }),
    renderError(ctx, { error }) {
      ctx.type = "txt";
      ctx.body = error;
    },
  });
  return provider;
}

async function signIn(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "POST") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><html lang="en"><title>Sign in</title><form method="post">
      <label>Name <input name="login" autocomplete="off" autofocus></label>
      <button name="answer" value="yes">Sign in</button> <button name="answer" value="no">Cancel</button></form></html>`);
    return;
  }
  const form = new URLSearchParams(await text(request));
  const denied = { error: "access_denied", error_description: "The person said no." };
  const login = { login: { accountId: form.get("login") || "somebody" } };
  await provider.interactionFinished(request, response, form.get("answer") === "no" ? denied : login);
}

await main();
