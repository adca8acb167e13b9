/** Credentials for signing: kept until they live shorter than what they are to sign. */

import { StorageError } from "./object-storage.js";
import type { S3Credentials, S3CredentialsProvider } from "./s3-client.js";

/** A source that answers with the same credentials again is not asked more often than this. */
const REFRESH_EVERY_MS = 60_000;

export interface SigningCredentials {
  /** Those that are here and good until then; null: they have to be fetched. */
  held(neededUntilMs: number): S3Credentials | null;
  /**
   * Credentials that are good until `neededUntilMs` if any can be had, else the best that are still good: who signs with
   * them caps the URL's life. Does I/O only for the first ones and to refresh; callers at one time share it.
   * @throws StorageError UNAVAILABLE when none are good now
   */
  fetch(neededUntilMs: number): Promise<S3Credentials>;
}

export function createSigningCredentials(provider: S3CredentialsProvider, nowMs: () => number): SigningCredentials {
  let held: S3Credentials | null = null;
  let refreshing: Promise<void> | null = null;
  let refreshedAtMs = Number.NEGATIVE_INFINITY;

  async function refresh(): Promise<void> {
    refreshedAtMs = nowMs();
    // The first time the provider's own memory will do.
    held = await provider(held === null ? {} : { forceRefresh: true });
  }

  return {
    held: (neededUntilMs) => (held !== null && endOf(held) >= neededUntilMs ? held : null),
    async fetch(neededUntilMs) {
      if (held !== null && endOf(held) >= neededUntilMs) return held;
      const usable = held !== null && endOf(held) > nowMs();
      if (!usable || nowMs() - refreshedAtMs >= REFRESH_EVERY_MS) {
        refreshing ??= refresh().finally(() => (refreshing = null));
        try {
          await refreshing;
        } catch (error) {
          if (!usable) throw new StorageError("UNAVAILABLE", "credentials", null, { cause: error });
        }
      }
      if (held === null || endOf(held) <= nowMs()) throw new StorageError("UNAVAILABLE", "credentials", null);
      return held;
    },
  };
}

/** Milliseconds since 1970; infinity for keys without an end. */
export function endOf(credentials: S3Credentials): number {
  return credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
}
