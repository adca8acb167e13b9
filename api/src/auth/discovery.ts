import { fetchJson, isSecureAddress } from "./fetch-json.js";

/** What an issuer says about itself. https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata */
export interface Discovered {
  readonly jwksUrl: string;
  /** Of everything that a page calls there by fetch. */
  readonly origins: readonly string[];
}

/** What a page's client of OpenID Connect fetches; it navigates to all others. */
const FETCHED = ["token_endpoint", "userinfo_endpoint", "revocation_endpoint", "jwks_uri"] as const;

/**
 * Fetches the discovery document.
 * @throws Error when it cannot be had, is another issuer's, or names an address that is not https
 */
export async function discover(issuer: string): Promise<Discovered> {
  const document = await fetchJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  // Section 4.3: exactly. Otherwise one issuer could speak for another.
  if (document["issuer"] !== issuer) throw new Error(`the discovery document is of another issuer than ${issuer}`);
  const jwksUrl = document["jwks_uri"];
  if (typeof jwksUrl !== "string" || !isSecureAddress(jwksUrl)) throw new Error(`${issuer} names no https jwks_uri`);
  const urls = FETCHED.map((name) => document[name]).filter((url) => typeof url === "string" && isSecureAddress(url));
  return { jwksUrl, origins: [...new Set([issuer, ...urls].map((url) => new URL(url as string).origin))] };
}
