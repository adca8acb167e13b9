/** The part of oidc-provider that the tests use: version 9 comes without types. https://github.com/panva/node-oidc-provider/blob/v9.x/docs/README.md */
declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";
  import type { JWK } from "jose";

  export interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  export interface RequestContext {
    readonly oidc: {
      readonly client: { readonly clientId: string };
      readonly session: { readonly accountId: string };
    };
  }

  export interface Configuration {
    readonly clients: readonly Readonly<Record<string, unknown>>[];
    readonly scopes: readonly string[];
    readonly claims: Readonly<Record<string, readonly string[]>>;
    readonly conformIdTokenClaims: boolean;
    readonly jwks: { readonly keys: readonly JWK[] };
    readonly cookies: { readonly keys: readonly string[] };
    readonly ttl: Readonly<Record<string, number>>;
    readonly pkce: { readonly required: () => boolean };
    readonly rotateRefreshToken: boolean;
    readonly features: Readonly<Record<string, object>>;
    readonly interactions: { readonly url: (ctx: unknown, interaction: { readonly uid: string }) => string };
    readonly clientBasedCORS: () => boolean;
    readonly issueRefreshToken: () => Promise<boolean>;
    readonly loadExistingGrant: (ctx: RequestContext) => Promise<Grant>;
    readonly findAccount: (ctx: unknown, id: string) => { accountId: string; claims: () => object };
    readonly renderError: (ctx: { type: string; body: string }, out: { error: string }, error: Error) => void;
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    readonly Grant: new (of: { clientId: string; accountId: string }) => Grant;
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  }
}
