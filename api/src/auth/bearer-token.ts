/** RFC 6750 section 2.1: the scheme in any case, then a token of the b64token alphabet. */
const BEARER = /^Bearer +([\w\-.~+/]+=*) *$/i;

/** The token of an Authorization header; null when there is none, or it is another scheme. PURE. */
export function bearerToken(authorization: string | undefined): string | null {
  return BEARER.exec(authorization ?? "")?.[1] ?? null;
}
