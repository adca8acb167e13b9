/** What a bearer may do. PURE. Each root field of the schema names the one that it needs. */

/**
 * - `files:read` lists, reads, links and streams the owner's files
 * - `files:write` uploads, renames, deletes, restores
 * - `files:admin` makes, lists and revokes API keys. It implies neither of the others, and no API key ever has it: a key that
 *   leaks cannot make another one.
 */
export const SCOPES = ["files:read", "files:write", "files:admin"] as const;

export type Scope = (typeof SCOPES)[number];

/** The scopes of ours in a space-separated list (RFC 6749 section 3.3); others are for other services. */
export function scopesIn(text: string): Scope[] {
  const words = new Set(text.split(" "));
  return SCOPES.filter((scope) => words.has(scope));
}
