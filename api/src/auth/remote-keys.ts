import { setTimeout as after } from "node:timers/promises";
import { createLocalJWKSet, errors } from "jose";
import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import { AppError } from "../errors.js";

export interface RemoteKeysOptions {
  /** The set as the provider publishes it now. @throws Error when it cannot be had */
  readonly fetchKeys: () => Promise<Readonly<Record<string, unknown>>>;
  /** Told when fetching begins to fail, and when it works again. */
  readonly onChange: (change: { readonly answers: boolean; readonly reason: string }) => void;
  /** Milliseconds, monotonic. Default performance.now. */
  readonly now?: () => number;
}

/** Keys this old are fetched again, beside the request that finds it out. */
export const FRESH_FOR_MS = 10 * 60_000;
/** A key that is not in the set may be a new one: looked for so often at most, however many tokens name it. */
export const COOLDOWN_MS = 30_000;
/** A provider that does not answer is asked again so often. */
export const RETRY_AFTER_MS = 5_000;
/** A token of an unknown key waits so long for the provider, while others hold. */
const WAIT_MS = 1_000;
/** While the provider is away its last good keys are believed so long. */
export const LAST_GOOD_FOR_MS = 24 * 3_600_000;

type Keys = ReturnType<typeof createLocalJWKSet>;

/**
 * The published keys of one issuer. Only these: what a token's own header brings (`jwk`, `jku`, `x5u`) is not looked at.
 * Requests share one fetch; none waits for a provider that is slow while there are good keys.
 * @throws (the returned function) AppError SERVICE_UNAVAILABLE without any good key; jose's errors when none fits the token
 */
export function createRemoteKeys({
  fetchKeys,
  onChange,
  now = () => performance.now(),
}: RemoteKeysOptions): JWTVerifyGetKey {
  let good: { readonly keys: Keys; readonly at: number } | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  let answers = true;
  let fetching: Promise<void> | null = null;

  return async (header, token) => {
    await haveKeys();
    try {
      return await keysNow()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // Also in the cooldown, whoever comes while a fetch is under way waits for it: a new key is no one's alone.
      if (fetching === null && now() - triedAt < COOLDOWN_MS) throw error;
      const fetched = fetchOnce();
      // Anybody can name a key that nobody has: such tokens must not fill the places of others while the provider hangs.
      if (!answers) throw error;
      const inTime = await Promise.race([fetched.then(() => true), after(WAIT_MS, false, { ref: false })]);
      if (!inTime) throw notNow();
      return keysNow()(header, token);
    }
  };

  /** Waits only where nothing could be verified otherwise. */
  async function haveKeys(): Promise<void> {
    const age = good === null ? Infinity : now() - good.at;
    if (age < FRESH_FOR_MS) return;
    if (now() - triedAt >= RETRY_AFTER_MS || fetching !== null) {
      const fetched = fetchOnce();
      if (age >= LAST_GOOD_FOR_MS) await fetched;
    }
  }

  function keysNow(): Keys {
    if (good === null || now() - good.at >= LAST_GOOD_FOR_MS) throw notNow();
    return good.keys;
  }

  function notNow(): AppError {
    return new AppError("SERVICE_UNAVAILABLE", "The identity provider does not answer. Try again.");
  }

  /** Never rejects: whether there are keys is what {@link keysNow} tells. */
  function fetchOnce(): Promise<void> {
    fetching ??= fetchNow().finally(() => (fetching = null));
    return fetching;
  }

  async function fetchNow(): Promise<void> {
    triedAt = now();
    try {
      const set = (await fetchKeys()) as unknown as JSONWebKeySet;
      // It checks the shape; a key of a kind that it does not know is passed over when a token is verified.
      const keys = createLocalJWKSet(set);
      // A provider that signs has a key: this is one that is being set up, or is broken.
      if (set.keys.length === 0) throw new Error("the key set is empty");
      good = { keys, at: now() };
      if (!answers) onChange({ answers: true, reason: "" });
      answers = true;
    } catch (error) {
      if (answers) onChange({ answers: false, reason: error instanceof Error ? error.message : String(error) });
      answers = false;
    }
  }
}
