/** Who asks. Made by `verify-token.ts` from a bearer token, handed down as an argument. */
export interface Viewer {
  /** `iss|sub`: never the subject alone, since two issuers may use the same one. Files belong to it. */
  readonly ownerId: string;
}
