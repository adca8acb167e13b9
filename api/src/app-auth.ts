import { createApiKeyVerifier } from "./auth/api-key-verifier.js";
import type { ApiKeySource } from "./auth/api-key-verifier.js";
import { createDevTokens } from "./auth/dev-tokens.js";
import type { DevTokens } from "./auth/dev-tokens.js";
import { createIssuer } from "./auth/issuer.js";
import { SCOPES } from "./auth/scopes.js";
import { createHs256Verifier, createJwksVerifier } from "./auth/verify-token.js";
import type { TokenVerifier } from "./auth/verify-token.js";
import type { AuthConfig } from "./auth-config.js";
import { AppError } from "./errors.js";
import type { SignInWay } from "./http/sign-in-route.js";
import type { Logger } from "./telemetry/logger.js";

/** Who is let in, and how. */
export interface AppAuth {
  /** Takes tokens and API keys. */
  readonly verifyToken: TokenVerifier;
  /** Null outside development. */
  readonly devTokens: DevTokens | null;
  readonly signInWay: SignInWay;
  /** Where a page that signs in fetches from, for its policy; grows once the provider has answered. */
  signInOrigins(): readonly string[];
}

/** What development's tokens say; its owner ids start with this issuer. */
const DEV_AUTH = { issuer: "signet-dev", audience: "signet" } as const;
const DEV_TOKEN_TTL_SECONDS = 7 * 86_400;

/**
 * @param input.devSecret signs development's tokens; null outside development
 * @throws AppError when nobody could be let in
 */
export function createAuth(input: {
  config: AuthConfig;
  devSecret: string | null;
  apiKeys: ApiKeySource;
  log: Logger;
}): AppAuth {
  const { config, devSecret, apiKeys, log } = input;
  const devTokens =
    devSecret === null
      ? null
      : createDevTokens({ secret: Buffer.from(devSecret), ...DEV_AUTH, ttlSeconds: DEV_TOKEN_TTL_SECONDS });
  const byToken = (tokens: TokenVerifier): AppAuth => ({
    verifyToken: createApiKeyVerifier(apiKeys, tokens),
    devTokens,
    signInWay: { kind: "TOKEN" },
    signInOrigins: () => [],
  });
  switch (config.kind) {
    case "hs256":
      return byToken(createHs256Verifier({ ...config, secrets: config.secrets.map((secret) => Buffer.from(secret)) }));
    case "development": {
      if (devSecret === null) throw new AppError("INTERNAL_SERVER_ERROR", "AUTH is missing: nobody could be let in.");
      const secrets = [Buffer.from(devSecret)];
      return byToken(createHs256Verifier({ ...DEV_AUTH, secrets, defaultScopes: SCOPES }));
    }
    case "jwks": {
      const issuer = createIssuer({
        ...config,
        onChange: ({ answers, reason }) =>
          log.warn(
            { issuer: config.issuer, reason },
            answers ? "the identity provider answers again" : "the identity provider does not answer",
          ),
      });
      const base = byToken(createJwksVerifier({ ...config, keyOf: issuer.keyOf }));
      if (config.signIn === null) return base;
      void issuer.lookAhead();
      return {
        ...base,
        signInWay: { kind: "OIDC", issuer: config.issuer, ...config.signIn },
        signInOrigins: issuer.origins,
      };
    }
  }
}
