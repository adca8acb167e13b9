import type { Scope } from "./scopes.js";

/** Who asks. Made from a bearer token or an API key, handed down as an argument. */
export interface Viewer {
  /** `iss|sub`: never the subject alone, since two issuers may use the same one. Files belong to it. */
  readonly ownerId: string;
  /** What this bearer may do; graphql/scope-gate.ts holds it against each root field. */
  readonly scopes: ReadonlySet<Scope>;
}
